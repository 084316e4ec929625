package sts_test

import (
	"errors"
	"testing"
	"time"

	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/secret"
	"muster/internal/sts"
)

// Whoever is found by a key or a session has used that, and nothing that it
// was made from; who is not found has used nothing.
func TestWhatCountsAsAUse(t *testing.T) {
	w := newWorld(t)
	key := w.user(t, "ana")
	asker := w.role(t, "asker", trusting(`"Service":"credentials.iot.amazonaws.com"`))
	target := w.role(t, "target", trusting(byAsker))
	at := iam.Place{Service: "s3", Region: "eu-north-1"}
	signers := map[string]iam.Signer{"key": key.Signer(), "asker": asker.Signer(), "target": target.Signer()}
	used := map[string]iam.Use{}
	// use tries a key or a session a minute later, at which those uses are new.
	use := func(what, id string, token secret.String, want error, by ...string) {
		t.Helper()
		w.now = w.now.Add(time.Minute)
		login, err := w.Authenticate(t.Context(), id, token.Reveal())
		must(t, err)
		for _, name := range by {
			used[name] = iam.Use{At: w.now, Place: at}
		}
		if _, err := login.Caller(t.Context(), at); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
		for name, s := range signers {
			if got, err := w.roles.LastUse(t.Context(), s); err != nil || got != used[name] {
				t.Errorf("%s: the last use of %s: got %+v, %v, want %+v", what, name, got, err, used[name])
			}
		}
	}
	none := secret.String{}
	use("the root user's key", rootKeyID, none, nil)
	use("a user's key", key.ID, none, nil, "key")
	root := w.root(t)
	own, err := w.GetSessionToken(t.Context(), root, "us-east-1", 0)
	must(t, err)
	use("a session of root's", own.AccessKeyID, own.SessionToken, nil)
	own, err = w.GetSessionToken(t.Context(), w.caller(t, key.ID, ""), "us-east-1", 0)
	must(t, err)
	used["key"] = iam.Use{At: w.now} // by whoever asked for the session
	use("a session of the user's", own.AccessKeyID, own.SessionToken, nil)
	first := mint(t, w.Service, device(asker.ID), time.Hour)
	use("a device's session", first.AccessKeyID, first.SessionToken, nil, "asker")
	second, err := w.assume(t, w.caller(t, first.AccessKeyID, first.SessionToken.Reveal()), "target", sts.Ask{})
	must(t, err)
	used["asker"] = iam.Use{At: w.now}
	use("a session that a session asked for", second.AccessKeyID, second.SessionToken, nil, "target")

	w.granted = fault.Denied.Errorf("Access Denied")
	use("a device's session that is withdrawn", first.AccessKeyID, first.SessionToken, sts.ErrWithdrawn)
	use("a session that fell with it", second.AccessKeyID, second.SessionToken, sts.ErrWithdrawn)
}
