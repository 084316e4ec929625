package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"muster/internal/credentials"
	"muster/internal/fault"
	"muster/internal/policy"
	"muster/internal/registry"
)

// rehearsal answers rooms with a certificate on the thing pump-7, and
// policies: what a device may connect as (attached), publish to (attached),
// and never publish to (not attached).
func rehearsal(t *testing.T) (*rooms, string) {
	t.Helper()
	r := open(t)
	principal := string(east.Certificate(r.register(east)))
	for name, statement := range map[string]string{
		"connect": `"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:111111111111:client/${iot:Connection.Thing.ThingName}"`,
		"publish": `"Effect":"Allow","Action":["iot:Publish","iot:Receive"],"Resource":"arn:aws:iot:us-east-1:111111111111:topic/data/*"`,
		"home":    `"Effect":"Allow","Action":"iot:Subscribe","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`,
		"never":   `"Effect":"Deny","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:111111111111:topic/data/secret"`,
	} {
		_, err := r.Policies.Create(t.Context(), east, name, `{"Version":"2012-10-17","Statement":{`+statement+`}}`)
		r.must(err)
		if name != "never" {
			r.must(r.Policies.Attach(t.Context(), east, name, principal))
		}
	}
	for _, name := range []registry.Name{"pump-7", "pump-8"} {
		_, err := r.Things.CreateThing(t.Context(), east, registry.Thing{Name: name})
		r.must(err)
	}
	r.must(r.Things.Attach(t.Context(), east, "pump-7", registry.Principal(principal), false))
	return r, principal
}

func TestRehearse(t *testing.T) {
	r, principal := rehearsal(t)
	const arns = "arn:aws:iot:us-east-1:111111111111:"
	for _, tc := range []struct {
		name      string
		client    string
		add, skip []string
		action    string
		resources []string
		want      string // verdict, allow, deny, silent, missing
	}{
		{"connects as its thing", "pump-7", nil, nil, "iot:Connect", []string{"client/pump-7"}, "allow [connect] [] [] []"},
		{"connects as another", "pump-7", nil, nil, "iot:Connect", []string{"client/pump-8"}, "silent [] [] [connect home publish] []"},
		{"connects as a thing it isn't on", "pump-8", nil, nil, "iot:Connect", []string{"client/pump-8"}, "silent [] [] [connect home publish] [iot:Connection.Thing.ThingName]"},
		{"connects as nobody said", "", nil, nil, "iot:Connect", []string{"client/pump-7"}, "silent [] [] [connect home publish] [iot:Connection.Thing.ThingName]"},
		{"publishes", "pump-7", nil, nil, "iot:Publish", []string{"topic/data/a"}, "allow [publish] [] [] []"},
		{"publishes elsewhere", "pump-7", nil, nil, "iot:Publish", []string{"topic/other"}, "silent [] [] [connect home publish] []"},
		{"publishes, one of two", "pump-7", nil, nil, "iot:Publish", []string{"topic/data/a", "topic/other"}, "silent [publish] [] [connect home publish] []"},
		{"publishes without the policy", "pump-7", nil, []string{"publish"}, "iot:Publish", []string{"topic/data/a"}, "silent [] [] [connect home] []"},
		{"publishes what it never may", "pump-7", []string{"never"}, nil, "iot:Publish", []string{"topic/data/secret"}, "deny [publish] [never] [] []"},
		{"publishes that beside another", "pump-7", []string{"never"}, nil, "iot:Publish", []string{"topic/data/a", "topic/data/secret", "topic/other"}, "deny [publish] [never] [] []"},
		{"publishes what only that policy spares", "pump-7", []string{"never"}, nil, "iot:Publish", []string{"topic/data/a"}, "allow [publish] [] [] []"},
		{"added and skipped", "pump-7", []string{"publish"}, []string{"publish", "nosuch"}, "iot:Publish", []string{"topic/data/a"}, "allow [publish] [] [] []"},
		{"added though attached", "pump-7", []string{"publish"}, nil, "iot:Publish", []string{"topic/data/a"}, "allow [publish] [] [] []"},
		{"subscribes from nowhere", "pump-7", nil, nil, "iot:Subscribe", []string{"topicfilter/a"}, "silent [] [] [connect home publish] [aws:SourceIp]"},
		{"nothing is left", "pump-7", nil, []string{"connect", "home", "publish"}, "iot:Connect", []string{"client/pump-7"}, "silent [] [] [] []"},
		{"on nothing", "pump-7", nil, nil, "iot:Publish", nil, "silent [] [] [] []"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			act := credentials.Act{Action: tc.action}
			for _, resource := range tc.resources {
				act.Resources = append(act.Resources, arns+resource)
			}
			got, err := r.Rehearse(t.Context(), east, credentials.Rehearsal{
				Principal: principal, ClientID: tc.client, Add: tc.add, Skip: tc.skip, Acts: []credentials.Act{act},
			})
			if err != nil || len(got) != 1 {
				t.Fatalf("got %v, %v", got, err)
			}
			o := got[0]
			if told := fmt.Sprint(o.Verdict, " ", o.Allow, " ", o.Deny, " ", o.Silent, " ", o.Missing); told != tc.want {
				t.Errorf("got %s, want %s", told, tc.want)
			}
		})
	}
}

// What is rehearsed is what holds now: of the default version, at once.
func TestARehearsalFollowsTheDefaultVersion(t *testing.T) {
	r, principal := rehearsal(t)
	verdict := func() policy.Verdict {
		t.Helper()
		got, err := r.Rehearse(t.Context(), east, credentials.Rehearsal{Principal: principal, Acts: []credentials.Act{
			{Action: "iot:Publish", Resources: []string{"arn:aws:iot:us-east-1:111111111111:topic/data/a"}},
		}})
		r.must(err)
		return got[0].Verdict
	}
	before := verdict()
	_, err := r.Policies.CreateVersion(t.Context(), east, "publish", `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`, true)
	r.must(err)
	after := verdict()
	r.must(r.Policies.SetDefaultVersion(t.Context(), east, "publish", "1"))
	if got := [3]policy.Verdict{before, after, verdict()}; got != [3]policy.Verdict{policy.Allow, policy.Deny, policy.Allow} {
		t.Errorf("got %v", got)
	}
}

func TestRehearseRefused(t *testing.T) {
	r, principal := rehearsal(t)
	for _, tc := range []struct {
		name      string
		principal string
		add       []string
		want      error
	}{
		{"no principal", "", nil, fault.Invalid},
		{"a thing", string(east.Thing("pump-7")), nil, fault.Invalid},
		{"another region's certificate", string(west.Certificate(principal[len(principal)-64:])), nil, fault.NotFound},
		{"no such certificate", string(east.Certificate(fmt.Sprintf("%064d", 0))), nil, fault.NotFound},
		{"an identity", "us-east-1:7f2b1f62-0000-4000-8000-000000000000", nil, fault.NotImplemented},
		{"a policy to add that isn't there", principal, []string{"nosuch"}, fault.NotFound},
	} {
		if _, err := r.Rehearse(t.Context(), east, credentials.Rehearsal{Principal: tc.principal, Add: tc.add}); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
	}
}

// A certificate whose policies would take too long is denied, and that is counted.
func TestPoliciesThatTakeTooLong(t *testing.T) {
	r := open(t)
	id, alias := r.register(east), strings.Repeat("a", 128)
	r.alias(east, alias, "Field")
	for i := range 10 {
		name := fmt.Sprint("slow-", i)
		_, err := r.Policies.Create(t.Context(), east, name, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":[`+strings.Repeat(`"*a?b*",`, 230)+`"*"]}}`)
		r.must(err)
		r.must(r.Policies.Attach(t.Context(), east, name, string(east.Certificate(id))))
	}
	_, err := r.vend(t.Context(), credentials.Request{ServerName: r.endpoint(east), CertificateID: id, Alias: alias, SourceIP: home})
	refused, ok := errors.AsType[*credentials.Refusal](err)
	if !ok || !strings.Contains(refused.Why, "too long") || r.TooLong.Load() != 1 {
		t.Errorf("got %v, %d counted; want a refusal, counted once", err, r.TooLong.Load())
	}
}

// A rehearsal ends with whoever asked for it, and when it takes too long.
func TestARehearsalIsBounded(t *testing.T) {
	r, principal := rehearsal(t)
	patterns := strings.Repeat(`"*a?b*",`, 20) + `"*a?d*"`
	_, err := r.Policies.Create(t.Context(), east, "slow", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":[`+patterns+`]}}`)
	r.must(err)
	many := make([]string, 11)
	for i := range many {
		many[i] = "slow"
	}
	long := func(n int) credentials.Act {
		return credentials.Act{Action: "iot:Publish", Resources: slices.Repeat([]string{strings.Repeat("a", 100)}, n)}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	for _, tc := range []struct {
		name string
		ctx  context.Context
		add  []string
		acts []credentials.Act
		want error
	}{
		{"some", t.Context(), many[:1], []credentials.Act{long(10)}, nil},
		{"too many policies", t.Context(), many, nil, fault.LimitExceeded},
		{"too many resources", t.Context(), many[:1], []credentials.Act{long(1), long(2000)}, fault.LimitExceeded},
		{"one that takes too long", t.Context(), many[:1], []credentials.Act{{Action: "iot:Publish", Resources: []string{strings.Repeat("a", 2048)}}}, fault.LimitExceeded},
		{"nobody is there", gone, nil, []credentials.Act{long(1)}, context.Canceled},
	} {
		if _, err := r.Rehearse(tc.ctx, east, credentials.Rehearsal{Principal: principal, Add: tc.add, Acts: tc.acts}); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
	}
}
