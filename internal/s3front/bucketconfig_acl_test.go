package s3front_test

import (
	"testing"
)

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
