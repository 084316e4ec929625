package iam_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/policy"
	"muster/internal/seal"
	"muster/internal/store/storetest"
)

// used is a directory with a user's key and a role, over a store that can
// be made to fail or wait.
type used struct {
	*iam.Directory
	store *slowStore
	now   time.Time
	user  iam.User
	key   iam.KeyEntry
	role  iam.Role
}

// slowStore is the store with a say before it keeps uses.
type slowStore struct {
	iam.Store
	before func() error // nil: nothing to say
}

func (s *slowStore) KeepUses(ctx context.Context, uses map[iam.Signer]iam.Use) error {
	if s.before != nil {
		if err := s.before(); err != nil {
			return err
		}
	}
	return s.Store.KeepUses(ctx, uses)
}

func newUsed(t testing.TB) *used {
	t.Helper()
	dir, x := t.TempDir(), index.New(1024)
	db := storetest.Open(t, dir, x)
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w := &used{store: &slowStore{Store: db.IAM()}, now: made}
	w.Directory = iam.New(w.store, x)
	w.Now = func() time.Time { return w.now }
	var err error
	w.Master, _, err = seal.Load(filepath.Join(dir, "master.key"))
	do(err)
	w.user, err = w.CreateUser(t.Context(), iam.User{Account: account, Name: "ana"})
	do(err)
	w.key, err = w.CreateAccessKey(t.Context(), account, "ana")
	do(err)
	w.role, err = w.CreateRole(t.Context(), iam.Role{Account: account, Name: "Fleet", TrustDocument: trusting})
	do(err)
	return w
}

// caller is who signs with the key.
func (w *used) caller() *iam.Caller {
	return &iam.Caller{Account: account, User: &iam.UserEntry{User: w.user}, AccessKey: w.key.ID, Context: policy.Context{}}
}

// inRole is somebody in a session of the role.
func (w *used) inRole() *iam.Caller {
	return &iam.Caller{Account: account, Role: &iam.RoleEntry{Role: w.role}, AccessKey: "ASIA", Session: "one", Context: policy.Context{}}
}

func (w *used) last(t *testing.T, when string, s iam.Signer, want iam.Use) {
	t.Helper()
	if got, err := w.LastUse(t.Context(), s); err != nil || got != want {
		t.Errorf("%s: got %+v, %v, want %+v", when, got, err, want)
	}
}

// kept is last as whoever opens the store anew sees it.
func (w *used) kept(t *testing.T, when string, s iam.Signer, want iam.Use) {
	t.Helper()
	if got, err := w.store.LastUse(t.Context(), s); err != nil || got != want {
		t.Errorf("%s: %+v, %v is kept, want %+v", when, got, err, want)
	}
}

func (w *used) flush(t *testing.T) {
	t.Helper()
	if err := w.FlushUses(t.Context()); err != nil {
		t.Fatal(err)
	}
}

var (
	onIoT = iam.Place{Service: "iot", Region: "eu-north-1"}
	onS3  = iam.Place{Service: "s3", Region: "us-east-1"}
)

func TestAUseIsSeenAtOnceAndKeptLater(t *testing.T) {
	w := newUsed(t)
	key, role := w.key.Signer(), w.role.Signer()
	w.last(t, "never used", key, iam.Use{})
	w.now = made.Add(1700 * time.Millisecond)
	w.Used(w.caller(), onIoT)
	first := iam.Use{At: made.Add(time.Second), Place: onIoT}
	w.last(t, "noted", key, first)
	w.last(t, "a role that nobody uses", role, iam.Use{})
	w.kept(t, "before the flush", key, iam.Use{})
	w.flush(t)
	w.kept(t, "after the flush", key, first)
	w.last(t, "after the flush", key, first)

	w.now = made.Add(time.Minute)
	w.Used(w.inRole(), onIoT)
	w.Used(w.inRole(), onS3)
	w.Used(w.caller(), onS3)
	second := iam.Use{At: made.Add(time.Minute), Place: onS3}
	w.last(t, "the last of two", role, second)
	w.last(t, "noted after a flush", key, second)
	w.kept(t, "not flushed again", key, first)
	w.flush(t)
	w.kept(t, "flushed again", key, second)
	w.kept(t, "the last of two", role, second)
}

func TestAnOlderUseReplacesNone(t *testing.T) {
	w := newUsed(t)
	key := w.key.Signer()
	w.now = made.Add(10 * time.Second)
	want := iam.Use{At: w.now, Place: onS3}
	w.Used(w.caller(), onS3)
	w.now = made // the clock was set back
	w.Used(w.caller(), onIoT)
	w.last(t, "both noted", key, want)
	w.flush(t)
	w.Used(w.caller(), onIoT)
	w.last(t, "the newer one kept", key, want)
	w.flush(t)
	w.kept(t, "both flushed", key, want)
}

// Whose uses nobody asks for are no uses of anything else.
func TestWhoseUsesAreNotCounted(t *testing.T) {
	w := newUsed(t)
	for name, c := range map[string]*iam.Caller{
		"root":                       {Account: account, Root: true, AccessKey: w.key.ID},
		"a user's session":           {Account: account, User: &iam.UserEntry{User: w.user}, AccessKey: "ASIA1", Session: "of GetSessionToken", Temporary: true},
		"a session of another role":  {Account: account, Role: &iam.RoleEntry{Role: iam.Role{Account: account, ID: "AROA"}}, AccessKey: w.key.ID, Session: "one"},
		"a key of nobody any longer": {Account: account, User: &iam.UserEntry{User: w.user}, AccessKey: "AKIAGONE"},
	} {
		w.Used(c, onIoT)
		w.last(t, name, w.key.Signer(), iam.Use{})
		w.last(t, name, w.role.Signer(), iam.Use{})
	}
	w.flush(t)
	w.kept(t, "after the flush", w.key.Signer(), iam.Use{})
	w.kept(t, "after the flush", w.role.Signer(), iam.Use{})
}

// A role made anew under the name was never used.
func TestADeletedRoleTakesItsUsesAlong(t *testing.T) {
	w := newUsed(t)
	w.Used(w.inRole(), onIoT)
	if err := w.Delete(t.Context(), iam.RoleNamed(account, "Fleet")); err != nil {
		t.Fatal(err)
	}
	again := createRole(t, w.Directory, "Fleet")
	w.last(t, "before the flush", again.Signer(), iam.Use{})
	w.flush(t)
	w.kept(t, "after the flush", again.Signer(), iam.Use{})
}

func TestUsesWhileOthersAreWritten(t *testing.T) {
	no := errors.New("the disk is full")
	first, second := iam.Use{At: made, Place: onIoT}, iam.Use{At: made.Add(time.Second), Place: onS3}
	for _, tc := range []struct {
		name     string
		fails    error
		kept     iam.Use // of the key, after the write
		keptRole iam.Use
	}{
		{"the write lands", nil, first, first},
		{"the write fails", no, iam.Use{}, iam.Use{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newUsed(t)
			key, role := w.key.Signer(), w.role.Signer()
			w.Used(w.caller(), onIoT)
			w.Used(w.inRole(), onIoT)
			w.store.before = func() error {
				w.last(t, "while it is written", key, first)
				w.now = second.At
				w.Used(w.caller(), onS3)
				w.last(t, "used meanwhile", key, second)
				w.last(t, "not used meanwhile", role, first)
				return tc.fails
			}
			if err := w.FlushUses(t.Context()); !errors.Is(err, tc.fails) {
				t.Errorf("FlushUses: got %v, want %v", err, tc.fails)
			}
			w.store.before = nil
			w.kept(t, "after the write", key, tc.kept)
			w.kept(t, "after the write", role, tc.keptRole)
			w.last(t, "after the write", key, second)
			w.last(t, "after the write", role, first)
			w.flush(t)
			w.kept(t, "after the next", key, second)
			w.kept(t, "after the next", role, first)
		})
	}
}

// What was not used since the last flush is not written again.
func TestAFlushOfNothingWritesNothing(t *testing.T) {
	w := newUsed(t)
	w.Used(w.caller(), onIoT)
	w.flush(t)
	w.store.before = func() error { t.Error("something was written"); return nil }
	w.flush(t)
}

func TestKeyOf(t *testing.T) {
	w := newUsed(t)
	k, u, err := w.KeyOf(t.Context(), account, w.key.ID)
	if err != nil || k.ID != w.key.ID || u.Name != "ana" {
		t.Errorf("got %+v of %+v, %v", k, u, err)
	}
	for name, of := range map[string][2]string{
		"another account's": {"111111111111", w.key.ID},
		"nobody's":          {account, "AKIA" + strings.Repeat("Z", 16)},
		"no key's id":       {account, "ASIA" + w.key.ID[4:]},
	} {
		if _, _, err := w.KeyOf(t.Context(), of[0], of[1]); !errors.Is(err, fault.NotFound) {
			t.Errorf("%s: got %v, want %v", name, err, fault.NotFound)
		}
	}
}

// A use is noted at every request: once a signer is known it costs no memory,
// whatever the second.
func TestANoteAllocatesNothing(t *testing.T) {
	w := newUsed(t)
	key, role := w.caller(), w.inRole()
	w.Used(key, onIoT)
	w.Used(role, onIoT)
	if n := testing.AllocsPerRun(100, func() {
		w.now = w.now.Add(time.Second)
		w.Used(key, onIoT)
		w.Used(role, onIoT)
	}); n > 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

func BenchmarkUsed(b *testing.B) {
	w := newUsed(b)
	w.Now = nil
	caller := w.inRole()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w.Used(caller, onIoT)
		}
	})
}
