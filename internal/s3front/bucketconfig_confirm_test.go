package s3front_test

import (
	"regexp"
	"strings"
	"testing"
)

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
