package e2e

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// newMasterKey is what muster master-key prints.
func newMasterKey(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "master-key")
	cmd.Env = CleanEnv(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// refusesToServe expects that a start ends by itself and says why.
func refusesToServe(t *testing.T, says string, change func(*exec.Cmd), args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, append([]string{"serve", "--api", "127.0.0.1:0", "--devices", "127.0.0.1:0"}, args...)...)
	cmd.Env, cmd.Dir = CleanEnv(t), t.TempDir()
	change(cmd)
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), says) {
		t.Errorf("serve %s: got %v, want it to say %q:\n%s", strings.Join(args, " "), err, says, out)
	}
}

// The master key comes on standard input, and lies nowhere in the data.
func TestTheMasterKeyOnStandardInput(t *testing.T) {
	t.Parallel()
	data, key := t.TempDir(), newMasterKey(t)
	given := func(text string) func(*exec.Cmd) {
		return func(cmd *exec.Cmd) { cmd.Stdin = strings.NewReader(text) }
	}
	args := []string{"--data", data, "--api", "127.0.0.1:0", "--devices", "127.0.0.1:0", "--master-key-file", "-"}
	s := launchAs(t, nil, data, nil, given(key), args...)
	w := NewWorld(t, s)
	w.API.S3(t, "PUT", "/"+w.Bucket+"/object", "content").OK(t)
	said := s.doctorSays(t)
	if !strings.Contains(said, "master key") || !strings.Contains(said, "on standard input") {
		t.Errorf("doctor says:\n%s", said)
	}
	s.Stop(t)

	err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), strings.TrimSpace(key)) {
			t.Errorf("%s holds the master key", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(s.log.String(), strings.TrimSpace(key)) {
		t.Error("the log holds the master key")
	}

	refusesToServe(t, "sealed under another master key", given(newMasterKey(t)), "--data", data, "--master-key-file", "-")
	refusesToServe(t, "muster master-key", given(""), "--data", data, "--master-key-file", "-")
	refusesToServe(t, "is not a master key", given("hello\n"), "--data", data, "--master-key-file", "-")
	refusesToServe(t, "master.key is missing", given(""), "--data", data)

	verify := exec.CommandContext(t.Context(), binary, "objects", "verify", "--data", data, "--master-key-file", "-")
	verify.Env, verify.Stdin = CleanEnv(t), strings.NewReader(key)
	if out, err := verify.CombinedOutput(); err != nil {
		t.Errorf("objects verify: %v\n%s", err, out)
	}
	again := launchAs(t, nil, data, nil, given(key), args...)
	w.API, w.Server = again.Client(), again
	w.Endpoint = w.API.IoT(t, "GET", "/endpoint?endpointType=iot%3ACredentialProvider", nil).OK(t).JSON("endpointAddress")
	w.expect(t, w.Vend(t, Ask{Thing: w.Thing}), lives)
}

// The master key is a secret of Kubernetes: root's, read by a group of the
// process, behind links that root made.
func TestTheMasterKeyIsAMountedSecret(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can start a process of another user")
	}
	t.Parallel()
	const user, group = 65534, 54321
	base, err := os.MkdirTemp("", "muster-secret-") // t.TempDir is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	program, data, mount := filepath.Join(base, "muster"), filepath.Join(base, "data"), filepath.Join(base, "mount")
	text := read(t, binary)
	if err := errors.Join(
		os.Chmod(base, 0o755), os.WriteFile(program, text, 0o755),
		os.Mkdir(data, 0o700), os.Chown(data, user, user),
		os.Mkdir(mount, 0o755), os.Chown(mount, 0, group), os.Chmod(mount, 0o777|os.ModeSticky|os.ModeSetgid),
		os.Mkdir(filepath.Join(mount, "..1"), 0o755),
		os.WriteFile(filepath.Join(mount, "..1", "master.key"), []byte(newMasterKey(t)), 0o400),
		os.Symlink("..1", filepath.Join(mount, "..data")),
		os.Symlink("..data/master.key", filepath.Join(mount, "master.key")),
	); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(mount, "..1", "master.key")
	as := func(cmd *exec.Cmd) {
		cmd.Path, cmd.Dir = program, base
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user, Groups: []uint32{group}}}
	}
	mode := func(path string, uid, gid int, mode fs.FileMode) {
		t.Helper()
		if err := errors.Join(os.Lchown(path, uid, gid), os.Chmod(secret, mode)); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"--data", data, "--master-key-file", filepath.Join(mount, "master.key")}
	mode(secret, 0, group, 0o444)
	refusesToServe(t, "may be read by others", as, args...)
	mode(secret, 0, group, 0o460)
	refusesToServe(t, "may be read by others", as, args...)
	mode(secret, 1, group, 0o440)
	refusesToServe(t, "belongs to the user with the id 1", as, args...)
	mode(secret, 0, group, 0o440)
	mode(filepath.Join(mount, "..data"), 1, 1, 0o440)
	refusesToServe(t, "belongs to the user with the id 1", as, args...)
	mode(filepath.Join(mount, "..data"), 0, 0, 0o440)

	s := launchAs(t, nil, data, nil, as, append(args, "--api", "127.0.0.1:0", "--devices", "127.0.0.1:0")...)
	s.Get(t, "/readyz").OK(t)
	if said := s.doctorSays(t); !strings.Contains(said, "ok    master key") {
		t.Errorf("doctor says:\n%s", said)
	}
}

// doctorSays is all that muster doctor says.
func (s *Server) doctorSays(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "doctor", "--data", s.Data)
	cmd.Env = CleanEnv(t)
	out, _ := cmd.CombinedOutput() // its status is that of all checks
	return string(out)
}
