package sdk

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
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

// startLimit bounds the wait for the server to be ready, and for it to end.
const startLimit = 30 * time.Second

// binary is the server under test. TestMain sets it once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if binary, err = filepath.Abs(os.Getenv("MUSTER_BINARY")); err == nil && os.Getenv("MUSTER_BINARY") != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "muster-sdk-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "sdk:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "muster")
	build := exec.Command("go", "build", "-C", filepath.Join("..", ".."), "-o", binary, "./cmd/muster")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "sdk: build ./cmd/muster:", err)
		return 1
	}
	return m.Run()
}

// start runs a server on fresh data and gives this process the environment
// that muster env prints, and no other of AWS's. It answers the URL of the
// root certificate.
func start(t *testing.T, flags ...string) (rootURL string) {
	t.Helper()
	for _, line := range os.Environ() {
		name, _, _ := strings.Cut(line, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "MUSTER_") {
			t.Setenv(name, "") // restores it afterwards
			os.Unsetenv(name)
		}
	}
	data := t.TempDir()
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(data, "no-config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(data, "no-credentials"))

	var log bytes.Buffer
	cmd := exec.Command(binary, append([]string{"serve", "--data", data, "--api", "127.0.0.1:0", "--devices", "127.0.0.1:0"}, flags...)...)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("SIGTERM: %v", err)
		}
		kill := time.AfterFunc(startLimit, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("muster serve after SIGTERM: got %v, want status 0", err)
		}
		if t.Failed() {
			t.Logf("log of muster serve:\n%s", log.String())
		}
	})

	for deadline := time.Now().Add(startLimit); ; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("muster serve isn't ready after %v", startLimit)
		}
		env, ok := environment(data)
		if !ok {
			continue
		}
		resp, err := trusting(t, env["AWS_CA_BUNDLE"]).Get(env["AWS_ENDPOINT_URL"] + "/readyz")
		if err != nil {
			continue
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			for name, value := range env {
				t.Setenv(name, value)
			}
			return env["MUSTER_ROOT_CA_URL"]
		}
	}
}

// trusting answers a client that trusts the certificates of a file, if there
// is one.
func trusting(t *testing.T, bundle string) *http.Client {
	t.Helper()
	if bundle == "" {
		return http.DefaultClient
	}
	text, err := os.ReadFile(bundle)
	check(t, err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		t.Fatalf("no certificates in %s", bundle)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
}

// environment reads what muster env exports; ok is false before the server says so.
func environment(data string) (env map[string]string, ok bool) {
	cmd := exec.Command("sh", "-c", `out=$("$0" env --data "$1") && eval "$out" && env -0`, binary, data)
	out, err := cmd.Output()
	if err != nil {
		return nil, false
	}
	env = make(map[string]string)
	for line := range strings.SplitSeq(string(out), "\x00") {
		name, value, _ := strings.Cut(line, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "MUSTER_") {
			env[name] = value
		}
	}
	return env, env["AWS_ENDPOINT_URL"] != ""
}
