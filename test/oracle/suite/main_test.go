package suite

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/versity/versitygw/tests/integration"
)

const (
	region = "us-east-1"
	// startLimit bounds the wait for a server to be ready, and for it to end.
	startLimit = 30 * time.Second
	// groupVariable names the group that this process is to run instead of tests.
	groupVariable = "MUSTER_SUITE_GROUP"
)

// binary is the server under test. TestMain sets it once.
var binary string

// TestMain runs the tests or, in the process that a test has started, one
// group of the suite: the suite prints its results and counts the names of its
// buckets from one in each process.
func TestMain(m *testing.M) {
	if name := os.Getenv(groupVariable); name != "" {
		runGroup(name)
		return
	}
	os.Exit(buildAndRun(m))
}

func runGroup(name string) {
	options := []integration.Option{
		integration.WithAccess(os.Getenv("AWS_ACCESS_KEY_ID")), integration.WithSecret(os.Getenv("AWS_SECRET_ACCESS_KEY")),
		integration.WithEndpoint(os.Getenv("AWS_ENDPOINT_URL")), integration.WithRegion(region),
		integration.WithPartSize(5 << 20), integration.WithConcurrency(1),
	}
	for _, g := range groups {
		if g.name == name {
			if g.versions {
				options = append(options, integration.WithVersioningEnabled())
			}
			state := integration.NewTestState(context.Background(), integration.NewS3Conf(options...), false)
			g.run(state)
			state.Wait()
			return
		}
	}
	fmt.Fprintln(os.Stderr, "no such group:", name)
	os.Exit(1)
}

func buildAndRun(m *testing.M) int {
	if given := os.Getenv("MUSTER_BINARY"); given != "" {
		var err error
		if binary, err = filepath.Abs(given); err != nil {
			fmt.Fprintln(os.Stderr, "suite:", err)
			return 1
		}
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "muster-suite-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "muster")
	build := exec.Command("go", "build", "-C", filepath.Join("..", "..", ".."), "-o", binary, "./cmd/muster")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "suite: build ./cmd/muster:", err)
		return 1
	}
	return m.Run()
}

// start starts the server under test on fresh data and returns the environment
// of its clients. The server ends with the test.
func start(t *testing.T) (env []string) {
	t.Helper()
	data := t.TempDir()
	var log bytes.Buffer
	cmd := exec.Command(binary, "serve", "--data", data, "--api", "127.0.0.1:0", "--devices", "127.0.0.1:0", "--region", region)
	cmd.Env, cmd.Stdout, cmd.Stderr = cleanEnv(), &log, &log
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
		failedNothing(t, log.String())
	})
	deadline := time.Now().Add(startLimit)
	for {
		env, err := environment(data)
		if err == nil {
			return env
		}
		if time.Now().After(deadline) {
			t.Fatalf("muster serve isn't ready after %v: %v", startLimit, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// environment returns cleanEnv with what muster env exports, once the server is ready.
func environment(data string) ([]string, error) {
	cmd := exec.Command("sh", "-c", `out=$("$0" env --data "$1") && eval "$out" && env`, binary, data)
	cmd.Env = cleanEnv()
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	env := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, line := range env {
		url, ok := strings.CutPrefix(line, "AWS_ENDPOINT_URL=")
		if !ok {
			continue
		}
		resp, err := http.Get(url + "/readyz")
		if err != nil {
			return nil, err
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("/readyz: %s", resp.Status)
		}
		return env, nil
	}
	return nil, fmt.Errorf("muster env names no endpoint")
}

// cleanEnv is the environment without what AWS's clients and muster read.
func cleanEnv() (env []string) {
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "AWS_") && !strings.HasPrefix(line, "MUSTER_") {
			env = append(env, line)
		}
	}
	return env
}

// failedNothing fails the test for each request in the log that was answered
// with 500 or 502 to 599: 501 is for what isn't built.
func failedNothing(t *testing.T, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		if status := statusIn(line); status == 500 || status > 501 {
			t.Errorf("the server failed: %s", strings.TrimSpace(line))
		}
	}
}
