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
	"muster/internal/policy"
)

func tags(pairs ...string) (all []iam.Tag) {
	for _, p := range pairs {
		key, value, _ := strings.Cut(p, "=")
		all = append(all, iam.Tag{Key: key, Value: value})
	}
	return all
}

// What holds for the tags of roles, users and policies alike.
func TestTagsOfRolesUsersAndPolicies(t *testing.T) {
	const pump = arn.ARN("arn:aws:iam::000000000000:policy/pump")
	var fifty []iam.Tag
	for i := range iam.MaxTags {
		fifty = append(fifty, iam.Tag{Key: fmt.Sprint(i)})
	}
	for kind, on := range map[string]struct {
		make  func(t *testing.T, d *iam.Directory, tags []iam.Tag) ([]iam.Tag, error)
		tag   func(t *testing.T, d *iam.Directory, tags []iam.Tag) error
		untag func(t *testing.T, d *iam.Directory, keys ...string) error
		tags  func(t *testing.T, d *iam.Directory, p page.Request) (page.Page[iam.Tag], error)
	}{
		"role": {
			func(t *testing.T, d *iam.Directory, tags []iam.Tag) ([]iam.Tag, error) {
				r, err := d.CreateRole(t.Context(), iam.Role{Account: account, Name: "pump", TrustDocument: trusting, Tags: tags})
				return r.Tags, err
			},
			func(t *testing.T, d *iam.Directory, tags []iam.Tag) error {
				return d.Tag(t.Context(), iam.RoleNamed(account, "pump"), tags)
			},
			func(t *testing.T, d *iam.Directory, keys ...string) error {
				return d.Untag(t.Context(), iam.RoleNamed(account, "pump"), keys)
			},
			func(t *testing.T, d *iam.Directory, p page.Request) (page.Page[iam.Tag], error) {
				return d.Tags(t.Context(), iam.RoleNamed(account, "pump"), p)
			},
		},
		"user": {
			func(t *testing.T, d *iam.Directory, tags []iam.Tag) ([]iam.Tag, error) {
				u, err := d.CreateUser(t.Context(), iam.User{Account: account, Name: "pump", Tags: tags})
				return u.Tags, err
			},
			func(t *testing.T, d *iam.Directory, tags []iam.Tag) error {
				return d.Tag(t.Context(), iam.UserNamed(account, "pump"), tags)
			},
			func(t *testing.T, d *iam.Directory, keys ...string) error {
				return d.Untag(t.Context(), iam.UserNamed(account, "pump"), keys)
			},
			func(t *testing.T, d *iam.Directory, p page.Request) (page.Page[iam.Tag], error) {
				return d.Tags(t.Context(), iam.UserNamed(account, "pump"), p)
			},
		},
		"policy": {
			func(t *testing.T, d *iam.Directory, tags []iam.Tag) ([]iam.Tag, error) {
				p, err := d.CreatePolicy(t.Context(), iam.ManagedPolicy{Account: account, Name: "pump", Tags: tags}, allow("s3:*", "*"))
				return p.Tags, err
			},
			func(t *testing.T, d *iam.Directory, tags []iam.Tag) error {
				return d.TagPolicy(t.Context(), account, pump, tags)
			},
			func(t *testing.T, d *iam.Directory, keys ...string) error {
				return d.UntagPolicy(t.Context(), account, pump, keys)
			},
			func(t *testing.T, d *iam.Directory, p page.Request) (page.Page[iam.Tag], error) {
				return d.PolicyTags(t.Context(), account, pump, p)
			},
		},
	} {
		for _, tc := range []struct {
			name  string
			had   []iam.Tag
			given []iam.Tag
			want  error
			has   []iam.Tag
		}{
			{"the first", nil, tags("b=2", "a=1"), nil, tags("a=1", "b=2")},
			{"one more", tags("b=2"), tags("c="), nil, tags("b=2", "c=")},
			{"in place of another", tags("Team=a", "b=2"), tags("team=b"), nil, tags("b=2", "team=b")},
			{"the same key twice", tags("b=2"), tags("Team=a", "team=b"), fault.Invalid, tags("b=2")},
			{"a key of AWS's", tags("b=2"), tags("aws:team=a"), fault.Invalid, tags("b=2")},
			{"a key of AWS's in capitals", tags("b=2"), tags("AWS:team=a"), fault.Invalid, tags("b=2")},
			{"no key", tags("b=2"), tags("=a"), fault.Invalid, tags("b=2")},
			{"one too many", fifty, tags("x=1"), fault.LimitExceeded, nil},
			{"in place of one of fifty", fifty, tags("7=x"), nil, nil},
		} {
			t.Run(kind+"/"+tc.name, func(t *testing.T) {
				d := newDirectory(t)
				if made, err := on.make(t, d, tc.had); err != nil || len(made) != len(tc.had) {
					t.Fatalf("made with %v: got %v, %v", tc.had, made, err)
				}
				if err := on.tag(t, d, tc.given); !errors.Is(err, tc.want) {
					t.Errorf("tag: got %v, want %v", err, tc.want)
				}
				got, err := on.tags(t, d, page.Request{Limit: 100})
				if err != nil || tc.has != nil && !cmp.Equal(got.Items, tc.has) || tc.has == nil && len(got.Items) != iam.MaxTags {
					t.Errorf("tags: got %v, %v, want %v", got.Items, err, tc.has)
				}
			})
		}
		t.Run(kind+"/made with what can't be", func(t *testing.T) {
			for _, given := range [][]iam.Tag{tags("Team=a", "team=b"), tags("aws:team=a"), tags("=a")} {
				if _, err := on.make(t, newDirectory(t), given); !errors.Is(err, fault.Invalid) {
					t.Errorf("%v: got %v, want %v", given, err, fault.Invalid)
				}
			}
		})
		t.Run(kind+"/taken away, and in pages", func(t *testing.T) {
			d := newDirectory(t)
			if _, err := on.make(t, d, tags("c=3", "a=1", "b=2")); err != nil {
				t.Fatal(err)
			}
			if err := on.untag(t, d, "B", "z"); err != nil {
				t.Fatal(err)
			}
			first, err := on.tags(t, d, page.Request{Limit: 1})
			if err != nil || !cmp.Equal(first.Items, tags("a=1")) {
				t.Errorf("the first page: got %v, %v", first, err)
			}
			last, err := on.tags(t, d, page.Request{Limit: 1, Token: first.Next})
			if err != nil || !cmp.Equal(last.Items, tags("c=3")) || last.Next != "" {
				t.Errorf("the last page: got %v, %v", last, err)
			}
		})
		t.Run(kind+"/not there", func(t *testing.T) {
			d := newDirectory(t)
			_, err := on.tags(t, d, page.Request{Limit: 1})
			for name, err := range map[string]error{"tag": on.tag(t, d, tags("a=1")), "untag": on.untag(t, d, "a"), "tags": err} {
				if !errors.Is(err, fault.NotFound) {
					t.Errorf("%s: got %v, want %v", name, err, fault.NotFound)
				}
			}
		})
	}
}

// AWS's own policies can't be tagged; another account's aren't there.
func TestTagsOfPoliciesThatAreNotOurs(t *testing.T) {
	d := newDirectory(t)
	if _, err := d.CreatePolicy(t.Context(), iam.ManagedPolicy{Account: account, Name: "pump"}, allow("s3:*", "*")); err != nil {
		t.Fatal(err)
	}
	for a, want := range map[arn.ARN]error{
		fleetARN:                                     fault.Denied,
		"arn:aws:iam::111111111111:policy/pump":      fault.NotFound,
		"arn:aws:iam::000000000000:policy/edge/pump": fault.NotFound,
		"arn:aws:iam::000000000000:role/pump":        fault.Invalid,
	} {
		if err := d.TagPolicy(t.Context(), account, a, tags("a=1")); !errors.Is(err, want) {
			t.Errorf("TagPolicy of %s: got %v, want %v", a, err, want)
		}
		if err := d.UntagPolicy(t.Context(), account, a, []string{"a"}); !errors.Is(err, want) {
			t.Errorf("UntagPolicy of %s: got %v, want %v", a, err, want)
		}
	}
	if got, err := d.PolicyTags(t.Context(), account, fleetARN, page.Request{Limit: 1}); err != nil || len(got.Items) != 0 {
		t.Errorf("PolicyTags of one of AWS's: got %v, %v", got, err)
	}
}

// A user's tags count from the next decision on.
func TestTagsOfAUserCountAtOnce(t *testing.T) {
	d := newDirectory(t)
	u, err := d.CreateUser(t.Context(), iam.User{Account: account, Name: "ana"})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.PutInline(t.Context(), iam.UserNamed(account, "ana"), iam.Inline{Name: "p", Document: when(`{"StringEquals":{"aws:PrincipalTag/Team":"edge"}}`)}); err != nil {
		t.Fatal(err)
	}
	may := func() bool {
		t.Helper()
		entry, err := d.UserByID(t.Context(), account, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		c := &iam.Caller{Account: account, ARN: entry.ARN(), User: entry, Context: policy.Context{}}
		iam.TagConditions(c.Context, "aws:PrincipalTag/", entry.Tags)
		return d.Authorize(t.Context(), c, "iot:CreateThing", thing, nil) == nil
	}
	for _, step := range []struct {
		name   string
		change func() error
		want   bool
	}{
		{"without tags", func() error { return nil }, false},
		{"with another", func() error { return d.Tag(t.Context(), iam.UserNamed(account, "ana"), tags("team=plant")) }, false},
		{"with the one asked for", func() error { return d.Tag(t.Context(), iam.UserNamed(account, "ana"), tags("team=edge")) }, true},
		{"under another name", func() error { _, err := d.UpdateUser(t.Context(), account, "ana", "anna", ""); return err }, true},
		{"the tag taken away", func() error { return d.Untag(t.Context(), iam.UserNamed(account, "anna"), []string{"team"}) }, false},
	} {
		if err := step.change(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := may(); got != step.want {
			t.Errorf("%s: got %v, want %v", step.name, got, step.want)
		}
	}
}
