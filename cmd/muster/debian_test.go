package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// builtPackage packs a release without a binary of Go's, as packaging/release.sh
// would, and returns the package's file.
func builtPackage(t *testing.T, release, version string) string {
	t.Helper()
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("no dpkg-deb here")
	}
	dist := t.TempDir()
	build := exec.Command(filepath.Join("..", "..", "packaging", "debian", "build.sh"), release, "amd64", version, dist)
	build.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1700000000")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found, err := filepath.Glob(filepath.Join(dist, "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("got %q, %v", found, err)
	}
	return found[0]
}

// release is an unpacked release with a script in the binary's place.
func release(t *testing.T) string {
	t.Helper()
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	dir := t.TempDir()
	if out, err := told(t, "man", "--dir", filepath.Join(dir, "man")); err != nil {
		t.Fatal(out, err)
	}
	files := map[string]string{"muster": "#!/bin/sh\n", "LICENSES-OF-MODULES": "theirs\n"}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		out, err := told(t, "completion", shell)
		if err != nil {
			t.Fatal(err)
		}
		files["completion/muster."+shell] = out
	}
	for name, from := range map[string]string{"README.md": "README.md", "README.es.md": "README.es.md", "CHANGELOG.md": "CHANGELOG.md", "NOTICE": "NOTICE",
		"systemd/muster.service": "packaging/systemd/muster.service", "systemd/muster.env": "packaging/systemd/muster.env"} {
		text, err := os.ReadFile(filepath.Join("..", "..", from))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDebianPackage(t *testing.T) {
	from := release(t)
	file := builtPackage(t, from, "v1.2.3")
	again := builtPackage(t, from, "v1.2.3")
	if a, b := sum(t, file), sum(t, again); a != b {
		t.Errorf("two packages of one release differ: %s and %s", a, b)
	}
	out, err := exec.Command("dpkg-deb", "--fsys-tarfile", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	type entry struct {
		mode int64
		text string
	}
	has := map[string]entry{}
	for r := tar.NewReader(bytes.NewReader(out)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Mode&0o022 != 0 || !h.ModTime.Equal(time.Unix(1700000000, 0)) {
			t.Errorf("%s: %d:%d, mode %o, of %v", h.Name, h.Uid, h.Gid, h.Mode, h.ModTime)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		has[strings.TrimPrefix(h.Name, ".")] = entry{h.Mode, string(text)}
	}
	for name, mode := range map[string]int64{
		"/usr/bin/muster": 0o755, "/etc/muster/muster.env": 0o600, "/usr/lib/systemd/system/muster.service": 0o644,
		"/usr/share/man/man1/muster-serve.1.gz": 0o644, "/usr/share/doc/muster/copyright": 0o644, "/usr/share/doc/muster/changelog.gz": 0o644,
		"/usr/share/bash-completion/completions/muster": 0o644, "/usr/share/zsh/vendor-completions/_muster": 0o644, "/usr/share/fish/vendor_completions.d/muster.fish": 0o644,
	} {
		if e, ok := has[name]; !ok || e.mode != mode || len(e.text) == 0 {
			t.Errorf("%s: got mode %o and %d bytes, want %o", name, e.mode, len(e.text), mode)
		}
	}
	unit := has["/usr/lib/systemd/system/muster.service"].text
	if !strings.Contains(unit, "\nExecStart=/usr/bin/muster serve\n") || strings.Contains(unit, "DynamicUser") || strings.Contains(unit, "/usr/local") || !strings.HasPrefix(unit, "[Unit]\n") {
		t.Errorf("the unit:\n%s", unit)
	}
	// Everything else of the unit is that of packaging/systemd, its limits too.
	whole, err := os.ReadFile(filepath.Join("..", "..", "packaging", "systemd", "muster.service"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(whole)) {
		if setting, _, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") && setting != "DynamicUser" && setting != "ExecStart" && !strings.Contains(unit, "\n"+line) {
			t.Errorf("the unit lacks %s", line)
		}
	}
	for line := range strings.Lines(has["/etc/muster/muster.env"].text) {
		if !strings.HasPrefix(line, "#") && line != "\n" {
			t.Errorf("the package begins with the setting %s", line)
		}
	}
	z, err := gzip.NewReader(strings.NewReader(has["/usr/share/doc/muster/changelog.gz"].text))
	if err != nil {
		t.Fatal(err)
	}
	if log, err := io.ReadAll(z); err != nil || !strings.HasPrefix(string(log), "muster (1.2.3) ") {
		t.Errorf("changelog: got %s, %v", log, err)
	}
	fields, err := exec.Command("dpkg-deb", "-f", file, "Package", "Version", "Architecture").Output()
	if want := "Package: muster\nVersion: 1.2.3\nArchitecture: amd64\n"; err != nil || string(fields) != want {
		t.Errorf("got %s, %v, want %s", fields, err, want)
	}
	info := t.TempDir()
	if out, err := exec.Command("dpkg-deb", "-e", file, info).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if conffiles, err := os.ReadFile(filepath.Join(info, "conffiles")); err != nil || string(conffiles) != "/etc/muster/muster.env\n" {
		t.Errorf("conffiles: got %q, %v", conffiles, err)
	}
	for _, script := range []string{"config", "postinst", "prerm", "postrm"} {
		if out, err := exec.Command("sh", "-n", filepath.Join(info, script)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
	}
}

// What git describe says becomes a version of Debian, in the order of time.
func TestDebianVersions(t *testing.T) {
	from := release(t)
	var before string
	for _, tc := range []struct{ git, want string }{
		{"f4e09bc", "0~20231114221320.f4e09bc"},
		{"f4e09bc-dirty", "0~20231114221320.f4e09bc+dirty"},
		{"v1.2.3-rc1", "1.2.3~rc1"},
		{"v1.2.3", "1.2.3"},
		{"v1.2.3-4-gabc1234", "1.2.3+4.gabc1234"},
		{"v1.2.3-4-gabc1234-dirty", "1.2.3+4.gabc1234+dirty"},
		{"v1.2.4", "1.2.4"},
	} {
		got, err := exec.Command("dpkg-deb", "-f", builtPackage(t, from, tc.git), "Version").Output()
		version := strings.TrimSpace(string(got))
		if err != nil || version != tc.want {
			t.Errorf("%s: got %s, %v, want %s", tc.git, version, err, tc.want)
		}
		if before != "" && exec.Command("dpkg", "--compare-versions", before, "lt", version).Run() != nil {
			t.Errorf("%s is not before %s", before, version)
		}
		before = version
	}
}

func sum(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := sha256.Sum256(raw)
	return hex.EncodeToString(s[:])
}

// TestRelease builds the release of this platform twice, which takes minutes.
func TestRelease(t *testing.T) {
	if os.Getenv("MUSTER_NIGHT") == "" {
		t.Skip("builds all twice: MUSTER_NIGHT=1 runs it")
	}
	var first map[string]string
	for range 2 {
		dist := filepath.Join(t.TempDir(), "dist")
		build := exec.Command(filepath.Join("..", "..", "packaging", "release.sh"))
		build.Env = append(os.Environ(), "DIST="+dist, "PLATFORMS=linux/amd64", "VERSION=v0.0.1", "LDFLAGS=-s -w -X main.version=v0.0.1")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		list := exec.Command("sha256sum", "--strict", "-c", "SHA256SUMS")
		list.Dir = dist
		if out, err := list.CombinedOutput(); err != nil {
			t.Errorf("SHA256SUMS: %v\n%s", err, out)
		}
		files, err := os.ReadDir(dist)
		if err != nil {
			t.Fatal(err)
		}
		sums := map[string]string{}
		for _, f := range files {
			sums[f.Name()] = sum(t, filepath.Join(dist, f.Name()))
		}
		if first == nil {
			first = sums
			checkSBOM(t, dist)
		}
		if fmt.Sprint(first) != fmt.Sprint(sums) {
			t.Errorf("two releases differ:\n%v\n%v", first, sums)
		}
	}
	for _, name := range []string{"muster-v0.0.1-linux-amd64.tar.gz", "muster-v0.0.1-linux-amd64.cdx.json", "SHA256SUMS"} {
		if first[name] == "" {
			t.Errorf("the release has no %s", name)
		}
	}
}
