package powerloss_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"muster/test/powerloss"
)

// cuts is how many survivors of one cut the tests below look at.
const cuts = 300

// zeros is a file whose size survived a cut and whose bytes didn't.
const zeros = "\x00\x00\x00\x00"

// mounted mounts a disk for as long as do runs, and cuts the power after it.
func mounted(t *testing.T, d *powerloss.Disk, do func(dir string)) {
	t.Helper()
	needFUSE(t)
	dir := t.TempDir()
	unmount, err := d.Mount(dir)
	if err != nil {
		t.Fatal(err)
	}
	do(dir)
	d.Cut()
	if err := unmount(); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// outcomes counts what a file holds in all survivors of a cut; absent is "-".
func outcomes(d *powerloss.Disk, file string) map[string]int {
	found := map[string]int{}
	for seed := range uint64(cuts) {
		data, ok := d.Survivors(rand.New(rand.NewPCG(seed, 1))).ReadFile(file)
		if !ok {
			data = []byte("-")
		}
		found[string(data)]++
	}
	return found
}

// only fails unless the file was found in exactly these states.
func only(t *testing.T, d *powerloss.Disk, file string, want ...string) {
	t.Helper()
	got := outcomes(d, file)
	for _, w := range want {
		if got[w] == 0 {
			t.Errorf("%s is never %q after %d cuts", file, w, cuts)
		}
		delete(got, w)
	}
	for state, n := range got {
		t.Errorf("%s is %.60q after %d of %d cuts, want one of %q", file, state, n, cuts, want)
	}
}

func save(name, text string, syncs ...bool) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if len(syncs) > 0 && syncs[0] {
		err = errors.Join(err, f.Sync())
	}
	err = errors.Join(err, f.Close())
	if len(syncs) > 1 && syncs[1] {
		err = errors.Join(err, syncDir(filepath.Dir(name)))
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func TestWhatIsSyncedSurvives(t *testing.T) {
	d := powerloss.NewDisk()
	mounted(t, d, func(dir string) {
		must(t, save(dir+"/careless", "text"))
		must(t, save(dir+"/nameless", "text", true))
		must(t, os.Mkdir(dir+"/sub", 0o700))
		must(t, save(dir+"/sub/careful", "text", true, true))
		must(t, save(dir+"/careful", "text", true, true))
		must(t, save(dir+"/late", "text", true))
	})
	only(t, d, "careful", "text")
	only(t, d, "sub/careful", "text") // the root was synced after sub was made
	only(t, d, "nameless", "text")
	only(t, d, "careless", "", zeros, "text") // its name is durable, its bytes are not
	only(t, d, "late", "-", "text")
}

func TestADirectoryIsANameOfItsParent(t *testing.T) {
	d := powerloss.NewDisk()
	mounted(t, d, func(dir string) {
		must(t, os.Mkdir(dir+"/sub", 0o700))
		must(t, save(dir+"/sub/careful", "text", true, true))
	})
	only(t, d, "sub/careful", "-", "text")
}

func TestRename(t *testing.T) {
	d := powerloss.NewDisk()
	mounted(t, d, func(dir string) {
		must(t, os.Mkdir(dir+"/tmp", 0o700), os.Mkdir(dir+"/content", 0o700), syncDir(dir))
		must(t, save(dir+"/tmp/b", "text", true, true), os.Rename(dir+"/tmp/b", dir+"/content/b"), syncDir(dir+"/content"))
		must(t, save(dir+"/tmp/a", "text", true, true), os.Rename(dir+"/tmp/a", dir+"/content/a"))
		must(t, save(dir+"/tmp/c", "text", true, false), os.Rename(dir+"/tmp/c", dir+"/content/c"))
		must(t, save(dir+"/old", "old", true, true), save(dir+"/new", "new", true, true), os.Rename(dir+"/new", dir+"/old"))
	})
	only(t, d, "content/a", "-", "text")
	only(t, d, "tmp/a", "-", "text")
	only(t, d, "content/b", "text")
	only(t, d, "content/c", "-", "text")
	only(t, d, "old", "old", "new")
	for seed := range uint64(cuts) {
		s := d.Survivors(rand.New(rand.NewPCG(seed, 1)))
		_, from := s.ReadFile("tmp/a")
		_, to := s.ReadFile("content/a")
		if !from && !to {
			t.Fatalf("seed %d: the rename lost the file under both names", seed)
		}
	}
}

func TestUnlinkAndTruncate(t *testing.T) {
	d := powerloss.NewDisk()
	mounted(t, d, func(dir string) {
		for _, name := range []string{"gone", "surely", "cut", "open"} {
			must(t, save(filepath.Join(dir, name), "text", true, true))
		}
		must(t, os.Remove(dir+"/surely"), syncDir(dir))
		must(t, os.Remove(dir+"/gone"), os.Truncate(dir+"/cut", 2))
		f, err := os.Open(dir + "/open")
		must(t, err, os.Remove(dir+"/open"))
		data := make([]byte, 4)
		if n, err := f.Read(data); n != 4 || err != nil {
			t.Errorf("read of a removed file that is open: got %d, %v", n, err)
		}
		must(t, f.Close())
	})
	only(t, d, "surely", "-")
	only(t, d, "gone", "-", "text")
	only(t, d, "cut", "text", "te")
	only(t, d, "open", "-", "text")
}

// A write that was not synced may survive by sectors, and may leave its size
// alone; what is outside of it never changes.
func TestATornWrite(t *testing.T) {
	d := powerloss.NewDisk()
	const sector = 512
	old := bytes.Repeat([]byte("o"), 3*sector)
	mounted(t, d, func(dir string) {
		must(t, save(dir+"/file", string(old), true, true))
		f, err := os.OpenFile(dir+"/file", os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteAt(bytes.Repeat([]byte("n"), 3*sector), sector+100)
		must(t, err, f.Close())
	})
	var torn, hollow, whole bool
	for text := range outcomes(d, "file") {
		if text[:sector+100] != string(old[:sector+100]) {
			t.Fatalf("bytes before the write have changed: %q", text[:sector+100])
		}
		rest := text[sector+100:]
		switch {
		case rest == strings.Repeat("n", 3*sector):
			whole = true
		case strings.Contains(rest, "\x00"):
			hollow = true
		case strings.Contains(rest, "n") && strings.Contains(rest, "o"):
			torn = true
		}
	}
	if !torn || !hollow || !whole {
		t.Errorf("in %d cuts: torn %v, size without bytes %v, whole %v; want each", cuts, torn, hollow, whole)
	}
}

func TestALyingDiskLosesWhatWasSynced(t *testing.T) {
	d := powerloss.NewDisk()
	d.Ignore = func(path string, dir bool) bool { return path == "a" || path == "sub" && dir }
	mounted(t, d, func(dir string) {
		must(t, os.Mkdir(dir+"/sub", 0o700))
		must(t, save(dir+"/a", "text", true, true), save(dir+"/b", "text", true, true), save(dir+"/sub/c", "text", true, true), syncDir(dir))
	})
	only(t, d, "a", "", zeros, "text")
	only(t, d, "b", "text")
	only(t, d, "sub/c", "-", "text")
}

func TestTheLastSyncUndone(t *testing.T) {
	d := powerloss.NewDisk()
	d.Undo = "log"
	mounted(t, d, func(dir string) {
		must(t, save(dir+"/log", "one", true, true), save(dir+"/log", "other", true, true), save(dir+"/b", "text", true, true))
	})
	only(t, d, "log", "one")
	only(t, d, "b", "text")
}

func TestAfterTheCutNothingWorks(t *testing.T) {
	d := powerloss.NewDisk()
	needFUSE(t)
	dir := t.TempDir()
	unmount, err := d.Mount(dir)
	must(t, err)
	f, err := os.Create(dir + "/file")
	must(t, err)
	// At the first sync, and in its moment.
	d.CutWhen(func(op, path string, _ int) bool { return op == "sync" && path == "file" }, nil)
	if _, err := f.WriteString("text"); err != nil {
		t.Errorf("write before the cut: %v", err)
	}
	if err := f.Sync(); err != nil {
		t.Errorf("the sync that is the last: %v", err)
	}
	_, write := f.WriteString("more")
	for name, err := range map[string]error{"write": write, "sync": f.Sync(), "create": save(dir+"/other", ""), "mkdir": os.Mkdir(dir+"/sub", 0o700), "remove": os.Remove(dir + "/file")} {
		if !errors.Is(err, syscall.EIO) {
			t.Errorf("%s after the cut: got %v, want %v", name, err, syscall.EIO)
		}
	}
	f.Close()
	must(t, unmount())
	only(t, d, "file", "-", "text")
}

// SQLite's wal-index is memory that its connections share through a file. The
// mappings are in a process of their own: a page fault stops a thread where Go
// can't stop it, and the collector would wait for it while the disk that has to
// serve the page waits for the collector.
func TestSharedMemory(t *testing.T) {
	mounted(t, powerloss.NewDisk(), func(dir string) {
		self, err := os.Executable()
		must(t, err)
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), sharesMemory+"="+dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		got, err := os.ReadFile(dir + "/shm")
		must(t, err)
		if string(got[4096:4102]) != "shared" {
			t.Errorf("the file has %q, want %q", got[4096:4102], "shared")
		}
	})
}

// sharesMemory names the directory to a process that is only to shareMemory.
const sharesMemory = "POWERLOSS_SHARES_MEMORY"

// shareMemory writes through one mapping of a file and reads through another.
func shareMemory(dir string) error {
	var maps [2][]byte
	for i := range maps {
		f, err := os.OpenFile(dir+"/shm", os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		if err := f.Truncate(32 << 10); err != nil {
			return err
		}
		maps[i], err = syscall.Mmap(int(f.Fd()), 0, 32<<10, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	copy(maps[0][4096:], "shared")
	if got := string(maps[1][4096:4102]); got != "shared" {
		return fmt.Errorf("the other mapping has %q, want %q", got, "shared")
	}
	return errors.Join(syscall.Munmap(maps[0]), syscall.Munmap(maps[1]))
}

func TestLocks(t *testing.T) {
	mounted(t, powerloss.NewDisk(), func(dir string) {
		a, err := os.Create(dir + "/lock")
		must(t, err)
		b, err := os.Open(dir + "/lock")
		must(t, err)
		must(t, syscall.Flock(int(a.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
		if err := syscall.Flock(int(b.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
			t.Errorf("a second lock: got %v, want %v", err, syscall.EWOULDBLOCK)
		}
		must(t, a.Close())
		if err := syscall.Flock(int(b.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			t.Errorf("the lock once it is free: %v", err)
		}
		must(t, b.Close())
	})
}

func TestDirectoriesAreListedWhole(t *testing.T) {
	d := powerloss.NewDisk()
	const many = 1000
	mounted(t, d, func(dir string) {
		for i := range many {
			must(t, save(filepath.Join(dir, strings.Repeat("x", 1+i%200)+string(rune('a'+i/200))), ""))
		}
		must(t, os.Link(dir+"/xa", dir+"/again"))
		all, err := os.ReadDir(dir)
		must(t, err)
		if len(all) != many+1 {
			t.Errorf("got %d names, want %d", len(all), many+1)
		}
		must(t, os.Mkdir(dir+"/sub", 0o700), save(dir+"/sub/file", ""))
		if err := os.Remove(dir + "/sub"); !errors.Is(err, syscall.ENOTEMPTY) {
			t.Errorf("removing a directory with a file: got %v, want %v", err, syscall.ENOTEMPTY)
		}
		must(t, os.RemoveAll(dir+"/sub"))
	})
}

func TestOneSeedChoosesTheSame(t *testing.T) {
	d := powerloss.NewDisk()
	mounted(t, d, func(dir string) {
		for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
			must(t, save(filepath.Join(dir, name), strings.Repeat(name, 5000)))
		}
	})
	for seed := range uint64(50) {
		one := d.Survivors(rand.New(rand.NewPCG(seed, 1)))
		two := d.Survivors(rand.New(rand.NewPCG(seed, 1)))
		for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
			got, ok := one.ReadFile(name)
			want, also := two.ReadFile(name)
			if ok != also || !bytes.Equal(got, want) {
				t.Fatalf("seed %d: %s differs between two survivors", seed, name)
			}
		}
	}
}

// A full disk takes no new file and no longer one; all else goes on.
func TestAFullDisk(t *testing.T) {
	d := powerloss.NewDisk()
	mounted(t, d, func(dir string) {
		must(t, save(dir+"/file", "text", true, true), save(dir+"/other", "text", true, true))
		for _, fullness := range []powerloss.Fullness{powerloss.Full, powerloss.Surprising} {
			d.Fill(fullness)
			var at syscall.Statfs_t
			must(t, syscall.Statfs(dir, &at))
			if says := at.Bavail == 0; says != (fullness == powerloss.Full) {
				t.Errorf("%v: got %d blocks free", fullness, at.Bavail)
			}
			for name, err := range map[string]error{
				"a new file":      save(dir+"/new", "text", false, false),
				"a new directory": os.Mkdir(dir+"/sub", 0o700),
				"a new name":      os.Link(dir+"/file", dir+"/twice"),
				"a longer file":   os.Truncate(dir+"/file", 100),
				"more text":       save(dir+"/file", "more text", true, false),
			} {
				if !errors.Is(err, syscall.ENOSPC) {
					t.Errorf("%s on a full disk: got %v, want %v", name, err, syscall.ENOSPC)
				}
			}
			f, err := os.OpenFile(dir+"/other", os.O_WRONLY, 0)
			must(t, err)
			_, err = f.WriteAt([]byte("TEXT"), 0)
			must(t, err, f.Sync(), f.Close(), os.Rename(dir+"/file", dir+"/moved"), os.Rename(dir+"/moved", dir+"/file"))
			d.Fill(powerloss.Roomy)
			must(t, save(dir+"/file", "text", true, false))
		}
		must(t, os.Remove(dir+"/other"), save(dir+"/new", "text", true, true))
	})
	if d.Refused() != 10 {
		t.Errorf("got %d refused, want ten", d.Refused())
	}
}
