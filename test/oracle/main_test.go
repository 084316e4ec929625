package oracle

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startLimit bounds the wait for a server to be ready, and for it to end.
const startLimit = 30 * time.Second

// binary is the server under test. TestMain sets it once.
var binary string

func TestMain(m *testing.M) {
	if dir := os.Getenv(gatewayDir); dir != "" {
		os.Exit(gatewayMain(dir))
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	if given := os.Getenv("MUSTER_BINARY"); given != "" {
		var err error
		if binary, err = filepath.Abs(given); err != nil {
			fmt.Fprintln(os.Stderr, "oracle:", err)
			return 1
		}
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "muster-oracle-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "muster")
	build := exec.Command("go", "build", "-C", filepath.Join("..", ".."), "-o", binary, "./cmd/muster")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "oracle: build ./cmd/muster:", err)
		return 1
	}
	return m.Run()
}

// run starts cmd and ends it when the test ends.
func run(t *testing.T, name string, cmd *exec.Cmd) {
	t.Helper()
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("%s: SIGTERM: %v", name, err)
		}
		kill := time.AfterFunc(startLimit, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s after SIGTERM: got %v, want status 0", name, err)
		}
		if t.Failed() {
			t.Logf("the end of the log of %s:\n%s", name, tail(log.String(), 40))
		}
	})
}

func tail(log string, lines int) string {
	all := strings.Split(strings.TrimSpace(log), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// startMuster starts the server under test on fresh data.
func startMuster(t *testing.T) *server {
	t.Helper()
	data := t.TempDir()
	cmd := exec.Command(binary, "serve", "--data", data, "--api", "127.0.0.1:0", "--devices", "127.0.0.1:0", "--region", region, "--log-level", "warn")
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "AWS_") && !strings.HasPrefix(line, "MUSTER_") {
			cmd.Env = append(cmd.Env, line)
		}
	}
	run(t, "muster", cmd)
	s := &server{name: "muster", client: clientOver("", "")}
	awaitReady(t, s, func() error {
		env, err := environment(data)
		if err != nil {
			return err
		}
		s.url, s.accessKey, s.secret = env["AWS_ENDPOINT_URL"], env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]
		resp, err := s.client.Get(s.url + "/readyz")
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("/readyz: %s", resp.Status)
		}
		return nil
	})
	return s
}

// environment reads what muster env exports; it fails before the server says so.
func environment(data string) (map[string]string, error) {
	out, err := exec.Command("sh", "-c", `out=$("$0" env --data "$1") && eval "$out" && env -0`, binary, data).Output()
	if err != nil {
		return nil, err
	}
	env := make(map[string]string)
	for line := range strings.SplitSeq(string(out), "\x00") {
		name, value, _ := strings.Cut(line, "=")
		env[name] = value
	}
	if !strings.HasPrefix(env["AWS_ENDPOINT_URL"], "http://") {
		return nil, fmt.Errorf("muster env names no endpoint: %q", env["AWS_ENDPOINT_URL"])
	}
	return env, nil
}
