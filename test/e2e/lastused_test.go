package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// usesKept is how long a use may be noted before it is kept, and a little more.
const usesKept = 75 * time.Second

// When keys and roles were used last is told at once, is there after a stop,
// and a minute later after a kill, too.
func TestLastUsed(t *testing.T) {
	t.Parallel()
	path, _ := python(t)
	data := t.TempDir()
	s := StartOn(t, data)
	s.script(t, path, "lastused.py", nil, "--endpoint", s.URL)
	id := s.Client().IAM(t, "ListAccessKeys", "UserName", "ana").OK(t).XML("AccessKeyId")
	told := func() string {
		t.Helper()
		key := s.Client().IAM(t, "GetAccessKeyLastUsed", "AccessKeyId", id).OK(t)
		role := s.Client().IAM(t, "GetRole", "RoleName", "Stale").OK(t)
		return strings.Join([]string{
			key.XML("UserName"), key.XML("ServiceName"), key.XML("Region"), key.XML("LastUsedDate"), role.XML("Region"), role.XML("LastUsedDate"),
		}, " ")
	}
	before := told()
	if !strings.HasPrefix(before, "ana s3 us-east-1 20") {
		t.Errorf("got %s, want the use of S3", before)
	}
	s.Client().IAM(t, "GetAccessKeyLastUsed", "AccessKeyId", s.Client().Key.ID).Refused(t, http.StatusNotImplemented, "NotImplemented")

	s.Stop(t)
	s = StartOn(t, data)
	if after := told(); after != before {
		t.Errorf("after a stop: got %s, want %s", after, before)
	}
	if testing.Short() {
		return
	}
	bea := s.user(t, "bea", "").Client()
	bea.STS(t, "GetCallerIdentity").OK(t)
	time.Sleep(usesKept)
	s.Kill(t)
	s = StartOn(t, data)
	if after := told(); after != before {
		t.Errorf("after a kill: got %s, want %s", after, before)
	}
	got := s.Client().IAM(t, "GetAccessKeyLastUsed", "AccessKeyId", bea.Key.ID).OK(t)
	if got.XML("ServiceName") != "sts" || got.XML("Region") != bea.Region || got.XML("LastUsedDate") == "" {
		t.Errorf("what was used a minute before the kill: got %s, want a use of sts", got.Body)
	}
}
