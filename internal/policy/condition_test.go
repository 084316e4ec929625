package policy_test

import (
	"fmt"
	"testing"

	"muster/internal/policy"
)

// Every condition is asked twice: as an Allow, and as a Deny beside an Allow
// of everything. Where both can be told, they mirror each other.
func TestConditions(t *testing.T) {
	for _, tc := range []struct {
		name, condition string
		context         values
		want            bool
	}{
		{"no operators", `{}`, nil, true},
		{"one of several values", `{"StringEquals":{"aws:RequestedRegion":["a","b"]}}`, values{"aws:RequestedRegion": {"b"}}, true},
		{"none of several values", `{"StringEquals":{"aws:RequestedRegion":["a","b"]}}`, values{"aws:RequestedRegion": {"c"}}, false},
		{"keys in another case", `{"StringEquals":{"AWS:requestedregion":"b"}}`, values{"aws:RequestedRegion": {"b"}}, true},
		{"values in another case", `{"StringEquals":{"aws:x":"B"}}`, values{"aws:x": {"b"}}, false},
		{"a star is no wildcard", `{"StringEquals":{"aws:x":"b*"}}`, values{"aws:x": {"bb"}}, false},
		{"a star is itself", `{"StringEquals":{"aws:x":"b*"}}`, values{"aws:x": {"b*"}}, true},
		{"an empty value", `{"StringEquals":{"aws:x":""}}`, values{"aws:x": {""}}, true},
		{"a number as text", `{"StringEquals":{"aws:x":10}}`, values{"aws:x": {"10"}}, true},
		{"ignoring case", `{"StringEqualsIgnoreCase":{"aws:x":"Bob"}}`, values{"aws:x": {"bOB"}}, true},
		{"not, ignoring case", `{"StringNotEqualsIgnoreCase":{"aws:x":"Bob"}}`, values{"aws:x": {"bOB"}}, false},
		{"like", `{"StringLike":{"s3:prefix":["home/","home/b?b/*"]}}`, values{"s3:prefix": {"home/bob/x"}}, true},
		{"not like", `{"StringNotLike":{"s3:prefix":["home/","home/b?b/*"]}}`, values{"s3:prefix": {"home/bob/x"}}, false},
		{"not like, of another", `{"StringNotLike":{"s3:prefix":["home/","home/b?b/*"]}}`, values{"s3:prefix": {"home/eve/x"}}, true},
		{"not equal to any of several", `{"StringNotEquals":{"aws:x":["a","b"]}}`, values{"aws:x": {"c"}}, true},
		{"not equal to one of several", `{"StringNotEquals":{"aws:x":["a","b"]}}`, values{"aws:x": {"b"}}, false},
		{"missing key", `{"StringEquals":{"aws:X":"b"}}`, nil, false},
		{"missing key, negated", `{"StringNotEquals":{"aws:X":"b"}}`, nil, true},
		{"missing key, not like", `{"StringNotLike":{"aws:X":"*"}}`, nil, true},
		{"missing key, number", `{"NumericLessThan":{"aws:X":"1"}}`, nil, false},
		{"missing key, not number", `{"NumericNotEquals":{"aws:X":"1"}}`, nil, true},
		{"missing key, not address", `{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, nil, true},
		{"missing key, not ARN", `{"ArnNotLike":{"aws:SourceArn":"arn:aws:iot:*:*:*"}}`, nil, true},
		{"IfExists without", `{"StringEqualsIfExists":{"aws:X":"b"}}`, nil, true},
		{"IfExists with the value", `{"StringEqualsIfExists":{"aws:X":"b"}}`, values{"aws:X": {"b"}}, true},
		{"IfExists with another", `{"StringEqualsIfExists":{"aws:X":"b"}}`, values{"aws:X": {"c"}}, false},
		{"IfExists of a number without", `{"NumericLessThanIfExists":{"aws:X":"1"}}`, nil, true},
		{"Null true without", `{"Null":{"aws:X":"true"}}`, nil, true},
		{"Null true with", `{"Null":{"aws:X":"true"}}`, values{"aws:X": {"b"}}, false},
		{"Null false without", `{"Null":{"aws:X":false}}`, nil, false},
		{"Null false with", `{"Null":{"aws:X":false}}`, values{"aws:X": {"b"}}, true},
		{"all operators must hold", `{"Bool":{"aws:SecureTransport":"true"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, values{"aws:SecureTransport": {"true"}, "aws:SourceIp": {"11.0.0.1"}}, false},
		{"all keys must hold", `{"StringEquals":{"aws:a":"1","aws:b":"2"}}`, values{"aws:a": {"1"}, "aws:b": {"3"}}, false},
		{"all keys hold", `{"StringEquals":{"aws:a":"1","aws:b":"2"}}`, values{"aws:a": {"1"}, "aws:b": {"2"}}, true},
		{"bool", `{"Bool":{"aws:SecureTransport":true}}`, values{"aws:SecureTransport": {"true"}}, true},
		{"bool, the other", `{"Bool":{"aws:SecureTransport":"False"}}`, values{"aws:SecureTransport": {"true"}}, false},
		{"bool from a variable", `{"Bool":{"aws:SecureTransport":"${aws:x}"}}`, values{"aws:SecureTransport": {"true"}, "aws:x": {"true"}}, true},
		{"address in a range", `{"IpAddress":{"aws:SourceIp":["192.0.2.0/24","10.0.0.0/8"]}}`, values{"aws:SourceIp": {"10.9.8.7"}}, true},
		{"address alone", `{"IpAddress":{"aws:SourceIp":"192.0.2.1"}}`, values{"aws:SourceIp": {"192.0.2.1"}}, true},
		{"address next to it", `{"IpAddress":{"aws:SourceIp":"192.0.2.1"}}`, values{"aws:SourceIp": {"192.0.2.2"}}, false},
		{"range with host bits", `{"IpAddress":{"aws:SourceIp":"10.1.2.3/8"}}`, values{"aws:SourceIp": {"10.9.8.7"}}, true},
		{"not in a range", `{"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","10.0.0.0/8"]}}`, values{"aws:SourceIp": {"10.9.8.7"}}, false},
		{"IPv6", `{"IpAddress":{"aws:SourceIp":"2001:DB8::/32"}}`, values{"aws:SourceIp": {"2001:db8:0:0::1"}}, true},
		{"IPv6 outside", `{"IpAddress":{"aws:SourceIp":"2001:db8::/32"}}`, values{"aws:SourceIp": {"2001:db9::1"}}, false},
		{"IPv4 written as IPv6", `{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, values{"aws:SourceIp": {"::ffff:10.0.0.1"}}, true},
		{"a range of IPv4 written as IPv6", `{"IpAddress":{"aws:SourceIp":"::ffff:10.0.0.0/104"}}`, values{"aws:SourceIp": {"10.0.0.1"}}, true},
		{"all of IPv4 is no IPv6", `{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}`, values{"aws:SourceIp": {"::1"}}, false},
		{"an address with a zone", `{"IpAddress":{"aws:SourceIp":"fe80::/10"}}`, values{"aws:SourceIp": {"fe80::1%eth0"}}, true},
		{"another ARN", `{"ArnLike":{"aws:SourceArn":"arn:aws:*:*:*:thing/a"}}`, values{"aws:SourceArn": {"arn:aws:iot:us-east-1:1:thing/b"}}, false},
		{"ARN components", `{"ArnLike":{"aws:SourceArn":"arn:aws:*:1:*:thing/a"}}`, values{"aws:SourceArn": {"arn:aws:iot:us-east-1:1:thing/a"}}, false},
		{"ArnEquals takes wildcards", `{"ArnEquals":{"aws:SourceArn":"arn:aws:iot:*:1:thing/a*"}}`, values{"aws:SourceArn": {"arn:aws:iot:us-east-1:1:thing/ab"}}, true},
		{"ArnNotEquals", `{"ArnNotEquals":{"aws:SourceArn":"arn:aws:iot:*:1:thing/a*"}}`, values{"aws:SourceArn": {"arn:aws:iot:us-east-1:1:thing/ab"}}, false},
		{"ArnNotLike, of another", `{"ArnNotLike":{"aws:SourceArn":"arn:aws:iot:*:1:thing/a*"}}`, values{"aws:SourceArn": {"arn:aws:iot:us-east-1:2:thing/ab"}}, true},
		{"any ARN", `{"ArnLike":{"aws:SourceArn":"*"}}`, values{"aws:SourceArn": {"arn:aws:iot:us-east-1:1:thing/ab"}}, true},
		{"one role alias", `{"ArnEquals":{"aws:SourceArn":"arn:aws:iot:r:1:rolealias/a"}}`, values{"aws:SourceArn": {"arn:aws:iot:r:1:rolealias/b"}}, false},
		{"number below or equal", `{"NumericLessThanEquals":{"s3:max-keys":"10"}}`, values{"s3:max-keys": {"10"}}, true},
		{"number not below", `{"NumericLessThan":{"s3:max-keys":10}}`, values{"s3:max-keys": {"10"}}, false},
		{"number above", `{"NumericGreaterThan":{"s3:max-keys":"9.5"}}`, values{"s3:max-keys": {"10"}}, true},
		{"number above or equal", `{"NumericGreaterThanEquals":{"s3:max-keys":"10"}}`, values{"s3:max-keys": {"1e1"}}, true},
		{"numbers, not text", `{"NumericEquals":{"s3:max-keys":"10.0"}}`, values{"s3:max-keys": {"10"}}, true},
		{"numbers past float64", `{"NumericEquals":{"aws:x":"9007199254740993"}}`, values{"aws:x": {"9007199254740992"}}, false},
		{"number not equal", `{"NumericNotEquals":{"s3:max-keys":["10","11"]}}`, values{"s3:max-keys": {"11"}}, false},
		{"date before", `{"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}`, values{"aws:CurrentTime": {"2026-01-01T00:00:00Z"}}, true},
		{"date not before", `{"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}`, values{"aws:CurrentTime": {"2030-01-01T00:00:00Z"}}, false},
		{"date against seconds", `{"DateGreaterThan":{"aws:CurrentTime":"1609459200"}}`, values{"aws:CurrentTime": {"2026-01-01T00:00:00Z"}}, true},
		{"seconds as a number", `{"DateGreaterThan":{"aws:EpochTime":1609459200}}`, values{"aws:EpochTime": {"1609459201"}}, true},
		{"date in another zone", `{"DateEquals":{"aws:CurrentTime":"2026-01-01T02:00:00+02:00"}}`, values{"aws:CurrentTime": {"2026-01-01T00:00:00Z"}}, true},
		{"date without a time", `{"DateGreaterThanEquals":{"aws:CurrentTime":"2026-01-01"}}`, values{"aws:CurrentTime": {"2026-01-01T00:00:00.001Z"}}, true},
		{"date not equal", `{"DateNotEquals":{"aws:CurrentTime":"2026-01-01T00:00Z"}}`, values{"aws:CurrentTime": {"2026-01-01T00:00:00Z"}}, false},
		{"binary", `{"BinaryEquals":{"aws:k":"QmluYXJ5"}}`, values{"aws:k": {"QmluYXJ5"}}, true},
		{"other binary", `{"BinaryEquals":{"aws:k":"QmluYXJ5"}}`, values{"aws:k": {"QmluYXJ6"}}, false},

		{"a number below nothing", `{"NumericLessThan":{"aws:x":"0"}}`, values{"aws:x": {"-0.5"}}, true},
		{"one of several numbers", `{"NumericEquals":{"aws:x":["1",2]}}`, values{"aws:x": {"2"}}, true},
		{"below one of several numbers", `{"NumericLessThan":{"aws:x":["1","5"]}}`, values{"aws:x": {"3"}}, true},

		{"a year", `{"DateGreaterThanEquals":{"aws:CurrentTime":"2026"}}`, values{"aws:CurrentTime": {"2026-01-01T00:00:00Z"}}, true},
		{"before a year", `{"DateGreaterThanEquals":{"aws:CurrentTime":"2026"}}`, values{"aws:CurrentTime": {"2025-12-31T23:59:59Z"}}, false},
		{"a month", `{"DateLessThan":{"aws:CurrentTime":"2026-03"}}`, values{"aws:CurrentTime": {"2026-02-28T23:59:59Z"}}, true},
		{"past a month", `{"DateLessThan":{"aws:CurrentTime":"2026-03"}}`, values{"aws:CurrentTime": {"2026-03-01T00:00:00Z"}}, false},
		{"a minute", `{"DateEquals":{"aws:CurrentTime":"2026-03-01T12:30Z"}}`, values{"aws:CurrentTime": {"2026-03-01T12:30:00Z"}}, true},
		{"a fraction of a second", `{"DateGreaterThan":{"aws:CurrentTime":"2026-03-01T12:30:00.25Z"}}`, values{"aws:CurrentTime": {"2026-03-01T12:30:00.5Z"}}, true},
		{"a zone without a colon", `{"DateEquals":{"aws:CurrentTime":"2026-03-01T14:30:00+0200"}}`, values{"aws:CurrentTime": {"2026-03-01T12:30:00Z"}}, true},
		{"seconds on both sides", `{"DateLessThan":{"aws:EpochTime":"1770000000"}}`, values{"aws:EpochTime": {"1769999999"}}, true},
		{"a window", `{"DateGreaterThan":{"aws:CurrentTime":"2026-03-01T00:00:00Z"},"DateLessThan":{"aws:CurrentTime":"2026-03-31T23:59:59Z"}}`, values{"aws:CurrentTime": {"2026-03-15T00:00:00Z"}}, true},
		{"past a window", `{"DateGreaterThan":{"aws:CurrentTime":"2026-03-01T00:00:00Z"},"DateLessThan":{"aws:CurrentTime":"2026-03-31T23:59:59Z"}}`, values{"aws:CurrentTime": {"2026-04-01T00:00:00Z"}}, false},
		{"one of several dates", `{"DateEquals":{"aws:CurrentTime":["2025-01-01","2026-01-01"]}}`, values{"aws:CurrentTime": {"2026-01-01T00:00:00Z"}}, true},

		{"IPv6 alone", `{"IpAddress":{"aws:SourceIp":"2001:db8::1"}}`, values{"aws:SourceIp": {"2001:0db8:0:0:0:0:0:1"}}, true},
		{"next to IPv6 alone", `{"IpAddress":{"aws:SourceIp":"2001:db8::1"}}`, values{"aws:SourceIp": {"2001:db8::2"}}, false},
		{"IPv6 between the groups", `{"IpAddress":{"aws:SourceIp":"2001:db8:abc0::/44"}}`, values{"aws:SourceIp": {"2001:db8:abcf:ffff::1"}}, true},
		{"past IPv6 between the groups", `{"IpAddress":{"aws:SourceIp":"2001:db8:abc0::/44"}}`, values{"aws:SourceIp": {"2001:db8:abd0::1"}}, false},
		{"IPv4 against IPv6", `{"NotIpAddress":{"aws:SourceIp":"2001:db8::/32"}}`, values{"aws:SourceIp": {"192.0.2.1"}}, true},
		{"all of IPv6 is no IPv4", `{"IpAddress":{"aws:SourceIp":"::/0"}}`, values{"aws:SourceIp": {"192.0.2.1"}}, false},
		{"of both kinds, the second", `{"IpAddress":{"aws:SourceIp":["192.0.2.0/24","2001:db8::/32"]}}`, values{"aws:SourceIp": {"2001:db8::1"}}, true},
		{"an address of IPv4 written as IPv6 in the policy", `{"IpAddress":{"aws:SourceIp":"::ffff:192.0.2.1"}}`, values{"aws:SourceIp": {"192.0.2.1"}}, true},

		{"a star in each part of an ARN", `{"ArnLike":{"aws:PrincipalArn":"arn:*:*:*:*:*"}}`, values{"aws:PrincipalArn": {"arn:aws:iam::1:role/a/b:c"}}, true},
		{"a part of an ARN that is empty", `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::1:role/a"}}`, values{"aws:PrincipalArn": {"arn:aws:iam:r:1:role/a"}}, false},
		{"a star for a part that is empty", `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam:*:1:role/a"}}`, values{"aws:PrincipalArn": {"arn:aws:iam::1:role/a"}}, true},
		{"one character of a part", `{"ArnLike":{"aws:SourceArn":"arn:aws:iot:us-???t-?:1:thing/a"}}`, values{"aws:SourceArn": {"arn:aws:iot:us-east-1:1:thing/a"}}, true},
		{"the beginning of a part", `{"ArnLike":{"aws:SourceArn":"arn:aws:iot:us-*:1:thing/a"}}`, values{"aws:SourceArn": {"arn:aws:iot:eu-west-1:1:thing/a"}}, false},
		{"a star over slashes and colons in the last part", `{"ArnLike":{"aws:SourceArn":"arn:aws:iot:r:1:thing/*/x"}}`, values{"aws:SourceArn": {"arn:aws:iot:r:1:thing/a:b/c/x"}}, true},
		{"an ARN in other letters", `{"ArnEquals":{"aws:SourceArn":"arn:aws:iot:r:1:thing/A"}}`, values{"aws:SourceArn": {"arn:aws:iot:r:1:thing/a"}}, false},
		{"one of several ARNs", `{"ArnEquals":{"aws:SourceArn":["arn:aws:iot:r:1:thing/a","arn:aws:iot:r:1:thing/b"]}}`, values{"aws:SourceArn": {"arn:aws:iot:r:1:thing/b"}}, true},
		{"not one of several ARNs", `{"ArnNotEquals":{"aws:SourceArn":["arn:aws:iot:r:1:thing/a","arn:aws:iot:r:1:thing/b"]}}`, values{"aws:SourceArn": {"arn:aws:iot:r:1:thing/b"}}, false},
		{"StringLike knows no parts", `{"StringLike":{"aws:SourceArn":"arn:aws:iot:*/a"}}`, values{"aws:SourceArn": {"arn:aws:iot:r:1:thing/a"}}, true},
		{"an ARN from a variable", `{"ArnLike":{"aws:SourceArn":"arn:aws:iot:*:${aws:PrincipalAccount}:thing/*"}}`, values{"aws:SourceArn": {"arn:aws:iot:r:1:thing/a"}, "aws:PrincipalAccount": {"1"}}, true},
		{"an ARN from a variable of another", `{"ArnLike":{"aws:SourceArn":"arn:aws:iot:*:${aws:PrincipalAccount}:thing/*"}}`, values{"aws:SourceArn": {"arn:aws:iot:r:1:thing/a"}, "aws:PrincipalAccount": {"2"}}, false},
		{"an ARN from a variable that has no value", `{"ArnLike":{"aws:SourceArn":"arn:aws:iot:*:${aws:PrincipalAccount}:thing/*"}}`, values{"aws:SourceArn": {"arn:aws:iot:r:1:thing/a"}}, false},
		{"not an ARN from a variable that has no value", `{"ArnNotLike":{"aws:SourceArn":"arn:aws:iot:*:${aws:PrincipalAccount}:thing/*"}}`, values{"aws:SourceArn": {"arn:aws:iot:r:1:thing/a"}}, true},

		{"a default in a condition", `{"StringEquals":{"aws:RequestTag/team":"${aws:PrincipalTag/team, 'none'}"}}`, values{"aws:RequestTag/team": {"none"}}, true},
		{"a default in a condition, not needed", `{"StringEquals":{"aws:RequestTag/team":"${aws:PrincipalTag/team, 'none'}"}}`, values{"aws:RequestTag/team": {"none"}, "aws:PrincipalTag/team": {"red"}}, false},
		{"a default in a negated condition", `{"StringNotEquals":{"aws:RequestTag/team":"${aws:PrincipalTag/team, 'none'}"}}`, values{"aws:RequestTag/team": {"none"}}, false},
		{"a default that is empty", `{"StringEquals":{"aws:RequestTag/team":"x${aws:PrincipalTag/team, ''}"}}`, values{"aws:RequestTag/team": {"x"}}, true},
		{"a default with a star is no wildcard", `{"StringLike":{"aws:x":"${aws:PrincipalTag/team, '*'}"}}`, values{"aws:x": {"red"}}, false},
		{"a default with a comma and a brace", `{"StringEquals":{"aws:x":"${aws:PrincipalTag/team, 'a,}b'}"}}`, values{"aws:x": {"a,}b"}}, true},
		{"a default for an empty tag is not needed", `{"StringEquals":{"aws:x":"${aws:PrincipalTag/team, 'none'}"}}`, values{"aws:x": {"none"}, "aws:PrincipalTag/team": {""}}, false},
		{"an escaped star in StringLike", `{"StringLike":{"aws:x":"a${*}"}}`, values{"aws:x": {"ab"}}, false},
		{"an escaped star in StringLike, and a star", `{"StringLike":{"aws:x":"a${*}"}}`, values{"aws:x": {"a*"}}, true},
		{"an escaped question mark in StringEquals", `{"StringEquals":{"aws:x":"a${?}"}}`, values{"aws:x": {"a?"}}, true},

		{"empty and not empty, all", `{"ForAllValues:StringEquals":{"aws:TagKeys":["a",""]}}`, values{"aws:TagKeys": {"", "a"}}, true},
		{"empty and not empty, not all", `{"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}}`, values{"aws:TagKeys": {"", "a"}}, false},
		{"empty and not empty, any", `{"ForAnyValue:StringNotEquals":{"aws:TagKeys":["a"]}}`, values{"aws:TagKeys": {"", "a"}}, true},
		{"all of the empty values that are asked for", `{"ForAllValues:StringEquals":{"aws:TagKeys":[""]}}`, values{"aws:TagKeys": {""}}, true},
		{"none of the empty values", `{"ForAnyValue:StringEquals":{"aws:TagKeys":["a"]}}`, values{"aws:TagKeys": {""}}, false},
		{"all numbers", `{"ForAllValues:NumericLessThan":{"aws:x":"10"}}`, values{"aws:x": {"1", "9.5"}}, true},
		{"any date", `{"ForAnyValue:DateLessThan":{"aws:x":"2026-01-01"}}`, values{"aws:x": {"2027-01-01", "2025-01-01"}}, true},
		{"any address", `{"ForAnyValue:IpAddress":{"aws:x":"10.0.0.0/8"}}`, values{"aws:x": {"192.0.2.1", "10.0.0.1"}}, true},
		{"all ARNs", `{"ForAllValues:ArnLike":{"aws:x":["arn:aws:iot:*:1:thing/*","arn:aws:iot:*:2:thing/a*"]}}`, values{"aws:x": {"arn:aws:iot:r:1:thing/b", "arn:aws:iot:r:2:thing/a"}}, true},
		{"all ARNs but one", `{"ForAllValues:ArnLike":{"aws:x":["arn:aws:iot:*:1:thing/*","arn:aws:iot:*:2:thing/a*"]}}`, values{"aws:x": {"arn:aws:iot:r:1:thing/b", "arn:aws:iot:r:2:thing/b"}}, false},
		{"all booleans", `{"ForAllValues:Bool":{"aws:x":"true"}}`, values{"aws:x": {"true", "TRUE"}}, true},

		{"all values", `{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}`, values{"aws:TagKeys": {"b", "a"}}, true},
		{"all but one value", `{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}`, values{"aws:TagKeys": {"a", "c"}}, false},
		{"all of no key", `{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}`, nil, true},
		{"all of no values", `{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}`, values{"aws:TagKeys": {}}, true},
		{"all values not", `{"ForAllValues:StringNotEquals":{"aws:TagKeys":["a","b"]}}`, values{"aws:TagKeys": {"c", "d"}}, true},
		{"one of all values", `{"ForAllValues:StringNotEquals":{"aws:TagKeys":["a","b"]}}`, values{"aws:TagKeys": {"c", "a"}}, false},
		{"any value", `{"ForAnyValue:StringLike":{"aws:TagKeys":["a*"]}}`, values{"aws:TagKeys": {"x", "ab"}}, true},
		{"not any value", `{"ForAnyValue:StringLike":{"aws:TagKeys":["a*"]}}`, values{"aws:TagKeys": {"x", "y"}}, false},
		{"any of no key", `{"ForAnyValue:StringLike":{"aws:TagKeys":["a*"]}}`, nil, false},
		{"any of no key, negated", `{"ForAnyValue:StringNotLike":{"aws:TagKeys":["a*"]}}`, nil, false},
		{"any value not", `{"ForAnyValue:StringNotLike":{"aws:TagKeys":["a*"]}}`, values{"aws:TagKeys": {"ab", "x"}}, true},
		{"no value not", `{"ForAnyValue:StringNotLike":{"aws:TagKeys":["a*"]}}`, values{"aws:TagKeys": {"ab", "a"}}, false},
		{"any of no key, if it exists", `{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a*"]}}`, nil, true},
		{"several values without a set operator", `{"StringEquals":{"aws:TagKeys":"a"}}`, values{"aws:TagKeys": {"x", "a"}}, true},
		{"several values, negated without a set operator", `{"StringNotEquals":{"aws:TagKeys":"a"}}`, values{"aws:TagKeys": {"x", "a"}}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			permitted, denied := ask(t, tc.condition, tc.context)
			if permitted != tc.want || denied != tc.want {
				t.Errorf("got an Allow that matches: %v, a Deny that matches: %v, want %v", permitted, denied, tc.want)
			}
		})
	}
}

// ask reports whether a condition makes an Allow match, and whether a Deny.
func ask(t *testing.T, condition string, context_ values) (permitted, denied bool) {
	t.Helper()
	const statement = `{"Effect":%q,"Action":"*","Resource":"*","Condition":%s}`
	r := &policy.Request{Action: "s3:GetObject", Resource: "*", Context: context(context_)}
	permit := parse(t, policy.Identity, policy.Version2012, fmt.Sprintf(statement, "Allow", condition))
	forbid := parse(t, policy.Identity, policy.Version2012, allowAll+","+fmt.Sprintf(statement, "Deny", condition))
	return permit.Decide(r).Verdict == allow, forbid.Decide(r).Verdict == deny
}

// What can't be compared permits nothing and forbids.
func TestConditionsInDoubt(t *testing.T) {
	for _, tc := range []struct {
		name, condition string
		context         values
	}{
		{"no number", `{"NumericLessThan":{"s3:max-keys":"10"}}`, values{"s3:max-keys": {"ten"}}},
		{"no number, negated", `{"NumericNotEquals":{"s3:max-keys":"10"}}`, values{"s3:max-keys": {"ten"}}},
		{"an infinite number", `{"NumericGreaterThan":{"s3:max-keys":"10"}}`, values{"s3:max-keys": {"inf"}}},
		{"no date", `{"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}`, values{"aws:CurrentTime": {"tomorrow"}}},
		{"no address", `{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, values{"aws:SourceIp": {"localhost"}}},
		{"no address, negated", `{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, values{"aws:SourceIp": {"localhost"}}},
		{"no boolean", `{"Bool":{"aws:SecureTransport":"true"}}`, values{"aws:SecureTransport": {"yes"}}},
		{"no ARN in the policy", `{"ArnLike":{"aws:SourceArn":"arn:aws:*:thing/a"}}`, values{"aws:SourceArn": {"arn:aws:iot:us-east-1:1:thing/a"}}},
		{"no ARN in the policy, negated", `{"ArnNotLike":{"aws:SourceArn":"arn:aws:iot:*"}}`, values{"aws:SourceArn": {"arn:aws:iot:us-east-1:1:thing/a"}}},
		{"no number among all", `{"ForAllValues:NumericLessThan":{"aws:x":"10"}}`, values{"aws:x": {"1", "two"}}},
		{"all of nothing but empty values", `{"ForAllValues:StringEquals":{"aws:TagKeys":"a"}}`, values{"aws:TagKeys": {"", ""}}},
		{"any of nothing but empty values", `{"ForAnyValue:StringLike":{"aws:TagKeys":"*"}}`, values{"aws:TagKeys": {""}}},
		{"any of nothing but empty values, negated", `{"ForAnyValue:StringNotEquals":{"aws:TagKeys":"a"}}`, values{"aws:TagKeys": {""}}},
		{"no number among any", `{"ForAnyValue:NumericGreaterThan":{"aws:x":"10"}}`, values{"aws:x": {"1", "two"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			permitted, denied := ask(t, tc.condition, tc.context)
			if permitted || !denied {
				t.Errorf("got an Allow that matches: %v, a Deny that matches: %v, want false, true", permitted, denied)
			}
		})
	}
}
