package proof

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/arn"
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

// cert answers the id of one of the last certificates, gone or not.
func (x *trial) cert() string {
	made := x.world.made
	if len(made) == 0 || x.r.IntN(20) == 0 {
		return strings.Repeat("e", 64)
	}
	return made[max(0, len(made)-1-x.r.IntN(6))]
}

func certARN(id string) string { return string(scope.Certificate(id)) }

var certificateSteps = []step{
	{"CreateCertificateFromCsr", func(x *trial) (string, string, string) {
		active, id := x.r.IntN(3) > 0, ""
		got := say(x, iotapi.CreateCertificateFromCsr, &iotapi.CreateCertificateFromCsrRequest{CertificateSigningRequest: x.device.csr, SetAsActive: &active}, func(out *iotapi.CreateCertificateFromCsrResponse) string {
			id = *out.CertificateId
			x.device.pems[id] = *out.CertificatePem
			return fineWord
		})
		x.world.certs[id] = &cert{status: map[bool]string{true: "ACTIVE", false: "INACTIVE"}[active], policies: map[string]bool{}}
		x.world.made = append(x.world.made, id)
		return fmt.Sprint(active), got, fineWord
	}},
	{"DescribeCertificate", func(x *trial) (string, string, string) {
		id, want := x.cert(), notThere
		if c := x.world.certs[id]; c != nil {
			want = c.status
		}
		return id, say(x, iotapi.DescribeCertificate, &iotapi.DescribeCertificateRequest{CertificateId: id}, func(out *iotapi.DescribeCertificateResponse) string {
			return *out.CertificateDescription.Status
		}), want
	}},
	{"ListCertificates", func(x *trial) (string, string, string) {
		in := &iotapi.ListCertificatesRequest{PageSize: new(int32(1 + x.r.IntN(9)))}
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
		return "", strings.Join(got, ", "), strings.Join(want, ", ")
	}},
	{"UpdateCertificate", func(x *trial) (string, string, string) {
		id, status, want := x.cert(), one(x, "ACTIVE", "ACTIVE", "INACTIVE", "INACTIVE", "REVOKED"), fineWord
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
	{"DeleteCertificate", func(x *trial) (string, string, string) {
		id, force, want := x.cert(), x.r.IntN(3) == 0, fineWord
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
	{"AttachThingPrincipal", func(x *trial) (string, string, string) {
		name, id, want := x.thing(), x.cert(), notThere
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
	{"DetachThingPrincipal", func(x *trial) (string, string, string) {
		name, id, want := x.thing(), x.cert(), notThere
		if t := x.world.things[name]; t != nil && x.world.certs[id] != nil {
			delete(t.principals, id)
			want = fineWord
		}
		return name + " " + id, say(x, iotapi.DetachThingPrincipal, &iotapi.DetachThingPrincipalRequest{ThingName: name, Principal: certARN(id)}, fine), want
	}},
	{"ListThingPrincipals", func(x *trial) (string, string, string) {
		name, want := x.thing(), notThere
		if t := x.world.things[name]; t != nil {
			var all []string
			for _, id := range sorted(t.principals) {
				all = append(all, certARN(id))
			}
			want = strings.Join(all, ", ")
		}
		return name, say(x, iotapi.ListThingPrincipals, &iotapi.ListThingPrincipalsRequest{ThingName: name}, func(out *iotapi.ListThingPrincipalsResponse) string {
			return strings.Join(slices.Sorted(slices.Values(out.Principals)), ", ")
		}), want
	}},
	{"ListPrincipalThings", func(x *trial) (string, string, string) {
		id, want := x.cert(), notThere
		if x.world.certs[id] != nil {
			want = strings.Join(x.world.thingsOf(id), ", ")
		}
		return id, say(x, iotapi.ListPrincipalThings, &iotapi.ListPrincipalThingsRequest{Principal: certARN(id)}, func(out *iotapi.ListPrincipalThingsResponse) string {
			return strings.Join(out.Things, ", ")
		}), want
	}},
	{"ask for credentials", func(x *trial) (string, string, string) {
		id, alias, thing := x.cert(), x.alias(), one(x, "", x.thing())
		got := x.device.ask(x, id, alias, thing)
		want := no("credentials")
		if x.world.mayHave(id, alias, thing) {
			want = "credentials"
		}
		if id == strings.Repeat("e", 64) { // nobody has its key
			got, want = "", ""
		}
		return fmt.Sprint(id, alias, thing), got, want
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
		switch p := w.policies[name]; p.versions[p.current] {
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
	_, _, name, _ := arn.SplitRole(arn.ARN(a.role))
	return w.roles[name] != nil && w.roles[name].trust == iotTrusted
}
