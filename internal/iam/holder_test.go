package iam_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/page"
)

// eachHolder runs test for a holder of every kind, called h, and one of the
// same kind that isn't there.
func eachHolder(t *testing.T, test func(t *testing.T, d *iam.Directory, h, nobody iam.Holder)) {
	for kind, create := range map[iam.Kind]func(*testing.T, *iam.Directory){
		iam.ARole: func(t *testing.T, d *iam.Directory) { createRole(t, d, "h") },
		iam.AUser: func(t *testing.T, d *iam.Directory) { aUser(t, d, "h") },
	} {
		t.Run(string(kind), func(t *testing.T) {
			d := newDirectory(t)
			create(t, d)
			test(t, d, iam.Holder{Kind: kind, Account: account, Name: "h"}, iam.Holder{Kind: kind, Account: account, Name: "x"})
		})
	}
}

func refused(t *testing.T, err error, kind fault.Kind, sentence string) {
	t.Helper()
	if !errors.Is(err, kind) || err.Error() != sentence {
		t.Errorf("got %v, want %q", err, sentence)
	}
}

func TestDelete(t *testing.T) {
	eachHolder(t, func(t *testing.T, d *iam.Directory, h, nobody iam.Holder) {
		putOn(t, d, h, "p", allow("s3:GetObject", "*"))
		attachTo(t, d, h, fleetARN)
		refused(t, d.Delete(t.Context(), h), fault.InUse, "Cannot delete entity, must detach all policies first.")
		if err := d.Detach(t.Context(), h, fleetARN); err != nil {
			t.Fatal(err)
		}
		refused(t, d.Delete(t.Context(), h), fault.InUse, "Cannot delete entity, must delete policies first.")
		if err := d.DeleteInline(t.Context(), h, "p"); err != nil {
			t.Fatal(err)
		}
		if err := d.Delete(t.Context(), h); err != nil {
			t.Fatal(err)
		}
		refused(t, d.Delete(t.Context(), h), fault.NotFound, "The "+strings.ToLower(string(h.Kind))+" with name h cannot be found.")
	})
}

func TestInlinePolicies(t *testing.T) {
	most := map[iam.Kind]int{iam.ARole: iam.MaxInlineSize, iam.AUser: iam.MaxUserInlineSize}
	eachHolder(t, func(t *testing.T, d *iam.Directory, h, nobody iam.Holder) {
		for _, name := range []string{"c", "a", "b"} {
			putOn(t, d, h, name, allow("s3:GetObject", "arn:aws:s3:::"+name))
		}
		got, err := d.InlineNames(t.Context(), h, page.Request{Limit: 2})
		if err != nil || !cmp.Equal(got.Items, []string{"a", "b"}) {
			t.Errorf("the first page: got %v, %v", got, err)
		}
		got, err = d.InlineNames(t.Context(), h, page.Request{Limit: 2, Token: got.Next})
		if err != nil || !cmp.Equal(got.Items, []string{"c"}) || got.Next != "" {
			t.Errorf("the last page: got %v, %v", got, err)
		}
		if p, err := d.Inline(t.Context(), h, "b"); err != nil || p.Document != allow("s3:GetObject", "arn:aws:s3:::b") {
			t.Errorf("Inline: got %v, %v", p, err)
		}
		// What the three leave: a, b and c are of one length.
		one := allow("s3:GetObject", "arn:aws:s3:::a")
		left := most[h.Kind] - 3*len(one)
		full := allow("s3:GetObject", "arn:aws:s3:::a"+strings.Repeat("x", left-len(one)))
		for _, tc := range []struct {
			name     string
			holder   iam.Holder
			policy   string
			document string
			want     error
		}{
			{"no such holder", nobody, "p", allow("s3:GetObject", "*"), fault.NotFound},
			{"a bad name", h, "a/b", allow("s3:GetObject", "*"), fault.Invalid},
			{"not a policy", h, "p", `{}`, fault.Malformed},
			{"a trust policy", h, "p", trusting, fault.Malformed},
			{"one character too much together", h, "p", strings.Replace(full, "x", "xx", 1), fault.LimitExceeded},
			{"as much as there may be", h, "p", full, nil},
			{"white space doesn't count", h, "p", full + strings.Repeat("\n", most[h.Kind]), nil},
			{"one in the place of another", h, "p", allow("s3:PutObject", "*"), nil},
		} {
			t.Run(tc.name, func(t *testing.T) {
				if err := d.PutInline(t.Context(), tc.holder, iam.Inline{Name: tc.policy, Document: tc.document}); !errors.Is(err, tc.want) {
					t.Errorf("got %v, want %v", err, tc.want)
				}
			})
		}
		word := strings.ToLower(string(h.Kind))
		refused(t, d.DeleteInline(t.Context(), nobody, "a"), fault.NotFound, "The "+word+" with name x cannot be found.")
		refused(t, d.DeleteInline(t.Context(), h, "z"), fault.NotFound, "The "+word+" policy with name z cannot be found.")
	})
}

func TestAttachRefused(t *testing.T) {
	most := map[iam.Kind]int{iam.ARole: iam.MaxAttachments, iam.AUser: iam.MaxUserPolicies}
	eachHolder(t, func(t *testing.T, d *iam.Directory, h, nobody iam.Holder) {
		for i := range most[h.Kind] - 1 {
			attachTo(t, d, h, createPolicy(t, d, fmt.Sprint("p", i), allow("s3:GetObject", "*")))
		}
		attachTo(t, d, h, fleetARN)
		more := createPolicy(t, d, "one-more", allow("s3:GetObject", "*"))
		for _, tc := range []struct {
			name   string
			holder iam.Holder
			policy arn.ARN
			want   error
		}{
			{"no policy's ARN", h, "arn:aws:iam::000000000000:role/r", fault.Invalid},
			{"no such policy", h, "arn:aws:iam::000000000000:policy/x", fault.NotFound},
			{"another path", h, "arn:aws:iam::000000000000:policy/x/p1", fault.NotFound},
			{"another account's", h, "arn:aws:iam::111111111111:policy/p1", fault.NotFound},
			{"none of AWS's", h, "arn:aws:iam::aws:policy/Nothing", fault.NotFound},
			{"no such holder", nobody, fleetARN, fault.NotFound},
			{"one too many", h, more, fault.LimitExceeded},
			{"again", h, fleetARN, nil},
		} {
			t.Run(tc.name, func(t *testing.T) {
				if err := d.Attach(t.Context(), tc.holder, tc.policy); !errors.Is(err, tc.want) {
					t.Errorf("got %v, want %v", err, tc.want)
				}
			})
		}
		refused(t, d.Detach(t.Context(), h, "arn:aws:iam::000000000000:role/r"), fault.Invalid, "ARN arn:aws:iam::000000000000:role/r is not valid.")
		refused(t, d.Detach(t.Context(), h, more), fault.NotFound, "Policy "+string(more)+" was not found.")
		refused(t, d.Detach(t.Context(), nobody, more), fault.NotFound, "The "+strings.ToLower(string(h.Kind))+" with name x cannot be found.")
		got, err := d.Attached(t.Context(), h, "/service-role/", page.Request{Limit: 100})
		if err != nil || !cmp.Equal(got.Items, []string{string(fleetARN)}) {
			t.Errorf("attached under a path: got %v, %v", got.Items, err)
		}
		first, err := d.Attached(t.Context(), h, "/", page.Request{Limit: 6})
		if err != nil || len(first.Items) != 6 {
			t.Fatalf("the first page: got %v, %v", first, err)
		}
		rest, err := d.Attached(t.Context(), h, "/", page.Request{Limit: 6, Token: first.Next})
		if err != nil || len(rest.Items) != 4 || rest.Next != "" {
			t.Errorf("the last page: got %v, %v", rest, err)
		}
	})
}
