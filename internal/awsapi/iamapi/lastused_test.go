package iamapi_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/internal/awsapi/awsapitest"
	"muster/internal/iam"
	"muster/internal/secret"
	"muster/internal/sigv4"
)

var usedDate = regexp.MustCompile(`<LastUsedDate>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)</LastUsedDate>`)

// keyOf is the id of the first key of a user.
func keyOf(t *testing.T, d *awsapitest.Desk, user string) string {
	t.Helper()
	keys, err := d.Roles.AccessKeys(t.Context(), awsapitest.Account, user)
	if err != nil || len(keys) == 0 {
		t.Fatalf("%s has %d keys, %v", user, len(keys), err)
	}
	return keys[0].ID
}

// recent masks the time of a use, which must be now.
func recent(t *testing.T, answer string) string {
	t.Helper()
	for _, m := range usedDate.FindAllStringSubmatch(answer, -1) {
		at, err := time.Parse(time.RFC3339, m[1])
		if err != nil || time.Since(at).Abs() > time.Minute {
			t.Errorf("used at %s, %v, want now", m[1], err)
		}
	}
	return usedDate.ReplaceAllString(answer, `<LastUsedDate>-</LastUsedDate>`)
}

func TestGetAccessKeyLastUsed(t *testing.T) {
	d := newDesk(t)
	d.User(t, "ana", "")
	key := "AccessKeyId=" + keyOf(t, d, "ana")
	check := func(when, want string) {
		t.Helper()
		status, got := ask(t, d, awsapitest.Root, "GetAccessKeyLastUsed", key)
		if got = recent(t, got); status != 200 || got != ok("GetAccessKeyLastUsed", `<AccessKeyLastUsed>`+want+`</AccessKeyLastUsed><UserName>ana</UserName>`) {
			t.Errorf("%s: got %d %s, want %s", when, status, got, want)
		}
	}
	const (
		never  = `<Region>N/A</Region><ServiceName>N/A</ServiceName>`
		forIAM = `<LastUsedDate>-</LastUsedDate><Region>us-east-1</Region><ServiceName>iam</ServiceName>`
	)
	check("never used", never)
	if status, got := ask(t, d, "ana", "GetUser", "UserName=x"); status != 403 {
		t.Errorf("GetUser: got %d %s, want a refusal", status, got)
	}
	check("used for what it may not", forIAM)
	if err := d.Roles.FlushUses(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("kept", forIAM)
	if w := d.Ask(t, "ana", "lambda", "GET /functions", "", ""); w.Code != 501 {
		t.Errorf("a service that there is not: got %s", awsapitest.Told(w))
	}
	check("used for a service that there is not", strings.Replace(forIAM, ">iam<", ">lambda<", 1))
	if w := d.Ask(t, "ana", "execute-api", "GET /things", "", ""); w.Code != 501 {
		t.Errorf("a service that there is not: got %s", awsapitest.Told(w))
	}
	check("used for IoT as old clients sign", strings.Replace(forIAM, ">iam<", ">iot<", 1))
}

// What isn't verified is no use: anybody can name a key.
func TestARequestThatIsNotVerifiedIsNoUse(t *testing.T) {
	d := newDesk(t)
	d.User(t, "ana", "")
	id := keyOf(t, d, "ana")
	d.Knows("forged", sigv4.Credential{AccessKey: id, Secret: secret.New(strings.Repeat("a", 40))})
	if status, got := ask(t, d, "forged", "GetUser"); status != 403 || !strings.Contains(got, "SignatureDoesNotMatch") {
		t.Errorf("GetUser: got %d %s, want SignatureDoesNotMatch", status, got)
	}
	if err := d.Roles.SetAccessKey(t.Context(), awsapitest.Account, "ana", id, false); err != nil {
		t.Fatal(err)
	}
	if status, got := ask(t, d, "ana", "GetUser"); status != 403 || !strings.Contains(got, "InvalidClientTokenId") {
		t.Errorf("GetUser with the inactive key: got %d %s, want InvalidClientTokenId", status, got)
	}
	_, got := ask(t, d, awsapitest.Root, "GetAccessKeyLastUsed", "AccessKeyId="+id)
	if !strings.Contains(got, "<ServiceName>N/A<") {
		t.Errorf("GetAccessKeyLastUsed: got %s, want no use", got)
	}
}

// Who may not ask for a key is told the same whether there is one, whosever it
// is, and whatever refuses; and so is everybody who asks for what isn't there.
func TestWhoMayAskWhenAKeyWasUsed(t *testing.T) {
	d := newDesk(t)
	const asks = `"Action":"iam:GetAccessKeyLastUsed","Resource":"arn:aws:iam::000000000000:user/`
	d.User(t, "ana", "")
	if err := d.Roles.Tag(t.Context(), iam.UserNamed(awsapitest.Account, "ana"), []iam.Tag{{Key: "team", Value: "pumps"}}); err != nil {
		t.Fatal(err)
	}
	d.User(t, "own", `{"Effect":"Allow",`+asks+`${aws:username}"}`)
	d.User(t, "all", `{"Effect":"Allow",`+asks+`*"}`)
	d.User(t, "ofAna", `{"Effect":"Allow",`+asks+`ana"}`)
	d.User(t, "notAna", `[{"Effect":"Allow",`+asks+`*"},{"Effect":"Deny",`+asks+`ana"}]`)
	d.User(t, "ofPumps", `{"Effect":"Allow",`+asks+`*","Condition":{"StringEquals":{"aws:ResourceTag/team":"pumps"}}}`)
	d.User(t, "lists", `{"Effect":"Allow","Action":["iam:ListAccessKeys","iam:GetUser"],"Resource":"*"}`)
	d.User(t, "nobody", "")
	theirs, err := d.Roles.CreateUser(t.Context(), iam.User{Account: "111111111111", Name: "ana"})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := d.Roles.CreateAccessKey(t.Context(), theirs.Account, theirs.Name)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{"ana's": keyOf(t, d, "ana"), "none": "AKIA" + strings.Repeat("Z", 16), "another account's": elsewhere.ID, "a session's": "ASIA" + strings.Repeat("Z", 16)}
	for _, who := range []string{"own", "all", "ofAna", "notAna", "ofPumps", "lists", "nobody", awsapitest.Root} {
		by := "user/" + who
		if who == awsapitest.Root {
			by = "root"
		}
		for whose, id := range ids {
			status, got := ask(t, d, who, "GetAccessKeyLastUsed", "AccessKeyId="+id)
			if may := map[string]bool{"all": true, "ofAna": true, "ofPumps": true, awsapitest.Root: true}[who]; may && whose == "ana's" {
				if status != 200 || !strings.Contains(got, "<UserName>ana</UserName>") {
					t.Errorf("%s asks for %s: got %d %s, want an answer", who, whose, status, got)
				}
				continue
			}
			want := failed("AccessDenied", "User: arn:aws:iam::000000000000:"+by+" is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key "+id)
			if status != 403 || got != want {
				t.Errorf("%s asks for %s\n got %d %s\nwant 403 %s", who, whose, status, got, want)
			}
		}
	}
	id := keyOf(t, d, "own")
	if status, got := ask(t, d, "own", "GetAccessKeyLastUsed", "AccessKeyId="+id); status != 200 || !strings.Contains(got, "<UserName>own</UserName>") {
		t.Errorf("own asks for its own: got %d %s, want an answer", status, got)
	}
	if err := d.Roles.DeleteAccessKey(t.Context(), awsapitest.Account, "ana", ids["ana's"]); err != nil {
		t.Fatal(err)
	}
	if status, got := ask(t, d, awsapitest.Root, "GetAccessKeyLastUsed", "AccessKeyId="+ids["ana's"]); status != 403 || !strings.Contains(got, "AccessDenied") {
		t.Errorf("when it is deleted: got %d %s, want AccessDenied", status, got)
	}
}

func TestRoleLastUsed(t *testing.T) {
	d := newDesk(t)
	d.Session(t, "pump", `{"Effect":"Allow","Action":"iam:GetRole","Resource":"*"}`)
	d.Session(t, "tap", `{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"}`)
	used := func(when, by, role, want string) {
		t.Helper()
		status, got := ask(t, d, by, "GetRole", "RoleName="+role)
		if got = recent(t, got); status != 200 || !strings.Contains(got, `<RoleLastUsed>`+want+`</RoleLastUsed>`) {
			t.Errorf("%s: got %d %s, want %s", when, status, got, want)
		}
	}
	const now = `<LastUsedDate>-</LastUsedDate><Region>us-east-1</Region>`
	used("a session was made and not used", awsapitest.Root, "pump", "")
	used("by itself", "pump", "pump", now)
	used("another role", "pump", "tap", "")
	if err := d.Roles.FlushUses(t.Context()); err != nil {
		t.Fatal(err)
	}
	used("kept", awsapitest.Root, "pump", now)
	if _, got := ask(t, d, "tap", "ListRoles"); strings.Contains(got, "LastUsed") || !strings.Contains(got, "<RoleName>pump<") {
		t.Errorf("ListRoles: got %s, want roles without their uses", got)
	}
	used("for a list", awsapitest.Root, "tap", now)
}
