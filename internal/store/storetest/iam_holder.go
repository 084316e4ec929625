package storetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/index"
)

// A holding is what the suite must know of a kind of holder.
type holding struct {
	kind   iam.Kind
	insert func(ctx context.Context, s iam.Store, h iam.Holder, id string, most int) error
	held   func(ctx context.Context, s iam.Store, h iam.Holder) (iam.Held, error)
	// keys are published by every change of what Fleet, with the id ID1,
	// holds, all by its coming and going.
	keys, all []index.Key
}

var holdings = []holding{
	{
		kind: iam.ARole,
		insert: func(ctx context.Context, s iam.Store, h iam.Holder, id string, most int) error {
			r := aRole(h.Name, id)
			r.Account = h.Account
			return s.InsertRole(ctx, r, most)
		},
		held: func(ctx context.Context, s iam.Store, h iam.Holder) (iam.Held, error) {
			record, err := s.RoleRecord(ctx, h.Account, h.Name)
			return record.Held, err
		},
		keys: []index.Key{iam.RoleKey(home, "Fleet")},
		all:  []index.Key{iam.RoleKey(home, "Fleet"), iam.RoleIDKey(home, "ID1")},
	},
	{
		kind: iam.AUser,
		insert: func(ctx context.Context, s iam.Store, h iam.Holder, id string, most int) error {
			u := aUser(h.Name, id)
			u.Account = h.Account
			return s.InsertUser(ctx, u, most)
		},
		held: func(ctx context.Context, s iam.Store, h iam.Holder) (iam.Held, error) {
			record, err := s.UserRecord(ctx, h.Account, h.Name)
			return record.Held, err
		},
		keys: []index.Key{iam.UserKey(home, "ID1")},
		all:  []index.Key{iam.UserKey(home, "ID1")},
	},
}

const theirs = arn.ARN("arn:aws:iam::aws:policy/x")

// iamHolders is what must hold for roles and users alike.
func iamHolders(t *testing.T, open func(t *testing.T) (iam.Store, *index.Index)) {
	for _, k := range holdings {
		t.Run(string(k.kind), func(t *testing.T) {
			t.Run("made", func(t *testing.T) { iamMade(t, k, open) })
			t.Run("holds", func(t *testing.T) { iamHeld(t, k, open) })
			t.Run("every change is published", func(t *testing.T) { iamHeldPublished(t, k, open) })
		})
	}
}

func iamMade(t *testing.T, k holding, open func(t *testing.T) (iam.Store, *index.Index)) {
	named := func(name string) iam.Holder { return iam.Holder{Kind: k.kind, Account: home, Name: name} }

	t.Run("a name is one's in any case", func(t *testing.T) {
		s, _ := open(t)
		mustIAM(t, k.insert(t.Context(), s, named("Fleet"), "ID1", 10))
		failsIAM(t, "FLEET", k.insert(t.Context(), s, named("FLEET"), "ID2", 10), fault.AlreadyExists)
		mustIAM(t, k.insert(t.Context(), s, iam.Holder{Kind: k.kind, Account: otherHome, Name: "FLEET"}, "ID3", 10))
	})

	t.Run("a taken name is refused before a full account", func(t *testing.T) {
		s, _ := open(t)
		mustIAM(t, k.insert(t.Context(), s, named("a"), "ID1", 1))
		failsIAM(t, "taken", k.insert(t.Context(), s, named("A"), "ID2", 1), fault.AlreadyExists)
		failsIAM(t, "full", k.insert(t.Context(), s, named("b"), "ID2", 1), fault.LimitExceeded)
		mustIAM(t, k.insert(t.Context(), s, named("b"), "ID2", 2))
	})

	t.Run("of two who make one one does", func(t *testing.T) {
		s, _ := open(t)
		var made atomic.Int32
		var wg sync.WaitGroup
		for _, id := range []string{"ID1", "ID2"} {
			wg.Go(func() {
				switch err := k.insert(t.Context(), s, named("Fleet"), id, 10); {
				case err == nil:
					made.Add(1)
				case !errors.Is(err, fault.AlreadyExists):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made.Load() != 1 {
			t.Errorf("%d were made", made.Load())
		}
	})

	t.Run("one is deleted when the rule agrees", func(t *testing.T) {
		s, _ := open(t)
		h := named("Fleet")
		mustIAM(t, k.insert(t.Context(), s, h, "ID1", 10))
		mustIAM(t, s.PutInline(t.Context(), h, iam.Inline{Name: "p", Document: "{}"}, agree))
		mustIAM(t, s.Attach(t.Context(), h, theirs, agreeAlways))
		no := errors.New("no")
		err := s.Delete(t.Context(), h, func(u iam.Uses) error {
			if u != (iam.Uses{Inline: 1, Attached: 1}) {
				t.Errorf("the rule was shown %+v", u)
			}
			return no
		})
		if err != no {
			t.Errorf("Delete: got %v, want the rule's own error", err)
		}
		mustIAM(t, s.DeleteInline(t.Context(), h, "p"))
		mustIAM(t, s.Detach(t.Context(), h, theirs))
		mustIAM(t, s.Delete(t.Context(), h, agree))
		failsIAM(t, "again", s.Delete(t.Context(), h, agree), fault.NotFound)
	})
}

func iamHeld(t *testing.T, k holding, open func(t *testing.T) (iam.Store, *index.Index)) {
	ours := arn.ManagedPolicy(home, "/", "upload")
	h, nobody := iam.Holder{Kind: k.kind, Account: home, Name: "Fleet"}, iam.Holder{Kind: k.kind, Account: home, Name: "x"}
	// Every kind has one of that name, of which only h holds anything.
	prepare := func(t *testing.T) iam.Store {
		s, _ := open(t)
		for _, other := range holdings {
			mustIAM(t, other.insert(t.Context(), s, iam.Holder{Kind: other.kind, Account: home, Name: "Fleet"}, "ID1", 10))
		}
		p, v := aPolicy("upload", "ANPA1")
		mustIAM(t, s.InsertPolicy(t.Context(), p, v, 10))
		return s
	}

	t.Run("it comes with all its policies in order", func(t *testing.T) {
		s := prepare(t)
		for _, p := range []iam.Inline{{Name: "b", Document: "{}"}, {Name: "a", Document: "[]"}, {Name: "b", Document: "{1}"}} {
			mustIAM(t, s.PutInline(t.Context(), h, p, agree))
		}
		for _, a := range []arn.ARN{theirs, ours, ours} {
			mustIAM(t, s.Attach(t.Context(), h, a, agreeAlways))
		}
		all := iam.Held{
			Inline:   []iam.Inline{{Name: "a", Document: "[]"}, {Name: "b", Document: "{1}"}},
			Attached: []iam.Attached{{ARN: ours, Document: `{"document":"upload"}`}, {ARN: theirs}},
		}
		for _, other := range holdings {
			want := iam.Held{}
			if other.kind == k.kind {
				want = all
			}
			got, err := other.held(t.Context(), s, h)
			if err != nil || !cmp.Equal(got, want) {
				t.Errorf("the %s: %v\n%s", other.kind, err, cmp.Diff(want, got))
			}
		}
	})

	t.Run("the rule of an inline policy is shown the others", func(t *testing.T) {
		s := prepare(t)
		mustIAM(t, s.PutInline(t.Context(), h, iam.Inline{Name: "a", Document: "1"}, agree))
		mustIAM(t, s.PutInline(t.Context(), h, iam.Inline{Name: "b", Document: "2"}, agree))
		no := errors.New("no")
		err := s.PutInline(t.Context(), h, iam.Inline{Name: "b", Document: "3"}, func(others []iam.Inline) error {
			if !cmp.Equal(others, []iam.Inline{{Name: "a", Document: "1"}}) {
				t.Errorf("the rule was shown %v", others)
			}
			return no
		})
		if err != no {
			t.Errorf("PutInline: got %v, want the rule's own error", err)
		}
		failsIAM(t, "put where nobody is", s.PutInline(t.Context(), nobody, iam.Inline{Name: "a"}, agree), fault.NotFound)
		failsIAM(t, "deleted where nobody is", s.DeleteInline(t.Context(), nobody, "a"), fault.NotFound)
		failsIAM(t, "no policy", s.DeleteInline(t.Context(), h, "x"), fault.NotFound)
	})

	t.Run("the rule of an attachment is shown what is there", func(t *testing.T) {
		s := prepare(t)
		shown := func(wantOthers int, want bool) func(int, bool) error {
			return func(others int, exists bool) error {
				if others != wantOthers || exists != want {
					t.Errorf("the rule was shown %d, %v, want %d, %v", others, exists, wantOthers, want)
				}
				return nil
			}
		}
		mustIAM(t, s.Attach(t.Context(), h, theirs, shown(0, false)))
		mustIAM(t, s.Attach(t.Context(), h, ours, shown(1, true)))
		mustIAM(t, s.Attach(t.Context(), h, ours, func(int, bool) error { return errors.New("asked again") }))
		failsIAM(t, "attached to nobody", s.Attach(t.Context(), nobody, ours, agreeAlways), fault.NotFound)
		failsIAM(t, "detached from nobody", s.Detach(t.Context(), nobody, ours), fault.NotFound)
		if n, err := s.AttachmentCount(t.Context(), home, ours); err != nil || n != 1 {
			t.Errorf("AttachmentCount: got %d, %v, want 1", n, err)
		}
		no := errors.New("no")
		if err := s.DeletePolicy(t.Context(), home, ours, func(u iam.PolicyUses) error {
			if u != (iam.PolicyUses{Attached: 1, Versions: 1}) {
				t.Errorf("the rule of DeletePolicy was shown %+v", u)
			}
			return no
		}); err != no {
			t.Errorf("DeletePolicy: got %v, want the rule's own error", err)
		}
		mustIAM(t, s.Detach(t.Context(), h, ours))
		failsIAM(t, "detached twice", s.Detach(t.Context(), h, ours), fault.NotFound)
	})
}

// iamHeldPublished goes through all changes of a holder and sees that what the
// index held of it is gone after each.
func iamHeldPublished(t *testing.T, k holding, open func(t *testing.T) (iam.Store, *index.Index)) {
	s, x := open(t)
	ctx := t.Context()
	h := iam.Holder{Kind: k.kind, Account: home, Name: "Fleet"}
	publishes(t, x, "insert", func() error { return k.insert(ctx, s, h, "ID1", 10) }, k.all...)
	publishes(t, x, "put inline", func() error { return s.PutInline(ctx, h, iam.Inline{Name: "p"}, agree) }, k.keys...)
	publishes(t, x, "attach", func() error { return s.Attach(ctx, h, theirs, agreeAlways) }, k.keys...)
	publishes(t, x, "detach", func() error { return s.Detach(ctx, h, theirs) }, k.keys...)
	publishes(t, x, "delete inline", func() error { return s.DeleteInline(ctx, h, "p") }, k.keys...)
	publishes(t, x, "delete", func() error { return s.Delete(ctx, h, agree) }, k.all...)
}

// publishes sees that what the index held under keys before change is gone
// after it.
func publishes(t *testing.T, x *index.Index, what string, change func() error, keys ...index.Key) {
	t.Helper()
	read := func(key index.Key, now string) string {
		got, err := index.Get(t.Context(), x, key, func(context.Context) (string, error) { return now, nil })
		mustIAM(t, err)
		return got
	}
	for _, key := range keys {
		read(key, "before")
	}
	mustIAM(t, change())
	for _, key := range keys {
		if got := read(key, "after"); got != "after" {
			t.Errorf("%s: the index still holds what %v was before", what, key)
		}
	}
	x.Publish(keys...)
}
