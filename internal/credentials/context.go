package credentials

import (
	"crypto/x509/pkix"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"muster/internal/certificate"
	"muster/internal/policy"
	"muster/internal/registry"
	"muster/internal/rolealias"
)

// trustContext holds the condition keys the provider brings before a role's
// trust policy; with aws:SourceArn two aliases of one role can be told apart.
func (p *Provider) trustContext(cert *certificate.Certificate, alias *rolealias.Alias) policy.Context {
	c := make(policy.Context, 8)
	c.Set("aws:SourceArn", string(cert.Scope.RoleAlias(alias.Name)))
	c.Set("aws:SourceAccount", cert.Scope.Account)
	c.Set("aws:PrincipalIsAWSService", "true")
	c.Set("sts:RoleSessionName", cert.ID)
	p.setTime(c)
	return c
}

// deviceContext holds the condition keys and variables of IoT policies: of the
// connection, the certificate, and the thing if the device named one. Thing is
// attached to the certificate.
func (p *Provider) deviceContext(cert *certificate.Certificate, thing *registry.Thing, source netip.Addr) policy.Context {
	c := make(policy.Context, 32)
	if source.IsValid() {
		c.Set("aws:SourceIp", source.Unmap().String())
	}
	p.setTime(c)
	c.Set("iot:CertificateId", cert.ID)
	if leaf := cert.Leaf; leaf != nil {
		setName(c, "iot:Certificate.Subject.", &leaf.Subject)
		setName(c, "iot:Certificate.Issuer.", &leaf.Issuer)
		alternative := "iot:Certificate.Subject.AlternativeName."
		setValues(c, alternative+"RFC822Name", leaf.EmailAddresses)
		setValues(c, alternative+"DNSName", leaf.DNSNames)
		setValues(c, alternative+"UniformResourceIdentifier", texts(leaf.URIs))
		setValues(c, alternative+"IPAddress", texts(leaf.IPAddresses))
		c.Set("iot:Certificate.SerialNumber", leaf.SerialNumber.String())
	}
	if thing != nil {
		c.Set("iot:Connection.Thing.IsAttached", "true")
		c.Set("iot:Connection.Thing.ThingName", string(thing.Name))
		if thing.Type != "" {
			c.Set("iot:Connection.Thing.ThingTypeName", string(thing.Type))
		}
		for name, value := range thing.Attributes {
			c.Set("iot:Connection.Thing.Attributes["+name+"]", value)
		}
	}
	return c
}

func (p *Provider) setTime(c policy.Context) {
	now := p.now()
	c.Set("aws:CurrentTime", now.Format(time.RFC3339))
	c.Set("aws:EpochTime", strconv.FormatInt(now.Unix(), 10))
}

// The attributes of a distinguished name that are variables, by the last arc
// of their id under 2.5.4.
var nameVariables = map[int]string{
	3:  "CommonName",
	4:  "Surname",
	5:  "SerialNumber",
	6:  "Country",
	8:  "State",
	10: "Organization",
	11: "OrganizationalUnit",
	12: "Title",
	42: "GivenName",
	43: "Initials",
	44: "GenerationQualifier",
	46: "DistinguishedNameQualifier",
	65: "Pseudonym",
}

func setName(c policy.Context, prefix string, name *pkix.Name) {
	values := make(map[string][]string, 2)
	for _, a := range name.Names {
		if len(a.Type) != 4 || a.Type[0] != 2 || a.Type[1] != 5 || a.Type[2] != 4 {
			continue
		}
		text, ok := a.Value.(string)
		if variable := nameVariables[a.Type[3]]; variable != "" && ok {
			values[variable] = append(values[variable], text)
		}
	}
	for variable, all := range values {
		setValues(c, prefix+variable, all)
	}
}

// maxValues of a field are variables, as AWS has it.
const maxValues = 5

// escapes are how AWS writes the special characters of a certificate's fields.
var escapes = strings.NewReplacer(`,`, `\,`, `"`, `\"`, `\`, `\\`, `+`, `\+`, `=`, `\=`, `<`, `\<`, `>`, `\>`, `;`, `\;`)

// setValues gives a certificate's field its variables: by its name the first
// value, with .1 the second and so on, with .List all of them.
func setValues(c policy.Context, field string, values []string) {
	if len(values) == 0 {
		return
	}
	all := make([]string, 0, maxValues)
	for i, v := range values[:min(len(values), maxValues)] {
		v = escapes.Replace(v)
		all = append(all, v)
		if i > 0 {
			c.Set(field+"."+strconv.Itoa(i), v)
		}
	}
	c.Set(field, all[0])
	c.Set(field+".List", all...)
	available := append(c[availableKeys], field)
	c[availableKeys] = available
}

// availableKeys lists the certificate's variables that have values; lower
// case, as a Context's keys are.
const availableKeys = "iot:certificate.availablekeys"

func texts[T fmt.Stringer](values []T) []string {
	var all []string
	for _, v := range values {
		all = append(all, v.String())
	}
	return all
}
