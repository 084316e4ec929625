package sts_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"muster/internal/seal"
	"muster/internal/sts"
)

const day = 24 * time.Hour

func TestSealingKeysRotate(t *testing.T) {
	w := newWorld(t)
	count := func() int {
		t.Helper()
		keys, err := w.db.STS().SealingKeys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(keys)
	}
	open := func(c sts.Credential) error {
		_, err := w.Authenticate(t.Context(), c.AccessKeyID, c.SessionToken.Reveal())
		return err
	}
	first := mint(t, w.Service, device("AROAABCDEFGHIJKLMNOP"), 12*time.Hour)
	w.now = w.now.Add(30*day - time.Minute)
	late := mint(t, w.Service, device("AROAABCDEFGHIJKLMNOP"), 12*time.Hour)
	if n := count(); n != 1 {
		t.Errorf("%d keys before 30 days, want 1", n)
	}
	if err := open(first); !errors.Is(err, sts.ErrExpired) {
		t.Errorf("a month later: got %v, want %v", err, sts.ErrExpired)
	}
	w.now = w.now.Add(2 * time.Minute)
	during := mint(t, w.Service, device("AROAABCDEFGHIJKLMNOP"), 12*time.Hour)
	if n := count(); n != 2 {
		t.Errorf("%d keys after 30 days, want 2", n)
	}
	w.now = w.now.Add(10 * time.Minute)
	after := mint(t, w.Service, device("AROAABCDEFGHIJKLMNOP"), 12*time.Hour)
	w.now = w.now.Add(11 * time.Hour)
	for name, c := range map[string]sts.Credential{"before": late, "during": during, "after": after} {
		if err := open(c); err != nil {
			t.Errorf("minted %s the rotation: %v", name, err)
		}
	}
	w.now = w.now.Add(37 * time.Hour)
	if err := open(late); !errors.Is(err, sts.ErrInvalidToken) {
		t.Errorf("of a key rotated out: got %v, want %v", err, sts.ErrInvalidToken)
	}
	if err := open(after); !errors.Is(err, sts.ErrExpired) {
		t.Errorf("of the key in use: got %v, want %v", err, sts.ErrExpired)
	}
	if n := count(); n != 1 {
		t.Errorf("%d keys in the end, want 1", n)
	}
}

func TestProcessesShareKeys(t *testing.T) {
	w := newWorld(t)
	other := w.another()
	var wg sync.WaitGroup
	for _, s := range []*sts.Service{w.Service, other, w.another(), w.another()} {
		wg.Go(func() {
			if err := s.Prepare(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if keys, err := w.db.STS().SealingKeys(t.Context()); err != nil || len(keys) != 1 {
		t.Fatalf("four starts made %d keys, %v", len(keys), err)
	}
	// One rotates while the other has looked at the store a moment ago.
	w.now = w.now.Add(30*day - 30*time.Second)
	mint(t, other, device("AROAABCDEFGHIJKLMNOP"), time.Hour)
	w.now = w.now.Add(40 * time.Second)
	for range 10 {
		cred := mint(t, w.Service, device("AROAABCDEFGHIJKLMNOP"), time.Hour)
		if _, err := other.Authenticate(t.Context(), cred.AccessKeyID, cred.SessionToken.Reveal()); err != nil {
			t.Fatalf("%v: %v", w.now, err)
		}
		w.now = w.now.Add(55 * time.Second)
	}
}

func TestAnUnknownKeyIsLookedFor(t *testing.T) {
	w := newWorld(t)
	if err := w.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	// All keys are replaced behind the back of a process that knows the old ones.
	if _, err := w.db.STS().ChangeSealingKeys(t.Context(), func([]sts.SealedKey) []sts.SealedKey { return nil }); err != nil {
		t.Fatal(err)
	}
	cred := mint(t, w.another(), device("AROAABCDEFGHIJKLMNOP"), time.Hour)
	open := func() error {
		_, err := w.Authenticate(t.Context(), cred.AccessKeyID, cred.SessionToken.Reveal())
		return err
	}
	if err := open(); !errors.Is(err, sts.ErrInvalidToken) {
		t.Errorf("within a second of the last look: got %v, want %v", err, sts.ErrInvalidToken)
	}
	w.now = w.now.Add(time.Second)
	if err := open(); err != nil {
		t.Errorf("a second later: %v", err)
	}
}

func TestAnotherMasterKeyIsToldAtStart(t *testing.T) {
	w := newWorld(t)
	if err := w.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.master, _, err = seal.Load(filepath.Join(t.TempDir(), "master.key")); err != nil {
		t.Fatal(err)
	}
	if err := w.another().Prepare(t.Context()); err == nil {
		t.Error("the keys were opened with another master key")
	}
}
