package s3front_test

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
)

// canonical is the canonical user id of the account's owner.
var canonical = func() string {
	sum := sha256.Sum256([]byte("canonical user of account " + account))
	return hex.EncodeToString(sum[:])
}()

const (
	noNamespace  = ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`
	ownerACL     = `<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>%</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>%</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>`
	allBlocked   = `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`
	enforced     = `<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>`
	encrypted    = `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`
	corsOfAll    = `<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>`
	expireLogs   = `<LifecycleConfiguration><Rule><ID>logs</ID><Filter><Prefix>logs/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>30</Days></Expiration></Rule></LifecycleConfiguration>`
	oneTag       = `<Tagging><TagSet><Tag><Key>team</Key><Value>blue</Value></Tag></TagSet></Tagging>`
	xmlPrologue  = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	objectInTest = "/photos/cat"
)

func ownerOnly() string { return strings.ReplaceAll(ownerACL, "%", canonical) }

// document is an answer without its prologue and namespace.
func (r reply) document() string {
	return strings.Replace(strings.TrimPrefix(r.body, xmlPrologue), noNamespace, "", 1)
}

// newConfigured is a world with a bucket and an object.
func newConfigured(t *testing.T) *world {
	w := newWorld(t)
	w.front.ObeysLifecycle = true
	w.ok("PUT", "/photos")
	w.ok("PUT", objectInTest, "hello")
	return w
}

// What is not configured is read as AWS answers the owner of a new bucket:
// clients such as Terraform read all of it.
func TestANewBucketIsReadWhole(t *testing.T) {
	w := newConfigured(t)
	for path, want := range map[string]string{
		"/photos?acl":               strings.Replace(ownerOnly(), noNamespace, "", 1),
		objectInTest + "?acl":       strings.Replace(ownerOnly(), noNamespace, "", 1),
		"/photos?publicAccessBlock": allBlocked,
		"/photos?ownershipControls": enforced,
		"/photos?encryption":        encrypted,
		"/photos?requestPayment":    `<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>`,
		"/photos?logging":           `<BucketLoggingStatus></BucketLoggingStatus>`,
		"/photos?notification":      `<NotificationConfiguration></NotificationConfiguration>`,
		"/photos?accelerate":        `<AccelerateConfiguration></AccelerateConfiguration>`,
		"/photos?versioning":        `<VersioningConfiguration></VersioningConfiguration>`,
	} {
		got := w.do(w.root, "GET", path)
		if got.status != 200 || got.document() != want || got.header.Get("Content-Type") != "application/xml" {
			t.Errorf("GET %s: got %v, want %s", path, got, want)
		}
	}
	for path, code := range map[string]string{
		"/photos?policy":       "NoSuchBucketPolicy",
		"/photos?policyStatus": "NoSuchBucketPolicy",
		"/photos?website":      "NoSuchWebsiteConfiguration",
		"/photos?replication":  "ReplicationConfigurationNotFoundError",
		"/photos?object-lock":  "ObjectLockConfigurationNotFoundError",
		"/photos?cors":         "NoSuchCORSConfiguration",
		"/photos?lifecycle":    "NoSuchLifecycleConfiguration",
		"/photos?tagging":      "NoSuchTagSet",
	} {
		got := w.do(w.root, "GET", path)
		if got.status != 404 || got.code != code || !strings.Contains(got.body, "<BucketName>photos</BucketName>") {
			t.Errorf("GET %s: got %v, want 404 %s", path, got, code)
		}
	}
	for _, path := range []string{"/nowhere?acl", "/nowhere?cors", "/nowhere?publicAccessBlock", "/nowhere?lifecycle"} {
		if got := w.do(w.root, "GET", path); got.status != 404 || got.code != "NoSuchBucket" {
			t.Errorf("GET %s: got %v, want 404 NoSuchBucket", path, got)
		}
	}
}

// permissions are what each operation on configuration asks for, as the Service
// Authorization Reference has it.
var permissions = []struct {
	call
	action string
}{
	{call{method: "GET", path: "/photos?tagging"}, "s3:GetBucketTagging"},
	{call{method: "PUT", path: "/photos?tagging", body: oneTag}, "s3:PutBucketTagging"},
	{call{method: "DELETE", path: "/photos?tagging"}, "s3:PutBucketTagging"},
	{call{method: "GET", path: "/photos?cors"}, "s3:GetBucketCORS"},
	{call{method: "PUT", path: "/photos?cors", body: corsOfAll}, "s3:PutBucketCORS"},
	{call{method: "DELETE", path: "/photos?cors"}, "s3:PutBucketCORS"},
	{call{method: "GET", path: "/photos?lifecycle"}, "s3:GetLifecycleConfiguration"},
	{call{method: "PUT", path: "/photos?lifecycle", body: expireLogs}, "s3:PutLifecycleConfiguration"},
	{call{method: "DELETE", path: "/photos?lifecycle"}, "s3:PutLifecycleConfiguration"},
	{call{method: "GET", path: "/photos?acl"}, "s3:GetBucketAcl"},
	{call{method: "PUT", path: "/photos?acl", header: []string{"X-Amz-Acl: private"}}, "s3:PutBucketAcl"},
	{call{method: "PUT", path: "/photos?acl", body: ownerOnly()}, "s3:PutBucketAcl"},
	{call{method: "GET", path: objectInTest + "?acl"}, "s3:GetObjectAcl"},
	{call{method: "GET", path: objectInTest + "?acl&versionId=null"}, "s3:GetObjectVersionAcl"},
	{call{method: "PUT", path: objectInTest + "?acl", header: []string{"X-Amz-Acl: private"}}, "s3:PutObjectAcl"},
	{call{method: "PUT", path: objectInTest + "?acl&versionId=null", body: ownerOnly()}, "s3:PutObjectVersionAcl"},
	{call{method: "GET", path: "/photos?encryption"}, "s3:GetEncryptionConfiguration"},
	{call{method: "PUT", path: "/photos?encryption", body: encrypted}, "s3:PutEncryptionConfiguration"},
	{call{method: "DELETE", path: "/photos?encryption"}, "s3:PutEncryptionConfiguration"},
	{call{method: "GET", path: "/photos?publicAccessBlock"}, "s3:GetBucketPublicAccessBlock"},
	{call{method: "PUT", path: "/photos?publicAccessBlock", body: allBlocked}, "s3:PutBucketPublicAccessBlock"},
	{call{method: "DELETE", path: "/photos?publicAccessBlock"}, "s3:PutBucketPublicAccessBlock"},
	{call{method: "GET", path: "/photos?ownershipControls"}, "s3:GetBucketOwnershipControls"},
	{call{method: "PUT", path: "/photos?ownershipControls", body: enforced}, "s3:PutBucketOwnershipControls"},
	{call{method: "DELETE", path: "/photos?ownershipControls"}, "s3:PutBucketOwnershipControls"},
	{call{method: "GET", path: "/photos?policy"}, "s3:GetBucketPolicy"},
	{call{method: "GET", path: "/photos?policyStatus"}, "s3:GetBucketPolicyStatus"},
	{call{method: "GET", path: "/photos?website"}, "s3:GetBucketWebsite"},
	{call{method: "GET", path: "/photos?replication"}, "s3:GetReplicationConfiguration"},
	{call{method: "GET", path: "/photos?object-lock"}, "s3:GetBucketObjectLockConfiguration"},
	{call{method: "GET", path: "/photos?logging"}, "s3:GetBucketLogging"},
	{call{method: "GET", path: "/photos?notification"}, "s3:GetBucketNotification"},
	{call{method: "GET", path: "/photos?accelerate"}, "s3:GetAccelerateConfiguration"},
	{call{method: "GET", path: "/photos?requestPayment"}, "s3:GetBucketRequestPayment"},
	{call{method: "GET", path: "/photos?versioning"}, "s3:GetBucketVersioning"},
}

// Each asks for its own permission: that one alone suffices, and all others
// together don't.
func TestConfigurationAsksForItsPermission(t *testing.T) {
	w := newConfigured(t)
	// What there is to lose.
	for path, document := range map[string]string{"?tagging": oneTag, "?cors": corsOfAll, "?lifecycle": expireLogs} {
		w.ok("PUT", "/photos"+path, document)
	}
	kept := func() (all string) {
		for _, path := range []string{"?tagging", "?cors", "?lifecycle", "?publicAccessBlock", "?ownershipControls", "?encryption"} {
			all += w.ok("GET", "/photos"+path).document()
		}
		return all
	}
	before := kept()
	for _, p := range permissions {
		everything := statement{Effect: "Allow", Action: "s3:*", Resource: "*"}
		w.may(everything, statement{Effect: "Deny", Action: p.action, Resource: "*"})
		if got := w.send(w.request(w.device, p.call)); got.status != 403 || got.code != "AccessDenied" {
			t.Errorf("%v without %s: got %v, want 403 AccessDenied", p.call, p.action, got)
		}
		if got := w.send(w.request(w.other, p.call)); got.status != 403 || got.code != "AccessDenied" {
			t.Errorf("%v by the root user of another account: got %v, want 403 AccessDenied", p.call, got)
		}
	}
	if after := kept(); after != before {
		t.Errorf("after denials: got %s, want %s", after, before)
	}
	for _, p := range permissions {
		resource, _, _ := strings.Cut(strings.TrimPrefix(p.path, "/"), "?")
		w.may(allow(p.action, resource))
		if got := w.send(w.request(w.device, p.call)); got.status >= 300 && (p.method != "GET" || got.status != 404) {
			t.Errorf("%v with %s alone: got %v", p.call, p.action, got)
		}
		w.may(allow(p.action, resource+"-of-others"))
		if got := w.send(w.request(w.device, p.call)); got.status != 403 {
			t.Errorf("%v with %s on another resource: got %v, want 403", p.call, p.action, got)
		}
	}
}

func TestBucketTagging(t *testing.T) {
	w := newConfigured(t)
	tags := `<Tagging><TagSet><Tag><Key>zebra</Key><Value>1</Value></Tag><Tag><Key>ant</Key><Value></Value></Tag></TagSet></Tagging>`
	if got := w.do(w.root, "PUT", "/photos?tagging", strings.Replace(tags, "<Tagging>", "<Tagging"+noNamespace+">", 1)); got.status != 204 {
		t.Fatalf("PUT: got %v, want 204", got)
	}
	if got := w.ok("GET", "/photos?tagging"); got.document() != tags {
		t.Errorf("GET: got %v, want %s", got, tags)
	}
	if got := w.ok("GET", objectInTest+"?tagging"); strings.Contains(got.body, "zebra") {
		t.Errorf("the tags of an object: got %v", got)
	}
	set := func(inner string) string { return "<Tagging><TagSet>" + inner + "</TagSet></Tagging>" }
	one := func(key, value string) string { return "<Tag><Key>" + key + "</Key><Value>" + value + "</Value></Tag>" }
	for name, tc := range map[string]struct{ body, code string }{
		"AWS's own":         {set(one("aws:x", "1")), "InvalidTag"},
		"one twice":         {set(one("a", "1") + one("a", "2")), "InvalidTag"},
		"51":                {set(strings.Repeat(one("a", "1"), 51)), "InvalidTag"},
		"no value":          {set("<Tag><Key>a</Key></Tag>"), "MalformedXML"},
		"two values":        {set("<Tag><Key>a</Key><Value>1</Value><Value>2</Value></Tag>"), "MalformedXML"},
		"no set":            {"<Tagging></Tagging>", "MalformedXML"},
		"something else":    {set("<Label/>"), "MalformedXML"},
		"no document":       {"tags", "MalformedXML"},
		"nothing":           {"", "MissingRequestBodyError"},
		"half a document":   {"<Tagging><TagSet>", "MalformedXML"},
		"too many elements": {set(strings.Repeat("<Tag/>", 600)), "MalformedXML"},
	} {
		if got := w.do(w.root, "PUT", "/photos?tagging", tc.body); got.status != 400 || got.code != tc.code {
			t.Errorf("PUT of %s: got %v, want 400 %s", name, got, tc.code)
		}
	}
	if got := w.ok("GET", "/photos?tagging"); got.document() != tags {
		t.Errorf("GET after refusals: got %v, want %s", got, tags)
	}
	for range 2 {
		if got := w.do(w.root, "DELETE", "/photos?tagging"); got.status != 204 {
			t.Errorf("DELETE: got %v, want 204", got)
		}
	}
	if got := w.do(w.root, "GET", "/photos?tagging"); got.code != "NoSuchTagSet" {
		t.Errorf("GET after DELETE: got %v, want NoSuchTagSet", got)
	}
}

// What says what is so anyway is taken and read back; what says anything else
// is refused by its name and changes nothing.
func TestConfirmations(t *testing.T) {
	w := newConfigured(t)
	replace := strings.NewReplacer
	for _, tc := range []struct {
		name, path, body string
		status           int
		code, message    string
	}{
		{"the block", "?publicAccessBlock", allBlocked, 200, "", ""},
		{"a block that isn't whole", "?publicAccessBlock", replace("<BlockPublicPolicy>true", "<BlockPublicPolicy>false").Replace(allBlocked), 501, "NotImplemented", "BlockPublicPolicy"},
		{"a block of one", "?publicAccessBlock", `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>`, 501, "NotImplemented", "IgnorePublicAcls"},
		{"a block of nothing", "?publicAccessBlock", `<PublicAccessBlockConfiguration/>`, 400, "InvalidRequest", ""},
		{"a block of something else", "?publicAccessBlock", replace("BlockPublicPolicy", "BlockAll").Replace(allBlocked), 400, "MalformedXML", ""},
		{"a block that is neither", "?publicAccessBlock", replace("true", "maybe").Replace(allBlocked), 400, "MalformedXML", ""},
		{"a block said twice", "?publicAccessBlock", replace("<BlockPublicAcls>", "<BlockPublicAcls>false</BlockPublicAcls><BlockPublicAcls>").Replace(allBlocked), 400, "MalformedXML", ""},

		{"ownership", "?ownershipControls", enforced, 200, "", ""},
		{"ownership that is preferred", "?ownershipControls", replace("BucketOwnerEnforced", "BucketOwnerPreferred").Replace(enforced), 501, "NotImplemented", "BucketOwnerPreferred"},
		{"ownership of writers", "?ownershipControls", replace("BucketOwnerEnforced", "ObjectWriter").Replace(enforced), 501, "NotImplemented", "ObjectWriter"},
		{"ownership of somebody", "?ownershipControls", replace("BucketOwnerEnforced", "Somebody").Replace(enforced), 400, "MalformedXML", ""},
		{"ownership without a rule", "?ownershipControls", `<OwnershipControls/>`, 400, "MalformedXML", ""},
		{"ownership with two rules", "?ownershipControls", replace("</OwnershipControls>", "<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>").Replace(enforced), 400, "MalformedXML", ""},

		{"encryption", "?encryption", encrypted, 200, "", ""},
		{"encryption with KMS", "?encryption", replace("AES256", "aws:kms").Replace(encrypted), 501, "NotImplemented", "aws:kms"},
		{"encryption with KMS, twice", "?encryption", replace("AES256", "aws:kms:dsse").Replace(encrypted), 501, "NotImplemented", "aws:kms:dsse"},
		{"encryption with a key", "?encryption", replace("</SSEAlgorithm>", "</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>").Replace(encrypted), 400, "InvalidArgument", "KMSMasterKeyID"},
		{"encryption with something", "?encryption", replace("AES256", "rot13").Replace(encrypted), 400, "MalformedXML", ""},
		{"encryption without a rule", "?encryption", `<ServerSideEncryptionConfiguration/>`, 400, "MalformedXML", ""},
		{"encryption without a default", "?encryption", `<ServerSideEncryptionConfiguration><Rule/></ServerSideEncryptionConfiguration>`, 400, "MalformedXML", ""},
		{"keys of clients allowed", "?encryption", replace("</Rule>", "<BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType></BlockedEncryptionTypes></Rule>").Replace(encrypted), 501, "NotImplemented", "SSE-C"},

		{"an ACL", "?acl", ownerOnly(), 200, "", ""},
		{"an ACL of others", "?acl", replace("CanonicalUser", "Group").Replace(ownerOnly()), 400, "AccessControlListNotSupported", ""},
		{"an ACL of another", "?acl", replace("<Grantee", "<Grantee", "<ID>"+canonical+"</ID></Grantee>", "<ID>"+strings.Repeat("a", 64)+"</ID></Grantee>").Replace(ownerOnly()), 400, "AccessControlListNotSupported", ""},
		{"an ACL for reading", "?acl", replace("FULL_CONTROL", "READ").Replace(ownerOnly()), 400, "AccessControlListNotSupported", ""},
		{"an ACL for nobody", "?acl", regexp.MustCompile(`<Grant>.*</Grant>`).ReplaceAllString(ownerOnly(), ""), 400, "AccessControlListNotSupported", ""},
		{"an ACL for one more", "?acl", replace("</AccessControlList>", "<Grant><Grantee/><Permission>READ</Permission></Grant></AccessControlList>").Replace(ownerOnly()), 400, "AccessControlListNotSupported", ""},
		{"an ACL without an owner", "?acl", regexp.MustCompile(`<Owner>.*</Owner>`).ReplaceAllString(ownerOnly(), ""), 400, "MalformedACLError", ""},
		{"no ACL", "?acl", "", 400, "MissingSecurityHeader", ""},
		{"no document", "?acl", "private", 400, "MalformedACLError", ""},
		{"an ACL of no object", "/nothing?acl", ownerOnly(), 404, "NoSuchKey", ""},
		{"an ACL of an object", "/cat?acl", ownerOnly(), 200, "", ""},
		{"an ACL of an object for others", "/cat?acl", replace("FULL_CONTROL", "READ").Replace(ownerOnly()), 400, "AccessControlListNotSupported", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := w.ok("GET", "/photos"+strings.Replace(tc.path, "/nothing", "/cat", 1)).document()
			got := w.do(w.root, "PUT", "/photos"+tc.path, tc.body)
			if got.status != tc.status || got.code != tc.code || !strings.Contains(got.body, tc.message) {
				t.Errorf("PUT: got %v, want %d %s that names %s", got, tc.status, tc.code, tc.message)
			}
			if after := w.ok("GET", "/photos"+strings.Replace(tc.path, "/nothing", "/cat", 1)).document(); after != before {
				t.Errorf("GET: got %s, want %s", after, before)
			}
		})
	}
}

func TestCannedACLs(t *testing.T) {
	w := newConfigured(t)
	for header, want := range map[string]string{
		"X-Amz-Acl: private":                    "",
		"X-Amz-Acl: bucket-owner-full-control":  "",
		"X-Amz-Acl: public-read":                "AccessControlListNotSupported",
		"X-Amz-Acl: anything":                   "AccessControlListNotSupported",
		"X-Amz-Grant-Read: id=\"a\"":            "AccessControlListNotSupported",
		"X-Amz-Grant-Full-Control: id=\"mine\"": "AccessControlListNotSupported",
	} {
		for _, path := range []string{"/photos?acl", objectInTest + "?acl"} {
			if got := w.do(w.root, "PUT", path, "", header); got.code != want || want == "" && got.status != 200 {
				t.Errorf("PUT %s with %s: got %v, want %q", path, header, got, want)
			}
		}
	}
	if got := w.do(w.root, "PUT", "/photos?acl", ownerOnly(), "X-Amz-Acl: private"); got.status != 400 || got.code != "UnexpectedContent" {
		t.Errorf("an ACL in the header and in the body: got %v, want 400 UnexpectedContent", got)
	}
}

// The ACL of a version is read with its id; who may not list isn't told what
// isn't there.
func TestObjectACLs(t *testing.T) {
	w := newConfigured(t)
	w.ok("PUT", "/photos?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
	id := w.ok("PUT", objectInTest, "again").header.Get("X-Amz-Version-Id")
	for _, method := range []string{"GET", "PUT"} {
		got := w.ok(method, objectInTest+"?acl&versionId="+id, "", "X-Amz-Acl: private")
		if got.header.Get("X-Amz-Version-Id") != id {
			t.Errorf("%s of a version: got X-Amz-Version-Id %q, want %q", method, got.header.Get("X-Amz-Version-Id"), id)
		}
		if got := w.do(w.root, method, "/photos/nothing?acl", "", "X-Amz-Acl: private"); got.status != 404 || got.code != "NoSuchKey" {
			t.Errorf("%s of nothing: got %v, want 404 NoSuchKey", method, got)
		}
		w.may(allow("s3:GetObjectAcl", "photos/*"), allow("s3:PutObjectAcl", "photos/*"))
		if got := w.do(w.device, method, "/photos/nothing?acl", "", "X-Amz-Acl: private"); got.status != 403 || got.code != "AccessDenied" {
			t.Errorf("%s of nothing by one who may not list: got %v, want 403 AccessDenied", method, got)
		}
		blue := allow("s3:GetObjectAcl", "photos/*")
		blue.Condition = map[string]map[string]string{"StringEquals": {"s3:ExistingObjectTag/team": "blue"}}
		write := blue
		write.Action = "s3:PutObjectAcl"
		w.may(blue, write)
		if got := w.do(w.device, method, objectInTest+"?acl", "", "X-Amz-Acl: private"); got.status != 403 {
			t.Errorf("%s without the tag: got %v, want 403", method, got)
		}
		w.ok("PUT", objectInTest+"?tagging", oneTag)
		if got := w.do(w.device, method, objectInTest+"?acl", "", "X-Amz-Acl: private"); got.status != 200 {
			t.Errorf("%s with the tag: got %v, want 200", method, got)
		}
		w.ok("DELETE", objectInTest+"?tagging")
	}
}

func TestRemovedConfirmations(t *testing.T) {
	w := newConfigured(t)
	for _, tc := range []struct{ path, code, confirm string }{
		{"/photos?publicAccessBlock", "NoSuchPublicAccessBlockConfiguration", allBlocked},
		{"/photos?ownershipControls", "OwnershipControlsNotFoundError", enforced},
	} {
		for range 2 {
			if got := w.do(w.root, "DELETE", tc.path); got.status != 204 {
				t.Errorf("DELETE %s: got %v, want 204", tc.path, got)
			}
			if got := w.do(w.root, "GET", tc.path); got.status != 404 || got.code != tc.code {
				t.Errorf("GET %s after DELETE: got %v, want 404 %s", tc.path, got, tc.code)
			}
		}
		// Nothing has become public, and ACLs are off.
		if got := w.do(w.root, "PUT", objectInTest+"?acl", "", "X-Amz-Acl: public-read"); got.code != "AccessControlListNotSupported" {
			t.Errorf("a public ACL after DELETE %s: got %v", tc.path, got)
		}
		w.ok("PUT", tc.path, tc.confirm)
		if got := w.ok("GET", tc.path); got.document() != tc.confirm {
			t.Errorf("GET %s: got %v, want %s", tc.path, got, tc.confirm)
		}
	}
}

func TestEncryptionIsReadBack(t *testing.T) {
	w := newConfigured(t)
	full := strings.NewReplacer(">false<", ">true<", "</Rule>", "<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes></Rule>").Replace(encrypted)
	w.ok("PUT", "/photos?encryption", full)
	if got := w.ok("GET", "/photos?encryption"); got.document() != full {
		t.Errorf("GET: got %v, want %s", got, full)
	}
	if got := w.do(w.root, "DELETE", "/photos?encryption"); got.status != 204 {
		t.Errorf("DELETE: got %v, want 204", got)
	}
	if got := w.ok("GET", "/photos?encryption"); got.document() != encrypted {
		t.Errorf("GET after DELETE: got %v, want %s", got, encrypted)
	}
}

// With an external store Muster doesn't know how objects are encrypted, nor
// removes any: it doesn't say that it does.
func TestConfigurationOfAnExternalStore(t *testing.T) {
	w := newConfigured(t)
	w.front.Encrypted, w.front.ObeysLifecycle = "", false
	for _, c := range []call{
		{method: "GET", path: "/photos?encryption"}, {method: "PUT", path: "/photos?encryption", body: encrypted}, {method: "DELETE", path: "/photos?encryption"},
		{method: "GET", path: "/photos?lifecycle"}, {method: "PUT", path: "/photos?lifecycle", body: expireLogs}, {method: "DELETE", path: "/photos?lifecycle"},
	} {
		if got := w.send(w.request(w.root, c)); got.status != 501 || !strings.Contains(got.body, "with an external object store is not implemented") {
			t.Errorf("%v: got %v, want 501 by name", c, got)
		}
	}
	w.front.Encrypted, w.front.ObeysLifecycle = "AES256", true
	if got := w.do(w.root, "GET", "/photos?lifecycle"); got.code != "NoSuchLifecycleConfiguration" {
		t.Errorf("GET ?lifecycle: got %v, want none", got)
	}
}

// A bucket made anew has nothing of the one of that name before.
func TestConfigurationGoesWithItsBucket(t *testing.T) {
	w := newConfigured(t)
	w.ok("DELETE", objectInTest)
	for path, document := range map[string]string{"?tagging": oneTag, "?cors": corsOfAll, "?lifecycle": expireLogs} {
		w.ok("PUT", "/photos"+path, document)
	}
	w.ok("DELETE", "/photos?publicAccessBlock")
	w.ok("GET", "/photos?cors")
	w.ok("DELETE", "/photos")
	w.ok("PUT", "/photos")
	for _, path := range []string{"?tagging", "?cors", "?lifecycle"} {
		if got := w.do(w.root, "GET", "/photos"+path); got.status != 404 {
			t.Errorf("GET %s: got %v, want 404", path, got)
		}
	}
	w.ok("GET", "/photos?publicAccessBlock")
}

func TestReservedBuckets(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"console", "crl", "ocsp", "metrics", "healthz", "readyz", "repository"} {
		if got := w.do(w.root, "PUT", "/"+name); got.status != 400 || got.code != "InvalidBucketName" {
			t.Errorf("PUT /%s: got %v, want 400 InvalidBucketName", name, got)
		}
	}
	if got := w.ok("GET", "/"); strings.Contains(got.body, "<Name>") {
		t.Errorf("buckets: got %v, want none", got)
	}
}
