package storetest

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/page"
)

func iamPolicyTags(t *testing.T, open func(t *testing.T) (iam.Store, *index.Index)) {
	upload := arn.ManagedPolicy(home, "/", "upload")
	add := func(tag iam.Tag) func([]iam.Tag) ([]iam.Tag, error) {
		return func(has []iam.Tag) ([]iam.Tag, error) { return append(has, tag), nil }
	}

	t.Run("what a change answers is kept, and nothing else", func(t *testing.T) {
		s, _ := open(t)
		want, v := aPolicy("upload", "ANPA1")
		want.Tags = []iam.Tag{{Key: "stage", Value: "öl & gas"}}
		mustIAM(t, s.InsertPolicy(t.Context(), want, v, 10))
		if got, err := s.Policy(t.Context(), home, "upload"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("made with tags: got %+v, %v, want %+v", got, err, want)
		}
		mustIAM(t, s.ChangePolicyTags(t.Context(), home, upload, func(has []iam.Tag) ([]iam.Tag, error) {
			if !cmp.Equal(has, want.Tags) {
				t.Errorf("the change was shown %v", has)
			}
			return append(has, iam.Tag{Key: "team"}), nil
		}))
		want.Tags = append(want.Tags, iam.Tag{Key: "team"})
		if got, err := s.Policy(t.Context(), home, "upload"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("Policy: got %+v, %v, want %+v", got, err, want)
		}
		listed, err := s.Policies(t.Context(), home, "/", false, page.Request{Limit: 10})
		if err != nil || len(listed.Items) != 1 || !cmp.Equal(listed.Items[0].ManagedPolicy, want) {
			t.Errorf("Policies: got %+v, %v, want %+v", listed.Items, err, want)
		}
		no := errors.New("no")
		if err := s.ChangePolicyTags(t.Context(), home, upload, func([]iam.Tag) ([]iam.Tag, error) { return nil, no }); err != no {
			t.Errorf("got %v, want the rule's own error", err)
		}
		if got, err := s.Policy(t.Context(), home, "upload"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("after a refused change: got %+v, %v, want %+v", got, err, want)
		}
	})

	t.Run("of a policy that isn't there", func(t *testing.T) {
		s, _ := open(t)
		p, v := aPolicy("upload", "ANPA1")
		mustIAM(t, s.InsertPolicy(t.Context(), p, v, 10))
		failsIAM(t, "another path", s.ChangePolicyTags(t.Context(), home, arn.ManagedPolicy(home, "/x/", "upload"), add(iam.Tag{Key: "a"})), fault.NotFound)
		failsIAM(t, "another account", s.ChangePolicyTags(t.Context(), otherHome, upload, add(iam.Tag{Key: "a"})), fault.NotFound)
		if got, err := s.Policy(t.Context(), home, "upload"); err != nil || len(got.Tags) != 0 {
			t.Errorf("afterwards: got %+v, %v", got, err)
		}
	})

	t.Run("two changes at once both count", func(t *testing.T) {
		s, _ := open(t)
		p, v := aPolicy("upload", "ANPA1")
		mustIAM(t, s.InsertPolicy(t.Context(), p, v, 10))
		var wg sync.WaitGroup
		for _, key := range []string{"a", "b"} {
			wg.Go(func() {
				if err := s.ChangePolicyTags(t.Context(), home, upload, add(iam.Tag{Key: key})); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got, err := s.Policy(t.Context(), home, "upload"); err != nil || len(got.Tags) != 2 {
			t.Errorf("got %+v, %v, want two tags", got.Tags, err)
		}
	})
}
