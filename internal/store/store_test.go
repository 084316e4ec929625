package store_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/index"
	"muster/internal/store"
)

func TestOpen(t *testing.T) {
	reopen := func(t *testing.T, path string) *store.DB {
		t.Helper()
		db, err := store.Open(t.Context(), path, index.New(1))
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	t.Run("a name that a URL would cut", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a?b#c %41.db")
		db := reopen(t, path)
		if err := db.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		for _, name := range []string{path, path + "-wal", path + "-shm"} {
			info, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != 0o600 {
				t.Errorf("%s has mode %o, want 600", filepath.Base(name), got)
			}
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("again", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "muster.db")
		for range 2 {
			if err := reopen(t, path).Close(); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("a file of a newer version", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "muster.db")
		db := reopen(t, path)
		if err := db.Write(t.Context(), do(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`)); err != nil {
			t.Fatal(err)
		}
		db.Close()
		if _, err := store.Open(t.Context(), path, index.New(1)); err == nil {
			t.Error("it was opened")
		}
	})
	t.Run("a file that is no database", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "muster.db")
		if err := os.WriteFile(path, []byte("no database, but long enough to be mistaken for one, if nobody looks closely"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), path, index.New(1)); err == nil {
			t.Error("it was opened")
		}
	})
	t.Run("a directory that isn't there", func(t *testing.T) {
		if _, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "no", "muster.db"), index.New(1)); err == nil {
			t.Error("it was opened")
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	db, _ := open(t)
	if _, err := db.Reads().Exec(`INSERT INTO number (n) VALUES (1)`); err == nil {
		t.Error("a reader wrote")
	}
}

func TestReadyTellsAStuckWriter(t *testing.T) {
	db, _ := open(t)
	if err := db.Ready(t.Context()); err != nil {
		t.Errorf("an idle store: %v", err)
	}
	began, gate := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		db.Write(t.Context(), func(*store.Tx) error { close(began); <-gate; return nil })
	})
	<-began
	defer wg.Wait()
	defer close(gate)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := db.Ready(ctx); err == nil {
		t.Error("a stuck writer is ready")
	}
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("reading beside a stuck writer: %v", err)
	}
}

// asWriter is set for the child of TestKilledProcessLosesNothing, to the path
// of its database.
const asWriter = "MUSTER_TEST_WRITE_TO"

// TestMain turns the test binary into a writer that says what was
// acknowledged, until it is killed.
func TestMain(m *testing.M) {
	path := os.Getenv(asWriter)
	if path == "" {
		os.Exit(m.Run())
	}
	db, err := store.Open(context.Background(), path, index.New(1))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var next atomic.Int64
	next.Store(time.Now().UnixNano()) // later than every number of an earlier process
	for range 8 {
		go func() {
			for {
				n := int(next.Add(1))
				if err := db.Write(context.Background(), insert(n)); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				fmt.Printf("%d\n", n) // one write(2): a line is there whole, or not
			}
		}()
	}
	select {}
}

func TestKilledProcessLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	db, err := store.Open(t.Context(), path, index.New(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), do(`CREATE TABLE number (n BIGINT PRIMARY KEY)`)); err != nil {
		t.Fatal(err)
	}
	db.Close()
	rounds := 10
	if testing.Short() {
		rounds = 3
	}
	acknowledged := map[int]bool{}
	for range rounds {
		for _, n := range writeUntilKilled(t, path) {
			acknowledged[n] = true
		}
		db, err := store.Open(t.Context(), path, index.New(1))
		if err != nil {
			t.Fatalf("after a kill: %v", err)
		}
		kept := map[int]bool{}
		for _, n := range numbers(t, db) {
			kept[n] = true
		}
		for n := range acknowledged {
			if !kept[n] {
				t.Fatalf("%d was acknowledged and is gone", n)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d acknowledged writes survived %d kills", len(acknowledged), rounds)
	if len(acknowledged) == 0 {
		t.Error("nothing was acknowledged")
	}
}

// writeUntilKilled returns what a writing process said was acknowledged
// before it was killed, at a random moment after its first word.
func writeUntilKilled(t *testing.T, path string) (acknowledged []int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), asWriter+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		if len(acknowledged) == 0 {
			time.AfterFunc(rand.N(150*time.Millisecond), func() { child.Process.Kill() })
		}
		acknowledged = append(acknowledged, n)
	}
	child.Wait() // killed
	return acknowledged
}

// BenchmarkInsert measures durable inserts: alone, and by writers whose
// members share commits.
func BenchmarkInsert(b *testing.B) {
	for _, writers := range []int{1, 8, 32, 128} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			db, _ := open(b)
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range writers {
				wg.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if err := db.Write(b.Context(), insert(int(n))); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "inserts/s")
		})
	}
}

func TestBeyond(t *testing.T) {
	for _, tc := range []struct {
		name, prefix, want string
		ok                 bool
	}{
		{"text", "pump-", "pump.", true},
		{"the last byte can't grow", "a\xff\xff", "b", true},
		{"nothing can", "\xff", "", false},
		{"nothing", "", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got, ok := store.Beyond(tc.prefix); got != tc.want || ok != tc.ok {
				t.Errorf("got %q %v, want %q %v", got, ok, tc.want, tc.ok)
			}
		})
	}
}
