package proof

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"muster/internal/awsapi/iamapi"
	"muster/internal/awsclient"
	"muster/internal/awswire"
	"muster/internal/secret"
	"muster/internal/server"
	"muster/internal/sigv4"
)

// call is one operation with a valid input for it. The calls of a table are
// made in their order by somebody who may, too, so that each finds what it names.
type call struct {
	service, name string
	writes        bool     // the call of who may changes what is kept
	action        string   // permission it asks for where that isn't its own name
	also          []string // permissions it asks for beside that
	open          string   // why it needs no permission; "" when it needs one
	later         string   // one of also that is asked for last, of who may know what is there
	ownKeyOnly    bool     // with a key of one's own it needs none, and in a session it is refused
	ask           func(ctx context.Context, c *awsclient.Client, n *names) error
}

func (c call) String() string { return c.service + ":" + c.name }

// and says what else the call asks for.
func (c call) and(also ...string) call {
	c.also = also
	return c
}

// lastly says what the call asks for once it is known what is there: whoever
// may pass a role may know whether it is.
func (c call) lastly(permission string) call {
	c.also, c.later = append(c.also, permission), permission
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

// Every operation that Muster answers is asked by callers without one of the
// permissions it needs, for what is there and for what is not: those are
// refused in the same words, and nothing has happened. A caller with just these
// permissions is answered. An operation without an entry in the tables fails
// the test.
func TestWithoutPermissionNothingHappens(t *testing.T) {
	m := start(t, t.TempDir())
	kept := openKeeper(t, m.data)
	nobody, stranger := m.roleThatMay(t, "Nobody", ""), m.user(t, "stranger")
	almost := m.roleThatMay(t, "Almost", `{"Effect":"Allow","NotAction":"iam:None","Resource":"*"}`)
	just := m.roleThatMay(t, "Just", "")

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
			needed := append([]string{c.permission()}, c.also...)
			m.put(t, "Just", fmt.Sprintf(`{"Effect":"Allow","Action":["%s"],"Resource":"*"}`, strings.Join(needed, `","`)))
			for _, permission := range needed {
				// Everything but the one permission.
				m.put(t, "Almost", fmt.Sprintf(`{"Effect":"Allow","NotAction":%q,"Resource":"*"}`, permission))
				before = kept.dump(t)
				for _, who := range []struct {
					name   string
					client *awsclient.Client
					answer bool // is right
				}{
					{"a role that may nothing", nobody, c.open != ""},
					{"a user that may nothing", stranger, c.open != "" || c.ownKeyOnly},
					{"who may all but " + permission, almost, c.open != ""},
				} {
					there, absent := c.ask(t.Context(), who.client, real), c.ask(t.Context(), who.client, none)
					switch {
					case who.answer && (there != nil || absent != nil):
						t.Errorf("%s: got %v and %v, want answers", who.name, there, absent)
					case who.client == almost && permission == c.later && refused(there) && absent != nil:
					case !who.answer && (!refused(there) || !refused(absent)):
						t.Errorf("%s: got %v, and %v of what isn't there, want AccessDenied", who.name, there, absent)
					case !who.answer && nameless(there, real, none) != nameless(absent, real, none):
						t.Errorf("%s: refused in words that tell what is there:\n%v\n%v", who.name, there, absent)
					}
				}
				if changed := before.changed(kept.dump(t)); len(changed) > 0 {
					t.Errorf("refused, and yet something happened: %v", changed)
				}
			}
			may := just
			if c.ownKeyOnly {
				may = stranger
			}
			if err := c.ask(t.Context(), may, real); err != nil {
				t.Errorf("who may %v: got %v", needed, err)
			}
			switch changed := before.changed(kept.dump(t)); {
			case c.writes && len(changed) == 0:
				t.Error("the call of who may changed nothing, so that this test would not see it happen")
			case !c.writes && len(changed) > 0:
				t.Errorf("the call of who may changed something, which the table doesn't say: %v", changed)
			}
		})
	}
}

// nameless is the text of an error without the names of what it is about.
func nameless(err error, all ...*names) string {
	var values []string
	for _, n := range all {
		for _, v := range reflect.ValueOf(*n).Fields() {
			values = append(values, v.String())
		}
	}
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, v := range values {
		pairs = append(pairs, v, "…")
	}
	return strings.NewReplacer(pairs...).Replace(err.Error())
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

// user makes a user without policies, and answers its client.
func (m *muster) user(t *testing.T, name string) *awsclient.Client {
	t.Helper()
	if _, err := awsclient.Do(t.Context(), m.root, iamapi.CreateUser, &iamapi.CreateUserRequest{UserName: name}); err != nil {
		t.Fatal(err)
	}
	out, err := awsclient.Do(t.Context(), m.root, iamapi.CreateAccessKey, &iamapi.CreateAccessKeyRequest{UserName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return m.as(sigv4.Credential{AccessKey: *out.AccessKey.AccessKeyId, Secret: secret.New(*out.AccessKey.SecretAccessKey)})
}

// put gives a role one statement instead of the one it had.
func (m *muster) put(t *testing.T, role, statement string) {
	t.Helper()
	in := &iamapi.PutRolePolicyRequest{RoleName: role, PolicyName: "proof", PolicyDocument: `{"Version":"2012-10-17","Statement":` + statement + `}`}
	if _, err := awsclient.Do(t.Context(), m.root, iamapi.PutRolePolicy, in); err != nil {
		t.Fatal(err)
	}
}
