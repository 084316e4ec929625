package iotapi_test

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"maps"
	"math/big"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awsapi/awsapitest"
	"muster/internal/awsapi/iotapi"
	"muster/internal/ca"
	"muster/internal/certificate"
	"muster/internal/iotpolicy"
	"muster/internal/registry"
	"muster/internal/seal"
)

// certificateDesk is the door with certificates behind it, and what hangs on them.
type certificateDesk struct {
	*awsapitest.Desk
	things   *registry.Registry
	policies *iotpolicy.Policies
}

var certificateScope = arn.Scope{Account: awsapitest.Account, Region: awsapitest.Region}

func newCertificateDesk(t *testing.T) certificateDesk {
	t.Helper()
	d := awsapitest.New(t)
	master, _, err := seal.Load(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	authority, err := ca.Open(t.Context(), d.DB.Authorities(), master)
	if err != nil {
		t.Fatal(err)
	}
	certificates := certificate.New(d.DB.Certificates(), d.Index, authority)
	certificates.Log = slog.New(slog.DiscardHandler)
	now := time.UnixMilli(1_700_000_000_123)
	certificates.Now = func() time.Time { now = now.Add(time.Second); return now }
	desk := certificateDesk{d, registry.New(d.DB.Registry(), d.Index), iotpolicy.New(d.DB.IoTPolicies(), d.Index)}
	door := &iotapi.Door{Certificates: certificates}
	d.Serve(awsapi.Service{Wire: iotapi.Service, Operations: door.Operations(), Faults: iotapi.Faults})
	return desk
}

// A certificateStep is one request; ID stands for the certificate's id in head
// and want, PEM for its text as JSON has it.
type certificateStep struct{ name, key, head, want string }

func (d certificateDesk) play(t *testing.T, made made, steps []certificateStep) {
	t.Helper()
	text, _ := json.Marshal(made.CertificatePem)
	fill := strings.NewReplacer("ID", made.CertificateID, "PEM", strings.Trim(string(text), `"`))
	for _, s := range steps {
		w := d.Ask(t, cmp.Or(s.key, awsapitest.Root), "iot", strings.ReplaceAll(s.head, "ID", made.CertificateID), "", "")
		awsapitest.Check(t, s.name+": "+s.head, w, fill.Replace(s.want))
	}
}

// made is the answer of CreateKeysAndCertificate, by its names on the wire.
type made struct {
	CertificateArn string `json:"certificateArn"`
	CertificateID  string `json:"certificateId"`
	CertificatePem string `json:"certificatePem"`
	KeyPair        struct{ PublicKey, PrivateKey string }
}

func (d certificateDesk) create(t *testing.T, query string) made {
	t.Helper()
	w := d.Ask(t, awsapitest.Root, "iot", "POST /keys-and-certificate"+query, "", "")
	var m made
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || w.Code != 200 {
		t.Fatalf("CreateKeysAndCertificate: %d, %v", w.Code, err)
	}
	return m
}

func TestCreateKeysAndCertificate(t *testing.T) {
	d := newCertificateDesk(t)
	m := d.create(t, "?setAsActive=true")
	if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(m.CertificateID) || m.CertificateArn != "arn:aws:iot:us-east-1:000000000000:cert/"+m.CertificateID {
		t.Errorf("got id %s, ARN %s", m.CertificateID, m.CertificateArn)
	}
	if _, err := tls.X509KeyPair([]byte(m.CertificatePem), []byte(m.KeyPair.PrivateKey)); err != nil {
		t.Errorf("certificate and key: %v", err)
	}
	for want, text := range map[string]string{"CERTIFICATE": m.CertificatePem, "RSA PRIVATE KEY": m.KeyPair.PrivateKey, "PUBLIC KEY": m.KeyPair.PublicKey} {
		if !strings.HasPrefix(text, "-----BEGIN "+want+"-----\n") || !strings.HasSuffix(text, "\n-----END "+want+"-----\n") {
			t.Errorf("not a PEM of %s", want)
		}
	}
}

// A certificate that its own key has signed: registered, described, refused a
// second time.
func TestRegisterCertificateWithoutCA(t *testing.T) {
	d := newCertificateDesk(t)
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), NotBefore: time.Unix(0, 0), NotAfter: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	own := made{CertificateID: hex.EncodeToString(sum[:]), CertificatePem: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
	send := func(pem string, more map[string]string) *httptest.ResponseRecorder {
		body := map[string]string{"certificatePem": pem}
		maps.Copy(body, more)
		text, _ := json.Marshal(body)
		return d.Ask(t, awsapitest.Root, "iot", "POST /certificate/register-no-ca", "application/json", string(text))
	}
	const arn = "arn:aws:iot:us-east-1:000000000000:cert/"
	for _, tc := range []struct {
		name string
		got  *httptest.ResponseRecorder
		want string
	}{
		{"on its way to another account", send(own.CertificatePem, map[string]string{"status": "PENDING_TRANSFER"}), `400 InvalidRequestException {"message":"A certificate can't be registered with the status PENDING_TRANSFER."}`},
		{"of no status there is", send(own.CertificatePem, map[string]string{"status": "GONE"}), `400 InvalidRequestException {"message":"1 validation error detected: Value 'GONE' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [ACTIVE, INACTIVE, REVOKED, PENDING_TRANSFER, REGISTER_INACTIVE, PENDING_ACTIVATION]"}`},
		{"no certificate", send("none", nil), `400 CertificateValidationException {"message":"The certificate is not one PEM block of type CERTIFICATE"}`},
		{"a chain", send(own.CertificatePem+own.CertificatePem, nil), `400 CertificateValidationException {"message":"The certificate is not one PEM block of type CERTIFICATE"}`},
		{"active", send(own.CertificatePem, map[string]string{"status": "ACTIVE"}), `200 {"certificateArn":"` + arn + own.CertificateID + `","certificateId":"` + own.CertificateID + `"}`},
		{"again", send(own.CertificatePem, nil), `409 ResourceAlreadyExistsException {"message":"The certificate is already provisioned or registered","resourceArn":"` + arn + own.CertificateID + `","resourceId":"` + own.CertificateID + `"}`},
	} {
		awsapitest.Check(t, tc.name, tc.got, tc.want)
	}
	w := d.Ask(t, awsapitest.Root, "iot", "GET /certificates/"+own.CertificateID, "", "")
	for _, want := range []string{`"certificateMode":"SNI_ONLY"`, `"status":"ACTIVE"`, `"customerVersion":1`, `"ownedBy":"000000000000"`, `"notBefore":0`, `"notAfter":253402300799`, `"generationId":"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("DescribeCertificate: got %s, want %s in it", w.Body, want)
		}
	}
	if strings.Contains(w.Body.String(), "caCertificateId") {
		t.Errorf("DescribeCertificate: got %s, want no authority", w.Body)
	}
}

func TestCreateCertificateFromCSR(t *testing.T) {
	d := newCertificateDesk(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "pump-7"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := json.Marshal(map[string]string{"certificateSigningRequest": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))})
	ids := map[string]bool{}
	for query, status := range map[string]string{"": "INACTIVE", "?setAsActive=true": "ACTIVE", "?setAsActive=false": "INACTIVE"} {
		w := d.Ask(t, awsapitest.Root, "iot", "POST /certificates"+query, "", string(body))
		var m made
		if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || w.Code != 200 || strings.Contains(w.Body.String(), "keyPair") {
			t.Fatalf("%q: %d %s", query, w.Code, w.Body)
		}
		block, _ := pem.Decode([]byte(m.CertificatePem))
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil || !key.PublicKey.Equal(cert.PublicKey) || cert.Subject.String() != "CN=AWS IoT Certificate" {
			t.Errorf("%q: not a certificate of the key: %v, %v", query, cert.Subject, err)
		}
		if m.CertificateArn != certificateARN+m.CertificateID || ids[m.CertificateID] {
			t.Errorf("%q: got id %s, ARN %s", query, m.CertificateID, m.CertificateArn)
		}
		ids[m.CertificateID] = true
		d.play(t, m, []certificateStep{{"described", "", "GET /certificates/ID", `200 …"status":"` + status + `"`}})
	}
	d.Session(t, "OTHERS", `{"Effect":"Allow","Action":"iot:*","Resource":"`+certificateARN+`*"}`)
	for _, tc := range []struct{ name, key, body, want string }{
		{"no CSR", "", `{}`, `400 InvalidRequestException …at 'certificateSigningRequest'`},
		{"an empty CSR", "", `{"certificateSigningRequest":""}`, `400 InvalidRequestException …at 'certificateSigningRequest'`},
		{"not PEM", "", `{"certificateSigningRequest":"pump"}`, `400 InvalidRequestException …The CSR is not one PEM block`},
		{"too long", "", `{"certificateSigningRequest":"` + strings.Repeat("x", 4097) + `"}`, `400 InvalidRequestException …at 'certificateSigningRequest'`},
		{"may not", "OTHERS", string(body), `403 AccessDeniedException …iot:CreateCertificateFromCsr`},
	} {
		awsapitest.Check(t, tc.name, d.Ask(t, cmp.Or(tc.key, awsapitest.Root), "iot", "POST /certificates", "", tc.body), tc.want)
	}
	if list := awsapitest.Told(d.Ask(t, awsapitest.Root, "iot", "GET /certificates", "", "")); strings.Count(list, "certificateId") != 3 {
		t.Errorf("a refused request left a certificate: %s", list)
	}
}

const certificateARN = "arn:aws:iot:us-east-1:000000000000:cert/"

func TestCertificateLife(t *testing.T) {
	d := newCertificateDesk(t)
	m := d.create(t, "")
	d.play(t, m, []certificateStep{
		{"not active unless asked for", "", "GET /certificates/ID", `200 …"status":"INACTIVE"`},
		{"described", "", "GET /certificates/ID", `200 {"certificateDescription":{"certificateArn":"` + certificateARN + `ID","certificateId":"ID","certificateMode":"DEFAULT","certificatePem":"PEM","creationDate":1700000001.123,"customerVersion":1,"generationId":"…"ownedBy":"000000000000","status":"INACTIVE","validity":{"notAfter":2524607999,"notBefore":`},
		{"activated", "", "PUT /certificates/ID?newStatus=ACTIVE", `200`},
		{"activated again", "", "PUT /certificates/ID?newStatus=ACTIVE", `200`},
		{"is active", "", "GET /certificates/ID", `200 …"customerVersion":2`},
		{"deleted while active", "", "DELETE /certificates/ID", `406 CertificateStateException {"message":"Certificate must be deactivated (not ACTIVE) before deletion. Id: ID"}`},
		{"by force while active", "", "DELETE /certificates/ID?forceDelete=true", `406 CertificateStateException …`},
		{"put in transfer", "", "PUT /certificates/ID?newStatus=PENDING_TRANSFER", `400 InvalidRequestException …`},
		{"an unknown status", "", "PUT /certificates/ID?newStatus=ASLEEP", `400 InvalidRequestException …at 'newStatus'`},
		{"no status", "", "PUT /certificates/ID", `400 InvalidRequestException …at 'newStatus'`},
		{"revoked", "", "PUT /certificates/ID?newStatus=REVOKED", `200`},
		{"revoked for good", "", "PUT /certificates/ID?newStatus=ACTIVE", `406 CertificateStateException …`},
		{"an id in capitals is another", "", "GET /certificates/" + strings.ToUpper("ab") + strings.Repeat("0", 62), `404 ResourceNotFoundException …`},
		{"a short id", "", "GET /certificates/abc", `400 InvalidRequestException …at 'certificateId'`},
		{"deleted", "", "DELETE /certificates/ID", `200`},
		{"deleted twice", "", "DELETE /certificates/ID", `404 ResourceNotFoundException {"message":"Certificate ID cannot be found."}`},
		{"updated when gone", "", "PUT /certificates/ID?newStatus=ACTIVE", `404 ResourceNotFoundException …`},
		{"described when gone", "", "GET /certificates/ID", `404 ResourceNotFoundException …`},
		{"none left", "", "GET /certificates", `200 {"certificates":[]}`},
	})
}

func TestDeleteCertificateInUse(t *testing.T) {
	d := newCertificateDesk(t)
	m := d.create(t, "")
	if _, err := d.things.CreateThing(t.Context(), certificateScope, registry.Thing{Name: "pump-7"}); err != nil {
		t.Fatal(err)
	}
	if err := d.things.Attach(t.Context(), certificateScope, "pump-7", registry.Principal(m.CertificateArn), false); err != nil {
		t.Fatal(err)
	}
	if _, err := d.policies.Create(t.Context(), certificateScope, "p", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`); err != nil {
		t.Fatal(err)
	}
	if err := d.policies.Attach(t.Context(), certificateScope, "p", m.CertificateArn); err != nil {
		t.Fatal(err)
	}
	d.play(t, m, []certificateStep{
		{"attached to a thing", "", "DELETE /certificates/ID", `409 DeleteConflictException {"message":"Things must be detached before deletion (arn: ` + certificateARN + `ID)"}`},
		{"by force", "", "DELETE /certificates/ID?forceDelete=true", `409 DeleteConflictException …Things must be detached`},
	})
	if err := d.things.Detach(t.Context(), certificateScope, "pump-7", registry.Principal(m.CertificateArn)); err != nil {
		t.Fatal(err)
	}
	d.play(t, m, []certificateStep{
		{"a policy attached", "", "DELETE /certificates/ID", `409 DeleteConflictException {"message":"Certificate policies must be detached before deletion (arn: ` + certificateARN + `ID)"}`},
		{"with force false", "", "DELETE /certificates/ID?forceDelete=false", `409 DeleteConflictException …policies must be detached`},
		{"by force", "", "DELETE /certificates/ID?forceDelete=true", `200`},
	})
}

func TestListCertificates(t *testing.T) {
	d := newCertificateDesk(t)
	first, second := d.create(t, "").CertificateID, d.create(t, "?setAsActive=true").CertificateID
	entry := func(id, status, created string) string {
		return `{"certificateArn":"` + certificateARN + id + `","certificateId":"` + id + `","certificateMode":"DEFAULT","creationDate":` + created + `,"status":"` + status + `"}`
	}
	older, newer := entry(first, "INACTIVE", "1700000001.123"), entry(second, "ACTIVE", "1700000002.123")
	ask := func(head string) string {
		return awsapitest.Told(d.Ask(t, awsapitest.Root, "iot", head, "", ""))
	}
	for head, want := range map[string]string{
		"GET /certificates":                        `200 {"certificates":[` + newer + `,` + older + `]}`,
		"GET /certificates?isAscendingOrder=true":  `200 {"certificates":[` + older + `,` + newer + `]}`,
		"GET /certificates?isAscendingOrder=false": `200 {"certificates":[` + newer + `,` + older + `]}`,
	} {
		if got := ask(head); got != want {
			t.Errorf("%s\n got %s\nwant %s", head, got, want)
		}
	}
	page := ask("GET /certificates?pageSize=1&isAscendingOrder=true")
	marker := regexp.MustCompile(`"nextMarker":"([A-Za-z0-9+/]+={0,2})"`).FindStringSubmatch(page)
	if marker == nil || !strings.Contains(page, older) {
		t.Fatalf("first page: %s", page)
	}
	next := ask("GET /certificates?pageSize=1&isAscendingOrder=true&marker=" + strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(marker[1]))
	if want := `200 {"certificates":[` + newer + `]}`; next != want {
		t.Errorf("last page\n got %s\nwant %s", next, want)
	}
	if got := ask("GET /certificates?marker=abcd"); !strings.HasPrefix(got, "400 InvalidRequestException") {
		t.Errorf("a malformed marker: got %s", got)
	}
}

func TestCertificatesDenied(t *testing.T) {
	d := newCertificateDesk(t)
	m := d.create(t, "?setAsActive=true")
	d.Session(t, "OTHERS", `{"Effect":"Allow","Action":"iot:*","Resource":"`+certificateARN+strings.Repeat("0", 64)+`"}`)
	d.Session(t, "READER", `{"Effect":"Allow","Action":"iot:DescribeCertificate","Resource":"`+certificateARN+`*"}`)
	d.play(t, m, []certificateStep{
		{"create", "OTHERS", "POST /keys-and-certificate?setAsActive=true", `403 AccessDeniedException …iot:CreateKeysAndCertificate`},
		{"describe", "OTHERS", "GET /certificates/ID", `403 AccessDeniedException …iot:DescribeCertificate on resource: ` + certificateARN + `ID`},
		{"list", "OTHERS", "GET /certificates", `403 AccessDeniedException …iot:ListCertificates`},
		{"update", "READER", "PUT /certificates/ID?newStatus=REVOKED", `403 AccessDeniedException …iot:UpdateCertificate on resource: ` + certificateARN + `ID`},
		{"delete", "READER", "DELETE /certificates/ID?forceDelete=true", `403 AccessDeniedException …iot:DeleteCertificate`},
		{"describe as allowed", "READER", "GET /certificates/ID", `200 …"status":"ACTIVE"`},
		{"whether another exists", "OTHERS", "GET /certificates/" + strings.Repeat("1", 64), `403 AccessDeniedException …`},
		{"nothing was made", "", "GET /certificates", `200 {"certificates":[{"certificateArn":"` + m.CertificateArn + `"…"status":"ACTIVE"}]}`},
	})
}
