package proof

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"muster/internal/awsapi/iamapi"
	"muster/internal/awsclient"
	"muster/internal/awswire"
	"muster/internal/server"
)

// call is one operation with a valid input for it. The calls of a table are
// made in their order by the root user too, so that each finds what it names.
type call struct {
	service, name string
	writes        bool     // the root user's call changes what is kept
	action        string   // permission it asks for where that isn't its own name
	also          []string // permissions it asks for beside that
	open          string   // why it needs no permission; "" when it needs one
	ask           func(ctx context.Context, c *awsclient.Client, n *names) error
}

func (c call) String() string { return c.service + ":" + c.name }

// and says what else the call asks for.
func (c call) and(also ...string) call {
	c.also = also
	return c
}

func (c call) permission() string {
	if c.action != "" {
		return c.action
	}
	return c.String()
}

// names are those that inputs are made of.
type names struct {
	thing, kind, policy, alias, role, user, inline, managed, fleet, device, tag string
	bucket, object                                                              string
	certificate, accessKey, upload                                              string // known once they are made
}

func there() *names {
	return &names{
		thing: "pump-7", kind: "pump", policy: "field", alias: "field", role: "Field", user: "ada", inline: "inline", managed: "Managed",
		fleet: "east", device: "edge-7", tag: "team", bucket: "sagemaker-proof", object: "models/pump.tar",
		certificate: strings.Repeat("0", 64), accessKey: "AKIA" + strings.Repeat("A", 16), upload: "none",
	}
}

// absent are names of things that are not there.
func absent() *names {
	return &names{
		thing: "no-thing", kind: "no-type", policy: "no-policy", alias: "no-alias", role: "NoRole", user: "nobody", inline: "none", managed: "NoPolicy",
		fleet: "no-fleet", device: "no-device", tag: "none", bucket: "sagemaker-proof", object: "no/object",
		certificate: strings.Repeat("f", 64), accessKey: "AKIA" + strings.Repeat("Z", 16), upload: "none",
	}
}

// on makes the call of an operation that only looks.
func on[In, Out any](op awswire.Op[In, Out], in func(n *names) *In) call {
	return took(op, in, func(*names, *Out) {})
}

// writing makes the call of an operation that changes something.
func writing[In, Out any](op awswire.Op[In, Out], in func(n *names) *In) call {
	c := on(op, in)
	c.writes = true
	return c
}

// took makes a call of whose answer something is kept.
func took[In, Out any](op awswire.Op[In, Out], in func(n *names) *In, keep func(*names, *Out)) call {
	return call{service: op.Service.SigningName(), name: op.Name, ask: func(ctx context.Context, c *awsclient.Client, n *names) error {
		out, err := awsclient.Do(ctx, c, op, in(n))
		if err == nil {
			keep(n, out)
		}
		return err
	}}
}

// Every operation that Muster answers is asked by callers without the
// permission, for what is there and for what is not: those are refused in the
// same words, and nothing has happened. An operation without an entry in the
// tables fails the test.
func TestWithoutPermissionNothingHappens(t *testing.T) {
	m := start(t, t.TempDir())
	kept := openKeeper(t, m.data)
	nobody := m.roleThatMay(t, "Nobody", "")
	almost := m.roleThatMay(t, "Almost", `{"Effect":"Allow","NotAction":"iam:None","Resource":"*"}`)

	table := calls()
	known := map[string]bool{}
	for _, c := range table {
		known[c.String()] = true
	}
	built := map[string]bool{}
	for _, o := range server.Operations() {
		if o.Built && !known[o.Service+":"+o.Name] {
			t.Errorf("%s:%s has no entry in the tables of this test: add one", o.Service, o.Name)
		}
		if o.Built {
			built[o.Service+":"+o.Name] = true
		}
	}
	real, none := there(), absent()
	for _, c := range table {
		if !built[c.String()] {
			continue
		}
		t.Run(c.String(), func(t *testing.T) {
			var before dump
			for _, permission := range append([]string{c.permission()}, c.also...) {
				// Everything but the one permission: the operation asks for that and no other.
				m.put(t, "Almost", fmt.Sprintf(`{"Effect":"Allow","NotAction":%q,"Resource":"*"}`, permission))
				before = kept.dump(t)
				for _, who := range []struct {
					name   string
					client *awsclient.Client
					names  *names
				}{
					{"who may nothing", nobody, real},
					{"who may nothing, of what isn't there", nobody, none},
					{"who may all but " + permission, almost, real},
				} {
					err := c.ask(t.Context(), who.client, who.names)
					if c.open == "" && !refused(err) {
						t.Errorf("%s: got %v, want AccessDenied", who.name, err)
					}
					if c.open != "" && err != nil {
						t.Errorf("%s: got %v, want an answer: %s", who.name, err, c.open)
					}
				}
				if changed := before.changed(kept.dump(t)); len(changed) > 0 {
					t.Errorf("refused, and yet something happened: %v", changed)
				}
			}
			if err := c.ask(t.Context(), m.root, real); err != nil {
				t.Errorf("the root user: got %v", err)
			}
			switch changed := before.changed(kept.dump(t)); {
			case c.writes && len(changed) == 0:
				t.Error("the root user's call changed nothing, so that this test would not see it happen")
			case !c.writes && len(changed) > 0:
				t.Errorf("the root user's call changed something, which the table doesn't say: %v", changed)
			}
		})
	}
}

// refused reports whether err is the refusal of a permission, and nothing else.
func refused(err error) bool {
	var e *awsclient.Error
	return errors.As(err, &e) && e.Status == http.StatusForbidden && (e.Code == "AccessDenied" || e.Code == "AccessDeniedException")
}

const accountTrusts = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"sts:AssumeRole"}}`

// roleThatMay makes a role with a statement, or none, and becomes it.
func (m *muster) roleThatMay(t *testing.T, role, statement string) *awsclient.Client {
	t.Helper()
	if _, err := awsclient.Do(t.Context(), m.root, iamapi.CreateRole, &iamapi.CreateRoleRequest{RoleName: role, AssumeRolePolicyDocument: accountTrusts}); err != nil {
		t.Fatal(err)
	}
	if statement != "" {
		m.put(t, role, statement)
	}
	return m.assume(t, role)
}

// put gives a role one statement instead of the one it had.
func (m *muster) put(t *testing.T, role, statement string) {
	t.Helper()
	in := &iamapi.PutRolePolicyRequest{RoleName: role, PolicyName: "proof", PolicyDocument: `{"Version":"2012-10-17","Statement":` + statement + `}`}
	if _, err := awsclient.Do(t.Context(), m.root, iamapi.PutRolePolicy, in); err != nil {
		t.Fatal(err)
	}
}
