package store_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/index"
	"muster/internal/store"
	"muster/internal/store/storetest"
)

// open opens a fresh store with a table of numbers.
func open(t testing.TB) (*store.DB, *index.Index) {
	t.Helper()
	x := index.New(1024)
	db := storetest.Open(t, t.TempDir(), x)
	err := db.Write(t.Context(), do(`CREATE TABLE number (n BIGINT PRIMARY KEY, parent BIGINT REFERENCES number (n))`))
	if err != nil {
		t.Fatal(err)
	}
	return db, x
}

func do(query string, args ...any) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}
}

func insert(n int) func(*store.Tx) error { return do(`INSERT INTO number (n) VALUES ($1)`, n) }

func numbers(t testing.TB, db *store.DB) []int {
	t.Helper()
	rows, err := db.Reads().Query(`SELECT n FROM number ORDER BY n`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := []int{}
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

// together runs writes, in their order, as members of one group (or of more
// when one ends it), after a first one that waits until all others do.
// The test runs in a bubble of synctest.
func together(t *testing.T, db *store.DB, writes ...func(*store.Tx) error) []error {
	t.Helper()
	results := make([]error, len(writes))
	gate := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		db.Write(t.Context(), func(*store.Tx) error { <-gate; return nil })
	})
	for i, fn := range writes {
		synctest.Wait() // the one before stands in the queue
		wg.Go(func() { results[i] = db.Write(t.Context(), fn) })
	}
	synctest.Wait()
	close(gate)
	wg.Wait()
	return results
}

var errRefused = errors.New("refused by the rule")

func TestMembersOfAGroup(t *testing.T) {
	for _, tc := range []struct {
		name   string
		middle func(*store.Tx) error
		want   string // part of the middle member's error
		kept   []int
	}{
		{"all good", insert(2), "", []int{1, 2, 3}},
		{"one refuses after it wrote", func(tx *store.Tx) error {
			insert(2)(tx)
			return errRefused
		}, errRefused.Error(), []int{1, 3}},
		{"one panics after it wrote", func(tx *store.Tx) error {
			insert(2)(tx)
			panic("out of the blue")
		}, "out of the blue", []int{1, 3}},
		{"one writes what an earlier one has", insert(1), "UNIQUE", []int{1, 3}},
		{"one ignores that a statement failed", func(tx *store.Tx) error {
			insert(2)(tx)
			insert(1)(tx)
			return nil
		}, "UNIQUE", []int{1, 3}},
		{"one goes on after a statement failed", func(tx *store.Tx) error {
			insert(1)(tx)
			if err := insert(2)(tx); err == nil {
				t.Error("a statement ran after one that failed")
			}
			if err := tx.Row(`SELECT 1`).Scan(new(int)); !store.UniqueViolation(err) {
				t.Errorf("row after a failed statement: got %v", err)
			}
			if _, err := tx.Query(`SELECT 1`); !store.UniqueViolation(err) {
				t.Errorf("query after a failed statement: got %v", err)
			}
			return nil
		}, "UNIQUE", []int{1, 3}},
		{"one leaves a RETURNING unread", func(tx *store.Tx) error {
			_, err := tx.Query(`INSERT INTO number (n) VALUES (2), (4) RETURNING n`)
			return err
		}, "", []int{1, 2, 3, 4}},
		{"one leaves a row unread", func(tx *store.Tx) error {
			tx.Row(`INSERT INTO number (n) VALUES (2) RETURNING n`)
			return nil
		}, "", []int{1, 2, 3}},
		{"one reads what an earlier one wrote", func(tx *store.Tx) error {
			var n int
			if err := tx.Row(`SELECT n FROM number WHERE n = 1`).Scan(&n); err != nil {
				return err
			}
			return insert(n + 1)(tx)
		}, "", []int{1, 2, 3}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db, _ := open(t)
				got := together(t, db, insert(1), tc.middle, insert(3))
				if got[0] != nil || got[2] != nil {
					t.Errorf("the good members: got %v and %v", got[0], got[2])
				}
				if tc.want == "" && got[1] != nil || tc.want != "" && (got[1] == nil || !strings.Contains(got[1].Error(), tc.want)) {
					t.Errorf("the middle member: got %v, want %q", got[1], tc.want)
				}
				if diff := cmp.Diff(tc.kept, numbers(t, db)); diff != "" {
					t.Errorf("kept (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestARefusalIsReturnedAsItIs(t *testing.T) {
	db, _ := open(t)
	if got := db.Write(t.Context(), func(*store.Tx) error { return errRefused }); got != errRefused {
		t.Errorf("got %v, want %v", got, errRefused)
	}
}

// Whoever was in a transaction that failed is told so, and nothing of it
// stays; whoever came after is in another.
func TestAGroupThatFails(t *testing.T) {
	for _, tc := range []struct {
		name   string
		middle func(*store.Tx) error
		failed []bool
		kept   []int
	}{
		{"a statement ends the transaction", func(tx *store.Tx) error {
			insert(2)(tx)
			do(`INSERT OR ROLLBACK INTO number (n) VALUES (1)`)(tx)
			insert(4)(tx) // would be committed by itself
			return nil
		}, []bool{true, true, false}, []int{3}},
		{"a member leaves its reading unread and ends the transaction", func(tx *store.Tx) error {
			tx.Query(`SELECT n FROM number`)
			tx.Row(`SELECT n FROM number`)
			return do(`ROLLBACK`)(tx)
		}, []bool{true, true, false}, []int{3}},
		{"a member ends the transaction and says nothing", do(`ROLLBACK`), []bool{true, true, false}, []int{3}},
		{"a refusal after a statement ended the transaction", func(tx *store.Tx) error {
			do(`ROLLBACK`)(tx)
			return errRefused
		}, []bool{true, true, false}, []int{3}},
		{"COMMIT fails", func(tx *store.Tx) error {
			// Only such a key passes the member's own RELEASE.
			if err := do(`PRAGMA defer_foreign_keys = ON`)(tx); err != nil {
				return err
			}
			return do(`INSERT INTO number (n, parent) VALUES (2, 99)`)(tx)
		}, []bool{true, true, true}, []int{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db, _ := open(t)
				for i, err := range together(t, db, insert(1), tc.middle, insert(3)) {
					if (err != nil) != tc.failed[i] {
						t.Errorf("member %d: got %v, want a failure: %v", i+1, err, tc.failed[i])
					}
				}
				if diff := cmp.Diff(tc.kept, numbers(t, db)); diff != "" {
					t.Errorf("kept (-want +got):\n%s", diff)
				}
				if err := db.Write(t.Context(), insert(7)); err != nil {
					t.Errorf("the next write: %v", err)
				}
				if err := db.Write(t.Context(), do(`INSERT INTO number (n, parent) VALUES (8, 99)`)); !store.ForeignKeyViolation(err) {
					t.Errorf("the connection that came after has no foreign keys: got %v", err)
				}
			})
		})
	}
}

func TestACallerThatStopsWaiting(t *testing.T) {
	t.Run("while its write runs: the write lands", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			db, _ := open(t)
			ctx, cancel := context.WithCancel(t.Context())
			gate := make(chan struct{})
			var first, second error
			var wg sync.WaitGroup
			wg.Go(func() {
				first = db.Write(ctx, func(tx *store.Tx) error {
					if err := insert(1)(tx); err != nil {
						return err
					}
					<-gate
					return insert(2)(tx) // the connection was not interrupted
				})
			})
			synctest.Wait()
			wg.Go(func() { second = db.Write(t.Context(), insert(3)) })
			cancel()
			synctest.Wait()
			if !errors.Is(first, context.Canceled) {
				t.Errorf("got %v before the write was over, want %v", first, context.Canceled)
			}
			close(gate)
			wg.Wait()
			if second != nil {
				t.Errorf("the other member: %v", second)
			}
			if diff := cmp.Diff([]int{1, 2, 3}, numbers(t, db)); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		})
	})
	t.Run("before its write began: it never runs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			db, _ := open(t)
			gate := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() { db.Write(t.Context(), func(*store.Tx) error { <-gate; return nil }) })
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := db.Write(ctx, insert(1)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
			}
			close(gate)
			wg.Wait()
			if got := numbers(t, db); len(got) != 0 {
				t.Errorf("kept %v, want nothing", got)
			}
		})
	})
	t.Run("before it called", func(t *testing.T) {
		db, _ := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for i := range 20 { // whichever way the race with a free writer goes
			if err := db.Write(ctx, insert(i)); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %v", err, context.Canceled)
			}
			if err := db.Ready(t.Context()); err != nil { // the writer is free again
				t.Fatal(err)
			}
		}
		if got := numbers(t, db); len(got) != 0 {
			t.Errorf("kept %v, want nothing", got)
		}
	})
}

func TestPublication(t *testing.T) {
	db, x := open(t)
	key := index.Key{Kind: "numbers"}
	count := func() (n int) {
		n, _ = index.Get(t.Context(), x, key, func(ctx context.Context) (n int, err error) {
			return n, db.Reads().QueryRowContext(ctx, `SELECT count(*) FROM number`).Scan(&n)
		})
		return n
	}
	// Published last of many, so that an acknowledgement which didn't wait for
	// all of them would come before it.
	keys := make([]index.Key, 1000, 1001)
	for i := range keys {
		keys[i] = index.Key{Kind: "other", Name: strconv.Itoa(i)}
	}
	keys = append(keys, key)
	add := func(n int, err error) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			tx.Publish(keys...)
			insert(n)(tx)
			if got := count(); got != n-1 {
				t.Errorf("before the commit of %d: got %d, want %d", n, got, n-1)
			}
			return err
		}
	}
	for n := 1; n <= 200; n++ {
		if got := count(); got != n-1 {
			t.Fatalf("got %d, want %d: the index is older than the acknowledgement", got, n-1)
		}
		db.Write(t.Context(), add(n, errRefused))
		if err := db.Write(t.Context(), add(n, nil)); err != nil {
			t.Fatal(err)
		}
	}
	// A refused member publishes nothing: what was remembered stays.
	stays := index.Key{Kind: "stays"}
	index.Get(t.Context(), x, stays, func(context.Context) (int, error) { return 1, nil })
	db.Write(t.Context(), func(tx *store.Tx) error { tx.Publish(stays); return errRefused })
	if got, _ := index.Get(t.Context(), x, stays, func(context.Context) (int, error) { return 2, nil }); got != 1 {
		t.Errorf("a refused write published")
	}
}

func TestAGroupIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, _ := open(t)
		writes := make([]func(*store.Tx) error, store.GroupSize+1)
		for i := range writes {
			writes[i] = insert(i)
		}
		seen := -1
		writes[store.GroupSize] = func(*store.Tx) error { // the group before it has ended
			return db.Reads().QueryRow(`SELECT count(*) FROM number`).Scan(&seen)
		}
		for _, err := range together(t, db, writes...) {
			if err != nil {
				t.Error(err)
			}
		}
		if want := store.GroupSize - 1; seen != want { // the first of the group was the one that waited
			t.Errorf("got %d committed, want %d", seen, want)
		}
	})
}

func TestCloseDrains(t *testing.T) {
	db, _ := open(t)
	var mu sync.Mutex
	acknowledged := 0
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for n := i; ; n += 64 {
				if err := db.Write(t.Context(), insert(n)); err != nil {
					if !strings.Contains(err.Error(), "closed") {
						t.Errorf("got %v", err)
					}
					return
				}
				mu.Lock()
				acknowledged++
				mu.Unlock()
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if acknowledged == 0 {
		t.Error("nothing was written")
	}
	if err := db.Write(t.Context(), insert(-1)); err == nil {
		t.Error("a write after Close succeeded")
	}
	if err := db.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestAWriteIsVoidOnceOver(t *testing.T) {
	db, _ := open(t)
	var kept *store.Tx
	if err := db.Write(t.Context(), func(tx *store.Tx) error { kept = tx; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := insert(1)(kept); err == nil {
		t.Error("a statement ran outside of its write")
	}
}
