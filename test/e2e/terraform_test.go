package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Terraform keeps its state, encrypted and under a lock that is an object put
// with If-None-Match. It comes from no registry of packages, so that its
// absence is never a failure; and no provider is needed for the state alone.
func TestProgramTerraform(t *testing.T) {
	t.Parallel()
	fieldOnly(t)
	terraform, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("skipped for want of terraform, which isn't in Debian: its S3 backend was not tested")
	}
	s := Start(t)
	s.Client().S3(t, "PUT", "/states", "").OK(t)
	s.Client().S3(t, "PUT", "/states?versioning", `<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>`).OK(t)
	env := map[string]string{"AWS_ENDPOINT_URL_S3": s.URL, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
	folder := func() string {
		dir := t.TempDir()
		text, err := os.ReadFile(filepath.Join("testdata", "terraform", "main.tf"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "main.tf"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	in := func(dir string) func(args ...string) string {
		return func(args ...string) string {
			t.Helper()
			return s.run(t, dir, env, append([]string{terraform}, args...)...)
		}
	}
	first := folder()
	here, there := in(first), in(folder())
	here("init", "-input=false", "-no-color")
	here("apply", "-auto-approve", "-input=false", "-no-color")
	if got := strings.Fields(here("state", "list")); len(got) != 3 || got[0] != "terraform_data.sensor[0]" {
		t.Errorf("state list: got %q, want three sensors", got)
	}

	// Who begins elsewhere finds the same state, with nothing to do.
	there("init", "-input=false", "-no-color")
	there("plan", "-detailed-exitcode", "-input=false", "-no-color")
	if got := there("output", "-json", "sensors"); !strings.Contains(got, "sensor-2 at 21.5") {
		t.Errorf("output from another folder: got %s", got)
	}
	state := s.Client().S3(t, "GET", "/states/fleet/north.tfstate", "").OK(t)
	if got := state.Header.Get("x-amz-server-side-encryption"); got != "AES256" || !strings.Contains(state.Body, `"terraform_data"`) {
		t.Errorf("the state: got encryption %q of %.60s", got, state.Body)
	}

	// Two at once: each takes the lock in turn, and writes the state on top of the other's.
	apply := []string{"apply", "-auto-approve", "-input=false", "-no-color", "-lock-timeout=60s"}
	var both sync.WaitGroup
	both.Go(func() { here(append(apply, "-var=celsius=22")...) })
	both.Go(func() { there(append(apply, "-var=celsius=23")...) })
	both.Wait()
	if got := s.Client().S3(t, "GET", "/states/fleet/north.tfstate", "").OK(t).JSON("serial"); got < "3" {
		t.Errorf("serial of the state: got %s, want one for each of three runs", got)
	}
	s.Client().S3(t, "HEAD", "/states/fleet/north.tfstate.tflock", "").Refused(t, http.StatusNotFound, "")

	// A lock that somebody holds keeps others out, until it is broken by force.
	const id = "11111111-2222-3333-4444-555555555555"
	s.Client().S3(t, "PUT", "/states/fleet/north.tfstate.tflock", `{"ID":"`+id+`","Operation":"test"}`).OK(t)
	said, err := s.attempt(t, first, env, terraform, "plan", "-input=false", "-no-color")
	if err == nil || !strings.Contains(said, "Error acquiring the state lock") || !strings.Contains(said, id) {
		t.Errorf("plan under another's lock: got %v, %s", err, said)
	}
	here("force-unlock", "-force", id)
	here("destroy", "-auto-approve", "-input=false", "-no-color")
	if left := here("state", "list"); left != "" {
		t.Errorf("state after destroy: got %s", left)
	}
}
