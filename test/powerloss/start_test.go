package powerloss_test

import (
	"os"
	"testing"

	"muster/test/powerloss"
)

// TestFirstStart cuts the power while a server makes its keys and databases, or
// when it has just said that it is up. It must start on what is left, and once
// it was up its root key must still be the same.
func TestFirstStart(t *testing.T) {
	needFUSE(t)
	starts := 6
	if os.Getenv("MUSTER_NIGHT") != "" {
		starts = 100
	}
	for seed := range uint64(setting(t, "MUSTER_POWERLOSS_STARTS", starts)) {
		firstStart(t, seed)
	}
}

func firstStart(t *testing.T, seed uint64) {
	t.Helper()
	dir, remove, err := mountPoint()
	must(t, err)
	defer remove()
	random := newRandom(seed)
	disk := powerloss.NewDisk()
	if seed%3 > 0 {
		n := 1 + random.IntN(350)
		disk.CutWhen(func(_, _ string, count int) bool { return count >= n }, nil)
	}
	var key []byte
	s, err := start(disk, dir)
	switch {
	case err == nil:
		key, _ = disk.ReadFile("root-credentials")
		disk.Cut()
		must(t, s.kill())
	case !disk.Off():
		t.Fatal(err)
	}
	disk = disk.Survivors(random)
	tree := disk.Tree()
	s, err = start(disk, dir)
	if err != nil {
		t.Fatalf("seed %d: %v; on the disk was %q", seed, err, tree)
	}
	if now, _ := disk.ReadFile("root-credentials"); key != nil && string(now) != string(key) {
		t.Errorf("seed %d: the root key of a server that was up is another one; on the disk was %q", seed, tree)
	}
	if _, err := s.furnish(); err != nil {
		t.Errorf("seed %d: %v", seed, err)
	}
	must(t, s.stop())
}
