package powerloss_test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"muster/test/powerloss"
)

// A file system that can't do what Muster's data need is refused at the start,
// with a sentence that says what.
func TestFileSystemsThatAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name string
		odd  powerloss.Oddity
		want string
	}{
		{"folders can't be synced", powerloss.Oddity{Fails: map[string]syscall.Errno{"fsyncdir": syscall.EINVAL}}, "fsync"},
		{"a rename replaces nothing", powerloss.Oddity{Fails: map[string]syscall.Errno{"replace": syscall.EEXIST}}, "rename"},
		{"there are no links", powerloss.Oddity{Fails: map[string]syscall.Errno{"link": syscall.EPERM}}, "link"},
		{"modes are not kept", powerloss.Oddity{Fails: map[string]syscall.Errno{"chmod": syscall.EPERM}}, "chmod"},
		{"names become upper case", powerloss.Oddity{Fold: strings.ToUpper}, "names"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			needFUSE(t)
			dir, remove, err := mountPoint()
			must(t, err)
			defer remove()
			disk := powerloss.NewDisk()
			disk.Odd = &tc.odd
			s, err := start(disk, dir)
			if err == nil {
				must(t, s.stop())
				t.Fatal("the server starts")
			}
			if !strings.Contains(err.Error(), "the file system of "+dir+" can't") && tc.want != "fsync" || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want that it says %q", err, tc.want)
			}
		})
	}
}

// On a file system that doesn't tell names by their case, and that writes all
// accents in one form, keys of objects and names of things are still told apart.
func TestAFileSystemThatFoldsNames(t *testing.T) {
	needFUSE(t)
	dir, remove, err := mountPoint()
	must(t, err)
	defer remove()
	disk := powerloss.NewDisk()
	composed, decomposed := "caf\u00e9", "cafe\u0301"
	disk.Odd = &powerloss.Oddity{Fold: func(name string) string {
		return strings.ReplaceAll(strings.ToLower(name), decomposed, composed)
	}}
	s, err := start(disk, dir)
	must(t, err)
	ctx := t.Context()
	if r, err := s.s3(ctx, "PUT", plain, "", nil, nil, nil); err != nil || r.status != http.StatusOK {
		t.Fatal(r, err)
	}
	keys := []string{"secret", "Secret", "SECRET", composed, decomposed, strings.ToUpper(composed), ".SGWTMP", ".sgwtmp", "a/B", "A/b"}
	large := strings.Repeat("x", 40<<10) // each in a file of its own
	for _, key := range keys {
		if r, err := s.s3(ctx, "PUT", plain, key, nil, nil, []byte(key+large)); err != nil || r.status != http.StatusOK {
			t.Fatal(key, r, err)
		}
	}
	for _, thing := range []string{"Pump", "pump"} {
		if r, err := s.iot(ctx, "POST", "/things/"+thing, nil, `{"attributePayload":{"attributes":{"name":"`+thing+`"}}}`); err != nil || r.status != http.StatusOK {
			t.Fatal(thing, r, err)
		}
	}
	must(t, s.stop())
	again := disk.Clone()
	again.Odd = disk.Odd
	s, err = start(again, dir)
	must(t, err)
	for _, key := range keys {
		if r, err := s.s3(ctx, "GET", plain, key, nil, nil, nil); err != nil || string(r.body) != key+large {
			t.Errorf("%q holds %.20q, %v", key, r.body, err)
		}
	}
	if r, err := s.iot(ctx, "GET", "/things/pump", nil, ""); err != nil || !strings.Contains(string(r.body), `"name":"pump"`) {
		t.Errorf("the thing pump: %v, %v", r, err)
	}
	must(t, s.stop())
}
