package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startOver runs a server that keeps its objects in the S3 of another one,
// which it asks with a key of that one.
func startOver(t *testing.T, back *Server) *Server {
	t.Helper()
	data := t.TempDir()
	return launch(t, data, []string{
		"MUSTER_S3=" + back.URL,
		"MUSTER_S3_ACCESS_KEY_ID=" + back.Env["AWS_ACCESS_KEY_ID"],
		"MUSTER_S3_SECRET_ACCESS_KEY=" + back.Env["AWS_SECRET_ACCESS_KEY"],
	}, "--data", data, "--api", "127.0.0.1:0", "--devices", "127.0.0.1:0")
}

// Objects go to the external S3 and come from there; who may what with them is
// decided before, and that S3's key is nobody's here.
func TestExternalS3(t *testing.T) {
	t.Parallel()
	back := Start(t)
	s := startOver(t, back)
	w := NewWorld(t, s)
	device := w.Vend(t, Ask{})
	object := "/" + w.Bucket + "/device_output/sample.jsonl"
	device.S3(t, "PUT", object, "{}\n").OK(t)
	device.S3(t, "GET", object, "").Refused(t, http.StatusForbidden, "AccessDenied")
	device.S3(t, "PUT", "/another-bucket/x", "{}").Refused(t, http.StatusNotFound, "NoSuchBucket")

	behind := back.Client()
	for name, c := range map[string]*Client{"the server": w.API, "the S3 behind it": behind} {
		if got := c.S3(t, "GET", object, "").OK(t).Body; got != "{}\n" {
			t.Errorf("%s answers %q", name, got)
		}
	}
	for _, own := range []string{"objects.db", "content"} {
		if _, err := os.Stat(filepath.Join(s.Data, own)); !os.IsNotExist(err) {
			t.Errorf("%s of a store of its own was made: %v", own, err)
		}
	}
	if got := w.API.With(behind.Key).S3(t, "GET", object, ""); got.Status != http.StatusForbidden {
		t.Errorf("the key of the S3 behind: got %d %s, want 403", got.Status, got.Body)
	}

	upload := w.API.S3(t, "POST", "/"+w.Bucket+"/big?uploads", "").OK(t).XML("UploadId")
	w.API.S3(t, "PUT", "/"+w.Bucket+"/big?partNumber=1&uploadId="+upload, "one part").OK(t)
	w.API.S3(t, "DELETE", "/"+w.Bucket+"/big?uploadId="+upload, "").OK(t)
	w.API.S3(t, "DELETE", "/"+w.Bucket, "").Refused(t, http.StatusConflict, "BucketNotEmpty")
	w.API.S3(t, "DELETE", object, "").OK(t)
	behind.S3(t, "GET", object, "").Refused(t, http.StatusNotFound, "NoSuchKey")
	w.API.S3(t, "DELETE", "/"+w.Bucket, "").OK(t)
	behind.S3(t, "HEAD", "/"+w.Bucket, "").Refused(t, http.StatusNotFound, "")

	// Without the S3 objects are out of reach, and nothing else is.
	s.mayFailNow(t, "its store is stopped")
	back.Stop(t)
	if got := s.readyNow(t); got.Status != http.StatusOK || got.JSON("s3") != "failed" || got.JSON("store") != "ok" {
		t.Errorf("/readyz without the S3: got %d %s, want 200 with s3 failed: devices are still served", got.Status, got.Body)
	}
	w.API.S3(t, "PUT", "/"+w.Bucket, "").Refused(t, http.StatusServiceUnavailable, "SlowDown")
	w.Vend(t, Ask{})
}

// Without a key for the S3 nothing is served. That one is refused later is said
// by /readyz; to clients it is an error of the server, not of theirs.
func TestExternalS3NeedsItsKey(t *testing.T) {
	t.Parallel()
	back := Start(t)
	status, said := serve(t, "--data", t.TempDir(), "--api", "127.0.0.1:0", "--devices", "127.0.0.1:0", "--s3", back.URL)
	if status != 2 || !strings.Contains(said, "MUSTER_S3_ACCESS_KEY_ID") {
		t.Errorf("without a key: got status %d, %s; want 2 and the variable named", status, said)
	}

	own := back.user(t, "store", `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::fleet-*"}}`)
	s := startOver(t, own) // the user may not list all buckets, and needn't
	c := s.Client()
	c.S3(t, "PUT", "/fleet-a", "").OK(t)
	c.S3(t, "PUT", "/fleet-a/x", "x").OK(t)
	c.S3(t, "PUT", "/other", "").Refused(t, http.StatusForbidden, "AccessDenied")

	s.mayFailNow(t, "its store refuses the key")
	back.Client().IAM(t, "UpdateAccessKey", "UserName", "store", "AccessKeyId", own.Env["AWS_ACCESS_KEY_ID"], "Status", "Inactive").OK(t)
	if got := s.readyNow(t); got.Status != http.StatusOK || got.JSON("s3") != "failed" {
		t.Errorf("/readyz with a key that is refused: got %d %s, want 200 with s3 failed", got.Status, got.Body)
	}
	c.S3(t, "GET", "/fleet-a/x", "").Refused(t, http.StatusInternalServerError, "InternalError")
	c.IoT(t, "GET", "/things", nil).OK(t)
}

// readyNow is the answer of /readyz when the one of a second ago is forgotten.
func (s *Server) readyNow(t *testing.T) Reply {
	t.Helper()
	time.Sleep(1100 * time.Millisecond)
	return s.Get(t, "/readyz")
}
