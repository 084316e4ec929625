package e2e

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startLimit bounds the wait for a server to answer /readyz, and for one to end.
const startLimit = 30 * time.Second

// Server is one running muster serve.
type Server struct {
	Data string            // its data directory
	URL  string            // of the API port, without a trailing slash
	Env  map[string]string // what muster env exports

	http *http.Client // that trusts it
	ca   string       // file of what to trust where muster env names none
	cmd  *exec.Cmd
	log  *logBuffer
	done chan struct{} // closed when the process has ended
	err  error         // of the process; read after done
	over bool          // it was stopped or killed
	// mayFail is set where the test makes the server fail.
	mayFail bool
}

// Start runs a server on free ports and fresh data. When the test ends the
// server must end by SIGTERM with status 0, having answered no request with 500.
func Start(t *testing.T, flags ...string) *Server {
	t.Helper()
	return StartOn(t, t.TempDir(), flags...)
}

// StartOn is Start on a data directory that may hold something already.
func StartOn(t *testing.T, data string, flags ...string) *Server {
	t.Helper()
	args := append([]string{"--data", data, "--api", "127.0.0.1:0", "--devices", "127.0.0.1:0"}, flags...)
	return launch(t, data, nil, args...)
}

// launch runs muster serve with these arguments and, on top of a clean
// environment, these variables.
func launch(t *testing.T, data string, env []string, args ...string) *Server {
	t.Helper()
	return launchAs(t, nil, data, env, func(*exec.Cmd) {}, args...)
}

// launchBy is launch by another program, which becomes muster serve.
func launchBy(t *testing.T, by []string, data string, env []string, args ...string) *Server {
	t.Helper()
	return launchAs(t, by, data, env, func(*exec.Cmd) {}, args...)
}

// launchAs is launchBy of a process that change has changed.
func launchAs(t *testing.T, by []string, data string, env []string, change func(*exec.Cmd), args ...string) *Server {
	t.Helper()
	s := &Server{Data: data, log: &logBuffer{}, done: make(chan struct{})}
	argv := append(append(slices.Clone(by), binary, "serve"), args...)
	s.cmd = exec.Command(argv[0], argv[1:]...)
	s.cmd.Env = append(CleanEnv(t), env...)
	for _, variable := range env {
		if file, ok := strings.CutPrefix(variable, "SSL_CERT_FILE="); ok {
			s.ca = file
		}
	}
	s.cmd.Dir = t.TempDir()
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	change(s.cmd)
	if err := s.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", binary, err)
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.done)
	}()
	t.Cleanup(func() {
		killed := s.over
		s.Stop(t)
		if !s.mayFail {
			s.failedNothing(t)
		}
		if t.Failed() && !killed {
			t.Logf("log of muster serve (%s):\n%s", data, s.log.tail())
		}
	})
	s.awaitReady(t)
	return s
}

// awaitReady returns when server.json names this process and /readyz says 200.
func (s *Server) awaitReady(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(startLimit)
	for ; ; time.Sleep(10 * time.Millisecond) {
		select {
		case <-s.done:
			t.Fatalf("muster serve ended while starting: %v", s.err)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("muster serve isn't ready after %v", startLimit)
		}
		if !s.published() {
			continue
		}
		if s.URL == "" {
			s.Env = MusterEnv(t, s.Data)
			s.URL = strings.TrimSuffix(s.Env["AWS_ENDPOINT_URL"], "/")
			s.http = trusting(t, cmp.Or(s.Env["AWS_CA_BUNDLE"], s.ca))
		}
		if resp, err := s.http.Get(s.URL + "/readyz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
}

// published reports whether server.json is there and written by this process,
// not one left by a server that was killed.
func (s *Server) published() bool {
	text, err := os.ReadFile(filepath.Join(s.Data, "server.json"))
	if err != nil {
		return false
	}
	var written struct {
		PID int `json:"pid"`
	}
	return json.Unmarshal(text, &written) == nil && written.PID == s.cmd.Process.Pid
}

// Stop ends the server by SIGTERM and expects status 0, unless it was stopped
// or killed before.
func (s *Server) Stop(t *testing.T) {
	t.Helper()
	if s.over {
		return
	}
	s.over = true
	select {
	case <-s.done:
		t.Errorf("muster serve ended by itself: %v", s.err)
		return
	default:
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("SIGTERM: %v", err)
	}
	select {
	case <-s.done:
		if s.err != nil {
			t.Errorf("muster serve after SIGTERM: got %v, want status 0", s.err)
		}
	case <-time.After(startLimit):
		t.Errorf("muster serve still runs %v after SIGTERM", startLimit)
		s.Kill(t)
	}
}

// Kill ends the server by SIGKILL.
func (s *Server) Kill(t *testing.T) {
	t.Helper()
	s.over = true
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatalf("kill: %v", err)
	}
	<-s.done
}

// Client speaks for the root key.
func (s *Server) Client() *Client {
	return &Client{
		URL:    s.URL,
		Region: s.Env["AWS_REGION"],
		Key:    Key{ID: s.Env["AWS_ACCESS_KEY_ID"], Secret: s.Env["AWS_SECRET_ACCESS_KEY"]},
	}
}

// Get fetches an unsigned path of the API port.
func (s *Server) Get(t *testing.T, path string) Reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, s.http, req)
}

// trusting is plain, or what also trusts the certificates of a file.
func trusting(t *testing.T, bundle string) *http.Client {
	t.Helper()
	if bundle == "" {
		return plain
	}
	text, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		t.Fatalf("no certificates in %s:\n%s", bundle, text)
	}
	c := *plain
	c.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	return &c
}

// MusterEnv runs muster env as a shell would and answers what it exported.
func MusterEnv(t *testing.T, data string) map[string]string {
	t.Helper()
	before := CleanEnv(t)
	cmd := exec.Command("sh", "-c", `out=$("$0" env --data "$1") || exit; eval "$out"; env -0`, binary, data)
	cmd.Env = before
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("muster env: %v\n%s", err, complaint.Bytes())
	}
	known := make(map[string]bool, len(before))
	for _, line := range before {
		known[line] = true
	}
	exported := make(map[string]string)
	for line := range strings.SplitSeq(string(out), "\x00") {
		name, value, ok := strings.Cut(line, "=")
		if ok && !known[line] && (strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "MUSTER_")) {
			exported[name] = value
		}
	}
	return exported
}

// logBuffer keeps what a server wrote; several writers may share it.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// tail answers the last 8 KiB.
func (b *logBuffer) tail() string {
	const limit = 8 << 10
	text := b.String()
	if len(text) > limit {
		text = "…" + text[len(text)-limit:]
	}
	return text
}
