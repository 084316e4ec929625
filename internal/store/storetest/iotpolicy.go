package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/certificate"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/iotpolicy"
	"muster/internal/page"
)

// IoTPolicies is an empty keeper of IoT policies, with the certificates they
// are attached to and the index it publishes to.
type IoTPolicies struct {
	iotpolicy.Store
	Certificates certificate.Store
	Index        *index.Index
}

func (s IoTPolicies) insert(t *testing.T, scope arn.Scope, minute int, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := s.InsertPolicy(t.Context(), scope, anIoTPolicy(scope, name, minute)); err != nil {
			t.Fatal(err)
		}
	}
}

func (s IoTPolicies) certificate(t *testing.T, scope arn.Scope, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := s.Certificates.InsertCertificate(t.Context(), aCertificate(scope, id, 1)); err != nil {
			t.Fatal(err)
		}
	}
}

func (s IoTPolicies) attach(t *testing.T, scope arn.Scope, name, certificateID string) {
	t.Helper()
	s.attachAt(t, scope, name, certificateID, 0)
}

// attachAt attaches in a minute, one after the other or at once.
func (s IoTPolicies) attachAt(t *testing.T, scope arn.Scope, name, certificateID string, minute int) {
	t.Helper()
	if err := s.Attach(t.Context(), scope, name, certificateID, anIoTPolicy(scope, name, minute).Created, agree); err != nil {
		t.Fatal(err)
	}
}

func (s IoTPolicies) detach(t *testing.T, scope arn.Scope, name, certificateID string) {
	t.Helper()
	if err := s.Detach(t.Context(), scope, name, certificateID, agree); err != nil {
		t.Fatal(err)
	}
}

func (s IoTPolicies) attached(t *testing.T, scope arn.Scope, certificateID string) []string {
	t.Helper()
	refs, err := s.Attachments(t.Context(), scope, certificateID)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, ref := range refs {
		names = append(names, ref.Name)
	}
	return names
}

func anIoTPolicy(scope arn.Scope, name string, minute int) iotpolicy.Policy {
	created := time.Date(2026, 7, 1, 12, minute, 0, 123_000_000, time.UTC)
	return iotpolicy.Policy{
		ID: fmt.Sprint("id of ", name, " in ", scope), Name: name, Document: "\t{\"as it is\":  \"sent – é\"}\r\n",
		Version: 1, Tags: map[string]string{"team": "field", "empty": ""}, Created: created, Modified: created.Add(time.Second),
	}
}

// IoTPolicy is what every keeper of IoT policies must pass. open answers an
// empty one that lasts as long as t.
func IoTPolicy(t *testing.T, open func(t *testing.T) IoTPolicies) {
	t.Run("policies", func(t *testing.T) { iotPolicies(t, open) })
	t.Run("versions", func(t *testing.T) { iotVersions(t, open) })
	t.Run("attachments", func(t *testing.T) { iotAttachments(t, open) })
	t.Run("every change is published", func(t *testing.T) { iotPublications(t, open(t)) })
	t.Run("races", func(t *testing.T) { iotRaces(t, open) })
}

func iotPolicies(t *testing.T, open func(t *testing.T) IoTPolicies) {
	east, west := certEast, certWest
	stranger := arn.Scope{Account: "222222222222", Region: east.Region}

	t.Run("a policy is kept byte for byte, in its scope only", func(t *testing.T) {
		s := open(t)
		s.insert(t, east, 1, "p")
		got, err := s.Policy(t.Context(), east, "p")
		if diff := cmp.Diff(anIoTPolicy(east, "p", 1), got); err != nil || diff != "" {
			t.Errorf("Policy: %v %s", err, diff)
		}
		for _, scope := range []arn.Scope{west, stranger} {
			if _, err := s.Policy(t.Context(), scope, "p"); !errors.Is(err, fault.NotFound) {
				t.Errorf("Policy in %v: got %v, want %v", scope, err, fault.NotFound)
			}
			s.insert(t, scope, 1, "p")
		}
	})

	t.Run("a name is one policy's", func(t *testing.T) {
		s := open(t)
		s.insert(t, east, 1, "p", "P")
		again := anIoTPolicy(east, "p", 2)
		again.ID = "another"
		if err := s.InsertPolicy(t.Context(), east, again); !errors.Is(err, fault.AlreadyExists) {
			t.Errorf("InsertPolicy again: got %v, want %v", err, fault.AlreadyExists)
		}
		if got, err := s.Policy(t.Context(), east, "p"); err != nil || got.ID == "another" {
			t.Errorf("Policy: got %+v, %v, want the first", got, err)
		}
	})

	t.Run("its tags change, if the rule agrees, and nothing else does", func(t *testing.T) {
		s := open(t)
		s.insert(t, east, 1, "p", "q")
		want := anIoTPolicy(east, "p", 1)
		if err := s.ChangeTags(t.Context(), east, "p", func(got map[string]string) (map[string]string, error) {
			if !cmp.Equal(got, want.Tags) {
				t.Errorf("the change got %v, want %v", got, want.Tags)
			}
			return map[string]string{"site": "north"}, nil
		}); err != nil {
			t.Fatal(err)
		}
		want.Tags = map[string]string{"site": "north"}
		none := func(map[string]string) (map[string]string, error) { return nil, errRule }
		if err := s.ChangeTags(t.Context(), east, "p", none); err != errRule {
			t.Errorf("got %v, want %v", err, errRule)
		}
		if got, err := s.Policy(t.Context(), east, "p"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("Policy: got %+v, %v, want %+v", got, err, want)
		}
		if got, err := s.Policy(t.Context(), east, "q"); err != nil || !cmp.Equal(got, anIoTPolicy(east, "q", 1)) {
			t.Errorf("another policy: got %+v, %v", got, err)
		}
		if err := s.ChangeTags(t.Context(), west, "p", none); !errors.Is(err, fault.NotFound) {
			t.Errorf("in another region: got %v, want %v", err, fault.NotFound)
		}
	})

	t.Run("pages in the order of creation, both ways", func(t *testing.T) {
		s := open(t)
		s.insert(t, east, 2, "b", "a") // of one moment
		s.insert(t, east, 1, "c")
		s.insert(t, east, 3, "B")
		s.insert(t, west, 2, "d")
		list := func(p page.Request) (page.Page[string], error) { return s.Policies(t.Context(), east, p) }
		expectPagesBothWays(t, []string{"c", "a", "b", "B"}, itself, list)
		expectTokensRefused(t, list, "x", page.Token("a"), page.Token("a", "b"))
	})

	t.Run("a deletion tells its rule what it hangs on", func(t *testing.T) {
		s := open(t)
		s.certificate(t, east, "aa")
		s.insert(t, east, 1, "p")
		ask := func(want iotpolicy.Uses) {
			t.Helper()
			err := s.DeletePolicy(t.Context(), east, "p", func(got iotpolicy.Uses) error {
				if got != want {
					t.Errorf("DeletePolicy: got %+v, want %+v", got, want)
				}
				return errRule
			})
			if err != errRule {
				t.Errorf("DeletePolicy: got %v, want the rule's error", err)
			}
		}
		ask(iotpolicy.Uses{Versions: 1})
		s.attach(t, east, "p", "aa")
		ask(iotpolicy.Uses{Versions: 1, Attached: true})
		s.detach(t, east, "p", "aa")
		ask(iotpolicy.Uses{Versions: 1})
		if err := s.DeletePolicy(t.Context(), east, "p", agree); err != nil {
			t.Fatal(err)
		}
		if err := s.DeletePolicy(t.Context(), east, "p", agree); !errors.Is(err, fault.NotFound) {
			t.Errorf("DeletePolicy again: got %v, want %v", err, fault.NotFound)
		}
		s.insert(t, east, 2, "p") // nothing of the old one stands in its way
	})
}

func iotAttachments(t *testing.T, open func(t *testing.T) IoTPolicies) {
	east, west := certEast, certWest

	t.Run("an attachment tells its rule what it depends on", func(t *testing.T) {
		s := open(t)
		s.certificate(t, east, "aa")
		s.certificate(t, west, "bb")
		s.insert(t, east, 1, "p", "q")
		s.insert(t, west, 1, "r")
		s.attach(t, east, "q", "aa")
		for _, tc := range []struct {
			name, policy, certificate string
			want                      iotpolicy.Attachment
		}{
			{"both are there", "p", "aa", iotpolicy.Attachment{Policy: true, Certificate: true, Count: 1}},
			{"attached already", "q", "aa", iotpolicy.Attachment{Policy: true, Certificate: true, Already: true, Count: 1}},
			{"no policy", "r", "aa", iotpolicy.Attachment{Certificate: true, Count: 1}},
			{"no certificate", "p", "bb", iotpolicy.Attachment{Policy: true}},
		} {
			rule := func(got iotpolicy.Attachment) error {
				if got != tc.want {
					t.Errorf("%s: got %+v, want %+v", tc.name, got, tc.want)
				}
				return errRule
			}
			if err := s.Attach(t.Context(), east, tc.policy, tc.certificate, time.Now(), rule); err != errRule {
				t.Errorf("%s: Attach: got %v, want the rule's error", tc.name, err)
			}
			if err := s.Detach(t.Context(), east, tc.policy, tc.certificate, rule); err != errRule {
				t.Errorf("%s: Detach: got %v, want the rule's error", tc.name, err)
			}
		}
		if got := s.attached(t, east, "aa"); !cmp.Equal(got, []string{"q"}) {
			t.Errorf("attached: got %v, want q only", got)
		}
	})

	t.Run("attaching twice and detaching twice change nothing more", func(t *testing.T) {
		s := open(t)
		s.certificate(t, east, "aa", "bb")
		s.certificate(t, west, "aa")
		s.insert(t, east, 1, "p", "q")
		for range 2 {
			s.attach(t, east, "q", "aa")
			s.attach(t, east, "p", "aa")
			s.attach(t, east, "p", "bb")
		}
		for range 2 {
			if got := s.attached(t, east, "aa"); !cmp.Equal(got, []string{"p", "q"}) {
				t.Errorf("attached: got %v, want p and q", got)
			}
			s.detach(t, east, "p", "bb")
		}
		for scope, id := range map[arn.Scope]string{east: "bb", west: "aa"} {
			if got := s.attached(t, scope, id); len(got) != 0 {
				t.Errorf("attached to %s in %v: got %v, want nothing", id, scope, got)
			}
		}
	})

	t.Run("what is attached comes in pages", func(t *testing.T) {
		s := open(t)
		s.certificate(t, east, "aa", "bb")
		for i, name := range []string{"b=", "c", "A", "b", "a"} {
			s.insert(t, east, 1, name)
			s.attachAt(t, east, name, "aa", i/2) // two at once are told apart by their names
		}
		s.attach(t, east, "c", "bb")
		expectPagesBothWays(t, []string{"b=", "c", "A", "b", "a"}, itself, func(p page.Request) (page.Page[string], error) {
			return s.Attached(t.Context(), east, "aa", p)
		})
		for scope, id := range map[arn.Scope]string{east: "cc", west: "aa"} {
			if _, err := s.Attached(t.Context(), scope, id, page.Request{Limit: 1}); !errors.Is(err, fault.NotFound) {
				t.Errorf("attached to %s in %v: got %v, want %v", id, scope, err, fault.NotFound)
			}
		}
	})
}

func iotPublications(t *testing.T, s IoTPolicies) {
	east := certEast
	s.certificate(t, east, "aa")
	see := func(what, want string) {
		t.Helper()
		document, err := index.Get(t.Context(), s.Index, iotpolicy.Key(east, "p"), func(ctx context.Context) (string, error) {
			p, err := s.Policy(ctx, east, "p")
			return p.ID, err
		})
		if err != nil {
			document = "none"
		}
		refs, err := index.Get(t.Context(), s.Index, iotpolicy.AttachedKey(east, "aa"), func(ctx context.Context) ([]iotpolicy.Ref, error) {
			return s.Attachments(ctx, east, "aa")
		})
		if err != nil {
			t.Fatal(err)
		}
		uses, err := index.Get(t.Context(), s.Index, certificate.Key("aa"), func(context.Context) (int, error) { return len(s.attached(t, east, "aa")), nil })
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(strings.HasPrefix(document, "id of p"), len(refs), uses)
		if got != want {
			t.Errorf("after %s: got %s, want %s", what, got, want)
		}
	}
	see("nothing", "false 0 0")
	s.insert(t, east, 1, "p")
	see("an insertion", "true 0 0")
	s.attach(t, east, "p", "aa")
	see("an attachment", "true 1 1")
	s.detach(t, east, "p", "aa")
	see("a detachment", "true 0 0")
	s.attach(t, east, "p", "aa")
	see("another attachment", "true 1 1")
	_, err := s.Certificates.DeleteCertificate(t.Context(), east, "aa", func(certificate.Certificate, certificate.Uses) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	see("the certificate's deletion", "true 0 0")
	if err := s.DeletePolicy(t.Context(), east, "p", agree); err != nil {
		t.Fatal(err)
	}
	see("a deletion", "false 0 0")
}

func iotRaces(t *testing.T, open func(t *testing.T) IoTPolicies) {
	east := certEast

	t.Run("two attachments race for the last place", func(t *testing.T) {
		s := open(t)
		s.certificate(t, east, "aa")
		names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
		s.insert(t, east, 1, names...)
		var wg sync.WaitGroup
		for _, name := range names {
			wg.Go(func() {
				err := s.Attach(t.Context(), east, name, "aa", time.Now(), func(a iotpolicy.Attachment) error {
					if a.Count >= 3 {
						return errRule
					}
					return nil
				})
				if err != nil && err != errRule {
					t.Errorf("Attach: got %v", err)
				}
			})
		}
		wg.Wait()
		if got := s.attached(t, east, "aa"); len(got) != 3 {
			t.Errorf("attached: got %v, want three", got)
		}
	})

	t.Run("an attachment races the deletion of its policy", func(t *testing.T) {
		s := open(t)
		s.certificate(t, east, "aa")
		for range 20 {
			s.insert(t, east, 1, "p")
			var attached, deleted error
			var wg sync.WaitGroup
			wg.Go(func() {
				attached = s.Attach(t.Context(), east, "p", "aa", time.Now(), func(a iotpolicy.Attachment) error {
					if !a.Policy {
						return errRule
					}
					return nil
				})
			})
			wg.Go(func() {
				deleted = s.DeletePolicy(t.Context(), east, "p", func(u iotpolicy.Uses) error {
					if u.Attached {
						return errRule
					}
					return nil
				})
			})
			wg.Wait()
			if !slices.Contains([][2]error{{nil, errRule}, {errRule, nil}}, [2]error{attached, deleted}) {
				t.Fatalf("got %v for the attachment and %v for the deletion, want one of them refused", attached, deleted)
			}
			if deleted == nil {
				continue
			}
			s.detach(t, east, "p", "aa")
			if err := s.DeletePolicy(t.Context(), east, "p", agree); err != nil {
				t.Fatal(err)
			}
		}
	})
}
