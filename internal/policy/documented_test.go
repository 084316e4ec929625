package policy_test

import (
	"strings"
	"testing"

	"muster/internal/policy"
)

// What the IAM User Guide says of its own examples, page by page of the "IAM
// JSON policy elements reference".
func TestWhatTheDocumentationSays(t *testing.T) {
	type situation struct {
		name, resource string
		context        values
		want           policy.Verdict
	}
	const bucket = "arn:aws:s3:::amzn-s3-demo-bucket/"
	for _, tc := range []struct {
		page, statements, action string
		situations               []situation
	}{
		{"Resource: wildcards", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::amzn-s3-demo-bucket/*/test/*"}`, "s3:GetObject", []situation{
			{"one folder above", bucket + "1/test/object.jpg", nil, allow},
			{"two folders above", bucket + "1/2/test/3/object.jpg", nil, allow},
			{"three folders above", bucket + "1/2/3/test/4/object.jpg", nil, allow},
			{"another folder", bucket + "1-test/object.jpg", nil, silent},
			{"no folder above", bucket + "test/object.jpg", nil, silent},
			{"a file of that name", bucket + "1/2/test.jpg", nil, silent},
		}},
		{"Resource: users", `{"Effect":"Allow","Action":"iam:*","Resource":["arn:aws:iam::123456789012:user/*","arn:aws:iam::123456789012:group/Dev??"]}`, "iam:GetUser", []situation{
			{"a user", "arn:aws:iam::123456789012:user/Bob", nil, allow},
			{"a user of a path", "arn:aws:iam::123456789012:user/division_abc/subdivision_xyz/Bob", nil, allow},
			{"a group of two more characters", "arn:aws:iam::123456789012:group/DevQA", nil, allow},
			{"a group of one more", "arn:aws:iam::123456789012:group/DevQ", nil, silent},
			{"a user of another account", "arn:aws:iam::111122223333:user/Bob", nil, silent},
		}},
		{"NotResource with a denial", `{"Effect":"Deny","Action":"s3:*","NotResource":["arn:aws:s3:::HRBucket/Payroll","arn:aws:s3:::HRBucket/Payroll/*"]}`, "s3:GetObject", []situation{
			{"the payroll", "arn:aws:s3:::HRBucket/Payroll/2026", nil, silent},
			{"anything else", "arn:aws:s3:::HRBucket/Bonus", nil, deny},
		}},
		{"NotAction with a denial", `{"Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`, "s3:GetObject", []situation{
			{"without a second factor", "*", values{"aws:MultiFactorAuthPresent": {"false"}}, deny},
			{"with one", "*", values{"aws:MultiFactorAuthPresent": {"true"}}, silent},
			{"with a key that never has one", "*", nil, deny},
		}},
		{"Condition: several keys and values", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{
			"StringEquals":{"aws:PrincipalTag/department":["finance","hr","legal"],"aws:PrincipalTag/role":["audit","security"]},
			"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::222222222222:user/Ana","arn:aws:iam::222222222222:user/Mary"]}}}`, "s3:GetObject", []situation{
			{"one value of each key", "*", values{"aws:PrincipalTag/department": {"hr"}, "aws:PrincipalTag/role": {"audit"}, "aws:PrincipalArn": {"arn:aws:iam::222222222222:user/Ana"}}, allow},
			{"no value of one key", "*", values{"aws:PrincipalTag/department": {"it"}, "aws:PrincipalTag/role": {"audit"}, "aws:PrincipalArn": {"arn:aws:iam::222222222222:user/Ana"}}, silent},
			{"no value of one operator", "*", values{"aws:PrincipalTag/department": {"hr"}, "aws:PrincipalTag/role": {"audit"}, "aws:PrincipalArn": {"arn:aws:iam::222222222222:user/Eve"}}, silent},
			{"without one key", "*", values{"aws:PrincipalTag/department": {"hr"}, "aws:PrincipalArn": {"arn:aws:iam::222222222222:user/Ana"}}, silent},
		}},
		{"Condition: several values of a negated operator", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":["111111111111","222222222222"]}}}`, "s3:GetObject", []situation{
			{"one of them", "*", values{"aws:PrincipalAccount": {"222222222222"}}, silent},
			{"none of them", "*", values{"aws:PrincipalAccount": {"333333333333"}}, allow},
			{"no key", "*", nil, allow},
		}},
		{"Numeric", `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::example_bucket","Condition":{"NumericLessThanEquals":{"s3:max-keys":"10"}}}`, "s3:ListBucket", []situation{
			{"ten", "arn:aws:s3:::example_bucket", values{"s3:max-keys": {"10"}}, allow},
			{"eleven", "arn:aws:s3:::example_bucket", values{"s3:max-keys": {"11"}}, silent},
			{"nine, which as text is more", "arn:aws:s3:::example_bucket", values{"s3:max-keys": {"9"}}, allow},
			{"not said", "arn:aws:s3:::example_bucket", nil, silent},
		}},
		{"Date", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateGreaterThan":{"aws:TokenIssueTime":"2020-01-01T00:00:01Z"}}}`, "s3:GetObject", []situation{
			{"later", "*", values{"aws:TokenIssueTime": {"2020-01-01T00:00:02Z"}}, allow},
			{"then", "*", values{"aws:TokenIssueTime": {"2020-01-01T00:00:01Z"}}, silent},
			{"the same moment elsewhere", "*", values{"aws:TokenIssueTime": {"2020-01-01T01:00:01+01:00"}}, silent},
			{"later, in seconds", "*", values{"aws:TokenIssueTime": {"1577836802"}}, allow},
			{"no temporary credentials", "*", nil, silent},
		}},
		{"Bool", `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`, "s3:GetObject", []situation{
			{"without TLS", "*", values{"aws:SecureTransport": {"false"}}, deny},
			{"with TLS", "*", values{"aws:SecureTransport": {"true"}}, allow},
		}},
		{"IpAddress of both kinds", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:DB8:1234:5678::/64"]}}}`, "s3:GetObject", []situation{
			{"the first of IPv4", "*", values{"aws:SourceIp": {"203.0.113.0"}}, allow},
			{"the last of IPv4", "*", values{"aws:SourceIp": {"203.0.113.255"}}, allow},
			{"past it", "*", values{"aws:SourceIp": {"203.0.114.0"}}, silent},
			{"of IPv6", "*", values{"aws:SourceIp": {"2001:db8:1234:5678:ffff::1"}}, allow},
			{"of IPv6, written in full", "*", values{"aws:SourceIp": {"2001:0DB8:1234:5678:0000:0000:0000:0001"}}, allow},
			{"the next of IPv6", "*", values{"aws:SourceIp": {"2001:db8:1234:5679::1"}}, silent},
			{"unknown", "*", nil, silent},
		}},
		{"NotIpAddress", `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","2001:db8::/32"]}}}`, "s3:GetObject", []situation{
			{"in the first", "*", values{"aws:SourceIp": {"192.0.2.7"}}, silent},
			{"in the second", "*", values{"aws:SourceIp": {"2001:db8:ffff::"}}, silent},
			{"in neither", "*", values{"aws:SourceIp": {"198.51.100.7"}}, deny},
			{"unknown", "*", nil, deny},
		}},
		{"ArnLike", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:*:*:example*"}}}`, "sqs:SendMessage", []situation{
			{"each component", "*", values{"aws:SourceArn": {"arn:aws:s3:::example-bucket"}}, allow},
			{"another service", "*", values{"aws:SourceArn": {"arn:aws:sns:us-east-1:111122223333:example"}}, silent},
			{"no ARN", "*", values{"aws:SourceArn": {"example-bucket"}}, silent},
		}},
		{"IfExists", `{"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{"StringLikeIfExists":{"ec2:InstanceType":["t1.*","t2.*","m3.*"]}}}`, "ec2:RunInstances", []situation{
			{"one of them", "*", values{"ec2:InstanceType": {"t2.micro"}}, allow},
			{"another", "*", values{"ec2:InstanceType": {"c5.large"}}, silent},
			{"a resource that has none", "*", nil, allow},
		}},
		{"Null", `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Null":{"aws:TokenIssueTime":"true"}}}`, "s3:GetObject", []situation{
			{"no temporary credentials", "*", nil, deny},
			{"temporary credentials", "*", values{"aws:TokenIssueTime": {"2020-01-01T00:00:02Z"}}, silent},
		}},
		{"ForAllValues", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["environment","cost-center"]}}}`, "ec2:CreateTags", []situation{
			{"one of them", "*", values{"aws:TagKeys": {"environment"}}, allow},
			{"all of them", "*", values{"aws:TagKeys": {"cost-center", "environment"}}, allow},
			{"one more", "*", values{"aws:TagKeys": {"environment", "owner"}}, silent},
			{"an empty value", "*", values{"aws:TagKeys": {""}}, silent},
			{"no key, which permits", "*", nil, allow},
		}},
		{"ForAllValues with Null", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":"environment"},"Null":{"aws:TagKeys":"false"}}}`, "ec2:CreateTags", []situation{
			{"the key", "*", values{"aws:TagKeys": {"environment"}}, allow},
			{"no key", "*", nil, silent},
		}},
		{"ForAnyValue", `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":["webserver","database"]}}}`, "ec2:DeleteTags", []situation{
			{"one of them", "*", values{"aws:TagKeys": {"owner", "database"}}, deny},
			{"none of them", "*", values{"aws:TagKeys": {"owner"}}, silent},
			{"no key", "*", nil, silent},
		}},
		{"ForAnyValue of a negated operator", `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringNotEquals":{"aws:TagKeys":["environment"]}}}`, "ec2:CreateTags", []situation{
			{"one that differs", "*", values{"aws:TagKeys": {"environment", "owner"}}, deny},
			{"none that differs", "*", values{"aws:TagKeys": {"environment"}}, silent},
			{"no key", "*", nil, silent},
		}},
		{"Variables", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::amzn-s3-demo-bucket/${aws:username}/*"}`, "s3:GetObject", []situation{
			{"one's own", bucket + "Jane/x", values{"aws:username": {"Jane"}}, allow},
			{"another's", bucket + "John/x", values{"aws:username": {"Jane"}}, silent},
			{"a caller that is no user", bucket + "Jane/x", nil, silent},
		}},
		{"Variables: defaults", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::amzn-s3-demo-bucket/${aws:PrincipalTag/team, 'company-wide'}/*"}`, "s3:GetObject", []situation{
			{"with the tag", bucket + "yellow/x", values{"aws:PrincipalTag/team": {"yellow"}}, allow},
			{"with the tag, the default", bucket + "company-wide/x", values{"aws:PrincipalTag/team": {"yellow"}}, silent},
			{"without the tag, the default", bucket + "company-wide/x", nil, allow},
			{"without the tag, another", bucket + "yellow/x", nil, silent},
		}},
		{"Variables: special characters", `{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::amzn-s3-demo-bucket/a${*}","arn:aws:s3:::amzn-s3-demo-bucket/b${?}","arn:aws:s3:::amzn-s3-demo-bucket/c${$}"]}`, "s3:GetObject", []situation{
			{"a star", bucket + "a*", nil, allow},
			{"not any characters", bucket + "abc", nil, silent},
			{"a question mark", bucket + "b?", nil, allow},
			{"not any character", bucket + "bx", nil, silent},
			{"a dollar", bucket + "c$", nil, allow},
		}},
		{"ForAllValues of a negated operator", `{"Effect":"Deny","Action":["iam:Tag*","iam:UnTag*"],"Resource":"*","Condition":{"ForAllValues:StringNotLike":{"aws:TagKeys":["key1*","key2*"]}}}`, "iam:UntagRole", []situation{
			{"one that begins so", "*", values{"aws:TagKeys": {"key1:legal"}}, silent},
			{"two that do", "*", values{"aws:TagKeys": {"key1:hr", "key2:personnel"}}, silent},
			{"one that does, one that doesn't", "*", values{"aws:TagKeys": {"key1:hr", "key3:audit"}}, silent},
			{"none that does", "*", values{"aws:TagKeys": {"key3:audit"}}, deny},
			{"no key", "*", nil, deny},
		}},
		{"ForAnyValue with Like", `{"Effect":"Deny","Action":"iam:Tag*","Resource":"*","Condition":{"ForAnyValue:StringLike":{"aws:TagKeys":"key1*"}}}`, "iam:TagUser", []situation{
			{"one of two", "*", values{"aws:TagKeys": {"key1:legal", "key2:audit"}}, deny},
			{"neither", "*", values{"aws:TagKeys": {"key2:audit", "key3"}}, silent},
			{"no key", "*", nil, silent},
		}},

		{"Example: source addresses", `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{
			"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","203.0.113.0/24"]},"Bool":{"aws:ViaAWSService":"false"}}}`, "s3:GetObject", []situation{
			{"from there", "*", values{"aws:SourceIp": {"203.0.113.9"}, "aws:ViaAWSService": {"false"}}, allow},
			{"from elsewhere", "*", values{"aws:SourceIp": {"198.51.100.9"}, "aws:ViaAWSService": {"false"}}, deny},
			{"from a service, in the caller's name", "*", values{"aws:SourceIp": {"198.51.100.9"}, "aws:ViaAWSService": {"true"}}, allow},
		}},
		{"Example: requested regions", `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","NotAction":["cloudfront:*","iam:*","route53:*","support:*"],"Resource":"*",
			"Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1","eu-west-1"]}}}`, "iot:CreateThing", []situation{
			{"one of them", "*", values{"aws:RequestedRegion": {"eu-west-1"}}, allow},
			{"another", "*", values{"aws:RequestedRegion": {"us-east-1"}}, deny},
			{"none", "*", nil, deny},
		}},
		{"Example: requested regions, of a service of all regions", `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","NotAction":["cloudfront:*","iam:*","route53:*","support:*"],"Resource":"*",
			"Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1","eu-west-1"]}}}`, "iam:CreateUser", []situation{
			{"another", "*", values{"aws:RequestedRegion": {"us-east-1"}}, allow},
		}},
		{"Example: between dates", `{"Effect":"Allow","Action":"service-prefix:action-name","Resource":"*","Condition":{
			"DateGreaterThan":{"aws:CurrentTime":"2020-04-01T00:00:00Z"},"DateLessThan":{"aws:CurrentTime":"2020-06-30T23:59:59Z"}}}`, "service-prefix:action-name", []situation{
			{"between them", "*", values{"aws:CurrentTime": {"2020-05-01T00:00:00Z"}}, allow},
			{"too early", "*", values{"aws:CurrentTime": {"2020-03-31T23:59:59Z"}}, silent},
			{"too late", "*", values{"aws:CurrentTime": {"2020-06-30T23:59:59Z"}}, silent},
		}},
		{"Example: home folders", `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::amzn-s3-demo-bucket","Condition":{
			"StringLike":{"s3:prefix":["","home/","home/${aws:username}/*"]}}},
			{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::amzn-s3-demo-bucket/home/${aws:username}","arn:aws:s3:::amzn-s3-demo-bucket/home/${aws:username}/*"]}`, "s3:ListBucket", []situation{
			{"the bucket", "arn:aws:s3:::amzn-s3-demo-bucket", values{"s3:prefix": {""}, "aws:username": {"Ana"}}, allow},
			{"the folder of homes", "arn:aws:s3:::amzn-s3-demo-bucket", values{"s3:prefix": {"home/"}, "aws:username": {"Ana"}}, allow},
			{"one's own", "arn:aws:s3:::amzn-s3-demo-bucket", values{"s3:prefix": {"home/Ana/x"}, "aws:username": {"Ana"}}, allow},
			{"another's", "arn:aws:s3:::amzn-s3-demo-bucket", values{"s3:prefix": {"home/Eve/"}, "aws:username": {"Ana"}}, silent},
			{"another's whose name begins so", "arn:aws:s3:::amzn-s3-demo-bucket", values{"s3:prefix": {"home/Anamaria/"}, "aws:username": {"Ana"}}, silent},
			{"no prefix", "arn:aws:s3:::amzn-s3-demo-bucket", values{"aws:username": {"Ana"}}, silent},
			{"a session, which has no user name", "arn:aws:s3:::amzn-s3-demo-bucket", values{"s3:prefix": {"home//"}}, silent},
		}},
		{"Example: tags of the caller and of the resource", `{"Effect":"Allow","Action":["secretsmanager:GetSecretValue"],"Resource":"*","Condition":{
			"StringEquals":{"aws:ResourceTag/access-project":"${aws:PrincipalTag/access-project}","aws:ResourceTag/cost-center":"${aws:PrincipalTag/cost-center}"}}}`, "secretsmanager:GetSecretValue", []situation{
			{"both equal", "*", values{"aws:ResourceTag/access-project": {"peg"}, "aws:PrincipalTag/access-project": {"peg"}, "aws:ResourceTag/cost-center": {"1"}, "aws:PrincipalTag/cost-center": {"1"}}, allow},
			{"one differs", "*", values{"aws:ResourceTag/access-project": {"peg"}, "aws:PrincipalTag/access-project": {"peg"}, "aws:ResourceTag/cost-center": {"1"}, "aws:PrincipalTag/cost-center": {"2"}}, silent},
			{"a caller without one", "*", values{"aws:ResourceTag/access-project": {"peg"}, "aws:PrincipalTag/access-project": {"peg"}, "aws:ResourceTag/cost-center": {"1"}}, silent},
			{"neither has one", "*", values{"aws:ResourceTag/access-project": {"peg"}, "aws:PrincipalTag/access-project": {"peg"}}, silent},
		}},
		{"Example: one's own access keys", `{"Effect":"Allow","Action":"iam:*AccessKey*","Resource":"arn:aws:iam::111122223333:user/${aws:username}"}`, "iam:CreateAccessKey", []situation{
			{"one's own", "arn:aws:iam::111122223333:user/Ana", values{"aws:username": {"Ana"}}, allow},
			{"another's", "arn:aws:iam::111122223333:user/Eve", values{"aws:username": {"Ana"}}, silent},
			{"one's own under a path", "arn:aws:iam::111122223333:user/x/Ana", values{"aws:username": {"Ana"}}, silent},
		}},
		{"Example: passing a role", `{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/EC2-roles-for-XYZ-*"}`, "iam:PassRole", []situation{
			{"one of them", "arn:aws:iam::123456789012:role/EC2-roles-for-XYZ-1", nil, allow},
			{"another", "arn:aws:iam::123456789012:role/Admin", nil, silent},
			{"one of a path", "arn:aws:iam::123456789012:role/x/EC2-roles-for-XYZ-1", nil, silent},
		}},
	} {
		doc := parse(t, policy.Identity, policy.Version2012, tc.statements)
		for _, s := range tc.situations {
			t.Run(tc.page+"/"+s.name, func(t *testing.T) {
				got := doc.Decide(&policy.Request{Action: tc.action, Resource: s.resource, Context: context(s.context)})
				if got.Verdict != s.want {
					t.Errorf("Decide: got %v, want %v", got.Verdict, s.want)
				}
			})
		}
	}
}

// Every operator, with a value that meets it, one that doesn't, and without its
// key: alone, with IfExists, and for all and any of several values.
func TestEveryOperator(t *testing.T) {
	for _, tc := range []struct {
		operator, policy, meets, fails string
		negated                        bool
	}{
		{"StringEquals", "a", "a", "A", false},
		{"StringNotEquals", "a", "A", "a", true},
		{"StringEqualsIgnoreCase", "a", "A", "b", false},
		{"StringNotEqualsIgnoreCase", "a", "b", "A", true},
		{"StringLike", "a?*", "ab", "a", false},
		{"StringNotLike", "a?*", "a", "ab", true},
		{"NumericEquals", "10", "10.0", "11", false},
		{"NumericNotEquals", "10", "11", "10.0", true},
		{"NumericLessThan", "10", "9", "10", false},
		{"NumericLessThanEquals", "10", "10", "11", false},
		{"NumericGreaterThan", "10", "11", "10", false},
		{"NumericGreaterThanEquals", "10", "10", "9", false},
		{"DateEquals", "2026-01-01T00:00:00Z", "2026-01-01", "2026-01-02", false},
		{"DateNotEquals", "2026-01-01T00:00:00Z", "2026-01-02", "2026-01-01", true},
		{"DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31", "2026-01-01", false},
		{"DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-01", "2026-01-02", false},
		{"DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-02", "2026-01-01", false},
		{"DateGreaterThanEquals", "2026-01-01T00:00:00Z", "2026-01-01", "2025-12-31", false},
		{"Bool", "true", "true", "false", false},
		{"BinaryEquals", "QmluYXJ5", "QmluYXJ5", "QmluYXJ6", false},
		{"IpAddress", "2001:db8::/32", "2001:db8::1", "2001:db9::1", false},
		{"NotIpAddress", "2001:db8::/32", "2001:db9::1", "2001:db8::1", true},
		{"ArnEquals", "arn:aws:iot:*:1:thing/a*", "arn:aws:iot:r:1:thing/ab", "arn:aws:iot:r:2:thing/ab", false},
		{"ArnLike", "arn:aws:iot:*:1:thing/a*", "arn:aws:iot:r:1:thing/ab", "arn:aws:iot:r:2:thing/ab", false},
		{"ArnNotEquals", "arn:aws:iot:*:1:thing/a*", "arn:aws:iot:r:2:thing/ab", "arn:aws:iot:r:1:thing/ab", true},
		{"ArnNotLike", "arn:aws:iot:*:1:thing/a*", "arn:aws:iot:r:2:thing/ab", "arn:aws:iot:r:1:thing/ab", true},
	} {
		for _, s := range []struct {
			name, form string
			values     []string
			want       bool
		}{
			{"met", "%", []string{tc.meets}, true},
			{"not met", "%", []string{tc.fails}, false},
			{"without its key", "%", nil, tc.negated},
			{"if it exists, met", "%IfExists", []string{tc.meets}, true},
			{"if it exists, not met", "%IfExists", []string{tc.fails}, false},
			{"if it exists, without its key", "%IfExists", nil, true},
			{"all of two", "ForAllValues:%", []string{tc.meets, tc.meets}, true},
			{"all of two, one not", "ForAllValues:%", []string{tc.meets, tc.fails}, false},
			{"all of none", "ForAllValues:%", nil, true},
			{"any of two", "ForAnyValue:%", []string{tc.fails, tc.meets}, true},
			{"any of two, neither", "ForAnyValue:%", []string{tc.fails, tc.fails}, false},
			{"any of none", "ForAnyValue:%", nil, false},
			{"any of none, if it exists", "ForAnyValue:%IfExists", nil, true},
		} {
			t.Run(tc.operator+"/"+s.name, func(t *testing.T) {
				operator := strings.Replace(s.form, "%", tc.operator, 1)
				permitted, denied := ask(t, `{"`+operator+`":{"aws:x":"`+tc.policy+`"}}`, values{"aws:x": s.values})
				if permitted != s.want || denied != s.want {
					t.Errorf("got an Allow that matches: %v, a Deny that matches: %v, want %v", permitted, denied, s.want)
				}
			})
		}
	}
}
