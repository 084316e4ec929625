package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"muster/internal/account"
	"muster/internal/awsclient"
	"muster/internal/sigv4"
)

// process is a server whose CPU time is read.
type process struct {
	cmd  *exec.Cmd
	addr string // of its mutual-TLS port
}

func (p process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()
}

// clockTick is the unit of /proc/<pid>/stat: USER_HZ, 100 on every Linux that
// Go runs on.
const clockTick = 10 * time.Millisecond

// cpu is the user and system time the process has used.
func (p process) cpu() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The command in parentheses may hold spaces; utime and stime are the
	// 12th and 13th fields behind it.
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("read the CPU time of %d: %v %v", p.cmd.Process.Pid, err1, err2)
	}
	return time.Duration(user+system) * clockTick, nil
}

// resident is the memory that the process has, in MiB.
func (p process) resident() (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kib); err == nil {
			return kib / 1024, nil
		}
	}
	return 0, fmt.Errorf("process %d has no VmRSS", p.cmd.Process.Pid)
}

type muster struct {
	process
	api, deviceAddr, account string
	client                   *awsclient.Client
}

// newClient returns a client that keeps its connections.
func newClient() *http.Client {
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
}

func startMuster(ctx context.Context, dir string) (*muster, error) {
	return startMusterOn(ctx, dir, filepath.Join(dir, "data"))
}

func startMusterOn(ctx context.Context, dir, data string) (*muster, error) {
	b, err := binary(ctx, dir)
	if err != nil {
		return nil, err
	}
	logs, err := os.Create(filepath.Join(dir, "muster.log"))
	if err != nil {
		return nil, err
	}
	defer logs.Close()
	cmd := exec.Command(b, "serve", "--data", data, "--api", "127.0.0.1:0", "--devices", "127.0.0.1:0")
	cmd.Stdout, cmd.Stderr = logs, logs
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	m := &muster{process: process{cmd: cmd}}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		if err = m.read(data); err == nil {
			break
		}
		if time.Now().After(end) {
			m.stop()
			return nil, fmt.Errorf("muster did not start: %w", err)
		}
	}
	return m, nil
}

func (m *muster) read(data string) error {
	raw, err := os.ReadFile(filepath.Join(data, "server.json"))
	if err != nil {
		return err
	}
	var state struct{ API, Devices, Region, Account string }
	if err := json.Unmarshal(raw, &state); err != nil {
		return err
	}
	key, err := account.ReadRootKey(filepath.Join(data, "root-credentials"))
	if err != nil {
		return err
	}
	m.api, m.deviceAddr, m.account = state.API, state.Devices, state.Account
	m.client = &awsclient.Client{
		Endpoint: m.api, Region: state.Region, Credential: sigv4.Credential{AccessKey: key.AccessKeyID, Secret: key.Secret},
		HTTP: newClient(),
	}
	return nil
}

// again starts this program once more in a mode of its own, and returns the
// first line that it prints.
func again(ctx context.Context, mode string, env ...string) (process, string, error) {
	self, err := os.Executable()
	if err != nil {
		return process{}, "", err
	}
	cmd := exec.CommandContext(ctx, self, mode)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return process{}, "", err
	}
	if err := cmd.Start(); err != nil {
		return process{}, "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	return process{cmd: cmd}, strings.TrimSpace(line), err
}

// startBare starts this program again as the bare server and reads its address.
func startBare(ctx context.Context, replySize int) (process, error) {
	p, addr, err := again(ctx, "-bare", fmt.Sprintf("BENCH_REPLY_SIZE=%d", replySize))
	if err != nil {
		return process{}, err
	}
	p.addr = addr
	_, _, err = net.SplitHostPort(addr)
	return p, err
}
