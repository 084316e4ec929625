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

// told is an outcome in one line: verdict, policies of the statements that made
// it, missing keys.
func told(o iam.Outcome) string {
	var by []string
	for _, m := range o.Matched {
		by = append(by, fmt.Sprint(m.Policy, "#", m.Statement))
	}
	return fmt.Sprintf("%s %s: %v %v missing %v", o.Action, o.Resource, o.Verdict, by, o.Missing)
}

func tell(t *testing.T, p page.Page[iam.Outcome], err error) (all []string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range p.Items {
		all = append(all, told(o))
	}
	return all
}

func TestSimulateCustom(t *testing.T) {
	d := newDirectory(t)
	simulate := func(s iam.Simulation) []string {
		t.Helper()
		p, err := d.SimulateCustom(t.Context(), s, page.Request{Limit: 100})
		return tell(t, p, err)
	}
	tls := when(`{"Bool":{"aws:SecureTransport":"true"},"DateLessThan":{"aws:CurrentTime":"2030-01-01"}}`)
	home := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*"}}`
	for _, tc := range []struct {
		name string
		ask  iam.Simulation
		want []string
	}{
		{"allowed", iam.Simulation{Actions: []string{"s3:GetObject"}, Policies: []string{allow("s3:*", "*")}},
			[]string{"s3:GetObject *: allow [PolicyInputList.1#0] missing []"}},
		{"nothing said", iam.Simulation{Actions: []string{"iam:GetRole"}, Policies: []string{allow("s3:*", "*")}},
			[]string{"iam:GetRole *: silent [] missing []"}},
		{"only the denial is named", iam.Simulation{Actions: []string{"s3:GetObject"}, Policies: []string{allow("s3:*", "*"), statement("Deny", "s3:Get*", "*")}},
			[]string{"s3:GetObject *: deny [PolicyInputList.2#0] missing []"}},
		{"all that allow are named", iam.Simulation{Actions: []string{"s3:GetObject"}, Policies: []string{allow("s3:*", "*"), allow("*", "*"), allow("iam:*", "*")}},
			[]string{"s3:GetObject *: allow [PolicyInputList.1#0 PolicyInputList.2#0] missing []"}},
		{"each action on each resource", iam.Simulation{
			Actions: []string{"s3:GetObject", "s3:PutObject"}, Resources: []string{"arn:aws:s3:::b/x", "arn:aws:s3:::c/x"},
			Policies: []string{allow("s3:Get*", "arn:aws:s3:::b/*")},
		}, []string{
			"s3:GetObject arn:aws:s3:::b/x: allow [PolicyInputList.1#0] missing []", "s3:GetObject arn:aws:s3:::c/x: silent [] missing []",
			"s3:PutObject arn:aws:s3:::b/x: silent [] missing []", "s3:PutObject arn:aws:s3:::c/x: silent [] missing []",
		}},
		{"a policy of some resources says nothing of every one", iam.Simulation{Actions: []string{"s3:GetObject"}, Policies: []string{allow("s3:*", "arn:aws:s3:::b/*")}},
			[]string{"s3:GetObject *: silent [] missing []"}},
		{"nothing is known of the request", iam.Simulation{Actions: []string{"iot:CreateThing"}, Policies: []string{tls}},
			[]string{"iot:CreateThing *: silent [] missing [aws:CurrentTime aws:SecureTransport]"}},
		{"but what it says", iam.Simulation{Actions: []string{"iot:CreateThing"}, Policies: []string{tls}, Context: []iam.ContextEntry{
			{Key: "AWS:securetransport", Type: "boolean", Values: []string{"true"}}, {Key: "aws:CurrentTime", Type: "date", Values: []string{"2026-01-01T00:00:00Z"}},
		}}, []string{"iot:CreateThing *: allow [PolicyInputList.1#0] missing []"}},
		{"several values", iam.Simulation{Actions: []string{"iot:CreateThing"}, Policies: []string{when(`{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}`)},
			Context: []iam.ContextEntry{{Key: "aws:TagKeys", Type: "stringList", Values: []string{"a", "c"}}}},
			[]string{"iot:CreateThing *: silent [] missing []"}},
		{"a variable without a caller", iam.Simulation{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::b/ana/x"}, Policies: []string{home}},
			[]string{"s3:GetObject arn:aws:s3:::b/ana/x: silent [] missing [aws:username]"}},
		{"a variable of the caller", iam.Simulation{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::b/ana/x"}, Policies: []string{home}, Caller: "arn:aws:iam::000000000000:user/ops/ana"},
			[]string{"s3:GetObject arn:aws:s3:::b/ana/x: allow [PolicyInputList.1#0] missing []"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, simulate(tc.ask)); diff != "" {
				t.Error(diff)
			}
		})
	}

	s3 := []string{allow("s3:*", "*")}
	entry := func(kind string, values ...string) iam.Simulation {
		return iam.Simulation{Actions: []string{"s3:GetObject"}, Policies: s3, Context: []iam.ContextEntry{{Key: "aws:x", Type: kind, Values: values}}}
	}
	twice := entry("string", "a")
	twice.Context = append(twice.Context, iam.ContextEntry{Key: "AWS:X", Type: "string", Values: []string{"b"}})
	for name, ask := range map[string]iam.Simulation{
		"no policy":                         {Actions: []string{"s3:GetObject"}, Policies: []string{"{}"}},
		"a trust policy":                    {Actions: []string{"s3:GetObject"}, Policies: []string{trusting}},
		"an action of any name":             {Actions: []string{"s3:Get*"}, Policies: s3},
		"an action without a service":       {Actions: []string{"GetObject"}, Policies: s3},
		"a resource that is no ARN":         {Actions: []string{"s3:GetObject"}, Resources: []string{"b/x"}, Policies: s3},
		"a caller that is a role":           {Actions: []string{"s3:GetObject"}, Policies: s3, Caller: "arn:aws:iam::000000000000:role/r"},
		"a key twice":                       twice,
		"a key without values":              entry("string"),
		"a key of no type":                  entry("", "a"),
		"a key of a type there isn't":       entry("text", "a"),
		"a list for a key of one value":     entry("string", "a", "b"),
		"a number that is none":             entry("numeric", "x"),
		"one of several numbers that isn't": entry("numericList", "1", "x"),
		"an address that is none":           entry("ip", "x"),
		"a date that is none":               entry("date", "x"),
		"a boolean that is none":            entry("boolean", "x"),
		"bytes that are none":               entry("binary", "?"),
	} {
		if _, err := d.SimulateCustom(t.Context(), ask, page.Request{Limit: 100}); !errors.Is(err, fault.Malformed) {
			t.Errorf("%s: got %v, want %v", name, err, fault.Malformed)
		}
	}
}

func TestSimulationsComeInPages(t *testing.T) {
	d := newDirectory(t)
	ask := iam.Simulation{Actions: []string{"s3:A", "s3:B", "s3:C"}, Resources: []string{"arn:aws:s3:::a", "arn:aws:s3:::b"}, Policies: []string{allow("s3:*", "*")}}
	p, err := d.SimulateCustom(t.Context(), ask, page.Request{Limit: 100})
	whole := tell(t, p, err)
	for limit := 1; limit <= len(whole); limit++ {
		var all []string
		for next := ""; len(all) == 0 || next != ""; {
			p, err := d.SimulateCustom(t.Context(), ask, page.Request{Limit: limit, Token: next})
			all, next = append(all, tell(t, p, err)...), p.Next
		}
		if !cmp.Equal(all, whole) {
			t.Errorf("in pages of %d: got %v, want %v", limit, all, whole)
		}
	}
	for _, token := range []string{"x", page.Token("-1"), page.Token("x")} {
		if _, err := d.SimulateCustom(t.Context(), ask, page.Request{Limit: 1, Token: token}); !errors.Is(err, fault.Invalid) {
			t.Errorf("page %q: got %v, want %v", token, err, fault.Invalid)
		}
	}
}

func TestSimulatePrincipal(t *testing.T) {
	d := newDirectory(t)
	role := createRole(t, d, "r")
	put(t, d, "r", "inline", when(`{"StringEquals":{"aws:PrincipalTag/team":"edge"}}`))
	attach(t, d, "r", createPolicy(t, d, "managed", allow("s3:*", "*")))
	attach(t, d, "r", fleetARN)
	if err := d.Tag(t.Context(), iam.RoleNamed(account, "r"), []iam.Tag{{Key: "team", Value: "edge"}}); err != nil {
		t.Fatal(err)
	}
	user, err := d.CreateUser(t.Context(), iam.User{Account: account, Name: "ana", Path: "/ops/"})
	if err != nil {
		t.Fatal(err)
	}
	own := allow("s3:*", "arn:aws:s3:::b/${aws:username}/*")
	if err := d.PutInline(t.Context(), iam.UserNamed(account, "ana"), iam.Inline{Name: "own", Document: own}); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		source arn.ARN
		ask    iam.Simulation
		want   string
	}{
		{"inline, with the role's tag", role.ARN(), iam.Simulation{Actions: []string{"iot:CreateThing"}}, "iot:CreateThing *: allow [inline#0]"},
		{"managed", role.ARN(), iam.Simulation{Actions: []string{"s3:GetObject"}}, "s3:GetObject *: allow [managed#0]"},
		{"with one beside them", role.ARN(), iam.Simulation{Actions: []string{"s3:GetObject"}, Policies: []string{statement("Deny", "s3:*", "*")}}, "s3:GetObject *: deny [PolicyInputList.1#0]"},
		{"a tag said to be another", role.ARN(), iam.Simulation{Actions: []string{"iot:CreateThing"}, Context: []iam.ContextEntry{{Key: "aws:PrincipalTag/Team", Type: "string", Values: []string{"x"}}}}, "iot:CreateThing *: silent []"},
		{"in the name of a user, who has not the tag", role.ARN(), iam.Simulation{Actions: []string{"iot:CreateThing"}, Caller: user.ARN()}, "iot:CreateThing *: silent []"},
		{"a user", user.ARN(), iam.Simulation{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::b/ana/x"}}, "s3:GetObject arn:aws:s3:::b/ana/x: allow [own#0]"},
		{"a user in its own name", user.ARN(), iam.Simulation{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::b/ana/x"}, Caller: user.ARN()}, "s3:GetObject arn:aws:s3:::b/ana/x: allow [own#0]"},
	} {
		p, err := d.SimulatePrincipal(t.Context(), account, tc.source, tc.ask, page.Request{Limit: 9})
		if got := tell(t, p, err); len(got) != 1 || !strings.HasPrefix(got[0], tc.want+" missing ") {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
	for name, tc := range map[string]struct {
		account string
		source  arn.ARN
		want    error
	}{
		"no such role":               {account, "arn:aws:iam::000000000000:role/x", fault.NotFound},
		"another path of a role":     {account, "arn:aws:iam::000000000000:role/x/r", fault.NotFound},
		"a role of another account":  {"111111111111", role.ARN(), fault.NotFound},
		"no such user":               {account, "arn:aws:iam::000000000000:user/x", fault.NotFound},
		"another path of a user":     {account, "arn:aws:iam::000000000000:user/ana", fault.NotFound},
		"a user of another account":  {"111111111111", user.ARN(), fault.NotFound},
		"neither a role nor a user":  {account, fleetARN, fault.Malformed},
		"a session, which isn't one": {account, arn.AssumedRole(account, "r", "me"), fault.Malformed},
	} {
		_, err := d.SimulatePrincipal(t.Context(), tc.account, tc.source, iam.Simulation{Actions: []string{"s3:GetObject"}}, page.Request{Limit: 9})
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
	}
}
