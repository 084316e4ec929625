package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// life says what becomes of credentials vended before a change.
type life int

const (
	lives life = iota // still open what the role allows
	dies              // are no credentials any more
)

// Credentials die with what they were made from, on the next request; what
// comes back under the same name is another thing and revives nothing.
func TestVendedCredentialsDie(t *testing.T) {
	s := Start(t)
	for _, tc := range []struct {
		name   string
		ask    Ask // Thing other than "" stands for the world's
		change func(t *testing.T, w *World)
		after  life
		undo   func(t *testing.T, w *World) // nil where there is nothing to undo
		undone life
	}{
		{
			name:   "certificate deactivated",
			change: func(t *testing.T, w *World) { w.setCertificate(t, "INACTIVE") },
			after:  dies,
			undo:   func(t *testing.T, w *World) { w.setCertificate(t, "ACTIVE") },
			undone: lives,
		},
		{
			name:   "certificate revoked",
			change: func(t *testing.T, w *World) { w.setCertificate(t, "REVOKED") },
			after:  dies,
		},
		{
			name: "certificate deleted",
			change: func(t *testing.T, w *World) {
				w.detachThing(t)
				w.setCertificate(t, "INACTIVE")
				w.API.IoT(t, "DELETE", "/certificates/"+w.CertificateID+"?forceDelete=true", nil).OK(t)
			},
			after: dies,
		},
		{
			name:   "policy detached",
			change: func(t *testing.T, w *World) { w.detachPolicy(t, w.Policy) },
			after:  dies,
			undo:   func(t *testing.T, w *World) { w.attachPolicy(t, w.Policy) },
			undone: lives,
		},
		{
			name: "a second policy denies",
			change: func(t *testing.T, w *World) {
				w.createPolicy(t, w.Policy+"-deny", statement("Deny", w.AliasARN))
				w.attachPolicy(t, w.Policy+"-deny")
			},
			after:  dies,
			undo:   func(t *testing.T, w *World) { w.detachPolicy(t, w.Policy+"-deny") },
			undone: lives,
		},
		{
			name:   "alias deleted and made again",
			change: func(t *testing.T, w *World) { w.deleteAlias(t) },
			after:  dies,
			undo:   func(t *testing.T, w *World) { w.createAlias(t, 900) },
			undone: dies,
		},
		{
			name:   "role deleted and made again",
			change: func(t *testing.T, w *World) { w.deleteRole(t) },
			after:  dies,
			undo:   func(t *testing.T, w *World) { w.createRole(t, deviceTrusts) },
			undone: dies,
		},
		{
			name:   "thing of the header detached",
			ask:    Ask{Thing: "its own"},
			change: func(t *testing.T, w *World) { w.detachThing(t) },
			after:  dies,
			undo:   func(t *testing.T, w *World) { w.attachThing(t) },
			undone: lives,
		},
		{
			name:   "thing detached that no header named",
			change: func(t *testing.T, w *World) { w.detachThing(t) },
			after:  lives,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := NewWorld(t, s)
			if tc.ask.Thing != "" {
				tc.ask.Thing = w.Thing
			}
			session := w.Vend(t, tc.ask)
			w.expect(t, session, lives)
			tc.change(t, w)
			w.expect(t, session, tc.after)
			if tc.undo != nil {
				tc.undo(t, w)
				w.expect(t, session, tc.undone)
				w.expect(t, w.Vend(t, tc.ask), lives)
			}
		})
	}
}

// expect uses a session's key for its identity and for a put to the bucket.
func (w *World) expect(t *testing.T, session *Client, want life) {
	t.Helper()
	identity := session.STS(t, "GetCallerIdentity")
	put := session.S3(t, "PUT", "/"+w.Bucket+"/device_output/reading", "21.5")
	switch want {
	case lives:
		if got, want := identity.OK(t).XML("Arn"), "assumed-role/"+w.Role+"/"+w.CertificateID; !strings.HasSuffix(got, want) {
			t.Errorf("identity: got %s, want one that ends in %s", got, want)
		}
		put.OK(t)
	case dies:
		dead(t, "GetCallerIdentity", identity)
		dead(t, "PutObject", put)
	}
}

// dead expects the answer to a key that opens nothing.
func dead(t *testing.T, call string, got Reply) {
	t.Helper()
	refused := got.Status == http.StatusForbidden || got.Status == http.StatusBadRequest
	switch code := got.Code(); {
	case refused && (code == "InvalidClientTokenId" || code == "ExpiredToken" || code == "InvalidAccessKeyId" || code == "InvalidToken"):
	default:
		t.Errorf("%s with dead credentials: got %d %s (%s), want the refusal of an unknown or expired key", call, got.Status, code, got.Body)
	}
}

// What a role may do is decided at each use, too: the session lives on.
func TestRolePolicyWithdrawn(t *testing.T) {
	w := NewWorld(t, Start(t))
	session := w.Vend(t, Ask{})
	w.expect(t, session, lives)
	w.API.IAM(t, "DetachRolePolicy", "RoleName", w.Role, "PolicyArn", fleetPolicy).OK(t)
	session.S3(t, "PUT", "/"+w.Bucket+"/device_output/reading", "21.5").Refused(t, http.StatusForbidden, "AccessDenied")
	session.STS(t, "GetCallerIdentity").OK(t)
	w.API.IAM(t, "AttachRolePolicy", "RoleName", w.Role, "PolicyArn", fleetPolicy).OK(t)
	w.expect(t, session, lives)
}

// A role's policy may name the thing and the certificate of the session.
func TestPolicyVariables(t *testing.T) {
	w := NewWorld(t, Start(t))
	w.API.IAM(t, "DetachRolePolicy", "RoleName", w.Role, "PolicyArn", fleetPolicy).OK(t)
	w.API.IAM(t, "PutRolePolicy", "RoleName", w.Role, "PolicyName", "own-folder", "PolicyDocument",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":[
			"arn:aws:s3:::`+w.Bucket+`/by-thing/${credentials-iot:ThingName}/*",
			"arn:aws:s3:::`+w.Bucket+`/by-certificate/${credentials-iot:AwsCertificateId}/*"]}}`).OK(t)
	named, nameless := w.Vend(t, Ask{Thing: w.Thing}), w.Vend(t, Ask{})
	for _, tc := range []struct {
		name    string
		session *Client
		key     string
		allowed bool
	}{
		{"its own thing's folder", named, "by-thing/" + w.Thing + "/x", true},
		{"another thing's folder", named, "by-thing/" + w.Thing + "0/x", false},
		{"the variable itself", named, "by-thing/$%7Bcredentials-iot:ThingName%7D/x", false},
		{"a thing's folder without the header", nameless, "by-thing/" + w.Thing + "/x", false},
		{"a folder without a name", nameless, "by-thing//x", false},
		{"its certificate's folder", nameless, "by-certificate/" + w.CertificateID + "/x", true},
		{"dots, which lead nowhere in a key", named, "by-thing/" + w.Thing + "/../other/x", true},
		{"another folder, reached without dots", named, "by-thing/other/x", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := tc.session.S3(t, "PUT", "/"+w.Bucket+"/"+tc.key, "x")
			if allowed := got.Status == http.StatusOK; allowed != tc.allowed {
				t.Errorf("got %d %s, want allowed %v", got.Status, got.Body, tc.allowed)
			}
		})
	}
	w.API.S3(t, "GET", "/"+w.Bucket+"/by-thing/"+w.Thing+"/../other/x", "").OK(t)
	w.API.S3(t, "GET", "/"+w.Bucket+"/by-thing/other/x", "").Refused(t, http.StatusNotFound, "NoSuchKey")
}

// A session made from a device's session dies with the device.
func TestChainedSessionDies(t *testing.T) {
	w := NewWorld(t, Start(t))
	trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + w.RoleARN + `"},"Action":"sts:AssumeRole"}}`
	second := w.API.IAM(t, "CreateRole", "RoleName", "Second", "AssumeRolePolicyDocument", trust).OK(t).XML("Arn")
	session := w.Vend(t, Ask{})
	w.API.IAM(t, "PutRolePolicy", "RoleName", w.Role, "PolicyName", "second", "PolicyDocument",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+second+`"}}`).OK(t)
	assumed := session.STS(t, "AssumeRole", "RoleArn", second, "RoleSessionName", "from-a-device").OK(t)
	chained := w.API.With(Key{ID: assumed.XML("AccessKeyId"), Secret: assumed.XML("SecretAccessKey"), Token: assumed.XML("SessionToken")})
	if got := chained.STS(t, "GetCallerIdentity").OK(t).XML("Arn"); !strings.HasSuffix(got, ":assumed-role/Second/from-a-device") {
		t.Errorf("identity: got %s", got)
	}
	w.setCertificate(t, "INACTIVE")
	dead(t, "GetCallerIdentity", chained.STS(t, "GetCallerIdentity"))
	w.setCertificate(t, "ACTIVE")
	chained.STS(t, "GetCallerIdentity").OK(t)
	w.detachPolicy(t, w.Policy)
	dead(t, "GetCallerIdentity", chained.STS(t, "GetCallerIdentity"))
}
