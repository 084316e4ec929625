package index_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"muster/internal/fault"
	"muster/internal/index"
)

var key = index.Key{Kind: "certificate", Name: "a"}

func TestGetKeepsTheAnswer(t *testing.T) {
	x := index.New(1024)
	reads := 0
	read := func(context.Context) (int, error) { reads++; return 7, nil }
	for range 3 {
		if v, err := index.Get(t.Context(), x, key, read); v != 7 || err != nil {
			t.Fatalf("got %v, %v", v, err)
		}
	}
	if reads != 1 {
		t.Errorf("read %d times, want once", reads)
	}
	x.Publish(key)
	index.Get(t.Context(), x, key, read)
	if reads != 2 {
		t.Errorf("read %d times after a publication, want twice", reads)
	}
}

func TestAbsenceIsKeptAndFailureIsNot(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		want int
	}{
		{"absent", fault.NotFound.Errorf("no"), 1},
		{"the store failed", errors.New("disk"), 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			x, reads := index.New(1024), 0
			for range 3 {
				_, err := index.Get(t.Context(), x, key, func(context.Context) (int, error) { reads++; return 0, tc.err })
				if !errors.Is(err, tc.err) {
					t.Fatalf("got %v, want %v", err, tc.err)
				}
			}
			if reads != tc.want {
				t.Errorf("read %d times, want %d", reads, tc.want)
			}
		})
	}
}

func TestAnAnswerReadBeforeAPublicationIsNotKept(t *testing.T) {
	x := index.New(1024)
	v, _ := index.Get(t.Context(), x, key, func(context.Context) (string, error) {
		x.Publish(key) // the commit of another lands between the read and the keeping
		return "before", nil
	})
	if v != "before" {
		t.Fatalf("got %q", v)
	}
	v, _ = index.Get(t.Context(), x, key, func(context.Context) (string, error) { return "after", nil })
	if v != "after" {
		t.Errorf("got %q: what was true before the commit stayed", v)
	}
}

// answer is a value of some weight.
type answer struct{ n, weight int }

func (a answer) Weight() int { return a.weight }

func numbered(i int) index.Key { return index.Key{Kind: "certificate", Name: fmt.Sprint(i)} }

func TestIsBoundedByWeight(t *testing.T) {
	for _, weight := range []int{10, 1000, 5000} {
		t.Run(fmt.Sprint(weight), func(t *testing.T) {
			const budget = 2 << 20
			x := index.New(budget)
			for i := range 3 * budget / (weight + 64) {
				index.Get(t.Context(), x, numbered(i), func(context.Context) (answer, error) { return answer{i, weight}, nil })
				if u := x.Use(); i%1000 == 0 && u.Bytes > budget {
					t.Fatalf("%d bytes are held of %d", u.Bytes, budget)
				}
			}
			u := x.Use()
			if u.Bytes > budget || u.Bytes < budget/2 {
				t.Errorf("%d bytes are held in the end, want up to %d and not much less", u.Bytes, budget)
			}
			if u.Evictions == 0 || int64(u.Answers) > budget/int64(weight) {
				t.Errorf("%d answers of weight %d, %d evictions", u.Answers, weight, u.Evictions)
			}
		})
	}
}

// What strangers name and isn't there pushes out none of what is.
func TestAbsencesPushOutOnlyAbsences(t *testing.T) {
	x := index.New(4 << 20)
	reads := 0
	devices := func() {
		for i := range 5000 {
			index.Get(t.Context(), x, numbered(i), func(context.Context) (int, error) { reads++; return i, nil })
		}
	}
	devices()
	for i := range 20_000 {
		index.Get(t.Context(), x, numbered(10_000+i), func(context.Context) (int, error) { return 0, fault.NotFound.Errorf("no") })
	}
	devices()
	if reads != 5000 {
		t.Errorf("%d reads for 5000 answers that fit: absences pushed them out", reads)
	}
	u := x.Use()
	if u.AbsenceBytes > 4<<20/16 || u.AbsenceEvictions == 0 || u.Evictions != 0 {
		t.Errorf("got %+v", u)
	}
	// What comes to be is no absence any more.
	last := numbered(29_999)
	x.Publish(last)
	if v, err := index.Get(t.Context(), x, last, func(context.Context) (int, error) { return 1, nil }); v != 1 || err != nil {
		t.Errorf("after the publication: got %v, %v", v, err)
	}
}

// What is asked for again and again outlives what is asked for once.
func TestWhatIsUsedStays(t *testing.T) {
	x := index.New(1 << 20)
	reads := 0
	for i := range 20_000 {
		index.Get(t.Context(), x, numbered(i), func(context.Context) (answer, error) { return answer{i, 200}, nil })
		index.Get(t.Context(), x, numbered(1_000_000+i%50), func(context.Context) (answer, error) { reads++; return answer{i, 200}, nil })
	}
	if reads > 500 {
		t.Errorf("what is used all the time was read %d times", reads)
	}
}

// A random run beside a map without bounds: an answer is what was read since
// the last publication of its key, never another's.
func TestAgainstAModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	x := index.New(1)
	model := map[index.Key]int{}
	hex := strings.Repeat("0f", 31)
	for i := range 60_000 {
		k := index.Key{Kind: []string{"a", "b"}[random.IntN(2)], Account: []string{"", "1", "12"}[random.IntN(3)], Region: []string{"", "2", "r"}[random.IntN(3)],
			Name: []string{"", hex}[random.IntN(2)] + fmt.Sprint(random.IntN(300))}
		switch random.IntN(3) {
		case 0:
			model[k] = i
			x.Publish(k)
		default:
			v, err := index.Get(t.Context(), x, k, func(context.Context) (answer, error) {
				n, ok := model[k]
				if !ok || n%5 == 0 {
					return answer{}, fault.NotFound.Errorf("no")
				}
				return answer{n, n % 2000}, nil
			})
			if n, ok := model[k]; err == nil && v.n != n || (err != nil) != (!ok || n%5 == 0) {
				t.Fatalf("%v: got %v, %v, want %d", k, v.n, err, n)
			}
		}
	}
	if u := x.Use(); u.Evictions == 0 || u.AbsenceEvictions == 0 {
		t.Errorf("nothing was pushed out: %+v", u)
	}
}

func TestKeysAreToldApart(t *testing.T) {
	x := index.New(1)
	bytes := strings.Repeat("a", 32)
	hex := strings.Repeat("61", 32)
	keys := []index.Key{
		{Kind: "a", Name: bytes}, {Kind: "a", Name: hex}, {Kind: "a", Name: strings.ToUpper(strings.Repeat("6b", 32))}, {Kind: "a", Name: strings.Repeat("6b", 32)}, {Kind: "b", Name: hex},
		{Account: "ab", Region: "c"}, {Account: "a", Region: "bc"}, {Region: "abc"}, {Name: "abc"}, {Region: "ab", Name: "c"},
		{Account: strings.Repeat("x", 300)}, {Account: strings.Repeat("x", 44), Region: strings.Repeat("x", 256)},
	}
	for i, k := range keys {
		index.Get(t.Context(), x, k, func(context.Context) (int, error) { return i, nil })
	}
	for i, k := range keys {
		got, _ := index.Get(t.Context(), x, k, func(context.Context) (int, error) { return -1, nil })
		if got != i {
			t.Errorf("%v: got the answer %d, want %d", k, got, i)
		}
	}
}

// One owner's texts push out what lies in its share and no more.
func TestMemoHasShares(t *testing.T) {
	m := index.NewMemo[answer](64<<10, 8)
	made := 0
	for owner := range 100 {
		m.Get(fmt.Sprint(owner), "text", func() (answer, error) { made++; return answer{owner, 10}, nil })
	}
	for i := range 10_000 {
		m.Get("hostile", fmt.Sprint(i), func() (answer, error) { return answer{i, 1000}, nil })
	}
	if u := m.Use(); u.Bytes > 64<<10 || u.Evictions == 0 {
		t.Errorf("got %+v", u)
	}
	before := made
	for owner := range 100 {
		m.Get(fmt.Sprint(owner), "text", func() (answer, error) { made++; return answer{owner, 10}, nil })
	}
	if lost := made - before; lost > 40 {
		t.Errorf("%d of 100 owners lost theirs to one: want those of one share of eight", lost)
	}
	if _, err := m.Get("a", "broken", func() (answer, error) { return answer{}, errors.New("broken") }); err == nil {
		t.Error("an error was swallowed")
	}
}

// Readers race a writer that revokes; once a revocation is acknowledged no
// reader may be told the opposite.
func TestNoReaderSeesWhatWasTrueBeforeTheAcknowledgement(t *testing.T) {
	x := index.New(1024)
	var row, acknowledged atomic.Int64 // the row as committed, and as promised
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				promised := acknowledged.Load()
				got, _ := index.Get(t.Context(), x, key, func(context.Context) (int64, error) { return row.Load(), nil })
				if got < promised {
					t.Errorf("read %d after %d was acknowledged", got, promised)
					return
				}
			}
		})
	}
	for i := range int64(20_000) {
		row.Store(i)
		x.Publish(key)
		acknowledged.Store(i)
	}
	close(done)
	wg.Wait()
}
