package certificate_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/arn"
	"muster/internal/ca"
	"muster/internal/certificate"
	"muster/internal/fault"
	"muster/internal/index"
	"muster/internal/iotpolicy"
	"muster/internal/page"
	"muster/internal/registry"
	"muster/internal/seal"
	"muster/internal/store/storetest"
)

var (
	east = arn.Scope{Account: "111111111111", Region: "us-east-1"}
	west = arn.Scope{Account: "111111111111", Region: "us-west-2"}
)

type rooms struct {
	*certificate.Registry
	store    certificate.Store
	things   *registry.Registry
	policies *iotpolicy.Policies
}

func open(t testing.TB) rooms {
	t.Helper()
	x := index.New(1024)
	db := storetest.Open(t, t.TempDir(), x)
	master, _, err := seal.Load(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	authority, err := ca.Open(t.Context(), db.Authorities(), master)
	if err != nil {
		t.Fatal(err)
	}
	return rooms{
		Registry: certificate.New(db.Certificates(), x, authority), store: db.Certificates(),
		things: registry.New(db.Registry(), x), policies: iotpolicy.New(db.IoTPolicies(), x),
	}
}

// csr is a request for a new key on P-256, which costs next to nothing.
func csr(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func (r rooms) create(t *testing.T, active bool) certificate.Certificate {
	t.Helper()
	cert, err := r.CreateFromCSR(t.Context(), east, csr(t), active)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// put gives the certificate a status, past the rules.
func (r rooms) put(t *testing.T, id string, status certificate.Status) {
	t.Helper()
	if _, err := r.store.ChangeCertificate(t.Context(), east, id, func(c *certificate.Certificate) error {
		c.Status = status
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func (r rooms) status(t *testing.T, id string) certificate.Status {
	t.Helper()
	cert, err := r.Describe(t.Context(), east, id)
	if err != nil {
		t.Fatal(err)
	}
	return cert.Status
}

func TestCreateWithKeys(t *testing.T) {
	r := open(t)
	for active, want := range map[bool]certificate.Status{false: certificate.Inactive, true: certificate.Active} {
		cert, keys, err := r.CreateWithKeys(t.Context(), east, active)
		if err != nil {
			t.Fatal(err)
		}
		if cert.Status != want || cert.Version != 1 || cert.Mode != certificate.Default || len(cert.Generation) != 64 {
			t.Errorf("active %v: got %+v", active, cert)
		}
		kept, err := r.Describe(t.Context(), east, cert.ID)
		if err != nil || kept.PEM != cert.PEM || !kept.NotAfter.Equal(cert.NotAfter) {
			t.Errorf("Describe: got %+v, %v", kept, err)
		}
		if !strings.Contains(keys.Private.Reveal(), "RSA PRIVATE KEY") || strings.Contains(fmt.Sprintf("%v %+v", keys, keys), "RSA PRIVATE") {
			t.Error("the private key is not there, or prints itself")
		}
		if _, err := r.Describe(t.Context(), west, cert.ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("Describe elsewhere: got %v, want %v", err, fault.NotFound)
		}
	}
}

func TestStatuses(t *testing.T) {
	const (
		active, inactive, revoked = certificate.Active, certificate.Inactive, certificate.Revoked
		transfer, activation      = certificate.PendingTransfer, certificate.PendingActivation
	)
	r := open(t)
	cert := r.create(t, true)
	for _, tc := range []struct {
		from, to certificate.Status
		want     error
	}{
		{active, inactive, nil},
		{inactive, active, nil},
		{active, revoked, nil},
		{inactive, revoked, nil},
		{activation, active, nil},
		{activation, inactive, nil},
		{activation, revoked, nil},
		{active, active, nil},
		{revoked, revoked, nil},
		{revoked, active, fault.WrongState},
		{revoked, inactive, fault.WrongState},
		{transfer, active, fault.WrongState},
		{transfer, revoked, fault.WrongState},
		{active, transfer, fault.Invalid},
		{active, activation, fault.Invalid},
		{active, "REGISTER_INACTIVE", fault.Invalid},
		{active, "active", fault.Invalid},
		{active, "", fault.Invalid},
	} {
		t.Run(string(tc.from+" to "+tc.to), func(t *testing.T) {
			r.put(t, cert.ID, tc.from)
			before, _ := r.Describe(t.Context(), east, cert.ID)
			if err := r.SetStatus(t.Context(), east, cert.ID, tc.to); !errors.Is(err, tc.want) {
				t.Errorf("SetStatus: got %v, want %v", err, tc.want)
			}
			after, _ := r.Describe(t.Context(), east, cert.ID)
			want, version := tc.to, before.Version+1
			if tc.want != nil || tc.from == tc.to {
				want, version = tc.from, before.Version
			}
			if after.Status != want || after.Version != version {
				t.Errorf("afterwards: got %s, version %d, want %s, %d", after.Status, after.Version, want, version)
			}
		})
	}
	if err := r.SetStatus(t.Context(), west, cert.ID, active); !errors.Is(err, fault.NotFound) {
		t.Errorf("SetStatus elsewhere: got %v, want %v", err, fault.NotFound)
	}
}

func TestUsable(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name          string
		status        certificate.Status
		begins, lasts time.Duration // from noon
		want          error
	}{
		{"active", certificate.Active, -time.Hour, time.Hour, nil},
		{"its first moment", certificate.Active, 0, time.Hour, nil},
		{"its last moment", certificate.Active, -time.Hour, 0, nil},
		{"not yet valid", certificate.Active, time.Second, time.Hour, fault.WrongState},
		{"expired", certificate.Active, -time.Hour, -time.Second, fault.WrongState},
		{"inactive", certificate.Inactive, -time.Hour, time.Hour, fault.WrongState},
		{"revoked", certificate.Revoked, -time.Hour, time.Hour, fault.WrongState},
		{"in transfer", certificate.PendingTransfer, -time.Hour, time.Hour, fault.WrongState},
		{"to be activated", certificate.PendingActivation, -time.Hour, time.Hour, fault.WrongState},
		{"without a status", "", -time.Hour, time.Hour, fault.WrongState},
	} {
		c := certificate.Registration{Status: tc.status, NotBefore: noon.Add(tc.begins), NotAfter: noon.Add(tc.lasts)}
		if err := c.Usable(noon); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
	}
}

func TestDeleteRefusesInAWSOrder(t *testing.T) {
	r := open(t)
	cert := r.create(t, true)
	arn := string(cert.ARN())
	principal := registry.Principal(arn)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := r.things.CreateThing(t.Context(), east, registry.Thing{Name: "pump-7"})
	must(err)
	must(r.things.Attach(t.Context(), east, "pump-7", principal, false))
	_, err = r.policies.Create(t.Context(), east, "p", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	must(err)
	must(r.policies.Attach(t.Context(), east, "p", arn))

	refused := func(force bool, kind fault.Kind, want string) {
		t.Helper()
		err := r.Delete(t.Context(), east, cert.ID, force)
		if !errors.Is(err, kind) || err.Error() != want {
			t.Errorf("Delete: got %v, want %s: %s", err, kind, want)
		}
	}
	for _, force := range []bool{false, true} {
		refused(force, fault.WrongState, "Certificate must be deactivated (not ACTIVE) before deletion. Id: "+cert.ID)
	}
	must(r.SetStatus(t.Context(), east, cert.ID, certificate.Inactive))
	for _, force := range []bool{false, true} {
		refused(force, fault.InUse, "Things must be detached before deletion (arn: "+arn+")")
	}
	must(r.things.Detach(t.Context(), east, "pump-7", principal))
	refused(false, fault.InUse, "Certificate policies must be detached before deletion (arn: "+arn+")")
	if docs, err := r.policies.Effective(t.Context(), east, cert.ID); err != nil || len(docs) != 1 {
		t.Errorf("Effective: got %d, %v, want 1", len(docs), err)
	}
	must(r.Delete(t.Context(), east, cert.ID, true))
	refused(true, fault.NotFound, "Certificate "+cert.ID+" cannot be found.")
	if docs, err := r.policies.Effective(t.Context(), east, cert.ID); err != nil || len(docs) != 0 {
		t.Errorf("Effective after deletion: got %d, %v, want 0", len(docs), err)
	}
	must(r.policies.Delete(t.Context(), east, "p")) // nothing is attached to it any more

	other := r.create(t, false)
	r.put(t, other.ID, certificate.PendingTransfer)
	if err := r.Delete(t.Context(), east, other.ID, true); !errors.Is(err, fault.WrongState) {
		t.Errorf("Delete in transfer: got %v, want %v", err, fault.WrongState)
	}
}

// What Registered answers is never older than the last acknowledged change.
func TestRegisteredSeesEveryChange(t *testing.T) {
	r := open(t)
	made := r.create(t, true)
	cert := made
	expect := func(want ...certificate.Status) {
		t.Helper()
		got, err := r.Registered(t.Context(), cert.ID)
		if len(want) == 0 {
			if !errors.Is(err, fault.NotFound) {
				t.Errorf("Registered: got %v, want %v", err, fault.NotFound)
			}
			return
		}
		if err != nil || len(got) != len(want) {
			t.Fatalf("Registered: got %v, %v, want %v", got, err, want)
		}
		for i, c := range got {
			if c.Status != want[i] || variables(&c)["iot:certificateid"][0] != c.ID {
				t.Errorf("Registered: got %s of %s, want %s", c.Status, c.ID, want[i])
			}
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect(certificate.Active)
	must(r.SetStatus(t.Context(), east, cert.ID, certificate.Inactive))
	expect(certificate.Inactive)
	cert.Scope = west
	must(r.store.InsertCertificate(t.Context(), cert))
	expect(certificate.Inactive, certificate.Active)
	must(r.Delete(t.Context(), east, cert.ID, false))
	expect(certificate.Active)
	must(r.SetStatus(t.Context(), west, cert.ID, certificate.Revoked))
	must(r.Delete(t.Context(), west, cert.ID, false))
	expect()
	must(r.store.InsertCertificate(t.Context(), made))
	expect(certificate.Active)
}

func TestList(t *testing.T) {
	r := open(t)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r.Now = func() time.Time { now = now.Add(time.Minute); return now }
	first, second := r.create(t, true), r.create(t, false)
	got, err := r.List(t.Context(), east, page.Request{Limit: 1, Descending: true})
	if err != nil || len(got.Items) != 1 || got.Items[0].ID != second.ID || got.Next == "" {
		t.Errorf("first page: got %+v, %v", got, err)
	}
	got, err = r.List(t.Context(), east, page.Request{Limit: 1, Descending: true, Token: got.Next})
	if err != nil || len(got.Items) != 1 || got.Items[0].ID != first.ID || got.Next != "" {
		t.Errorf("last page: got %+v, %v", got, err)
	}
}

func TestAudit(t *testing.T) {
	var out bytes.Buffer
	r := open(t)
	r.Log = slog.New(slog.NewJSONHandler(&out, nil))
	r.Caller = func(context.Context) string { return "arn:aws:iam::111111111111:root" }
	cert, keys, err := r.CreateWithKeys(t.Context(), east, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []certificate.Status{certificate.Inactive, certificate.Inactive, certificate.Active, certificate.Revoked, certificate.Active} {
		r.SetStatus(t.Context(), east, cert.ID, status)
	}
	r.Delete(t.Context(), west, cert.ID, false)
	r.Delete(t.Context(), east, cert.ID, false)
	if strings.Contains(out.String(), "PRIVATE") || strings.Contains(out.String(), strings.Split(keys.Private.Reveal(), "\n")[1]) {
		t.Error("the private key is in the log")
	}
	var events []string
	for line := range strings.Lines(out.String()) {
		var record struct {
			Audit struct{ Event, Certificate, Account, Caller string }
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		if a := record.Audit; a.Event != "" {
			if a.Certificate != cert.ID || a.Account != east.Account || a.Caller != "arn:aws:iam::111111111111:root" {
				t.Errorf("record: %s", line)
			}
			events = append(events, strings.TrimPrefix(a.Event, "certificate "))
		}
	}
	want := "[issued activated deactivated activated revoked deleted]"
	if got := fmt.Sprint(events); got != want {
		t.Errorf("events: got %s, want %s", got, want)
	}
}

func variables(c *certificate.Registration) map[string][]string {
	all := map[string][]string{}
	c.AddVariables(all)
	return all
}

func TestVariables(t *testing.T) {
	r := open(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	link, _ := url.Parse("urn:device:7")
	template := &x509.Certificate{
		SerialNumber: big.NewInt(4711), NotAfter: time.Now().Add(time.Hour),
		Subject: pkix.Name{
			CommonName: `pump, "7"`, SerialNumber: "SN-1", Country: []string{"CH"}, Province: []string{"VD"},
			Organization:       []string{"Example"},
			OrganizationalUnit: []string{"a", "b", "c", "d", "e", "f"},
			ExtraNames:         []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 12}, Value: "Dr"}},
		},
		DNSNames: []string{"pump-7.example"}, EmailAddresses: []string{"p@example"}, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 7)}, URIs: []*url.URL{link},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert := r.create(t, true)
	cert.ID, cert.PEM = ca.ID(der), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	if err := r.store.InsertCertificate(t.Context(), cert); err != nil {
		t.Fatal(err)
	}
	registered, err := r.Registered(t.Context(), cert.ID)
	if err != nil {
		t.Fatal(err)
	}
	got := variables(&registered[0])
	for key, want := range map[string][]string{
		"iot:certificateid":                                                 {cert.ID},
		"iot:certificate.serialnumber":                                      {"4711"},
		"iot:certificate.subject.commonname":                                {`pump\, \"7\"`},
		"iot:certificate.subject.commonname.1":                              nil,
		"iot:certificate.subject.commonname.list":                           {`pump\, \"7\"`},
		"iot:certificate.subject.serialnumber":                              {"SN-1"},
		"iot:certificate.subject.country":                                   {"CH"},
		"iot:certificate.subject.state":                                     {"VD"},
		"iot:certificate.subject.title":                                     {"Dr"},
		"iot:certificate.subject.surname":                                   nil,
		"iot:certificate.subject.organizationalunit":                        {"a"},
		"iot:certificate.subject.organizationalunit.1":                      {"b"},
		"iot:certificate.subject.organizationalunit.4":                      {"e"},
		"iot:certificate.subject.organizationalunit.5":                      nil,
		"iot:certificate.subject.organizationalunit.list":                   {"a", "b", "c", "d", "e"},
		"iot:certificate.issuer.organization":                               {"Example"},
		"iot:certificate.subject.alternativename.dnsname":                   {"pump-7.example"},
		"iot:certificate.subject.alternativename.rfc822name":                {"p@example"},
		"iot:certificate.subject.alternativename.ipaddress":                 {"192.0.2.7"},
		"iot:certificate.subject.alternativename.uniformresourceidentifier": {"urn:device:7"},
	} {
		if !slices.Equal(got[key], want) {
			t.Errorf("%s: got %q, want %q", key, got[key], want)
		}
	}
	for _, key := range []string{"iot:Certificate.Subject.CommonName", "iot:Certificate.Issuer.Country"} {
		if !slices.Contains(got["iot:certificate.availablekeys"], key) {
			t.Errorf("%s is not among the available keys %q", key, got["iot:certificate.availablekeys"])
		}
	}
}

// Certificates that have their names in common have serial numbers of their own.
func TestVariablesOfMany(t *testing.T) {
	r := open(t)
	first, second := r.create(t, true), r.create(t, true)
	serials := map[string]bool{}
	for range 2 {
		for _, cert := range []certificate.Certificate{first, second} {
			registered, err := r.Registered(t.Context(), cert.ID)
			if err != nil {
				t.Fatal(err)
			}
			block, _ := pem.Decode([]byte(cert.PEM))
			parsed, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			got := variables(&registered[0])
			if got["iot:certificate.serialnumber"][0] != parsed.SerialNumber.String() || got["iot:certificateid"][0] != cert.ID ||
				got["iot:certificate.subject.commonname"][0] != parsed.Subject.CommonName {
				t.Errorf("certificate %s: got %v", cert.ID, got)
			}
			serials[got["iot:certificate.serialnumber"][0]] = true
		}
	}
	if len(serials) != 2 {
		t.Errorf("%d serial numbers of two certificates", len(serials))
	}
}

// Certificates of others may have a serial number longer than RFC 5280 allows.
func TestVariablesOfALongSerialNumber(t *testing.T) {
	r := open(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, bits := range []uint{8, 159, 160, 200} {
		serial := new(big.Int).Lsh(big.NewInt(1), bits-1)
		template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "pump-7"}}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		cert := r.create(t, true)
		cert.ID, cert.PEM = ca.ID(der), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		if err := r.store.InsertCertificate(t.Context(), cert); err != nil {
			t.Fatal(err)
		}
		registered, err := r.Registered(t.Context(), cert.ID)
		if err != nil {
			t.Fatalf("%d bits: %v", bits, err)
		}
		if got := variables(&registered[0])["iot:certificate.serialnumber"][0]; got != serial.String() {
			t.Errorf("%d bits: got %s, want %s", bits, got, serial)
		}
	}
}
