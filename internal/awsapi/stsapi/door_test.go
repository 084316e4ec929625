package stsapi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
	"muster/internal/store/storetest"
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
	db := storetest.Open(t, dir, x)
	master, _, err := seal.Load(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{roles: iam.New(db.IAM(), x), now: time.Now()}
	now := func() time.Time { return d.now }
	d.roles.Now, d.roles.Master = now, master
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

// user makes a user that may do nothing, and answers its key.
func (d *desk) user(t *testing.T, name string) sigv4.Credential {
	t.Helper()
	if _, err := d.roles.CreateUser(t.Context(), iam.User{Account: account, Name: name}); err != nil {
		t.Fatal(err)
	}
	k, err := d.roles.CreateAccessKey(t.Context(), account, name)
	if err != nil {
		t.Fatal(err)
	}
	return sigv4.Credential{AccessKey: k.ID, Secret: k.Secret}
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
	if err := d.roles.PutInline(t.Context(), iam.RoleNamed(account, "target"), iam.Inline{Name: "p", Document: deny}); err != nil {
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
		{"a policy that is a trust policy", rootKey, []string{"Policy=" + trust}, 400,
			failed("MalformedPolicyDocument", "Policy document should not specify a principal. (at Statement.Principal)")},
		{"a policy that is none", rootKey, []string{"Policy=x"}, 400, ""},
		{"a policy that is too long", rootKey, []string{"Policy=" + only(strings.Repeat("a", 2048))}, 400,
			failed("ValidationError", "The session policies have 2134 characters, of which 2048 are possible.")},
		{"a policy that isn't there", rootKey, []string{"PolicyArns.member.1.arn=arn:aws:iam::000000000000:policy/none"}, 400,
			failed("ValidationError", "Policy arn:aws:iam::000000000000:policy/none was not found.")},
		{"an ARN of no policy", rootKey, []string{"PolicyArns.member.1.arn=" + target + "/and/more"}, 400,
			failed("ValidationError", "ARN "+target+"/and/more is not valid.")},
		{"tags, which the trust policy doesn't allow", rootKey, []string{"Tags.member.1.Key=a", "Tags.member.1.Value=b"}, 403,
			failed("AccessDenied", "User: arn:aws:iam::000000000000:root is not authorized to perform: sts:TagSession on resource: "+target)},
		{"one tag twice", rootKey, []string{"Tags.member.1.Key=a", "Tags.member.1.Value=b", "Tags.member.2.Key=A", "Tags.member.2.Value=b"}, 400, ""},
		{"a transitive tag that isn't given", rootKey, []string{"TransitiveTagKeys.member.1=a"}, 400,
			failed("ValidationError", "The specified transitive tag key must be included in the requested tags.")},
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

// only is a policy that allows one action.
func only(action string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:` + action + `","Resource":"*"}}`
}

func TestTagsThatNoTokenCanHold(t *testing.T) {
	d := newDesk(t)
	if err := d.roles.UpdateTrust(t.Context(), account, "target", strings.Replace(trust, `"sts:AssumeRole"`, `["sts:AssumeRole","sts:TagSession"]`, 1)); err != nil {
		t.Fatal(err)
	}
	parameters := []string{"RoleArn=" + target, "RoleSessionName=me"}
	for i := range 50 {
		n := fmt.Sprintf("Tags.member.%d.", i+1)
		parameters = append(parameters, n+"Key="+fmt.Sprint(i)+strings.Repeat("k", 100), n+"Value="+strings.Repeat("v", 200))
	}
	if status, got := d.ask(t, rootKey, "AssumeRole", parameters...); status != 400 || !strings.Contains(got, "<Code>PackedPolicyTooLarge</Code>") {
		t.Errorf("got %d %s", status, got)
	}
	status, got := d.ask(t, rootKey, "AssumeRole", parameters[:6]...)
	if status != 200 || !regexp.MustCompile(`<PackedPolicySize>\d\d</PackedPolicySize>`).MatchString(got) {
		t.Errorf("two tags: got %d %s", status, got)
	}
}

func TestGetSessionToken(t *testing.T) {
	d := newDesk(t)
	user := d.user(t, "ana")
	for _, tc := range []struct {
		name       string
		key        sigv4.Credential
		parameters []string
		status     int
		life       time.Duration
	}{
		{"a user's", user, nil, 200, 12 * time.Hour},
		{"a user's, longest", user, []string{"DurationSeconds=129600"}, 200, 36 * time.Hour},
		{"a user's, shortest", user, []string{"DurationSeconds=900"}, 200, 15 * time.Minute},
		{"a user's, longer", user, []string{"DurationSeconds=129601"}, 400, 0},
		{"a user's, shorter", user, []string{"DurationSeconds=899"}, 400, 0},
		{"root's", rootKey, nil, 200, time.Hour},
		{"root's, longer than an hour", rootKey, []string{"DurationSeconds=7200"}, 200, time.Hour},
		{"with a second factor", user, []string{"SerialNumber=GAHT12345678", "TokenCode=123456"}, 501, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status, got := d.ask(t, tc.key, "GetSessionToken", tc.parameters...)
			m := given.FindStringSubmatch(got)
			if status != tc.status || (m != nil) != (status == 200) {
				t.Fatalf("got %d %s, want %d", status, got, tc.status)
			}
			if m == nil {
				return
			}
			if want := d.now.Add(tc.life).UTC().Format("2006-01-02T15:04:05Z"); m[2] != want {
				t.Errorf("expiration: got %q, want %q", m[2], want)
			}
			key := sigv4.Credential{AccessKey: m[1], Secret: secret.New(m[3]), Token: secret.New(m[4])}
			_, whoever := d.ask(t, tc.key, "GetCallerIdentity")
			if status, got := d.ask(t, key, "GetCallerIdentity"); status != 200 || got != whoever {
				t.Errorf("who is it: got %d %s, want %s", status, got, whoever)
			}
			if status, got := d.ask(t, key, "GetSessionToken"); status != 403 || got != failed("AccessDenied", "Cannot call GetSessionToken with session credentials") {
				t.Errorf("again: got %d %s", status, got)
			}
			if status, got := d.ask(t, key, "GetAccessKeyInfo", "AccessKeyId="+user.AccessKey); status != 403 || !strings.Contains(got, "<Code>AccessDenied</Code>") {
				t.Errorf("another of STS: got %d %s", status, got)
			}
		})
	}
	session, _ := d.assume(t, rootKey)
	if status, got := d.ask(t, session, "GetSessionToken"); status != 403 || got != failed("AccessDenied", "Cannot call GetSessionToken with session credentials") {
		t.Errorf("a role's session: got %d %s", status, got)
	}
}

func TestGetAccessKeyInfo(t *testing.T) {
	d := newDesk(t)
	user := d.user(t, "ana")
	want := `<GetAccessKeyInfoResponse ` + ns + `><GetAccessKeyInfoResult><Account>` + account + `</Account></GetAccessKeyInfoResult>` + meta + `</GetAccessKeyInfoResponse>`
	if status, got := d.ask(t, rootKey, "GetAccessKeyInfo", "AccessKeyId="+user.AccessKey); status != 200 || got != want {
		t.Errorf("got %d %s, want %s", status, got, want)
	}
	if status, got := d.ask(t, rootKey, "GetAccessKeyInfo", "AccessKeyId=AKIAAAAAAAAAAAAAAAAA"); status != 400 ||
		got != failed("ValidationError", "The access key AKIAAAAAAAAAAAAAAAAA is not known.") {
		t.Errorf("an unknown key: got %d %s", status, got)
	}
	if status, got := d.ask(t, user, "GetAccessKeyInfo", "AccessKeyId="+user.AccessKey); status != 403 || got != failed("AccessDenied",
		"User: arn:aws:iam::000000000000:user/ana is not authorized to perform: sts:GetAccessKeyInfo on resource: * because no identity-based policy allows the sts:GetAccessKeyInfo action") {
		t.Errorf("without the permission: got %d %s", status, got)
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
			if err := d.roles.Delete(t.Context(), iam.RoleNamed(account, "target")); err != nil {
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
