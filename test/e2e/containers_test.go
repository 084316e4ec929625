package e2e

import (
	"errors"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The recipes of docs/containers.md work with the settings of the image, as far
// as can be seen without Docker: the same variables and the same commands, with
// the binary in the container's place and other ports.
func TestContainerRecipes(t *testing.T) {
	t.Parallel()
	for name, given := range recipes(t) {
		t.Run(name, func(t *testing.T) {
			vars := variables(text(t, "packaging", "Dockerfile"), `(MUSTER_[A-Z_]+)=(\S+)`)
			maps.Copy(vars, given)
			// The container has its own network; here the name resolves to nothing.
			data := t.TempDir()
			vars["MUSTER_DATA"], vars["MUSTER_API"], vars["MUSTER_DEVICES"] = data, "0.0.0.0:0", "127.0.0.1:0"
			var env []string
			for name, value := range vars {
				env = append(env, name+"="+value)
			}
			s := launch(t, data, env)
			check := exec.Command(binary, healthcheck(t)[1:]...)
			check.Env = append(CleanEnv(t), env...)
			if out, err := check.CombinedOutput(); err != nil || string(out) != "ok (store ok, objects ok)\n" {
				t.Errorf("%q: got %q, %v", check.Args, out, err)
			}
			c := s.Client()
			if c.Key.ID != "ci_root" || c.Key.Secret != given["MUSTER_ROOT_SECRET_ACCESS_KEY"] || !strings.HasPrefix(s.URL, "http://") {
				t.Errorf("got key %q at %s, want that of the recipe on plain HTTP", c.Key.ID, s.URL)
			}
			c.IoT(t, http.MethodPost, "/things/pump-7", map[string]any{}).OK(t)
			if want := given["MUSTER_ENDPOINT"]; want != "" {
				if got := c.IoT(t, http.MethodGet, "/endpoint?endpointType=iot:CredentialProvider", nil).OK(t).JSON("endpointAddress"); got != want {
					t.Errorf("endpoint: got %s, want %s", got, want)
				}
			}
		})
	}
}

// A server that drains still has its data and finishes what is under way; a
// probe must see that nothing new belongs there.
func TestHealthcheckWhileDraining(t *testing.T) {
	t.Parallel()
	s := Start(t)
	healthy := func() (string, error) {
		cmd := exec.Command(binary, "healthcheck", "--data", s.Data)
		cmd.Env = CleanEnv(t)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := healthy(); err != nil {
		t.Fatalf("running: got %q, %v", out, err)
	}
	// A request that isn't whole keeps the server from ending.
	under, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer under.Close()
	if _, err := under.Write([]byte("POST /things/late HTTP/1.1\r\nHost: muster\r\nAuthorization: AWS4-HMAC-SHA256 Credential=x\r\nContent-Length: 2\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		out, err := healthy()
		if errors.As(err, &exit) && exit.ExitCode() == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("draining: got %q, %v, want exit 1", out, err)
		}
	}
	under.Close()
	<-s.done
	s.over = true
	if out, err := healthy(); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(out, "no muster is running") {
		t.Errorf("stopped: got %q, %v, want exit 1", out, err)
	}
}

// recipes are the variables that each recipe for CI sets.
func recipes(t *testing.T) map[string]map[string]string {
	t.Helper()
	doc := text(t, "docs", "containers.md")
	found := map[string]map[string]string{}
	for name, r := range map[string]struct{ from, to, variable string }{
		"docker run":     {"```sh\n", "```", `-e (MUSTER_[A-Z_]+)=(\S+)`},
		"compose":        {"  muster:\n    image: muster\n", "  tests:\n", `(MUSTER_[A-Z_]+): "?([^"\n]+)`},
		"GitHub Actions": {"    services:\n", "    steps:\n", `(MUSTER_[A-Z_]+): "?([^"\n]+)`},
	} {
		_, part, ok := strings.Cut(doc, r.from)
		part, _, closed := strings.Cut(part, r.to)
		vars := variables(part, r.variable)
		if !ok || !closed || len(vars) < 4 {
			t.Fatalf("docs/containers.md: the recipe for %s sets %d variables", name, len(vars))
		}
		found[name] = vars
	}
	return found
}

func variables(text, pattern string) map[string]string {
	found := map[string]string{}
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found[m[1]] = m[2]
	}
	return found
}

// healthcheck is the command of the image's HEALTHCHECK.
func healthcheck(t *testing.T) []string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^HEALTHCHECK .* CMD \[(.*)\]$`).FindStringSubmatch(text(t, "packaging", "Dockerfile"))
	if m == nil {
		t.Fatal("the image has no HEALTHCHECK")
	}
	words := regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(m[1], -1)
	command := make([]string, len(words))
	for i, w := range words {
		command[i] = w[1]
	}
	if !slices.Equal(command[:1], []string{"muster"}) {
		t.Fatalf("HEALTHCHECK runs %q", command)
	}
	return command
}

// text is a file of the repository.
func text(t *testing.T, path ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
