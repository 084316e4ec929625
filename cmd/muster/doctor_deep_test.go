package main

import (
	"database/sql"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// deepData names the data that the test's own program examines, as muster would.
const deepData = "MUSTER_TEST_DEEP_DATA"

func TestDoctorLooksDeep(t *testing.T) {
	p := newPatient(t, nil)
	p.deep = true
	look := func() (deep []finding) {
		p.found = nil
		for _, f := range p.examine(t.Context()) {
			if f.Check == "deep" {
				deep = append(deep, f)
			}
		}
		return deep
	}
	if got := look(); len(got) != 1 || got[0].State != fine || !strings.Contains(got[0].Detail, "rows read") {
		t.Errorf("beside a running server: got %+v", got)
	}
	p.stop()
	p.doctor = newDoctor(p.data)
	p.deep = true
	if got := look(); len(got) != 1 || got[0].State != fine {
		t.Errorf("without a server: got %+v", got)
	}
	db, err := sql.Open("sqlite", filepath.Join(p.data, "muster.db"))
	if err == nil {
		_, err = db.Exec(`UPDATE authority SET private_key = zeroblob(100) WHERE name = 'server'`)
		db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := told(t, "doctor", "--deep", "-o", "json", "--data", p.data)
	var read []finding
	if err == nil || json.Unmarshal([]byte(out), &read) != nil {
		t.Fatalf("got %q, %v", out, err)
	}
	found := false
	for _, f := range read {
		found = found || f.Check == "deep" && f.State == broken && f.Table == "authority" && f.Row == "name=server" && strings.Contains(f.Detail, "muster.db, table authority, row name=server: ")
	}
	if !found {
		t.Errorf("got %s, want the table and the row", out)
	}
	if err := os.Remove(filepath.Join(p.data, "master.key")); err != nil {
		t.Fatal(err)
	}
	if got := look(); len(got) == 0 || got[0].State != doubt || !strings.Contains(got[0].Detail, "not opened") {
		t.Errorf("without its master key: got %+v", got)
	}
}

// A doctor that is killed leaves no copy of what it read, in the temporary
// directory or anywhere else.
func TestADoctorThatIsKilledLeavesNothing(t *testing.T) {
	if data := os.Getenv(deepData); data != "" {
		d := newDoctor(data)
		d.deep = true
		for {
			d.found = nil
			d.examine(t.Context())
		}
	}
	p := newPatient(t, nil)
	p.stop()
	before := contents(t, p.data)
	tmp := t.TempDir()
	for _, after := range []time.Duration{50, 150, 250, 350, 450, 550} {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestADoctorThatIsKilledLeavesNothing$")
		cmd.Env = append(os.Environ(), deepData+"="+p.data, "TMPDIR="+tmp)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait()
	}
	err := filepath.WalkDir(tmp, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("left behind: %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for name, sum := range contents(t, p.data) {
		if before[name] != sum {
			t.Errorf("%s was made or changed", name)
		}
	}
}
