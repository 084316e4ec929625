// Package awsapitest puts a door behind the real pipeline, the real decisions
// and a temporary database, for tests that ask it as an SDK would.
package awsapitest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/awsapi"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/seal"
	"muster/internal/secret"
	"muster/internal/sigv4"
	"muster/internal/store"
	"muster/internal/store/storetest"
	"muster/internal/sts"
)

// Account is the account of the desk and of everybody who asks at it.
const Account = "000000000000"

// Region is the region they ask in.
const Region = "us-east-1"

// Root is the key of the root user.
const Root = "ROOT"

// Desk is what doors stand before.
type Desk struct {
	DB    *store.DB
	Index *index.Index
	Roles *iam.Directory

	api  *awsapi.API
	sts  *sts.Service
	keys map[string]sigv4.Credential
}

// New opens a desk over an empty database.
func New(t *testing.T) *Desk {
	t.Helper()
	dir := t.TempDir()
	x := index.New(1024)
	db := storetest.Open(t, dir, x)
	master, _, err := seal.Load(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	d := &Desk{DB: db, Index: x, Roles: iam.New(db.IAM(), x)}
	d.Roles.Master = master
	root := sigv4.Credential{AccessKey: Root, Secret: secret.New("the secret of root")}
	d.keys = map[string]sigv4.Credential{Root: root}
	d.sts = sts.New(db.STS(), master, d.Roles)
	d.sts.Log = slog.New(slog.DiscardHandler)
	d.sts.RootKey = func(id string) (string, secret.String, bool) { return Account, root.Secret, id == Root }
	return d
}

// Serve puts services behind the desk.
func (d *Desk) Serve(services ...awsapi.Service) {
	d.api = awsapi.New(services...)
	d.api.Log = slog.New(slog.DiscardHandler)
	d.api.Authenticate = d.sts.Authenticate
	d.api.Authorize = d.Roles.Authorize
}

// Trust makes a role that services may become.
func (d *Desk) Trust(t *testing.T, role string, services ...string) {
	t.Helper()
	d.role(t, role, `{"Service":["`+strings.Join(services, `","`)+`"]}`)
}

func (d *Desk) role(t *testing.T, name, principal string) iam.Role {
	t.Helper()
	role, err := d.Roles.CreateRole(t.Context(), iam.Role{
		Account: Account, Name: name,
		TrustDocument: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	return role
}

// Session makes key the key of a session of a role of that name, which may do
// what statement says: one of a policy, or a list of them.
func (d *Desk) Session(t *testing.T, key, statement string) {
	t.Helper()
	role := d.role(t, key, `{"AWS":"`+Account+`"}`)
	err := d.Roles.PutInline(t.Context(), iam.RoleNamed(Account, key), iam.Inline{Name: "p", Document: `{"Version":"2012-10-17","Statement":` + statement + `}`})
	if err != nil {
		t.Fatal(err)
	}
	made, err := d.sts.Mint(t.Context(), sts.Grant{
		Session: sts.Session{Account: Account, Region: Region, RoleID: role.ID, SessionName: "me", AccessKey: Root},
		Life:    time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	d.keys[key] = sigv4.Credential{AccessKey: made.AccessKeyID, Secret: made.Secret, Token: made.SessionToken}
}

// User makes key the key of a user of that name, which may do what statement
// says; "" gives it no policy.
func (d *Desk) User(t *testing.T, key, statement string) {
	t.Helper()
	if _, err := d.Roles.CreateUser(t.Context(), iam.User{Account: Account, Name: key}); err != nil {
		t.Fatal(err)
	}
	if statement != "" {
		err := d.Roles.PutInline(t.Context(), iam.UserNamed(Account, key), iam.Inline{Name: "p", Document: `{"Version":"2012-10-17","Statement":` + statement + `}`})
		if err != nil {
			t.Fatal(err)
		}
	}
	made, err := d.Roles.CreateAccessKey(t.Context(), Account, key)
	if err != nil {
		t.Fatal(err)
	}
	d.Knows(key, sigv4.Credential{AccessKey: made.ID, Secret: made.Secret})
}

// Knows lets requests be signed with a credential that was made elsewhere.
func (d *Desk) Knows(key string, c sigv4.Credential) { d.keys[key] = c }

// Ask sends a request, signed with key. head is a method and a path; target is
// the X-Amz-Target of JSON 1.1, "" for other protocols.
func (d *Desk) Ask(t *testing.T, key, service, head, target, body string) *httptest.ResponseRecorder {
	t.Helper()
	cred, ok := d.keys[key]
	if !ok {
		t.Fatalf("nobody has the key %s", key)
	}
	method, path, _ := strings.Cut(head, " ")
	r := httptest.NewRequest(method, "http://127.0.0.1:4600"+path, strings.NewReader(body))
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	}
	sum := sha256.Sum256([]byte(body))
	sigv4.Sign(r, cred, service, Region, time.Now(), hex.EncodeToString(sum[:]))
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, r)
	return w
}

// Told is an answer as transcripts write it: the status, the error's name if
// there is one, and the body if there is one.
func Told(w *httptest.ResponseRecorder) string {
	parts := []string{fmt.Sprint(w.Code)}
	if name := w.Header().Get("X-Amzn-Errortype"); name != "" {
		parts = append(parts, name)
	}
	if body := strings.TrimSpace(w.Body.String()); body != "" {
		parts = append(parts, body)
	}
	return strings.Join(parts, " ")
}

// Check compares an answer with what is wanted of it. Where want has an …, the
// answer begins with what stands before it and contains what follows.
func Check(t *testing.T, name string, w *httptest.ResponseRecorder, want string) {
	t.Helper()
	got := Told(w)
	begins, contains, some := strings.Cut(want, "…")
	if !some && got == want || some && strings.HasPrefix(got, begins) && strings.Contains(got, contains) {
		return
	}
	t.Errorf("%s\n got %s\nwant %s", name, got, want)
}
