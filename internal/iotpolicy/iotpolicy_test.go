package iotpolicy_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/certificate"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/iotpolicy"
	"muster/internal/page"
	"muster/internal/policy"
	"muster/internal/store/storetest"
)

var (
	scope = arn.Scope{Account: "000000000000", Region: "us-east-1"}
	west  = arn.Scope{Account: "000000000000", Region: "us-west-2"}

	certOne = strings.Repeat("1", 64)
	certTwo = strings.Repeat("2", 64)
)

const document = "{\n  \"Version\": \"2012-10-17\",\r\n\t\"Statement\": {\"Effect\":\"Allow\",\"Action\":\"iot:AssumeRoleWithCertificate\",\n" +
	"\"Resource\":\"arn:aws:iot:us-east-1:000000000000:rolealias\\/a\"}}\n"

// newPolicies answers the room over an empty database with the certificates
// certOne in scope and certTwo in both regions.
func newPolicies(t *testing.T) *iotpolicy.Policies {
	t.Helper()
	x := index.New(1024)
	db := storetest.Open(t, t.TempDir(), x)
	for _, c := range []certificate.Certificate{{ID: certOne, Scope: scope}, {ID: certTwo, Scope: scope}, {ID: certTwo, Scope: west}} {
		if err := db.Certificates().InsertCertificate(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	return iotpolicy.New(db.IoTPolicies(), x)
}

func create(t *testing.T, p *iotpolicy.Policies, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := p.Create(t.Context(), scope, name, document); err != nil {
			t.Fatal(err)
		}
	}
}

func attach(t *testing.T, p *iotpolicy.Policies, name, certificateID string) {
	t.Helper()
	if err := p.Attach(t.Context(), scope, name, string(scope.Certificate(certificateID))); err != nil {
		t.Fatal(err)
	}
}

func TestCreate(t *testing.T) {
	// Of so many characters, and white space beside.
	sized := func(n int) string {
		const frame = `{"Statement":{"Sid":"","Effect":"Allow","Action":"iot:*","Resource":"*"}}`
		return " " + strings.Replace(frame, `""`, `"`+strings.Repeat("x", n-len(frame))+`"`, 1) + strings.Repeat("\n", 9000)
	}
	for _, tc := range []struct {
		name, policy, document string
		want                   error
		message                string
	}{
		{"a new policy", "new", document, nil, ""},
		{"every character a name may have", "aZ09_+=,.@-", document, nil, ""},
		{"the longest document", "new", sized(policy.MaxIoT), nil, ""},
		{"the name of one that is there, with the same document", "old", document, fault.AlreadyExists, "Policy cannot be created - name already exists (name=old)"},
		{"the name of one that is there, with another", "old", sized(100), fault.AlreadyExists, "Policy cannot be created - name already exists (name=old)"},
		{"another case", "Old", document, nil, ""},
		{"no name", "", document, fault.Invalid, ""},
		{"a name with a slash", "a/b", document, fault.Invalid, ""},
		{"a name too long", strings.Repeat("a", 129), document, fault.Invalid, ""},
		{"a longer document", "new", sized(policy.MaxIoT + 1), fault.Malformed, "2049 characters"},
		{"a document that can't be read", "new", `{"Statement":{"Effect":"Allow"}}`, fault.Malformed, "must contain actions"},
		{"no document", "new", "", fault.Malformed, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPolicies(t)
			create(t, p, "old")
			_, err := p.Create(t.Context(), scope, tc.policy, tc.document)
			if !errors.Is(err, tc.want) || err != nil && !strings.Contains(err.Error(), tc.message) {
				t.Fatalf("Create: got %v, want %v %q", err, tc.want, tc.message)
			}
			if errors.Is(err, fault.AlreadyExists) {
				want := map[string]string{"resourceId": "old", "resourceArn": "arn:aws:iot:us-east-1:000000000000:policy/old"}
				if diff := cmp.Diff(want, fault.Of(err).Fields); diff != "" {
					t.Errorf("fields (-want +got):\n%s", diff)
				}
			}
			got, gotErr := p.Get(t.Context(), scope, tc.policy)
			switch {
			case err == nil && (gotErr != nil || got.Document != tc.document || got.Version != 1):
				t.Errorf("Get: got %+v, %v, want the document byte for byte", got, gotErr)
			case err != nil && tc.policy != "old" && !errors.Is(gotErr, fault.NotFound):
				t.Errorf("Get of what was refused: got %+v, %v", got, gotErr)
			}
		})
	}
}

func TestGetAndList(t *testing.T) {
	p := newPolicies(t)
	now := time.Date(2026, 7, 1, 12, 0, 0, 123_456_789, time.UTC)
	p.Now = func() time.Time { now = now.Add(time.Second); return now }
	create(t, p, "b", "c", "a")
	got, err := p.Get(t.Context(), scope, "b")
	if want := time.Date(2026, 7, 1, 12, 0, 1, 123_000_000, time.UTC); err != nil || got.Created != want || got.Modified != want || got.ID == "" {
		t.Errorf("Get: got %+v, %v, want it made at %v", got, err, want)
	}
	if _, err := p.Get(t.Context(), west, "b"); !errors.Is(err, fault.NotFound) {
		t.Errorf("Get in another region: got %v, want %v", err, fault.NotFound)
	}
	for _, tc := range []struct {
		name string
		r    page.Request
		want string
	}{
		{"oldest first", page.Request{Limit: 2}, "[b c]"},
		{"newest first", page.Request{Limit: 2, Descending: true}, "[a c]"},
	} {
		first, err := p.List(t.Context(), scope, tc.r)
		if err != nil || fmt.Sprint(first.Items) != tc.want || first.Next == "" {
			t.Errorf("%s: got %v, %v, want %s and more", tc.name, first, err, tc.want)
		}
	}
}

func TestDelete(t *testing.T) {
	p := newPolicies(t)
	create(t, p, "p")
	attach(t, p, "p", certOne)
	err := p.Delete(t.Context(), scope, "p")
	const want = "The policy cannot be deleted as the policy is attached to one or more principals (name=p)"
	if !errors.Is(err, fault.InUse) || err.Error() != want {
		t.Errorf("Delete of an attached policy: got %v, want %q", err, want)
	}
	if err := p.Detach(t.Context(), scope, "p", string(scope.Certificate(certOne))); err != nil {
		t.Fatal(err)
	}
	if err := p.Delete(t.Context(), scope, "p"); err != nil {
		t.Errorf("Delete: %v", err)
	}
	if err := p.Delete(t.Context(), scope, "p"); !errors.Is(err, fault.NotFound) {
		t.Errorf("Delete again: got %v, want %v", err, fault.NotFound)
	}
	if _, err := p.Get(t.Context(), scope, "p"); !errors.Is(err, fault.NotFound) {
		t.Errorf("Get: got %v, want %v", err, fault.NotFound)
	}
}

func TestTargets(t *testing.T) {
	const cognito = "us-east-1:7f2b1f62-0000-4000-8000-000000000000"
	for _, tc := range []struct {
		name, policy, target string
		attach, detach, list error
	}{
		{"a certificate", "p", string(scope.Certificate(certOne)), nil, nil, nil},
		{"no policy", "q", string(scope.Certificate(certOne)), fault.NotFound, nil, nil},
		{"no certificate", "p", string(scope.Certificate(strings.Repeat("3", 64))), fault.NotFound, nil, fault.NotFound},
		{"half a certificate id", "p", string(scope.Certificate("11")), fault.NotFound, nil, fault.NotFound},
		{"a certificate of another region", "p", string(west.Certificate(certTwo)), fault.NotFound, nil, fault.NotFound},
		{"a certificate of another account", "p", string(arn.Scope{Account: "111111111111", Region: scope.Region}.Certificate(certOne)), fault.NotFound, nil, fault.NotFound},
		{"a thing group", "p", "arn:aws:iot:us-east-1:000000000000:thinggroup/g", fault.NotFound, nil, fault.NotFound},
		{"a thing", "p", string(scope.Thing("pump-7")), fault.Invalid, fault.Invalid, fault.Invalid},
		{"a role", "p", string(arn.Role(scope.Account, "/", "r")), fault.Invalid, fault.Invalid, fault.Invalid},
		{"a certificate id", "p", certOne, fault.Invalid, fault.Invalid, fault.Invalid},
		{"nothing", "p", "", fault.Invalid, fault.Invalid, fault.Invalid},
		{"an identity of Cognito", "p", cognito, fault.NotImplemented, fault.NotImplemented, fault.NotImplemented},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPolicies(t)
			create(t, p, "p")
			if err := p.Attach(t.Context(), scope, tc.policy, tc.target); !errors.Is(err, tc.attach) {
				t.Errorf("Attach: got %v, want %v", err, tc.attach)
			}
			if _, err := p.Attached(t.Context(), scope, tc.target, page.Request{Limit: 10}); !errors.Is(err, tc.list) {
				t.Errorf("Attached: got %v, want %v", err, tc.list)
			}
			if err := p.Detach(t.Context(), scope, tc.policy, tc.target); !errors.Is(err, tc.detach) {
				t.Errorf("Detach: got %v, want %v", err, tc.detach)
			}
		})
	}
}

func TestAttachAtTheLimit(t *testing.T) {
	p := newPolicies(t)
	for i := range iotpolicy.MaxAttached + 1 {
		create(t, p, fmt.Sprintf("p%02d", i))
	}
	for i := range iotpolicy.MaxAttached - 1 {
		attach(t, p, fmt.Sprintf("p%02d", i), certOne)
	}
	// Two race for the tenth place.
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := iotpolicy.MaxAttached - 1; i <= iotpolicy.MaxAttached; i++ {
		wg.Go(func() {
			err := p.Attach(t.Context(), scope, fmt.Sprintf("p%02d", i), string(scope.Certificate(certOne)))
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, fault.LimitExceeded):
				t.Errorf("Attach: got %v, want %v", err, fault.LimitExceeded)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of two got the last place, want 1", won.Load())
	}
	attach(t, p, "p00", certOne) // attached already: no eleventh
	attach(t, p, "p10", certTwo) // another certificate has its own ten
	names, err := p.Attached(t.Context(), scope, string(scope.Certificate(certOne)), page.Request{Limit: 250})
	if err != nil || len(names.Items) != iotpolicy.MaxAttached {
		t.Errorf("Attached: got %v, %v, want %d", names.Items, err, iotpolicy.MaxAttached)
	}
}
