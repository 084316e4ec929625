package iam_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/seal"
)

func aUser(t *testing.T, d *iam.Directory, name string) iam.User {
	t.Helper()
	u, err := d.CreateUser(t.Context(), iam.User{Account: account, Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// userCaller is the user as it is now, as a request's caller.
func userCaller(t *testing.T, d *iam.Directory, u iam.User) *iam.Caller {
	t.Helper()
	entry, err := d.UserByID(t.Context(), account, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return &iam.Caller{Account: account, ARN: u.ARN(), User: entry}
}

func putUser(t *testing.T, d *iam.Directory, user, document string) {
	t.Helper()
	putOn(t, d, iam.UserNamed(account, user), "p", document)
}

// Every change counts at the next decision.
func TestUsersDecideByTheirPolicies(t *testing.T) {
	d := newDirectory(t)
	u := aUser(t, d, "ana")
	may := func(when string, want error) {
		t.Helper()
		if err := d.Authorize(t.Context(), userCaller(t, d, u), "s3:GetObject", "arn:aws:s3:::b/k", nil); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", when, err, want)
		}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	may("without a policy", fault.Denied)
	putUser(t, d, "ana", allow("s3:GetObject", "*"))
	may("with an inline policy", nil)
	do(d.DeleteInline(t.Context(), iam.UserNamed(account, "ana"), "p"))
	may("when it is deleted", fault.Denied)
	do(d.Attach(t.Context(), iam.UserNamed(account, "ana"), "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"))
	may("with AWS's own attached", nil)
	do(d.Detach(t.Context(), iam.UserNamed(account, "ana"), "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"))
	may("when it is detached", fault.Denied)
	p, err := d.CreatePolicy(t.Context(), iam.ManagedPolicy{Account: account, Name: "own"}, allow("s3:GetObject", "*"))
	do(err)
	do(d.Attach(t.Context(), iam.UserNamed(account, "ana"), p.ARN()))
	may("with the account's attached", nil)
	_, err = d.CreatePolicyVersion(t.Context(), account, p.ARN(), allow("s3:PutObject", "*"), true)
	do(err)
	may("when that has another version", fault.Denied)
	do(d.SetDefaultPolicyVersion(t.Context(), account, p.ARN(), "v1"))
	may("when the old one is in force again", nil)
	putUser(t, d, "ana", statement("Deny", "s3:*", "*"))
	may("with a denial beside it", fault.Denied)
}

func TestUsersPassRoles(t *testing.T) {
	d := newDirectory(t)
	u := aUser(t, d, "ana")
	const role = arn.ARN("arn:aws:iam::000000000000:role/Fleet")
	for _, tc := range []struct {
		name, policy string
		want         error
	}{
		{"allowed", allow("iam:PassRole", string(role)), nil},
		{"allowed for another role", allow("iam:PassRole", string(role)+"s"), fault.Denied},
		{"allowed something else", allow("iam:GetRole", "*"), fault.Denied},
	} {
		putUser(t, d, "ana", tc.policy)
		ctx := iam.WithCaller(t.Context(), userCaller(t, d, u))
		if err := d.MayPass(ctx, role, "sagemaker.amazonaws.com", alias); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
	}
}

func TestUsersAreRefused(t *testing.T) {
	d := newDirectory(t)
	aUser(t, d, "ana")
	for _, tc := range []struct {
		name string
		user iam.User
		want error
	}{
		{"a name with a slash", iam.User{Account: account, Name: "a/b"}, fault.Invalid},
		{"a name of 65", iam.User{Account: account, Name: strings.Repeat("a", 65)}, fault.Invalid},
		{"a taken name", iam.User{Account: account, Name: "Ana"}, fault.AlreadyExists},
		{"a path without an end", iam.User{Account: account, Name: "b", Path: "/x"}, fault.Invalid},
		{"no account", iam.User{Name: "b"}, fault.Invalid},
		{"a tag twice", iam.User{Account: account, Name: "b", Tags: []iam.Tag{{Key: "a"}, {Key: "A"}}}, fault.Invalid},
	} {
		if _, err := d.CreateUser(t.Context(), tc.user); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
	}
	if _, err := d.UpdateUser(t.Context(), account, "ana", "a/b", ""); !errors.Is(err, fault.Invalid) {
		t.Errorf("a new name with a slash: got %v", err)
	}
}

func TestAccessKeysLieSealed(t *testing.T) {
	d := newDirectory(t)
	aUser(t, d, "ana")
	if k, err := d.CreateAccessKey(t.Context(), account, "ana"); err == nil {
		t.Fatalf("made %v without a master key", k.ID)
	}
	master, _, err := seal.Load(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	d.Master = master
	made, err := d.CreateAccessKey(t.Context(), account, "ana")
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.AccessKey(t.Context(), made.ID)
	if err != nil || !got.Secret.Equal(made.Secret) || got.AccessKey != made.AccessKey || len(made.Secret.Reveal()) != 40 {
		t.Errorf("got %+v, %v, want %+v", got, err, made)
	}
	for _, id := range []string{"AKIAAAAAAAAAAAAAAAAA", strings.ToLower(made.ID), made.ID + "A", "AKIA", "", "ASIA" + made.ID[4:]} {
		if k, err := d.AccessKey(t.Context(), id); !errors.Is(err, fault.NotFound) {
			t.Errorf("%q: got %v, %v, want %v", id, k, err, fault.NotFound)
		}
	}
	if err := d.SetAccessKey(t.Context(), account, "ana", made.ID, false); err != nil {
		t.Fatal(err)
	}
	d.Master, _, err = seal.Load(filepath.Join(t.TempDir(), "other.key"))
	if err != nil {
		t.Fatal(err)
	}
	if k, err := d.AccessKey(t.Context(), made.ID); err == nil || fault.Of(err) != nil {
		t.Errorf("under another master key: got %v, %v, want an error of the server's own", k, err)
	}
}
