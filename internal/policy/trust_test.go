package policy_test

import (
	"testing"

	"muster/internal/arn"
	"muster/internal/policy"
)

func TestTrust(t *testing.T) {
	const (
		account = "000000000000"
		iot     = "credentials.iot.amazonaws.com"
	)
	var (
		service = policy.Principal{Service: iot}
		session = policy.Principal{Account: account, ARNs: []arn.ARN{arn.Role(account, "/x/", "Fleet"), arn.AssumedRole(account, "Fleet", "s")}}
		root    = policy.Principal{Account: account, ARNs: []arn.ARN{arn.Root(account)}}
		other   = policy.Principal{Account: "111111111111", ARNs: []arn.ARN{arn.Root("111111111111")}}
	)
	trusts := func(principal string) string {
		return `{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}`
	}
	denies := func(kind, principal string) string {
		return trusts(`{"AWS":"*","Service":"`+iot+`"}`) + `,{"Effect":"Deny","` + kind + `":` + principal + `,"Action":"sts:AssumeRole"}`
	}
	for _, tc := range []struct {
		name, statements string
		principal        policy.Principal
		want             policy.Verdict
		delegated        bool
	}{
		{"the service", trusts(`{"Service":"credentials.iot.amazonaws.com"}`), service, allow, false},
		{"one of several services", trusts(`{"Service":["sagemaker.amazonaws.com","credentials.iot.amazonaws.com"]}`), service, allow, false},
		{"another service", trusts(`{"Service":"iot.amazonaws.com"}`), service, silent, false},
		{"a longer service name", trusts(`{"Service":"x.credentials.iot.amazonaws.com"}`), service, silent, false},
		{"everyone is no service", trusts(`"*"`), service, silent, false},
		{"every AWS caller is no service", trusts(`{"AWS":"*"}`), service, silent, false},
		{"a denied service", denies("Principal", `{"Service":"credentials.iot.amazonaws.com"}`), service, deny, false},
		{"another denied service", denies("Principal", `{"Service":"iot.amazonaws.com"}`), service, allow, false},
		{"every service but it denied", denies("NotPrincipal", `{"Service":"credentials.iot.amazonaws.com"}`), service, allow, false},
		{"every service but another denied", denies("NotPrincipal", `{"Service":"iot.amazonaws.com"}`), service, deny, false},
		{"every principal but callers denied", denies("NotPrincipal", `{"AWS":"*"}`), service, deny, false},

		{"the role", trusts(`{"AWS":"arn:aws:iam::000000000000:role/x/Fleet"}`), session, allow, false},
		{"the role without its path", trusts(`{"AWS":"arn:aws:iam::000000000000:role/Fleet"}`), session, silent, false},
		{"the session", trusts(`{"AWS":"arn:aws:sts::000000000000:assumed-role/Fleet/s"}`), session, allow, false},
		{"another session", trusts(`{"AWS":"arn:aws:sts::000000000000:assumed-role/Fleet/t"}`), session, silent, false},
		{"the account", trusts(`{"AWS":"000000000000"}`), session, allow, true},
		{"the account's root ARN", trusts(`{"AWS":"arn:aws:iam::000000000000:root"}`), session, allow, true},
		{"another account", trusts(`{"AWS":"111111111111"}`), session, silent, false},
		{"from another account", trusts(`{"AWS":"000000000000"}`), other, silent, false},
		{"the account, then the role", trusts(`{"AWS":"000000000000"}`) + "," + trusts(`{"AWS":"arn:aws:iam::000000000000:role/x/Fleet"}`), session, allow, false},
		{"the role, then the account", trusts(`{"AWS":"arn:aws:iam::000000000000:role/x/Fleet"}`) + "," + trusts(`{"AWS":"000000000000"}`), session, allow, false},
		{"everyone", trusts(`"*"`), session, allow, false},
		{"the root user by its account", trusts(`{"AWS":"000000000000"}`), root, allow, false},
		{"everyone is not nobody", trusts(`"*"`), policy.Principal{}, silent, false},
		{"a federated user's trust", trusts(`{"Federated":"cognito-identity.amazonaws.com"}`), session, silent, false},
		{"the denied account", denies("Principal", `{"AWS":"000000000000"}`), session, deny, false},
		{"the denied role", denies("Principal", `{"AWS":"arn:aws:iam::000000000000:role/x/Fleet"}`), session, deny, false},
		{"another denied role", denies("Principal", `{"AWS":"arn:aws:iam::000000000000:role/Other"}`), session, allow, false},
		{"all but account, role and session denied", denies("NotPrincipal", `{"AWS":["000000000000","arn:aws:iam::000000000000:role/x/Fleet","arn:aws:sts::000000000000:assumed-role/Fleet/s"]}`), session, allow, false},
		{"all but the role denied", denies("NotPrincipal", `{"AWS":["000000000000","arn:aws:iam::000000000000:role/x/Fleet"]}`), session, deny, false},
		{"all but another account denied", denies("NotPrincipal", `{"AWS":"111111111111"}`), session, deny, false},
		{"all but the root user's account denied", denies("NotPrincipal", `{"AWS":"000000000000"}`), root, allow, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			doc := parse(t, policy.Trust, policy.Version2012, tc.statements)
			got := doc.Decide(&policy.Request{Action: "sts:AssumeRole", Principal: tc.principal})
			if got.Verdict != tc.want || got.Delegated != tc.delegated {
				t.Errorf("Decide: got %v, delegated %v, want %v, %v", got.Verdict, got.Delegated, tc.want, tc.delegated)
			}
		})
	}
}

// A trust policy that names one alias refuses another that leads to the same role.
func TestTrustOfOneAlias(t *testing.T) {
	doc := parse(t, policy.Trust, policy.Version2012, `{"Effect":"Allow","Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole",
		"Condition":{"StringEquals":{"aws:SourceAccount":"000000000000"},"ArnLike":{"aws:SourceArn":"arn:aws:iot:us-east-1:000000000000:rolealias/a"}}}`)
	for alias, want := range map[string]policy.Verdict{"a": allow, "b": silent} {
		c := policy.Context{}
		c.Set("aws:SourceAccount", "000000000000")
		c.Set("aws:SourceArn", "arn:aws:iot:us-east-1:000000000000:rolealias/"+alias)
		r := policy.Request{Action: "sts:AssumeRole", Principal: policy.Principal{Service: "credentials.iot.amazonaws.com"}, Context: c}
		if got := doc.Decide(&r); got.Verdict != want {
			t.Errorf("alias %q: got %v, want %v", alias, got.Verdict, want)
		}
		r.Action = "sts:TagSession"
		if got := doc.Decide(&r); got.Verdict != silent {
			t.Errorf("another action by alias %q: got %v", alias, got.Verdict)
		}
	}
}
