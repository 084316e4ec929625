package credentials_test

import (
	"fmt"
	"testing"

	"muster/internal/credentials"
	"muster/internal/registry"
)

// A device of a fleet takes little of the memory for decisions, and asking for
// what isn't there takes none of it away.
func TestADeviceIsSmall(t *testing.T) {
	r := open(t)
	r.alias(east, "Field", "Field")
	_, err := r.Policies.Create(t.Context(), east, "fleet", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"iot:CertificateId":"*"}}}}`)
	r.must(err)
	var requests []credentials.Request
	for i := range 30 {
		id, name := r.register(east), registry.Name(fmt.Sprint("plant-12-pump-", i))
		_, err := r.Things.CreateThing(t.Context(), east, registry.Thing{Name: name})
		r.must(err)
		r.must(r.Things.Attach(t.Context(), east, name, registry.Principal(east.Certificate(id)), false))
		r.must(r.Policies.Attach(t.Context(), east, "fleet", string(east.Certificate(id))))
		requests = append(requests, credentials.Request{ServerName: r.endpoint(east), CertificateID: id, Alias: "Field", Thing: string(name)})
	}
	vend := func(all []credentials.Request) {
		t.Helper()
		for _, q := range all {
			_, err := r.Issue(t.Context(), q)
			r.must(err)
		}
	}
	vend(requests[:10]) // and what all of them need: policy, alias, role
	before := r.index.Use()
	vend(requests)
	after := r.index.Use()
	if each := (after.Bytes - before.Bytes) / 20; each > 600 {
		t.Errorf("a device takes %d bytes, want 600 at most", each)
	}
	for i := range 5000 {
		for _, q := range []credentials.Request{
			{ServerName: r.endpoint(east), CertificateID: fmt.Sprintf("%064x", i), Alias: "Field"},
			{ServerName: r.endpoint(east), CertificateID: requests[0].CertificateID, Alias: "Field", Thing: fmt.Sprint("nobody-", i)},
			{ServerName: r.endpoint(east), CertificateID: requests[0].CertificateID, Alias: fmt.Sprint("none-", i)},
		} {
			if _, err := r.Issue(t.Context(), q); err == nil {
				t.Fatal("credentials were given")
			}
		}
	}
	if now := r.index.Use(); now.Answers != after.Answers || now.Evictions != after.Evictions || now.AbsenceEvictions == 0 {
		t.Errorf("before strangers asked: %+v, now %+v", after, now)
	}
}
