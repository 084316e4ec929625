package e2e

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// clientLimit bounds one run of a client script.
const clientLimit = 10 * time.Minute

// CleanEnv is the environment of every program the tests run: nothing of the
// caller's but where programs and temporary files are found. A home of its own
// and two files that don't exist keep profiles and credentials out.
func CleanEnv(t *testing.T) []string {
	t.Helper()
	home := t.TempDir()
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + home,
		"LANG=C.UTF-8",
		"TMPDIR=" + os.TempDir(),
		"AWS_CONFIG_FILE=" + filepath.Join(home, "no-config"),
		"AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(home, "no-credentials"),
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_PAGER=",
		"PYTHONDONTWRITEBYTECODE=1",
	}
	// Where pip install --user puts packages is found through the real home.
	if real, err := os.UserHomeDir(); err == nil {
		env = append(env, "PYTHONUSERBASE="+filepath.Join(real, ".local"))
	}
	return env
}

// need answers the path of a tool; without it the test is skipped, or fails with CI=true.
func need(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, "%s isn't installed", name)
	}
	return path
}

func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// python answers an interpreter that has boto3, and the version of its botocore.
func python(t *testing.T) (path string, botocore version) {
	t.Helper()
	for _, candidate := range []string{"python3", "/usr/bin/python3"} {
		path, err := exec.LookPath(candidate)
		if err != nil {
			continue
		}
		cmd := exec.Command(path, "-c", "import boto3, botocore; print(botocore.__version__)")
		cmd.Env = CleanEnv(t)
		if out, err := cmd.Output(); err == nil {
			return path, parseVersion(string(out))
		}
	}
	missing(t, "no python3 with boto3 is installed")
	return "", version{}
}

// awsCLI answers the AWS CLI and its version.
func awsCLI(t *testing.T) (path string, v version) {
	t.Helper()
	path = need(t, "aws")
	cmd := exec.Command(path, "--version")
	cmd.Env = CleanEnv(t)
	out, err := cmd.CombinedOutput() // old ones print it on stderr
	if err != nil {
		missing(t, "%s --version: %v\n%s", path, err, out)
	}
	_, rest, _ := strings.Cut(string(out), "aws-cli/")
	text, _, _ := strings.Cut(rest, " ")
	return path, parseVersion(text)
}

type version struct{ major, minor int }

// parseVersion reads the first two numbers of "1.43.11"; what it can't read is 0.0.
func parseVersion(text string) version {
	var v version
	_, _ = fmt.Sscanf(strings.TrimSpace(text), "%d.%d", &v.major, &v.minor)
	return v
}

func (v version) atLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}

// script runs a program of testdata with what the server exports and extra on
// top ("" removes a name) and fails the test when it does.
func (s *Server) script(t *testing.T, interpreter, name string, extra map[string]string, args ...string) {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	s.run(t, t.TempDir(), extra, append([]string{interpreter, path}, args...)...)
}

// run is script for any program. It returns what the program printed.
func (s *Server) run(t *testing.T, dir string, extra map[string]string, argv ...string) string {
	t.Helper()
	out, err := s.attempt(t, dir, extra, argv...)
	if err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	} else {
		t.Logf("%s\n%s", strings.Join(argv, " "), out)
	}
	return out
}

// attempt is run for a program that may fail.
func (s *Server) attempt(t *testing.T, dir string, extra map[string]string, argv ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	exported := maps.Clone(s.Env)
	maps.Copy(exported, extra)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = CleanEnv(t)
	for _, name := range slices.Sorted(maps.Keys(exported)) {
		if exported[name] != "" {
			cmd.Env = append(cmd.Env, name+"="+exported[name])
		}
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// knowsEndpointURL reports whether an AWS CLI of this version reads AWS_ENDPOINT_URL.
func (v version) knowsEndpointURL() bool {
	return v.atLeast(1, 29) && (v.major != 2 || v.atLeast(2, 13))
}

func TestCleanEnv(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_PROFILE":        "someone-else",
		"AWS_CA_BUNDLE":      "/nowhere/ca.pem",
		"AWS_ACCESS_KEY_ID":  "AKIAFROMOUTSIDE",
		"AWS_ENDPOINT_URL":   "http://192.0.2.1",
		"MUSTER_API":         "192.0.2.1:1",
		"HTTPS_PROXY":        "http://192.0.2.1:3128",
		"REQUESTS_CA_BUNDLE": "/nowhere/ca.pem",
	} {
		t.Setenv(name, value)
		for _, line := range CleanEnv(t) {
			if strings.HasPrefix(line, name+"=") {
				t.Errorf("the caller's %s reaches the clients: %s", name, line)
			}
		}
	}
}
