package powerloss_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"muster/test/powerloss"
)

// startLimit bounds the wait for the server to be ready, and for it to end.
const startLimit = 30 * time.Second

// errCut is what start fails with when the power was cut before the server was ready.
var errCut = errors.New("the power was cut while the server started")

// server is a running muster on a mounted disk.
type server struct {
	*client
	disk              *powerloss.Disk
	dir               string
	devices, endpoint string // host:port of the device port, and what devices ask it for
	cmd               *exec.Cmd
	log               *logBuffer
	unmount           func() error
	ended             chan struct{}
}

// logBuffer keeps the last of what a server writes.
type logBuffer struct {
	mu   sync.Mutex
	text []byte
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	if len(b.text) > 64<<10 {
		b.text = bytes.Clone(b.text[len(b.text)-32<<10:])
	}
	return len(p), nil
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text[max(0, len(b.text)-3000):])
}

// start mounts the disk at dir and starts the server on it. When it fails
// nothing is left running or mounted.
func start(disk *powerloss.Disk, dir string) (*server, error) {
	unmount, err := disk.Mount(dir)
	if err != nil {
		return nil, err
	}
	s := &server{disk: disk, dir: dir, unmount: unmount, log: &logBuffer{}, ended: make(chan struct{})}
	s.cmd = exec.Command(binary, "serve", "--data", dir, "--api", "127.0.0.1:0", "--devices", "127.0.0.1:0", "--log-level", "warn", "--log-format", "json")
	s.cmd.Env = environment()
	s.cmd.Stdout, s.cmd.Stderr = io.Discard, s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(err, unmount())
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.ended)
	}()
	if err := s.ready(); err != nil {
		off := disk.Off()
		if stop := s.kill(); stop != nil {
			return nil, stop
		}
		if off {
			return nil, errCut
		}
		return nil, fmt.Errorf("the server doesn't start: %w; its log:\n%s", err, s.log)
	}
	return s, nil
}

// environment is that of this process without what would change the server.
func environment() []string {
	var kept []string
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "AWS_") && !strings.HasPrefix(line, "MUSTER_") {
			kept = append(kept, line)
		}
	}
	return kept
}

// ready waits until the server answers, and makes its client.
func (s *server) ready() error {
	var last error
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		select {
		case <-s.ended:
			return fmt.Errorf("it has ended: %v", s.cmd.ProcessState)
		default:
		}
		raw, _ := s.disk.ReadFile("server.json")
		var state struct {
			PID               int
			API               string
			Devices, Endpoint string
		}
		if json.Unmarshal(raw, &state) != nil || state.PID != s.cmd.Process.Pid {
			continue // there is none yet, or that of the server before
		}
		if s.client == nil {
			raw, _ := s.disk.ReadFile("root-credentials")
			key := map[string]string{}
			for line := range strings.Lines(string(raw)) {
				name, value, _ := strings.Cut(line, "=")
				key[strings.TrimSpace(name)] = strings.TrimSpace(value)
			}
			s.client = &client{
				http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32, DisableCompression: true}, Timeout: startLimit},
				base: state.API, host: strings.TrimPrefix(state.API, "http://"),
				accessKey: key["aws_access_key_id"], secret: key["aws_secret_access_key"],
			}
			s.devices, s.endpoint = state.Devices, state.Endpoint
		}
		resp, err := s.client.http.Get(s.base + "/readyz")
		if last = err; err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
			last = errors.New(resp.Status)
		}
		if s.disk.Off() {
			return errCut
		}
	}
	return fmt.Errorf("it isn't ready after %v: %w", startLimit, last)
}

// kill ends the server at once and takes the disk away from it.
func (s *server) kill() error {
	_ = s.cmd.Process.Kill()
	return s.finish()
}

// signal sends the server a signal and reports whether it has ended.
func (s *server) signal(sig os.Signal) bool {
	_ = s.cmd.Process.Signal(sig)
	select {
	case <-s.ended:
		return true
	case <-time.After(startLimit):
		return false
	}
}

// stop ends the server in peace, and then does what has to be done on the disk.
func (s *server) stop(then ...func() error) error {
	if !s.signal(syscall.SIGTERM) {
		return errors.Join(errors.New("the server doesn't stop"), s.kill())
	}
	if !s.cmd.ProcessState.Success() {
		return errors.Join(fmt.Errorf("the server stopped with %v; its log:\n%s", s.cmd.ProcessState, s.log), s.finish())
	}
	var all []error
	for _, do := range then {
		all = append(all, do())
	}
	return errors.Join(append(all, s.finish())...)
}

// offline returns what muster objects verify says of a stopped server's data,
// and whether it finds all of it good.
func (s *server) offline() (said string, good bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "objects", "verify", "--data", s.dir, "-o", "json")
	cmd.Env = environment()
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", false, err
	}
	var found struct{ Contents, Damaged *int64 }
	if json.Unmarshal(out.Bytes(), &found) != nil || found.Contents == nil || found.Damaged == nil {
		return "", false, fmt.Errorf("objects verify wrote %.300q and %.300q: %v", out.Bytes(), complaint.Bytes(), err)
	}
	return out.String(), err == nil && *found.Damaged == 0, nil
}

// deep returns what muster doctor --deep finds damaged in a stopped server's
// databases; without damage it must have read some rows.
func (s *server) deep() (damage []string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "doctor", "--deep", "--data", s.dir, "-o", "json")
	cmd.Env = environment()
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) { // there is no server, which doctor finds a failure
		return nil, err
	}
	var found []struct{ Check, State, Detail string }
	if err := json.Unmarshal(out, &found); err != nil {
		return nil, fmt.Errorf("doctor --deep wrote %.300q: %w", out, err)
	}
	looked := false
	for _, f := range found {
		looked = looked || f.Check == "deep"
		if f.Check == "deep" && f.State != "ok" {
			damage = append(damage, f.Detail)
		}
	}
	if !looked {
		return nil, fmt.Errorf("doctor --deep doesn't say that it looked: %.300q", out)
	}
	return damage, nil
}

func (s *server) finish() error {
	<-s.ended
	if s.client != nil {
		s.client.http.CloseIdleConnections()
	}
	if err := s.unmount(); err != nil {
		return fmt.Errorf("unmount: %w", err)
	}
	return nil
}

// doctor returns what muster doctor finds broken, and what it doubts.
func (s *server) doctor(ctx context.Context) (broken, doubts []string, err error) {
	cmd := exec.CommandContext(ctx, binary, "doctor", "--data", s.dir, "-o", "json")
	cmd.Env = environment()
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, nil, err
	}
	var found []struct{ Check, State, Detail string }
	if err := json.Unmarshal(out, &found); err != nil {
		return nil, nil, fmt.Errorf("doctor wrote %.300q: %w", out, err)
	}
	for _, f := range found {
		switch f.State {
		case "fail":
			broken = append(broken, f.Check+": "+f.Detail)
		case "warn":
			doubts = append(doubts, f.Check+": "+f.Detail)
		}
	}
	return broken, doubts, nil
}
