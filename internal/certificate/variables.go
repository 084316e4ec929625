package certificate

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Variables are what policies may ask of a certificate: the keys
// iot:CertificateId, iot:Certificate.Subject.CommonName and so on, in lower
// case, with their values. Names and forms are those of the AWS IoT Developer
// Guide, "X.509 certificate AWS IoT Core policy variables".
type Variables map[string][]string

// parse reads a certificate in PEM. It fails where the certificate isn't the
// one that has the id: a bit of it was changed where it is kept.
func parse(id, text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("it is not in PEM")
	}
	if sum := sha256.Sum256(block.Bytes); hex.EncodeToString(sum[:]) != id {
		return nil, fmt.Errorf("what is kept of it is damaged: its SHA-256 is %x", sum)
	}
	return x509.ParseCertificate(block.Bytes)
}

// Check fails where the certificate, as it is kept, isn't the one of its id, or
// isn't valid as long as is kept of it.
func (c *Certificate) Check() error {
	cert, err := parse(c.ID, c.PEM)
	if err != nil {
		return err
	}
	if !cert.NotBefore.Equal(c.NotBefore) || !cert.NotAfter.Equal(c.NotAfter) {
		return fmt.Errorf("it is kept as valid from %s until %s, and is so from %s until %s",
			c.NotBefore.Format(time.RFC3339), c.NotAfter.Format(time.RFC3339), cert.NotBefore.Format(time.RFC3339), cert.NotAfter.Format(time.RFC3339))
	}
	return nil
}

// fields are those of a certificate's variables that many devices have in
// common: all but its id and serial number. Nobody changes them.
type fields struct {
	values Variables
	serial string // "" but where it has no place in a record
}

// fieldsBytes bounds what is remembered of fields that certificates have in
// common. What is forgotten is held once more, for the certificates read later.
const fieldsBytes = 1 << 20

// Weight returns about how many bytes they take.
func (f *fields) Weight() int {
	w := 64
	for key, values := range f.values {
		w += 96 + len(key)
		for _, v := range values {
			w += 32 + len(v)
		}
	}
	return w
}

// shared returns the fields of a certificate, and whether they were made for
// it: the same names in another certificate have the same fields.
func (r *Registry) shared(cert *x509.Certificate) (f *fields, fresh bool) {
	var names []byte
	for _, part := range [][]byte{cert.RawSubject, cert.RawIssuer} {
		names = append(binary.AppendUvarint(names, uint64(len(part))), part...)
	}
	for _, e := range cert.Extensions {
		if e.Id.Equal(alternativeNames) {
			names = append(names, e.Value...)
		}
	}
	f, _ = r.fields.Get("", string(names), func() (*fields, error) {
		fresh = true
		return &fields{values: fieldsOf(cert)}, nil
	})
	return f, fresh
}

var alternativeNames = asn1.ObjectIdentifier{2, 5, 29, 17}

func fieldsOf(cert *x509.Certificate) Variables {
	v := Variables{}
	v.name("iot:Certificate.Subject.", &cert.Subject)
	v.name("iot:Certificate.Issuer.", &cert.Issuer)
	const alternative = "iot:Certificate.Subject.AlternativeName."
	v.set(alternative+"RFC822Name", cert.EmailAddresses)
	v.set(alternative+"DNSName", cert.DNSNames)
	v.set(alternative+"UniformResourceIdentifier", texts(cert.URIs))
	v.set(alternative+"IPAddress", texts(cert.IPAddresses))
	return v
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

func (v Variables) name(prefix string, name *pkix.Name) {
	values := map[string][]string{}
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
		v.set(prefix+variable, all)
	}
}

// maxValues of a field are variables, as AWS has it.
const maxValues = 5

// escapes are how AWS writes the special characters of a certificate's fields.
var escapes = strings.NewReplacer(`,`, `\,`, `"`, `\"`, `\`, `\\`, `+`, `\+`, `=`, `\=`, `<`, `\<`, `>`, `\>`, `;`, `\;`)

// available lists the fields that have values.
const available = "iot:certificate.availablekeys"

// set gives a field its variables: by its name the first value, with .1 the
// second and so on, with .List all of them.
func (v Variables) set(field string, values []string) {
	if len(values) == 0 {
		return
	}
	key, all := strings.ToLower(field), make([]string, 0, maxValues)
	for i, text := range values[:min(len(values), maxValues)] {
		all = append(all, escapes.Replace(text))
		if i > 0 {
			v[key+"."+strconv.Itoa(i)] = all[i : i+1 : i+1]
		}
	}
	v[key] = all[:1:1]
	v[key+".list"] = all
	v[available] = append(v[available], field)
}

func texts[T fmt.Stringer](values []T) []string {
	var all []string
	for _, v := range values {
		all = append(all, v.String())
	}
	return all
}
