package s3front_test

import (
	"crypto/sha256"
	"encoding/hex"
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
	for _, what := range []string{"policy", "website", "replication", "cors", "lifecycle", "tagging"} {
		if got := w.do(w.root, "DELETE", "/photos?"+what); got.status != 204 || got.body != "" {
			t.Errorf("DELETE /photos?%s: got %v, want 204", what, got)
		}
		if got := w.do(w.root, "DELETE", "/nowhere?"+what); got.status != 404 || got.code != "NoSuchBucket" {
			t.Errorf("DELETE /nowhere?%s: got %v, want 404 NoSuchBucket", what, got)
		}
	}
	for _, path := range []string{"/nowhere?acl", "/nowhere?cors", "/nowhere?publicAccessBlock", "/nowhere?lifecycle"} {
		if got := w.do(w.root, "GET", path); got.status != 404 || got.code != "NoSuchBucket" {
			t.Errorf("GET %s: got %v, want 404 NoSuchBucket", path, got)
		}
	}
}

// permissions are what the operations on a part of the configuration ask for, as
// the Service Authorization Reference has it; "" where there is no such operation.
var permissions = []struct{ path, document, get, put, remove string }{
	{"/photos?tagging", oneTag, "GetBucketTagging", "PutBucketTagging", "PutBucketTagging"},
	{"/photos?cors", corsOfAll, "GetBucketCORS", "PutBucketCORS", "PutBucketCORS"},
	{"/photos?lifecycle", expireLogs, "GetLifecycleConfiguration", "PutLifecycleConfiguration", "PutLifecycleConfiguration"},
	{"/photos?acl", ownerOnly(), "GetBucketAcl", "PutBucketAcl", ""},
	{objectInTest + "?acl", ownerOnly(), "GetObjectAcl", "PutObjectAcl", ""},
	{objectInTest + "?acl&versionId=null", ownerOnly(), "GetObjectVersionAcl", "PutObjectVersionAcl", ""},
	{"/photos?encryption", encrypted, "GetEncryptionConfiguration", "PutEncryptionConfiguration", "PutEncryptionConfiguration"},
	{"/photos?publicAccessBlock", allBlocked, "GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock", "PutBucketPublicAccessBlock"},
	{"/photos?ownershipControls", enforced, "GetBucketOwnershipControls", "PutBucketOwnershipControls", "PutBucketOwnershipControls"},
	{"/photos?policy", "", "GetBucketPolicy", "", "DeleteBucketPolicy"},
	{"/photos?policyStatus", "", "GetBucketPolicyStatus", "", ""},
	{"/photos?website", "", "GetBucketWebsite", "", "DeleteBucketWebsite"},
	{"/photos?replication", "", "GetReplicationConfiguration", "", "PutReplicationConfiguration"},
	{"/photos?object-lock", "", "GetBucketObjectLockConfiguration", "", ""},
	{"/photos?logging", "", "GetBucketLogging", "", ""},
	{"/photos?notification", "", "GetBucketNotification", "", ""},
	{"/photos?accelerate", "", "GetAccelerateConfiguration", "", ""},
	{"/photos?requestPayment", "", "GetBucketRequestPayment", "", ""},
	{"/photos?versioning", "", "GetBucketVersioning", "", ""},
}

// asks is an operation, and the action that it asks for.
type asks struct {
	call
	action string
}

// allAsked returns the operations of permissions one by one.
func allAsked() []asks {
	var all []asks
	for _, p := range permissions {
		for _, one := range []asks{{call{method: "GET", path: p.path}, p.get}, {call{method: "PUT", path: p.path, body: p.document}, p.put}, {call{method: "DELETE", path: p.path}, p.remove}} {
			if one.action != "" {
				one.action = "s3:" + one.action
				all = append(all, one)
			}
		}
	}
	private := []string{"X-Amz-Acl: private"}
	return append(all, asks{call{method: "PUT", path: "/photos?acl", header: private}, "s3:PutBucketAcl"}, asks{call{method: "PUT", path: objectInTest + "?acl", header: private}, "s3:PutObjectAcl"})
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
	for _, p := range allAsked() {
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
	for _, p := range allAsked() {
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
