package proof

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/awsapi/iotapi"
)

type cert struct {
	status   string
	policies map[string]bool
}

func (w *model) thingsOf(id string) []string {
	var all []string
	for _, name := range sorted(w.things) {
		if w.things[name].principals[id] {
			all = append(all, name)
		}
	}
	return all
}

// certs are the ids of the last certificates, gone or not, and one that never
// was.
func (x *trial) certs() []string {
	made := x.world.made
	return append(slices.Clone(made[max(0, len(made)-6):]), strings.Repeat("e", 64))
}

func (x *trial) cert() string { return one(x, x.certs()...) }

// aptCert is often one that is there.
func (x *trial) aptCert() string { return apt(x, x.certs(), in(x.world.certs)) }

func certARN(id string) string { return string(scope.Certificate(id)) }

var certificateSteps = []step{
	{"iot:CreateCertificateFromCsr", func(x *trial) (string, string, string) {
		active, id := x.r.IntN(3) > 0, ""
		got := say(x, iotapi.CreateCertificateFromCsr, &iotapi.CreateCertificateFromCsrRequest{CertificateSigningRequest: x.device.csr, SetAsActive: &active}, func(out *iotapi.CreateCertificateFromCsrResponse) string {
			id = *out.CertificateId
			x.device.held[id] = held{*out.CertificatePem, x.device.key}
			return fineWord
		})
		x.world.certs[id] = &cert{status: map[bool]string{true: "ACTIVE", false: "INACTIVE"}[active], policies: map[string]bool{}}
		x.world.made = append(x.world.made, id)
		return fmt.Sprint(active), got, fineWord
	}},
	{"iot:CreateKeysAndCertificate", func(x *trial) (string, string, string) {
		id := ""
		got := say(x, iotapi.CreateKeysAndCertificate, &iotapi.CreateKeysAndCertificateRequest{}, func(out *iotapi.CreateKeysAndCertificateResponse) string {
			id = *out.CertificateId
			if err := x.device.keep(id, *out.CertificatePem, *out.KeyPair.PrivateKey); err != nil {
				return err.Error()
			}
			return fineWord
		})
		x.world.certs[id] = &cert{status: "INACTIVE", policies: map[string]bool{}} // unless asked otherwise
		x.world.made = append(x.world.made, id)
		return "", got, fineWord
	}},
	{"iot:UpdateCertificate", func(x *trial) (string, string, string) {
		id, status, want := x.aptCert(), one(x, "ACTIVE", "ACTIVE", "INACTIVE", "INACTIVE", "REVOKED"), fineWord
		if status == "REVOKED" && x.r.IntN(3) > 0 {
			status = "ACTIVE" // a revoked one stays so
		}
		switch c := x.world.certs[id]; {
		case c == nil:
			want = notThere
		case c.status == "REVOKED" && status != "REVOKED":
			want = badState
		default:
			c.status = status
		}
		return id + " " + status, say(x, iotapi.UpdateCertificate, &iotapi.UpdateCertificateRequest{CertificateId: id, NewStatus: status}, fine), want
	}},
	{"iot:DeleteCertificate", func(x *trial) (string, string, string) {
		id, force, want := apt(x, x.certs(), func(id string) bool {
			c := x.world.certs[id]
			return c != nil && c.status != "ACTIVE" && len(x.world.thingsOf(id)) == 0
		}), x.r.IntN(3) == 0, fineWord
		switch c := x.world.certs[id]; {
		case c == nil:
			want = notThere
		case c.status == "ACTIVE":
			want = badState
		case len(x.world.thingsOf(id)) > 0, len(c.policies) > 0 && !force:
			want = inUse
		default:
			delete(x.world.certs, id)
		}
		return fmt.Sprint(id, force), say(x, iotapi.DeleteCertificate, &iotapi.DeleteCertificateRequest{CertificateId: id, ForceDelete: &force}, fine), want
	}},
	{"iot:AttachThingPrincipal", func(x *trial) (string, string, string) {
		name, id, want := apt(x, thingNames, in(x.world.things)), x.aptCert(), notThere
		if t := x.world.things[name]; t != nil && x.world.certs[id] != nil {
			want = fineWord
			if !t.principals[id] && len(t.principals) >= 10 {
				want = badRequest
			} else {
				t.principals[id] = true
			}
		}
		return name + " " + id, say(x, iotapi.AttachThingPrincipal, &iotapi.AttachThingPrincipalRequest{ThingName: name, Principal: certARN(id)}, fine), want
	}},
	{"iot:DetachThingPrincipal", func(x *trial) (string, string, string) {
		name := apt(x, thingNames, func(name string) bool { return x.world.things[name] != nil && len(x.world.things[name].principals) > 0 })
		id, want := apt(x, x.certs(), func(id string) bool { return slices.Contains(x.world.thingsOf(id), name) }), notThere
		if t := x.world.things[name]; t != nil && x.world.certs[id] != nil {
			delete(t.principals, id)
			want = fineWord
		}
		return name + " " + id, say(x, iotapi.DetachThingPrincipal, &iotapi.DetachThingPrincipalRequest{ThingName: name, Principal: certARN(id)}, fine), want
	}},
	{"ask for credentials", func(x *trial) (string, string, string) {
		// Often for what may be given, which takes a lot.
		type question struct{ id, alias, thing string }
		var all []question
		for _, id := range x.certs()[:len(x.certs())-1] { // of the last nobody has the key
			for _, alias := range aliasNames {
				for _, thing := range append(slices.Clone(thingNames), "") {
					all = append(all, question{id, alias, thing})
				}
			}
		}
		if len(all) == 0 {
			return "", no("credentials"), no("credentials")
		}
		q := apt(x, all, func(q question) bool { return x.world.mayHave(q.id, q.alias, q.thing) })
		want := no("credentials")
		if x.world.mayHave(q.id, q.alias, q.thing) {
			want = "credentials"
			x.world.roleOf(x.world.aliases[q.alias].role).used = true
		}
		return fmt.Sprint(q), x.device.ask(x, q.id, q.alias, q.thing), want
	}},
}

var certificateLooks = []look{
	{"iot:DescribeCertificate", (*trial).certs, func(x *trial, id string) (got, want string) {
		want = notThere
		if c := x.world.certs[id]; c != nil {
			want = c.status
		}
		return say(x, iotapi.DescribeCertificate, &iotapi.DescribeCertificateRequest{CertificateId: id}, func(out *iotapi.DescribeCertificateResponse) string {
			return *out.CertificateDescription.Status
		}), want
	}},
	{"iot:ListCertificates", nothing, func(x *trial, _ string) (string, string) {
		in := &iotapi.ListCertificatesRequest{PageSize: new(int32(10 + x.r.IntN(90)))}
		var want, got []string
		for _, id := range slices.Backward(x.world.made) {
			if c := x.world.certs[id]; c != nil {
				want = append(want, id+" "+c.status)
			}
		}
		slices.Sort(want) // those of one millisecond are in any order
		pages(&got, func(token *string) (items []string, more *string, refused string) {
			in.Marker = token
			refused = say(x, iotapi.ListCertificates, in, func(out *iotapi.ListCertificatesResponse) string {
				for _, c := range out.Certificates {
					items = append(items, *c.CertificateId+" "+*c.Status)
				}
				more = out.NextMarker
				return ""
			})
			return items, more, refused
		})
		slices.Sort(got)
		return strings.Join(got, ", "), strings.Join(want, ", ")
	}},
	{"iot:ListThingPrincipals", func(*trial) []string { return thingNames }, func(x *trial, name string) (got, want string) {
		want = notThere
		if t := x.world.things[name]; t != nil {
			var all []string
			for _, id := range sorted(t.principals) {
				all = append(all, certARN(id))
			}
			want = strings.Join(all, ", ")
		}
		return say(x, iotapi.ListThingPrincipals, &iotapi.ListThingPrincipalsRequest{ThingName: name}, func(out *iotapi.ListThingPrincipalsResponse) string {
			return strings.Join(slices.Sorted(slices.Values(out.Principals)), ", ")
		}), want
	}},
	{"iot:ListPrincipalThings", (*trial).certs, func(x *trial, id string) (got, want string) {
		want = notThere
		if x.world.certs[id] != nil {
			want = strings.Join(x.world.thingsOf(id), ", ")
		}
		return say(x, iotapi.ListPrincipalThings, &iotapi.ListPrincipalThingsRequest{Principal: certARN(id)}, func(out *iotapi.ListPrincipalThingsResponse) string {
			return strings.Join(out.Things, ", ")
		}), want
	}},
}

// mayHave reports whether a device may have credentials.
func (w *model) mayHave(id, alias, thing string) bool {
	c := w.certs[id]
	if c == nil || c.status != "ACTIVE" {
		return false
	}
	if thing != "" && (w.things[thing] == nil || !w.things[thing].principals[id]) {
		return false
	}
	allowed := false
	for name := range c.policies {
		switch w.policies[name].inForce() {
		case mayNothing:
			return false
		case mayBecome:
			allowed = true
		}
	}
	a := w.aliases[alias]
	if !allowed || a == nil {
		return false
	}
	r := w.roleOf(a.role)
	return r != nil && r.trust == iotTrusted
}
