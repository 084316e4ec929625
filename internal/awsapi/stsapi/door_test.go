package stsapi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/internal/awsapi"
	"muster/internal/awsapi/stsapi"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/seal"
	"muster/internal/secret"
	"muster/internal/sigv4"
	"muster/internal/store"
	"muster/internal/sts"
)

const (
	account = "000000000000"
	target  = "arn:aws:iam::000000000000:role/edge/target"
	trust   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"sts:AssumeRole"}}`
	ns      = `xmlns="https://sts.amazonaws.com/doc/2011-06-15/"`
	meta    = `<ResponseMetadata><RequestId>-</RequestId></ResponseMetadata>`
)

var rootKey = sigv4.Credential{AccessKey: "ROOT", Secret: secret.New("the secret of root")}

// desk is the door behind the real pipeline.
type desk struct {
	api   *awsapi.API
	roles *iam.Directory
	now   time.Time
	role  iam.Role
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	x := index.New(1024)
	dir := t.TempDir()
	db, err := store.Open(t.Context(), filepath.Join(dir, "muster.db"), x)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	master, _, err := seal.Load(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{roles: iam.New(db.IAM(), x), now: time.Now()}
	now := func() time.Time { return d.now }
	d.roles.Now = now
	sessions := sts.New(db.STS(), master, d.roles)
	sessions.Now = now
	sessions.Log = slog.New(slog.DiscardHandler)
	sessions.RootKey = func(id string) (string, secret.String, bool) { return account, rootKey.Secret, id == rootKey.AccessKey }
	door := &stsapi.Door{Sessions: sessions}
	d.api = awsapi.New(awsapi.Service{Wire: stsapi.Service, Operations: door.Operations(), Faults: stsapi.Faults})
	d.api.Log, d.api.Now, d.api.Authenticate, d.api.Authorize = sessions.Log, now, sessions.Authenticate, d.roles.Authorize
	d.role, err = d.roles.CreateRole(t.Context(), iam.Role{Account: account, Path: "/edge/", Name: "target", TrustDocument: trust})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// ask posts a form of "Name=value" parameters, and answers status and body.
func (d *desk) ask(t *testing.T, cred sigv4.Credential, operation string, parameters ...string) (int, string) {
	t.Helper()
	q := url.Values{"Action": {operation}, "Version": {"2011-06-15"}}
	for _, p := range parameters {
		name, value, _ := strings.Cut(p, "=")
		q.Set(name, value)
	}
	r := httptest.NewRequest("POST", "http://127.0.0.1:4600/", strings.NewReader(q.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	sum := sha256.Sum256([]byte(q.Encode()))
	sigv4.Sign(r, cred, "sts", "us-east-1", d.now, hex.EncodeToString(sum[:]))
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, r)
	body := regexp.MustCompile(`<RequestId>[0-9a-f-]{36}</RequestId>`).ReplaceAllString(w.Body.String(), "<RequestId>-</RequestId>")
	return w.Code, strings.TrimSpace(regexp.MustCompile(`^<\?xml [^>]*>\s*`).ReplaceAllString(body, ""))
}

var given = regexp.MustCompile(`<Credentials><AccessKeyId>(.*)</AccessKeyId><Expiration>(.*)</Expiration><SecretAccessKey>(.*)</SecretAccessKey><SessionToken>(.*)</SessionToken></Credentials>`)

// assume becomes the role and answers its key.
func (d *desk) assume(t *testing.T, cred sigv4.Credential) (sigv4.Credential, string) {
	t.Helper()
	status, body := d.ask(t, cred, "AssumeRole", "RoleArn="+target, "RoleSessionName=me")
	m := given.FindStringSubmatch(body)
	if status != 200 || m == nil {
		t.Fatalf("AssumeRole: got %d %s", status, body)
	}
	if want := d.now.Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z"); m[2] != want {
		t.Errorf("expiration: got %q, want %q", m[2], want)
	}
	return sigv4.Credential{AccessKey: m[1], Secret: secret.New(m[3]), Token: secret.New(m[4])}, given.ReplaceAllString(body, "<Credentials/>")
}

func failed(code, message string) string {
	return `<ErrorResponse ` + ns + `><Error><Type>Sender</Type><Code>` + code + `</Code><Message>` + message + `</Message></Error><RequestId>-</RequestId></ErrorResponse>`
}

func identity(arn, user string) string {
	return `<GetCallerIdentityResponse ` + ns + `><GetCallerIdentityResult><Account>` + account + `</Account><Arn>` + arn + `</Arn><UserId>` + user +
		`</UserId></GetCallerIdentityResult>` + meta + `</GetCallerIdentityResponse>`
}

func TestWhoIsCalling(t *testing.T) {
	d := newDesk(t)
	if status, got := d.ask(t, rootKey, "GetCallerIdentity"); status != 200 || got != identity("arn:aws:iam::000000000000:root", account) {
		t.Errorf("root: got %d %s", status, got)
	}
	// The role may do nothing, and is even denied this.
	deny := `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
	if err := d.roles.PutRolePolicy(t.Context(), account, "target", iam.Inline{Name: "p", Document: deny}); err != nil {
		t.Fatal(err)
	}
	key, answer := d.assume(t, rootKey)
	want := `<AssumeRoleResponse ` + ns + `><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::000000000000:assumed-role/target/me</Arn><AssumedRoleId>` +
		d.role.ID + `:me</AssumedRoleId></AssumedRoleUser><Credentials/></AssumeRoleResult>` + meta + `</AssumeRoleResponse>`
	if answer != want {
		t.Errorf("AssumeRole\n got %s\nwant %s", answer, want)
	}
	if status, got := d.ask(t, key, "GetCallerIdentity"); status != 200 || got != identity("arn:aws:sts::000000000000:assumed-role/target/me", d.role.ID+":me") {
		t.Errorf("the session: got %d %s", status, got)
	}
}

func TestAssumeRoleRefused(t *testing.T) {
	d := newDesk(t)
	session, _ := d.assume(t, rootKey)
	for _, tc := range []struct {
		name       string
		key        sigv4.Credential
		parameters []string
		status     int
		want       string // the answer begins or is so; "" when only the status counts
	}{
		{"no such role", rootKey, []string{"RoleArn=" + target + "s"}, 403,
			failed("AccessDenied", "User: arn:aws:iam::000000000000:root is not authorized to perform: sts:AssumeRole on resource: "+target+"s")},
		{"by account, without a policy of its own", session, nil, 403,
			failed("AccessDenied", "User: arn:aws:sts::000000000000:assumed-role/target/me is not authorized to perform: sts:AssumeRole on resource: "+target)},
		{"too long for the role", rootKey, []string{"DurationSeconds=3601"}, 400,
			failed("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")},
		{"too long for any", rootKey, []string{"DurationSeconds=43201"}, 400, ""},
		{"too short", rootKey, []string{"DurationSeconds=899"}, 400, ""},
		{"a bad name", rootKey, []string{"RoleSessionName=a/b"}, 400, ""},
		{"a policy", rootKey, []string{"Policy=" + trust}, 501, ""},
		{"a policy's ARN", rootKey, []string{"PolicyArns.member.1.arn=" + "arn:aws:iam::aws:policy/AmazonS3FullAccess"}, 501, ""},
		{"tags", rootKey, []string{"Tags.member.1.Key=a", "Tags.member.1.Value=b"}, 501, ""},
		{"transitive tags", rootKey, []string{"TransitiveTagKeys.member.1=a"}, 501, ""},
		{"a source identity", rootKey, []string{"SourceIdentity=somebody"}, 501, ""},
		{"a second factor", rootKey, []string{"SerialNumber=GAHT12345678", "TokenCode=123456"}, 501, ""},
		{"a provided context", rootKey, []string{"ProvidedContexts.member.1.ProviderArn=arn:aws:iam::aws:contextProvider/IdentityCenter"}, 501, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			parameters := append([]string{"RoleArn=" + target, "RoleSessionName=me"}, tc.parameters...)
			status, got := d.ask(t, tc.key, "AssumeRole", parameters...)
			if status != tc.status || tc.want != "" && got != tc.want {
				t.Errorf("got %d %s\nwant %d %s", status, got, tc.status, tc.want)
			}
			if strings.Contains(got, "SecretAccessKey") {
				t.Error("a credential came with the refusal")
			}
		})
	}
}

func TestSessionsAreRefused(t *testing.T) {
	const invalid = "InvalidClientTokenId"
	for _, tc := range []struct {
		name   string
		make   func(*testing.T, *desk, *sigv4.Credential)
		status int
		code   string
	}{
		{"another secret", func(_ *testing.T, _ *desk, k *sigv4.Credential) { k.Secret = rootKey.Secret }, 403, "SignatureDoesNotMatch"},
		{"another key id", func(_ *testing.T, _ *desk, k *sigv4.Credential) { k.AccessKey = "ASIAAAAAAAAAAAAAAAAA" }, 403, invalid},
		{"no token", func(_ *testing.T, _ *desk, k *sigv4.Credential) { k.Token = secret.String{} }, 403, invalid},
		{"expired", func(_ *testing.T, d *desk, _ *sigv4.Credential) { d.now = d.now.Add(time.Hour) }, 403, "ExpiredToken"},
		{"the role gone", func(t *testing.T, d *desk, _ *sigv4.Credential) {
			if err := d.roles.DeleteRole(t.Context(), account, "target"); err != nil {
				t.Fatal(err)
			}
		}, 403, invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDesk(t)
			key, _ := d.assume(t, rootKey)
			tc.make(t, d, &key)
			if status, got := d.ask(t, key, "GetCallerIdentity"); status != tc.status || !strings.Contains(got, "<Code>"+tc.code+"</Code>") {
				t.Errorf("got %d %s, want %d %s", status, got, tc.status, tc.code)
			}
		})
	}
}
