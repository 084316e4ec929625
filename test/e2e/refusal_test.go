package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// refusal is a row of AWS's recorded table of answers of the credentials provider.
type refusal struct {
	status int
	kind   string // X-Amzn-ErrorType; "" isn't looked at
	body   string // "" isn't looked at
}

var (
	wrongEndpoint = refusal{http.StatusForbidden, "AccessDeniedException", `{"message":"Certificate is invalid on this endpoint"}`}
	wrongThing    = refusal{http.StatusForbidden, "AccessDeniedException", `{"message":"Invalid thing name passed"}`}
	accessDenied  = refusal{http.StatusForbidden, "AccessDeniedException", `{"message":"Access Denied"}`}
	noAlias       = refusal{http.StatusNotFound, "ResourceNotFoundException", `{"message":"Role alias does not exist"}`}
	noRole        = refusal{http.StatusBadRequest, "InvalidRequestException", `{"message":"Unable to assume the role, or the role to assume does not exist"}`}
	tooLong       = refusal{http.StatusBadRequest, "InvalidRequestException", `{"message":"The requested CredentialDurationSeconds exceeds the MaxSessionDuration set for the role"}`}
)

// check compares a reply to the byte.
func (want refusal) check(t *testing.T, got Reply) {
	t.Helper()
	if got.Status != want.status || want.body != "" && got.Body != want.body {
		t.Errorf("got %d %q, want %d %q", got.Status, got.Body, want.status, want.body)
	}
	if kind := got.Header.Get("X-Amzn-Errortype"); want.kind != "" && kind != want.kind {
		t.Errorf("X-Amzn-ErrorType: got %q, want %q", kind, want.kind)
	}
	if kind := got.Header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("Content-Type: got %q, want application/json", kind)
	}
	if got.Header.Get("X-Amzn-Requestid") == "" {
		t.Error("no X-Amzn-RequestId")
	}
}

// withdrawal takes away something a device needs.
type withdrawal struct {
	name    string
	ask     Ask // Thing other than "" stands for the world's
	change  func(t *testing.T, w *World)
	want    refusal
	restore func(t *testing.T, w *World) // nil where there is no way back
}

// distrust makes the role anew with another trust policy.
func distrust(name string, trust func(*World) string) withdrawal {
	return withdrawal{
		name: name,
		change: func(t *testing.T, w *World) {
			w.deleteRole(t)
			w.createRole(t, trust(w))
		},
		want: noRole,
		restore: func(t *testing.T, w *World) {
			w.deleteRole(t)
			w.createRole(t, trustIf("aws:SourceArn", w.AliasARN))
		},
	}
}

// trustIf trusts the credentials provider while key has that value.
func trustIf(key, value string) string {
	return strings.Replace(deviceTrusts, `"Action"`, `"Condition":{"StringEquals":{"`+key+`":"`+value+`"}},"Action"`, 1)
}

// Every withdrawal is obeyed on the very next request, on each kind of
// connection, and what can be given back is.
func TestRefusedOnTheNextRequest(t *testing.T) {
	s := Start(t)
	for _, tc := range []withdrawal{
		{
			name:    "certificate inactive",
			change:  func(t *testing.T, w *World) { w.setCertificate(t, "INACTIVE") },
			want:    accessDenied,
			restore: func(t *testing.T, w *World) { w.setCertificate(t, "ACTIVE") },
		},
		{
			name:   "certificate revoked",
			change: func(t *testing.T, w *World) { w.setCertificate(t, "REVOKED") },
			want:   accessDenied,
		},
		{
			name: "certificate deleted",
			change: func(t *testing.T, w *World) {
				w.detachThing(t)
				w.detachPolicy(t, w.Policy)
				w.setCertificate(t, "INACTIVE")
				w.API.IoT(t, "DELETE", "/certificates/"+w.CertificateID, nil).OK(t)
			},
			want: wrongEndpoint,
		},
		{
			name:    "policy detached",
			change:  func(t *testing.T, w *World) { w.detachPolicy(t, w.Policy) },
			want:    accessDenied,
			restore: func(t *testing.T, w *World) { w.attachPolicy(t, w.Policy) },
		},
		{
			name:    "policy of another alias",
			change:  func(t *testing.T, w *World) { w.replacePolicy(t, statement("Allow", w.AliasARN+"x")) },
			want:    accessDenied,
			restore: func(t *testing.T, w *World) { w.replacePolicy(t, statement("Allow", w.AliasARN)) },
		},
		{
			name: "a second policy denies",
			change: func(t *testing.T, w *World) {
				w.createPolicy(t, w.Policy+"-deny", statement("Deny", w.AliasARN))
				w.attachPolicy(t, w.Policy+"-deny")
			},
			want:    accessDenied,
			restore: func(t *testing.T, w *World) { w.detachPolicy(t, w.Policy+"-deny") },
		},
		{
			name:    "alias deleted",
			change:  func(t *testing.T, w *World) { w.deleteAlias(t) },
			want:    noAlias,
			restore: func(t *testing.T, w *World) { w.createAlias(t, 900) },
		},
		{
			name: "no policy and no alias",
			change: func(t *testing.T, w *World) {
				w.detachPolicy(t, w.Policy)
				w.deleteAlias(t)
			},
			want: accessDenied,
			restore: func(t *testing.T, w *World) {
				w.createAlias(t, 900)
				w.attachPolicy(t, w.Policy)
			},
		},
		{
			name:    "role deleted",
			change:  func(t *testing.T, w *World) { w.deleteRole(t) },
			want:    noRole,
			restore: func(t *testing.T, w *World) { w.createRole(t, deviceTrusts) },
		},
		distrust("role trusts another service", func(*World) string { return nobodyTrusts }),
		distrust("role trusts another alias", func(w *World) string { return trustIf("aws:SourceArn", w.AliasARN+"x") }),
		distrust("role trusts another account", func(*World) string { return trustIf("aws:SourceAccount", "999999999999") }),
		{
			name: "alias lasts longer than the role allows",
			change: func(t *testing.T, w *World) {
				w.deleteAlias(t)
				w.createAlias(t, 7200)
			},
			want: tooLong,
			restore: func(t *testing.T, w *World) {
				w.deleteAlias(t)
				w.createAlias(t, 3600)
			},
		},
		{
			name:    "thing detached",
			ask:     Ask{Thing: "its own"},
			change:  func(t *testing.T, w *World) { w.detachThing(t) },
			want:    wrongThing,
			restore: func(t *testing.T, w *World) { w.attachThing(t) },
		},
		{
			name: "thing deleted",
			ask:  Ask{Thing: "its own"},
			change: func(t *testing.T, w *World) {
				w.detachThing(t)
				w.API.IoT(t, "DELETE", "/things/"+w.Thing, nil).OK(t)
			},
			want: wrongThing,
			restore: func(t *testing.T, w *World) {
				w.API.IoT(t, "POST", "/things/"+w.Thing, struct{}{}).OK(t)
				w.attachThing(t)
			},
		},
	} {
		for _, kind := range []string{fresh, kept, resumed} {
			t.Run(tc.name+"/"+kind, func(t *testing.T) {
				w := NewWorld(t, s)
				device, ask := w.Devices(t)[kind], tc.ask
				if ask.Thing != "" {
					ask.Thing = w.Thing
				}
				device.Ask(t, ask).OK(t)
				tc.change(t, w)
				tc.want.check(t, device.Ask(t, ask))
				tc.want.check(t, device.Ask(t, ask))
				if tc.restore != nil {
					tc.restore(t, w)
					device.Ask(t, ask).OK(t)
				}
			})
		}
	}
}
