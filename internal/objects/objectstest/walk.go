package objectstest

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/objects"
)

// Walk is a walk of random operations over a Keeper and the Model.
type Walk struct {
	Seed  uint64
	Steps int
	// MinPart is the least size of a part that the Keeper asks for.
	MinPart int64
	// CopiesKeepParts says that a copy of an object of parts is one of parts too,
	// with its ETag. On AWS a copy is always whole.
	CopiesKeepParts bool
	// Wire says that the Keeper speaks S3's wire, which says less: dates have
	// whole seconds, a write's answer has no date and no size, and a read's not
	// whether the version is the newest.
	Wire bool
	// Between is called now and then and returns the Keeper to go on with: it is
	// for closing a store and opening it again. nil for never.
	Between func() (objects.Keeper, error)
}

// Counts are how often each operation was done, and how often refused.
type Counts map[string]*struct{ Done, Refused int }

func (c Counts) String() string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		lines = append(lines, fmt.Sprintf("%s %d done, %d refused", name, c[name].Done, c[name].Refused))
	}
	return strings.Join(lines, "; ")
}

// Random walks, a short way in short tests, and fails t where real does something else than the model, or
// where an operation was never done with success. It prints what it did last.
func Random(t *testing.T, real objects.Keeper, w Walk) {
	t.Helper()
	if testing.Short() { // as under the race detector, which one client alone shows little
		w.Steps = min(w.Steps, enough/4)
	}
	counts, err := w.Run(t.Context(), real)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d: %v", w.Seed, counts)
	for name, n := range counts {
		if n.Done == 0 && w.Steps >= enough {
			t.Errorf("seed %d: %s was never done with success", w.Seed, name)
		}
	}
}

const (
	enough  = 1000 // steps in which every operation is done at least once
	told    = 25   // of the last steps, where the walk ends in a difference
	fullAll = 40   // steps from one comparison of everything to the next
)

// walk is a walk under way.
type walk struct {
	Walk
	ctx       context.Context
	real      objects.Keeper
	model     *Model
	clock     time.Time
	random    *rand.Rand
	ids       names
	counts    Counts
	past      []string
	buckets   []string
	keys      []string
	uploads   []objects.Upload    // begun, by the model's ids
	given     []objects.Ref       // versions that were made, some of them removed
	removed   map[objects.Ref]int // of these, and how many ids there were by then
	step      int
	completed []objects.Completion // by the model's ids
}

// Run walks and returns the first difference.
func (w Walk) Run(ctx context.Context, real objects.Keeper) (Counts, error) {
	r := &walk{
		Walk: w, ctx: ctx, real: real, model: NewModel(), counts: Counts{}, ids: newNames(), removed: map[objects.Ref]int{},
		clock:  time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		random: rand.New(rand.NewPCG(w.Seed, 0)),
		keys:   []string{"a", "a/", "a/b", "a/b/c", "a//b", "/x", "..", "a\x00", "b😀", "dir", "dir/x"},
	}
	r.model.MinPart = w.MinPart
	r.model.CopiesKeepParts = w.CopiesKeepParts
	r.model.Now = func() time.Time { return r.clock }
	for i := range 3 {
		r.buckets = append(r.buckets, fmt.Sprintf("walk-%08x-%d-%d", rand.Uint32(), w.Seed, i))
	}
	err := r.run()
	return r.counts, err
}

func (w *walk) run() error {
	for i, b := range w.buckets {
		for _, k := range []objects.Keeper{w.model, w.real} {
			if err := k.MakeBucket(w.ctx, b); err != nil {
				return err
			}
			if i == 0 {
				continue // this one begins without versions
			}
			if err := k.SetVersioning(w.ctx, b, objects.Enabled); err != nil {
				return err
			}
		}
	}
	for w.step = 1; w.step <= w.Steps; w.step++ {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		w.clock = w.clock.Add(time.Second)
		if err := w.one(); err != nil {
			return w.tell(err)
		}
		if w.Between != nil && w.random.IntN(100) == 0 {
			next, err := w.Between()
			if err != nil {
				return w.tell(fmt.Errorf("between two steps: %w", err))
			}
			w.real = next
			w.past = append(w.past, "(opened again)")
			if err := w.everything(); err != nil {
				return w.tell(err)
			}
		}
		if w.step%fullAll == 0 || w.step == w.Steps {
			if err := w.everything(); err != nil {
				return w.tell(err)
			}
		}
	}
	return nil
}

// tell adds the seed and the last steps to a difference.
func (w *walk) tell(err error) error {
	last := w.past[max(0, len(w.past)-told):]
	return fmt.Errorf("seed %d, step %d: %w\nthe last steps:\n%s", w.Seed, w.step, err, strings.Join(last, "\n"))
}

// one makes a random step with both and compares.
func (w *walk) one() error {
	s := w.next()
	w.past = append(w.past, fmt.Sprintf("%d %s %s", w.step, s.name, s.text))
	if w.counts[s.name] == nil {
		w.counts[s.name] = &struct{ Done, Refused int }{}
	}
	before := len(w.model.serials)
	want := s.call(w.model, func(id string) string { return id })
	got := s.call(w.real, w.ids.real)
	if (want.err == nil) != s.wrong {
		w.counts[s.name].Done++
	} else {
		w.counts[s.name].Refused++
	}
	if err := w.compare(got, want, s.loose); err != nil {
		return fmt.Errorf("%s %s: %w", s.name, s.text, err)
	}
	w.remember(want, before)
	return nil
}

// remember keeps names for later steps; before is how many ids there were
// before this one.
func (w *walk) remember(a answer, before int) {
	for _, o := range a.objects {
		if o.Version != objects.NullVersion && o.Version != "" && !slices.Contains(w.given, o.Ref) {
			w.given = append(w.given, o.Ref)
		}
	}
	w.uploads = append(w.uploads, a.begun...)
	w.uploads = w.uploads[max(0, len(w.uploads)-12):]
	w.given = w.given[max(0, len(w.given)-200):]
	for _, r := range w.given {
		if _, noted := w.removed[r]; !noted && w.kept(r) == nil {
			w.removed[r] = before
		}
	}
}
