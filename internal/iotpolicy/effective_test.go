package iotpolicy_test

import (
	"fmt"
	"testing"

	"muster/internal/iotpolicy"
	"muster/internal/policy"
)

// effective answers the names of what counts for a certificate, and what it
// says about the alias that document allows.
func effective(t *testing.T, p *iotpolicy.Policies, certificateID string) (names string, verdict policy.Verdict) {
	t.Helper()
	docs, err := p.Effective(t.Context(), scope, certificateID)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, d := range docs {
		all = append(all, d.Name)
	}
	decision := policy.Decide(docs, &policy.Request{Action: "iot:AssumeRoleWithCertificate", Resource: string(scope.RoleAlias("a"))})
	return fmt.Sprint(all), decision.Verdict
}

// Each step holds for the very next decision.
func TestEffective(t *testing.T) {
	p := newPolicies(t)
	cert := string(scope.Certificate(certOne))
	for _, step := range []struct {
		name    string
		do      func() error
		names   string
		verdict policy.Verdict
	}{
		{"nothing is attached", func() error { return nil }, "[]", policy.Silent},
		{"a policy made but not attached", func() error { create(t, p, "allow"); return nil }, "[]", policy.Silent},
		{"attached", func() error { return p.Attach(t.Context(), scope, "allow", cert) }, "[allow]", policy.Allow},
		{"a deny made", func() error {
			_, err := p.Create(t.Context(), scope, "Deny", `{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`)
			return err
		}, "[allow]", policy.Allow},
		{"a deny attached", func() error { return p.Attach(t.Context(), scope, "Deny", cert) }, "[Deny allow]", policy.Deny},
		{"the deny detached", func() error { return p.Detach(t.Context(), scope, "Deny", cert) }, "[allow]", policy.Allow},
		{"the allow detached", func() error { return p.Detach(t.Context(), scope, "allow", cert) }, "[]", policy.Silent},
		{"the allow deleted", func() error { return p.Delete(t.Context(), scope, "allow") }, "[]", policy.Silent},
		{"one of its name made", func() error { create(t, p, "allow"); return nil }, "[]", policy.Silent},
		{"which is attached", func() error { return p.Attach(t.Context(), scope, "allow", cert) }, "[allow]", policy.Allow},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		names, verdict := effective(t, p, certOne)
		if names != step.names || verdict != step.verdict {
			t.Errorf("%s: got %s, %v, want %s, %v", step.name, names, verdict, step.names, step.verdict)
		}
		if names, verdict := effective(t, p, certTwo); names != "[]" || verdict != policy.Silent {
			t.Errorf("%s: another certificate has %s, %v", step.name, names, verdict)
		}
	}
}

// A remembered decision compares pointers: they are the same until something
// changes, and for all certificates.
func TestEffectiveDocumentsAreShared(t *testing.T) {
	p := newPolicies(t)
	create(t, p, "p", "q")
	attach(t, p, "p", certOne)
	attach(t, p, "p", certTwo)
	document := func(certificateID string) *policy.Document {
		t.Helper()
		docs, err := p.Effective(t.Context(), scope, certificateID)
		if err != nil || len(docs) == 0 {
			t.Fatalf("Effective: got %v, %v", docs, err)
		}
		return docs[0].Document
	}
	first := document(certOne)
	attach(t, p, "q", certTwo)
	if document(certOne) != first || document(certTwo) != first {
		t.Error("an unchanged policy was compiled again")
	}
	if docs, err := p.Effective(t.Context(), west, certTwo); err != nil || len(docs) != 0 {
		t.Errorf("Effective in another region: got %v, %v, want nothing", docs, err)
	}
}
