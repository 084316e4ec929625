package proof

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/stsapi"
)

// cert is a registration: one that is deleted and registered again is another.
type cert struct {
	status   string
	mode     string
	policies map[string]bool
}

// certify keeps a certificate as the newest there is.
func (w *model) certify(id string, c *cert) {
	c.policies = map[string]bool{}
	w.certs[id] = c
	w.made = append(slices.DeleteFunc(w.made, func(old string) bool { return old == id }), id)
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
		x.world.certify(id, &cert{status: map[bool]string{true: "ACTIVE", false: "INACTIVE"}[active], mode: "DEFAULT"})
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
		x.world.certify(id, &cert{status: "INACTIVE", mode: "DEFAULT"}) // unless asked otherwise
		return "", got, fineWord
	}},
	{"iot:RegisterCertificateWithoutCA", func(x *trial) (string, string, string) {
		// One of the device's own, or one that is there or was, whoever signed it.
		id, text, status := apt(x, x.certs(), out(x.world.certs)), "", one(x, "", "ACTIVE", "ACTIVE", "ACTIVE", "INACTIVE", "REVOKED", "PENDING_TRANSFER")
		if was, ok := x.device.held[id]; ok && x.r.IntN(3) > 0 {
			text = was.pem
		} else {
			text = ownCertificate(x.device.key)
			id = x.device.hold(text)
		}
		in, want := &iotapi.RegisterCertificateWithoutCARequest{CertificatePem: text}, fineWord
		if status != "" {
			in.Status = &status
		}
		switch {
		case status == "PENDING_TRANSFER":
			want = badRequest
		case x.world.certs[id] != nil:
			want = itsThere
		default:
			x.world.certify(id, &cert{status: cmp.Or(status, "INACTIVE"), mode: "SNI_ONLY"})
		}
		return id + " " + status, say(x, iotapi.RegisterCertificateWithoutCA, in, func(out *iotapi.RegisterCertificateWithoutCAResponse) string {
			if *out.CertificateId != id {
				return "another id: " + *out.CertificateId
			}
			return fineWord
		}), want
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
		name, id, of := apt(x, thingNames, in(x.world.things)), x.aptCert(), one(x, "", "", "NON_EXCLUSIVE_THING", "EXCLUSIVE_THING")
		in := &iotapi.AttachThingPrincipalRequest{ThingName: name, Principal: certARN(id)}
		if of != "" {
			in.ThingPrincipalType = &of
		}
		want := x.world.attach(name, id, of == "EXCLUSIVE_THING")
		return name + " " + id + " " + of, say(x, iotapi.AttachThingPrincipal, in, fine), want
	}},
	{"iot:DetachThingPrincipal", func(x *trial) (string, string, string) {
		name := apt(x, thingNames, func(name string) bool { return x.world.things[name] != nil && len(x.world.things[name].principals) > 0 })
		id, want := apt(x, x.certs(), func(id string) bool { return slices.Contains(x.world.thingsOf(id), name) }), notThere
		if t := x.world.things[name]; t != nil && x.world.certs[id] != nil {
			delete(t.principals, id)
			delete(t.exclusive, id)
			want = fineWord
		}
		return name + " " + id, say(x, iotapi.DetachThingPrincipal, &iotapi.DetachThingPrincipalRequest{ThingName: name, Principal: certARN(id)}, fine), want
	}},
	{"ask for credentials", func(x *trial) (string, string, string) {
		all := x.questions()
		if len(all) == 0 {
			return "", no("credentials"), no("credentials")
		}
		// Often for what may be given, which takes a lot.
		q := apt(x, all, x.world.mayAsk)
		want := no("credentials")
		if x.world.mayHave(q.id, q.alias, q.thing) {
			want = "credentials"
			x.world.roleOf(x.world.aliases[q.alias].role).used = true
		}
		got, cred := x.device.ask(x, q.id, q.alias, q.thing)
		if cred != nil {
			x.given = append(x.given[max(0, len(x.given)-11):], x.givenFor(q.id, q.alias, q.thing, *cred))
		}
		return fmt.Sprint(q), got, want
	}},
	{"use a device's credentials", func(x *trial) (string, string, string) {
		if len(x.given) == 0 {
			return "", no("there are none"), no("there are none")
		}
		g, want := one(x, x.given...), no("InvalidClientTokenId")
		if x.stillGiven(g) {
			want = fineWord
			g.role.used = true
		}
		return fmt.Sprint(g.id, g.alias, g.thing), sayAs(x, x.m.as(g.cred), stsapi.GetCallerIdentity, &stsapi.GetCallerIdentityRequest{}, fine), want
	}},
	{"delete a certificate and give it all again", func(x *trial) (string, string, string) {
		all := slices.DeleteFunc(x.questions(), func(q question) bool { return !x.world.mayAsk(q) })
		if len(all) == 0 {
			return "", no("there is none"), no("there is none")
		}
		q := one(x, all...)
		_, cred := x.device.ask(x, q.id, q.alias, q.thing)
		if cred == nil {
			return fmt.Sprint(q), no("credentials"), "credentials"
		}
		said := x.renew(q.id)
		said = append(said, sayAs(x, x.m.as(*cred), stsapi.GetCallerIdentity, &stsapi.GetCallerIdentityRequest{}, fine))
		got, _ := x.device.ask(x, q.id, q.alias, q.thing)
		x.world.roleOf(x.world.aliases[q.alias].role).used = true
		want := append(slices.Repeat([]string{fineWord}, len(said)-1), no("InvalidClientTokenId"), "credentials")
		return fmt.Sprint(q), strings.Join(append(said, got), ", "), strings.Join(want, ", ")
	}},
}

// question is what a device may ask for.
type question struct{ id, alias, thing string }

// questions are all that it can.
func (x *trial) questions() (all []question) {
	certs := x.certs()
	for _, id := range certs[:len(certs)-1] { // of the last nobody has the key
		for _, alias := range aliasNames {
			for _, thing := range append(slices.Clone(thingNames), "") {
				all = append(all, question{id, alias, thing})
			}
		}
	}
	return all
}

func (w *model) mayAsk(q question) bool { return w.mayHave(q.id, q.alias, q.thing) }

// renew deletes an active certificate, registers it again and attaches it to
// all that it was attached to.
func (x *trial) renew(id string) (said []string) {
	c, things := x.world.certs[id], x.world.thingsOf(id)
	for _, name := range things {
		said = append(said, say(x, iotapi.DetachThingPrincipal, &iotapi.DetachThingPrincipalRequest{ThingName: name, Principal: certARN(id)}, fine))
	}
	said = append(said,
		say(x, iotapi.UpdateCertificate, &iotapi.UpdateCertificateRequest{CertificateId: id, NewStatus: "INACTIVE"}, fine),
		say(x, iotapi.DeleteCertificate, &iotapi.DeleteCertificateRequest{CertificateId: id, ForceDelete: new(true)}, fine),
		say(x, iotapi.RegisterCertificateWithoutCA, &iotapi.RegisterCertificateWithoutCARequest{CertificatePem: x.device.held[id].pem, Status: new("ACTIVE")}, fine))
	x.world.certify(id, &cert{status: "ACTIVE", mode: "SNI_ONLY"})
	for _, name := range things {
		in := &iotapi.AttachThingPrincipalRequest{ThingName: name, Principal: certARN(id)}
		if x.world.things[name].exclusive[id] {
			in.ThingPrincipalType = new("EXCLUSIVE_THING")
		}
		said = append(said, say(x, iotapi.AttachThingPrincipal, in, fine))
	}
	for _, name := range sorted(c.policies) {
		said = append(said, say(x, iotapi.AttachPrincipalPolicy, &iotapi.AttachPrincipalPolicyRequest{PolicyName: name, Principal: certARN(id)}, fine))
		x.world.certs[id].policies[name] = true
	}
	return said
}

var certificateLooks = []look{
	{"iot:DescribeCertificate", (*trial).certs, func(x *trial, id string) (got, want string) {
		want = notThere
		if c := x.world.certs[id]; c != nil {
			want = c.status + " " + c.mode
		}
		return say(x, iotapi.DescribeCertificate, &iotapi.DescribeCertificateRequest{CertificateId: id}, func(out *iotapi.DescribeCertificateResponse) string {
			return *out.CertificateDescription.Status + " " + *out.CertificateDescription.CertificateMode
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
	{"iot:ListThingPrincipalsV2", func(*trial) []string { return withTypes(thingNames) }, func(x *trial, which string) (string, string) {
		name, of, _ := strings.Cut(which, " ")
		in, want := &iotapi.ListThingPrincipalsV2Request{ThingName: name, MaxResults: new(int32(1 + x.r.IntN(4)))}, notThere
		if of != "" {
			in.ThingPrincipalType = &of
		}
		if t := x.world.things[name]; t != nil {
			var all []string
			for _, id := range sorted(t.principals) {
				all = append(all, t.typed(certARN(id), id, of)...)
			}
			want = strings.Join(all, ", ")
		}
		var got []string
		return pages(&got, func(token *string) (items []string, more *string, refused string) {
			in.NextToken = token
			refused = say(x, iotapi.ListThingPrincipalsV2, in, func(out *iotapi.ListThingPrincipalsV2Response) string {
				for _, o := range out.ThingPrincipalObjects {
					items = append(items, *o.Principal+" "+*o.ThingPrincipalType)
				}
				more = out.NextToken
				return ""
			})
			return items, more, refused
		}), want
	}},
	{"iot:ListPrincipalThingsV2", func(x *trial) []string { return withTypes(x.certs()) }, func(x *trial, which string) (string, string) {
		id, of, _ := strings.Cut(which, " ")
		in, want := &iotapi.ListPrincipalThingsV2Request{Principal: certARN(id), MaxResults: new(int32(1 + x.r.IntN(4)))}, notThere
		if of != "" {
			in.ThingPrincipalType = &of
		}
		if x.world.certs[id] != nil {
			var all []string
			for _, name := range x.world.thingsOf(id) {
				all = append(all, x.world.things[name].typed(name, id, of)...)
			}
			want = strings.Join(all, ", ")
		}
		var got []string
		return pages(&got, func(token *string) (items []string, more *string, refused string) {
			in.NextToken = token
			refused = say(x, iotapi.ListPrincipalThingsV2, in, func(out *iotapi.ListPrincipalThingsV2Response) string {
				for _, o := range out.PrincipalThingObjects {
					items = append(items, *o.ThingName+" "+*o.ThingPrincipalType)
				}
				more = out.NextToken
				return ""
			})
			return items, more, refused
		}), want
	}},
}

// withTypes are names alone, and with each thing principal type.
func withTypes(names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, name, name+" EXCLUSIVE_THING", name+" NON_EXCLUSIVE_THING")
	}
	return all
}

// typed is text with the type of a principal of t, if that is of; "" is any.
func (t *thing) typed(text, id, of string) []string {
	is := map[bool]string{true: "EXCLUSIVE_THING", false: "NON_EXCLUSIVE_THING"}[t.exclusive[id]]
	if of != "" && is != of {
		return nil
	}
	return []string{text + " " + is}
}

// attach puts a certificate on a thing, if both are there and no exclusive
// attachment stands against it.
func (w *model) attach(name, id string, exclusive bool) string {
	t := w.things[name]
	if t == nil || w.certs[id] == nil {
		return notThere
	}
	others := slices.DeleteFunc(w.thingsOf(id), func(other string) bool { return other == name })
	bound := slices.ContainsFunc(others, func(other string) bool { return w.things[other].exclusive[id] })
	switch {
	case t.principals[id] && t.exclusive[id] != exclusive:
		return badRequest
	case t.principals[id]:
		return fineWord
	case bound, exclusive && len(others) > 0, len(t.principals) >= 10:
		return badRequest
	}
	t.principals[id] = true
	if exclusive {
		t.exclusive[id] = true
	}
	return fineWord
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
