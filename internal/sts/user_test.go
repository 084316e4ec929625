package sts_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/policy"
	"muster/internal/sts"
)

// user makes a user of that name with a key.
func (w *world) user(t testing.TB, name string) iam.KeyEntry {
	t.Helper()
	if _, err := w.roles.CreateUser(t.Context(), iam.User{Account: account, Path: "/team/", Name: name, Tags: []iam.Tag{{Key: "Team", Value: "pumps"}}}); err != nil {
		t.Fatal(err)
	}
	k, err := w.roles.CreateAccessKey(t.Context(), account, name)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (w *world) allow(t testing.TB, user, document string) {
	t.Helper()
	if err := w.roles.PutInline(t.Context(), iam.UserNamed(account, user), iam.Inline{Name: "p", Document: document}); err != nil {
		t.Fatal(err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhoAUserIs(t *testing.T) {
	w := newWorld(t)
	key := w.user(t, "ana")
	login, err := w.Authenticate(t.Context(), key.ID, "")
	if err != nil || !login.Secret.Equal(key.Secret) || login.Account != account || login.Session != nil {
		t.Fatalf("Authenticate: got %+v, %v", login, err)
	}
	c, err := login.Caller(t.Context(), iam.Place{})
	must(t, err)
	want := policy.Context{
		"aws:principalarn": {"arn:aws:iam::000000000000:user/team/ana"}, "aws:principalaccount": {account}, "aws:principaltype": {"User"},
		"aws:userid": {key.UserID}, "aws:username": {"ana"}, "aws:principaltag/team": {"pumps"},
	}
	if diff := cmp.Diff(want, c.Context); diff != "" {
		t.Error(diff)
	}
	if c.ARN != "arn:aws:iam::000000000000:user/team/ana" || c.UserID != key.UserID || c.Root || c.Role != nil || c.Temporary || c.AccessKey != key.ID {
		t.Errorf("got %+v", c)
	}
	made, err := w.GetSessionToken(t.Context(), c, "us-east-1", 0)
	must(t, err)
	own, err := w.as(t, made)
	must(t, err)
	if own.ARN != c.ARN || own.UserID != c.UserID || own.User == nil || !own.Temporary || own.AccessKey != made.AccessKeyID ||
		own.Context["aws:multifactorauthpresent"][0] != "false" || own.Context["aws:tokenissuetime"][0] != "2026-03-01T12:00:00Z" {
		t.Errorf("with a session token: got %+v", own)
	}
}

// What a user signed with, and every session made with it, ends at once.
func TestAUsersKeyEnds(t *testing.T) {
	assume := identity("Allow")
	for _, tc := range []struct {
		name    string
		end     func(*testing.T, *world, iam.KeyEntry)
		key     error // of the key itself
		session error // of a session of GetSessionToken
		role    error // of a session of a role made with the key
		chained error // of one made with the session of GetSessionToken
	}{
		{"nothing happened", func(*testing.T, *world, iam.KeyEntry) {}, nil, nil, nil, nil},
		{"the key is inactive", func(t *testing.T, w *world, k iam.KeyEntry) {
			must(t, w.roles.SetAccessKey(t.Context(), account, "ana", k.ID, false))
		}, sts.ErrUnknownKey, sts.ErrWithdrawn, sts.ErrWithdrawn, sts.ErrWithdrawn},
		{"the key is active again", func(t *testing.T, w *world, k iam.KeyEntry) {
			must(t, w.roles.SetAccessKey(t.Context(), account, "ana", k.ID, false))
			must(t, w.roles.SetAccessKey(t.Context(), account, "ana", k.ID, true))
		}, nil, nil, nil, nil},
		{"the key is deleted", func(t *testing.T, w *world, k iam.KeyEntry) {
			must(t, w.roles.DeleteAccessKey(t.Context(), account, "ana", k.ID))
		}, sts.ErrUnknownKey, sts.ErrWithdrawn, sts.ErrWithdrawn, sts.ErrWithdrawn},
		{"the user is made anew", func(t *testing.T, w *world, k iam.KeyEntry) {
			must(t, w.roles.DeleteAccessKey(t.Context(), account, "ana", k.ID))
			must(t, w.roles.DeleteInline(t.Context(), iam.UserNamed(account, "ana"), "p"))
			must(t, w.roles.Delete(t.Context(), iam.UserNamed(account, "ana")))
			w.user(t, "ana")
			w.allow(t, "ana", assume)
		}, sts.ErrUnknownKey, sts.ErrWithdrawn, sts.ErrWithdrawn, sts.ErrWithdrawn},
		{"the user's policy is gone", func(t *testing.T, w *world, _ iam.KeyEntry) {
			must(t, w.roles.DeleteInline(t.Context(), iam.UserNamed(account, "ana"), "p"))
		}, nil, nil, sts.ErrWithdrawn, sts.ErrWithdrawn},
		{"the user has another name", func(t *testing.T, w *world, _ iam.KeyEntry) {
			_, err := w.roles.UpdateUser(t.Context(), account, "ana", "anna", "")
			must(t, err)
		}, nil, nil, nil, nil},
		{"the role trusts others", func(t *testing.T, w *world, _ iam.KeyEntry) {
			must(t, w.roles.UpdateTrust(t.Context(), account, "target", trusting(`"Service":"sagemaker.amazonaws.com"`)))
		}, nil, nil, sts.ErrWithdrawn, sts.ErrWithdrawn},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			key := w.user(t, "ana")
			w.allow(t, "ana", assume)
			w.role(t, "target", trusting(byRoot))
			c := w.caller(t, key.ID, "")
			own, err := w.GetSessionToken(t.Context(), c, "us-east-1", 0)
			must(t, err)
			role, err := w.assume(t, c, "target", sts.Ask{Life: 2 * time.Hour})
			must(t, err)
			chained, err := w.assume(t, w.caller(t, own.AccessKeyID, own.SessionToken.Reveal()), "target", sts.Ask{Life: 2 * time.Hour})
			must(t, err)
			for _, cred := range []sts.Credential{own, role.Credential, chained.Credential} {
				if _, err := w.as(t, cred); err != nil {
					t.Fatalf("before: %v", err)
				}
			}
			tc.end(t, w, key)
			_, err = w.tryCaller(t, key.ID, "")
			check(t, "the key", err, tc.key)
			_, err = w.as(t, own)
			check(t, "the session token", err, tc.session)
			_, err = w.as(t, role.Credential)
			check(t, "the role's session", err, tc.role)
			_, err = w.as(t, chained.Credential)
			check(t, "the chained session", err, tc.chained)
		})
	}
}

func check(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// A key that is recognised before the user goes is not used after.
func TestAKeyIsLookedAtTwice(t *testing.T) {
	w := newWorld(t)
	key := w.user(t, "ana")
	login, err := w.Authenticate(t.Context(), key.ID, "")
	must(t, err)
	must(t, w.roles.SetAccessKey(t.Context(), account, "ana", key.ID, false))
	_, err = login.Caller(t.Context(), iam.Place{})
	check(t, "the login", err, sts.ErrUnknownKey)
}

func TestUsersAssumeRoles(t *testing.T) {
	const byName = `"AWS":"arn:aws:iam::000000000000:user/team/ana"`
	for _, tc := range []struct {
		name, trust, policy string
		want                error
	}{
		{"by account, with a policy", trusting(byRoot), identity("Allow"), nil},
		{"by account, without", trusting(byRoot), "", fault.Denied},
		{"by account, denied", trusting(byRoot), identity("Deny"), fault.Denied},
		{"named", trusting(byName), "", nil},
		{"named, denied", trusting(byName), identity("Deny"), fault.Denied},
		{"another named", trusting(`"AWS":"arn:aws:iam::000000000000:user/team/bo"`), identity("Allow"), fault.Denied},
		{"a session that must be named for the user", given(byRoot, `{"StringEquals":{"aws:username":"ana","sts:RoleSessionName":"${aws:username}"}}`), identity("Allow"), fault.Denied},
		{"by its tag", given(byRoot, `{"StringEquals":{"aws:PrincipalTag/team":"pumps"}}`), identity("Allow"), nil},
		{"by another tag", given(byRoot, `{"StringEquals":{"aws:PrincipalTag/team":"wells"}}`), identity("Allow"), fault.Denied},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			key := w.user(t, "ana")
			w.user(t, "bo")
			if tc.policy != "" {
				w.allow(t, "ana", tc.policy)
			}
			w.role(t, "target", tc.trust)
			_, err := w.assume(t, w.caller(t, key.ID, ""), "target", sts.Ask{})
			check(t, "AssumeRole", err, tc.want)
		})
	}
}

// Credentials of GetSessionToken open what the user may, but not IAM.
func TestWhatASessionTokenIsFor(t *testing.T) {
	w := newWorld(t)
	key := w.user(t, "ana")
	w.allow(t, "ana", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	for _, who := range []struct{ name, key string }{{"a user's", key.ID}, {"root's", rootKeyID}} {
		made, err := w.GetSessionToken(t.Context(), w.caller(t, who.key, ""), "us-east-1", 0)
		must(t, err)
		c, err := w.as(t, made)
		must(t, err)
		for action, want := range map[string]error{
			"s3:GetObject": nil, "iot:CreateThing": nil, "iam:PassRole": nil, "sts:AssumeRole": nil, "sts:TagSession": nil,
			"iam:CreateUser": fault.Denied, "IAM:GetUser": fault.Denied, "sts:GetSessionToken": fault.Denied, "sts:GetAccessKeyInfo": fault.Denied,
		} {
			check(t, who.name+" for "+action, w.roles.Authorize(context.Background(), c, action, "*", nil), want)
		}
		_, err = w.GetSessionToken(t.Context(), c, "us-east-1", 0)
		check(t, who.name+" for another", err, fault.Denied)
	}
}

// Another secret under the id of the root key is another key: sessions made
// with the one before end, also those further down a chain, and live again with
// its return.
func TestAnotherSecretOfTheRootKeyEndsItsSessions(t *testing.T) {
	w := newWorld(t)
	w.role(t, "target", trusting(byRoot))
	w.role(t, "further", trusting(`"AWS":"000000000000"`))
	must(t, w.roles.PutInline(t.Context(), iam.RoleNamed(account, "target"), iam.Inline{Name: "all", Document: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`}))
	own, err := w.GetSessionToken(t.Context(), w.root(t), "us-east-1", 0)
	must(t, err)
	first, err := w.assume(t, w.root(t), "target", sts.Ask{})
	must(t, err)
	c, err := w.as(t, first.Credential)
	must(t, err)
	second, err := w.assume(t, c, "further", sts.Ask{})
	must(t, err)
	all := map[string]sts.Credential{"of GetSessionToken": own, "of AssumeRole": first.Credential, "of AssumeRole in that one": second.Credential}
	for _, step := range []struct {
		secret string
		want   error
	}{{"root secret", nil}, {"another secret", sts.ErrWithdrawn}, {"root secret", nil}} {
		w.secret = step.secret
		for name, made := range all {
			_, err := w.as(t, made)
			check(t, "a session "+name+" with "+step.secret, err, step.want)
		}
	}
}
