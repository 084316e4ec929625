package sts_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/policy"
	"muster/internal/sts"
)

const (
	targetARN = arn.ARN("arn:aws:iam::000000000000:role/target")
	byRoot    = `"AWS":"arn:aws:iam::000000000000:root"`
	byAsker   = `"AWS":"arn:aws:iam::000000000000:role/asker"`
)

// root answers the caller of the root key, as a door completes it.
func (w *world) root(t testing.TB) *iam.Caller { return w.caller(t, rootKeyID, "") }

func (w *world) caller(t testing.TB, key, token string) *iam.Caller {
	t.Helper()
	c, err := w.tryCaller(t, key, token)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) tryCaller(t testing.TB, key, token string) (*iam.Caller, error) {
	t.Helper()
	login, err := w.Authenticate(t.Context(), key, token)
	if err != nil {
		return nil, err
	}
	c, err := login.Caller(t.Context(), iam.Place{})
	if err != nil {
		return nil, err
	}
	c.SourceIP = netip.MustParseAddr("10.1.2.3")
	c.Context.Set("aws:SecureTransport", "true")
	c.Context.Set("aws:RequestedRegion", "us-east-1")
	c.Context.Set("aws:UserAgent", "test")
	return c, nil
}

// as answers whoever acts with the credential.
func (w *world) as(t testing.TB, c sts.Credential) (*iam.Caller, error) {
	t.Helper()
	return w.tryCaller(t, c.AccessKeyID, c.SessionToken.Reveal())
}

func (w *world) put(t testing.TB, role, name, document string) {
	t.Helper()
	if err := w.roles.PutInline(t.Context(), iam.RoleNamed(account, role), iam.Inline{Name: name, Document: document}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) assume(t testing.TB, c *iam.Caller, role string, ask sts.Ask) (sts.Assumed, error) {
	t.Helper()
	ask.Role = arn.Role(account, "/", role)
	if ask.SessionName == "" {
		ask.SessionName = "me"
	}
	ask.Region = "us-east-1"
	return w.AssumeRole(t.Context(), c, ask)
}

func identity(effect string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":%q,"Action":"sts:AssumeRole","Resource":%q}}`, effect, targetARN)
}

func given(principal, condition string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{%s},"Action":"sts:AssumeRole","Condition":%s}]}`, principal, condition)
}

func TestWhoADeviceIs(t *testing.T) {
	w := newWorld(t)
	role := w.role(t, "SageMakerFleet", trusting(`"Service":"credentials.iot.amazonaws.com"`))
	cred := mint(t, w.Service, device(role.ID), time.Hour)
	login, err := w.Authenticate(t.Context(), cred.AccessKeyID, cred.SessionToken.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	c, err := login.Caller(t.Context(), iam.Place{})
	if err != nil {
		t.Fatal(err)
	}
	want := policy.Context{
		"aws:principalarn": {"arn:aws:iam::000000000000:role/SageMakerFleet"}, "aws:principalaccount": {account},
		"aws:principaltype": {"AssumedRole"}, "aws:userid": {role.ID + ":" + certID}, "aws:tokenissuetime": {"2026-03-01T12:00:00Z"},
		"aws:multifactorauthpresent":       {"false"},
		"credentials-iot:awscertificateid": {certID}, "credentials-iot:thingname": {"pump-7"}, "credentials-iot:thingtypename": {"pump"},
	}
	if diff := cmp.Diff(want, c.Context); diff != "" {
		t.Error(diff)
	}
	if c.ARN != "arn:aws:sts::000000000000:assumed-role/SageMakerFleet/"+certID || c.UserID != role.ID+":"+certID ||
		c.RoleARN != "arn:aws:iam::000000000000:role/SageMakerFleet" || c.Root || c.AccessKey != cred.AccessKeyID || c.Role == nil {
		t.Errorf("got %+v", c)
	}
	root := w.root(t)
	if !root.Root || root.ARN != "arn:aws:iam::000000000000:root" || root.UserID != account || root.Role != nil {
		t.Errorf("root: got %+v", root)
	}
}

func TestADevicesSessionEndsWithWhatMadeIt(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(*testing.T, *world)
		want error
	}{
		{"nothing happened", func(*testing.T, *world) {}, nil},
		{"the certificate gives it no more", func(_ *testing.T, w *world) { w.granted = fault.Denied.Errorf("Access Denied") }, sts.ErrWithdrawn},
		{"the role is deleted", func(t *testing.T, w *world) {
			if err := w.roles.Delete(t.Context(), iam.RoleNamed(account, "target")); err != nil {
				t.Fatal(err)
			}
		}, sts.ErrWithdrawn},
		{"the role is deleted and made anew", func(t *testing.T, w *world) {
			if err := w.roles.Delete(t.Context(), iam.RoleNamed(account, "target")); err != nil {
				t.Fatal(err)
			}
			w.role(t, "target", trusting(byRoot))
		}, sts.ErrWithdrawn},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			role := w.role(t, "target", trusting(byRoot))
			cred := mint(t, w.Service, device(role.ID), time.Hour)
			tc.end(t, w)
			if _, err := w.as(t, cred); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
	t.Run("it can't be found out", func(t *testing.T) {
		w := newWorld(t)
		cred := mint(t, w.Service, device(w.role(t, "target", trusting(byRoot)).ID), time.Hour)
		w.granted = errors.New("disk")
		if _, err := w.as(t, cred); err == nil || errors.Is(err, sts.ErrWithdrawn) {
			t.Errorf("got %v, want an error of the server's own", err)
		}
	})
}

func TestAssumeRole(t *testing.T) {
	for _, tc := range []struct {
		name   string
		trust  string
		policy string // of role asker, who asks; "" lets root ask
		ask    sts.Ask
		want   error
	}{
		{"root, named", trusting(byRoot), "", sts.Ask{}, nil},
		{"root, by account", trusting(`"AWS":"000000000000"`), "", sts.Ask{}, nil},
		{"root, not named", trusting(`"Service":"sagemaker.amazonaws.com"`), "", sts.Ask{}, fault.Denied},
		{"root, another role named", trusting(byAsker), "", sts.Ask{}, fault.Denied},
		{"root, another account named", trusting(`"AWS":"111111111111"`), "", sts.Ask{}, fault.Denied},
		{"a role, named", trusting(byAsker), "none", sts.Ask{}, nil},
		{"a role, its session named", trusting(`"AWS":"arn:aws:sts::000000000000:assumed-role/asker/` + certID + `"`), "none", sts.Ask{}, nil},
		{"a role, another session named", trusting(`"AWS":"arn:aws:sts::000000000000:assumed-role/asker/x"`), "none", sts.Ask{}, fault.Denied},
		{"a role, named, and denied by its own policy", trusting(byAsker), identity("Deny"), sts.Ask{}, fault.Denied},
		{"a role, by account", trusting(byRoot), identity("Allow"), sts.Ask{}, nil},
		{"a role, by account, without a policy of its own", trusting(byRoot), "none", sts.Ask{}, fault.Denied},
		{"a role, by account, denied by its own policy", trusting(byRoot), identity("Deny"), sts.Ask{}, fault.Denied},
		{"a role, not named, with a policy of its own", trusting(`"Service":"sagemaker.amazonaws.com"`), identity("Allow"), sts.Ask{}, fault.Denied},
		{"the right external id", given(byRoot, `{"StringEquals":{"sts:ExternalId":"42"}}`), "", sts.Ask{ExternalID: "42"}, nil},
		{"another external id", given(byRoot, `{"StringEquals":{"sts:ExternalId":"42"}}`), "", sts.Ask{ExternalID: "43"}, fault.Denied},
		{"no external id", given(byRoot, `{"StringEquals":{"sts:ExternalId":"42"}}`), "", sts.Ask{}, fault.Denied},
		{"the right name", given(byRoot, `{"StringEquals":{"sts:RoleSessionName":"me"}}`), "", sts.Ask{}, nil},
		{"another name", given(byRoot, `{"StringEquals":{"sts:RoleSessionName":"you"}}`), "", sts.Ask{}, fault.Denied},
		{"from the right network", given(byRoot, `{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`), "", sts.Ask{}, nil},
		{"from another network", given(byRoot, `{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`), "", sts.Ask{}, fault.Denied},
		{"a role of the account", given(byRoot, `{"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}`), "", sts.Ask{}, nil},
		{"a role of another account", given(byRoot, `{"StringNotEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}`), "", sts.Ask{}, fault.Denied},
		{"by nobody's service", given(byRoot, `{"Bool":{"aws:ViaAWSService":"false","aws:PrincipalIsAWSService":"false"}}`), "", sts.Ask{}, nil},
		{"by somebody's service", given(byRoot, `{"Bool":{"aws:ViaAWSService":"true"}}`), "", sts.Ask{}, fault.Denied},
		{"over TLS", given(byRoot, `{"Bool":{"aws:SecureTransport":"true"}}`), "", sts.Ask{}, nil},
		{"a condition that can't be looked at again", given(byRoot, `{"StringEquals":{"aws:UserAgent":"test"}}`), "", sts.Ask{}, fault.Denied},
		{"a condition that would be forgotten", given(byRoot, `{"StringNotEquals":{"aws:UserAgent":"test"}}`), "", sts.Ask{}, fault.Denied},
		{"as long as the role allows", trusting(byRoot), "", sts.Ask{Life: 2 * time.Hour}, nil},
		{"longer than the role allows", trusting(byRoot), "", sts.Ask{Life: 2*time.Hour + time.Second}, fault.Invalid},
		{"a role for an hour", trusting(byAsker), "none", sts.Ask{Life: time.Hour}, nil},
		{"a role for longer", trusting(byAsker), "none", sts.Ask{Life: time.Hour + time.Second}, fault.Invalid},
		{"too short", trusting(byRoot), "", sts.Ask{Life: 899 * time.Second}, fault.Invalid},
		{"too long", trusting(byRoot), "", sts.Ask{Life: 43201 * time.Second}, fault.Invalid},
		{"a name with a slash", trusting(byRoot), "", sts.Ask{SessionName: "a/b"}, fault.Invalid},
		{"a name of one", trusting(byRoot), "", sts.Ask{SessionName: "a"}, fault.Invalid},
		{"a name of 65", trusting(byRoot), "", sts.Ask{SessionName: strings.Repeat("a", 65)}, fault.Invalid},
		{"a bad external id", trusting(byRoot), "", sts.Ask{ExternalID: "a b"}, fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			asker := w.role(t, "asker", trusting(byRoot))
			target := w.role(t, "target", tc.trust)
			caller := w.root(t)
			if tc.policy != "" {
				if tc.policy != "none" {
					w.put(t, "asker", "p", tc.policy)
				}
				cred := mint(t, w.Service, device(asker.ID), time.Hour)
				caller = w.caller(t, cred.AccessKeyID, cred.SessionToken.Reveal())
			}
			got, err := w.assume(t, caller, "target", tc.ask)
			if !errors.Is(err, tc.want) {
				t.Fatalf("got %v, want %v", err, tc.want)
			}
			if errors.Is(err, fault.Denied) {
				if want := fmt.Sprintf("User: %s is not authorized to perform: sts:AssumeRole on resource: %s", caller.ARN, targetARN); err.Error() != want {
					t.Errorf("got  %q\nwant %q", err, want)
				}
			}
			if err != nil {
				return
			}
			c, err := w.as(t, got.Credential)
			if err != nil {
				t.Fatalf("the credential doesn't work: %v", err)
			}
			if c.ARN != got.ARN || c.ARN != "arn:aws:sts::000000000000:assumed-role/target/me" || c.UserID != got.ID || got.ID != target.ID+":me" {
				t.Errorf("got %s %s, promised %s %s", c.ARN, c.UserID, got.ARN, got.ID)
			}
			if life := tc.ask.Life; got.Expires != w.now.Add(max(life, time.Hour)) {
				t.Errorf("expires %v", got.Expires)
			}
		})
	}
}

func TestAMissingRoleIsRefusedInTheSameWords(t *testing.T) {
	w := newWorld(t)
	_, err := w.assume(t, w.root(t), "nothing", sts.Ask{})
	if want := "User: arn:aws:iam::000000000000:root is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::000000000000:role/nothing"; !errors.Is(err, fault.Denied) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// A session made from a session made by root dies with anything above it.
func TestASessionEndsWithWhatAllowedIt(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(*testing.T, *world)
		want error
	}{
		{"nothing happened", func(*testing.T, *world) {}, nil},
		{"the root key is replaced", func(_ *testing.T, w *world) { w.rootKey = "AKIANEW" }, sts.ErrWithdrawn},
		{"the asker's permission is taken away", func(t *testing.T, w *world) {
			if err := w.roles.DeleteInline(t.Context(), iam.RoleNamed(account, "asker"), "p"); err != nil {
				t.Fatal(err)
			}
		}, sts.ErrWithdrawn},
		{"the asker is denied", func(t *testing.T, w *world) { w.put(t, "asker", "q", identity("Deny")) }, sts.ErrWithdrawn},
		{"the asker's role is made anew", func(t *testing.T, w *world) {
			if err := w.roles.DeleteInline(t.Context(), iam.RoleNamed(account, "asker"), "p"); err != nil {
				t.Fatal(err)
			}
			if err := w.roles.Delete(t.Context(), iam.RoleNamed(account, "asker")); err != nil {
				t.Fatal(err)
			}
			w.role(t, "asker", trusting(byRoot))
			w.put(t, "asker", "p", identity("Allow"))
		}, sts.ErrWithdrawn},
		{"the trust ran out", func(_ *testing.T, w *world) { w.now = w.now.Add(31 * time.Minute) }, sts.ErrWithdrawn},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.role(t, "asker", trusting(byRoot))
			w.put(t, "asker", "p", identity("Allow"))
			w.role(t, "target", given(byRoot, `{"DateLessThan":{"aws:CurrentTime":"2026-03-01T12:30:00Z"}}`))
			first, err := w.assume(t, w.root(t), "asker", sts.Ask{Life: 15 * time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			second, err := w.assume(t, w.caller(t, first.AccessKeyID, first.SessionToken.Reveal()), "target", sts.Ask{})
			if err != nil {
				t.Fatal(err)
			}
			w.now = w.now.Add(16 * time.Minute) // the first is over; the second outlives it
			tc.end(t, w)
			if _, err := w.as(t, second.Credential); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if _, err := w.as(t, first.Credential); !errors.Is(err, sts.ErrExpired) {
				t.Errorf("the first: got %v, want %v", err, sts.ErrExpired)
			}
		})
	}
}

func TestAChainHasAnEnd(t *testing.T) {
	w := newWorld(t)
	w.role(t, "target", trusting(byRoot))
	w.put(t, "target", "p", identity("Allow"))
	caller := w.root(t)
	for n := 1; ; n++ {
		got, err := w.assume(t, caller, "target", sts.Ask{})
		if err != nil {
			if n != 6 || !errors.Is(err, fault.Invalid) {
				t.Errorf("link %d: got %v, want %v at the sixth", n, err, fault.Invalid)
			}
			return
		}
		if len(got.SessionToken.Reveal()) > 1200 {
			t.Errorf("link %d: a token of %d characters", n, len(got.SessionToken.Reveal()))
		}
		caller = w.caller(t, got.AccessKeyID, got.SessionToken.Reveal())
	}
}

func TestADevicesChainEndsWithItsCertificate(t *testing.T) {
	w := newWorld(t)
	asker := w.role(t, "asker", trusting(`"Service":"credentials.iot.amazonaws.com"`))
	w.role(t, "target", trusting(byAsker))
	first := mint(t, w.Service, device(asker.ID), time.Hour)
	second, err := w.assume(t, w.caller(t, first.AccessKeyID, first.SessionToken.Reveal()), "target", sts.Ask{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.as(t, second.Credential)
	if err != nil {
		t.Fatal(err)
	}
	if _, has := c.Context["credentials-iot:thingname"]; has {
		t.Error("the thing's name was handed on to another role's session")
	}
	w.granted = fault.Denied.Errorf("Access Denied")
	if _, err := w.as(t, second.Credential); !errors.Is(err, sts.ErrWithdrawn) {
		t.Errorf("got %v, want %v", err, sts.ErrWithdrawn)
	}
}

func TestAcrossAccountsBothHaveToAllow(t *testing.T) {
	const away = arn.ARN("arn:aws:iam::111111111111:role/away")
	allowed := strings.ReplaceAll(identity("Allow"), string(targetARN), string(away))
	for _, tc := range []struct {
		name, trust, policy string
		want                error
	}{
		{"the role is named and may", byAsker, allowed, nil},
		{"the role is named and may not", byAsker, "", fault.Denied},
		{"its account is named and it may", byRoot, allowed, nil},
		{"its account is named and it may not", byRoot, "", fault.Denied},
		{"only the other account is named", `"AWS":"111111111111"`, allowed, fault.Denied},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			asker := w.role(t, "asker", trusting(byRoot))
			if tc.policy != "" {
				w.put(t, "asker", "p", tc.policy)
			}
			if _, err := w.roles.CreateRole(t.Context(), iam.Role{Account: "111111111111", Name: "away", TrustDocument: trusting(tc.trust)}); err != nil {
				t.Fatal(err)
			}
			cred := mint(t, w.Service, device(asker.ID), time.Hour)
			got, err := w.AssumeRole(t.Context(), w.caller(t, cred.AccessKeyID, cred.SessionToken.Reveal()), sts.Ask{Role: away, SessionName: "me"})
			if !errors.Is(err, tc.want) {
				t.Fatalf("got %v, want %v", err, tc.want)
			}
			if err == nil && got.ARN != "arn:aws:sts::111111111111:assumed-role/away/me" {
				t.Errorf("got %s", got.ARN)
			}
		})
	}
}
