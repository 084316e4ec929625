package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// How long a certificate should still be good for. The server makes its own
// anew with a month to go, so less is a sign that something else is shown.
const (
	serverSoon = 21 * 24 * time.Hour
	rootSoon   = 365 * 24 * time.Hour
)

// nobody is a name that no server has: RFC 6761 keeps it from everybody.
const nobody = "muster-doctor.invalid"

// checkCertificates shakes hands with both ports, as their names and as another.
func (d *doctor) checkCertificates(ctx context.Context) {
	const check = "root certificate"
	text, err := os.ReadFile(d.state.RootCA)
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(text) {
		d.fail(check, "restart the server, which writes it anew", "%s can't be read: %v", d.state.RootCA, err)
		return
	}
	endpoint, _ := hostAndPort(d.state.Endpoint)
	shown, err := d.handshake(ctx, d.state.Devices, endpoint)
	if err != nil {
		d.fail("device certificate", "look at the server's log", "no TLS on %s: %v", d.state.Devices, err)
		return
	}
	if err := d.trusted(shown, roots, endpoint); !d.certificate("device certificate", endpoint, shown, err) {
		return
	}
	d.checkOnlyRSA(ctx, roots, endpoint)
	d.checkRoots(text)
	d.checkServerNames(ctx, roots, endpoint)
	d.checkAPICertificate(ctx, roots)
}

// checkOnlyRSA shakes hands as a device whose TLS knows only RSA.
func (d *doctor) checkOnlyRSA(ctx context.Context, roots *x509.CertPool, endpoint string) {
	const check = "rsa certificate"
	shown, err := d.handshake(ctx, d.state.Devices, endpoint, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)
	if err != nil {
		d.fail(check, "let TLS through to Muster's device port unopened", "no TLS for devices that know only RSA: %v", err)
		return
	}
	d.certificate(check, endpoint, shown, d.trusted(shown, roots, endpoint))
}

// checkAPICertificate is for an API port that speaks TLS.
func (d *doctor) checkAPICertificate(ctx context.Context, roots *x509.CertPool) {
	const check = "api certificate"
	u, err := url.Parse(d.state.API)
	if err != nil || u.Scheme != "https" {
		return
	}
	if d.state.APITLS == "" {
		roots = nil // the operator's own: this machine must trust it
	}
	shown, err := d.handshake(ctx, u.Host, u.Hostname())
	if err != nil {
		d.fail(check, "look at the server's log", "no TLS on %s: %v", u.Host, err)
		return
	}
	if d.certificate(check, u.Hostname(), shown, d.trusted(shown, roots, u.Hostname())) && d.state.APICert != "" {
		d.checkAPIFile(shown[0])
	}
}

// checkAPIFile compares what the API port shows with the operator's file, which
// the server takes up within a minute or two unless it can't be used.
func (d *doctor) checkAPIFile(shown *x509.Certificate) {
	const check, fix = "api certificate file", "look for \"the API port keeps its certificate\" in the server's log: it says what is wrong with the files"
	text, err := os.ReadFile(d.state.APICert)
	info, statErr := os.Stat(d.state.APICert)
	if err := errors.Join(err, statErr); err != nil {
		d.fail(check, "run this as the user of the server, or put the file back", "%v", err)
		return
	}
	block, _ := pem.Decode(text)
	switch age := d.now().Sub(info.ModTime()); {
	case block != nil && bytes.Equal(block.Bytes, shown.Raw):
		d.ok(check, "%s is what the port shows", d.state.APICert)
	case age < 2*time.Minute:
		d.warn(check, "wait two minutes, or send the server SIGHUP", "%s was changed a moment ago and isn't shown yet", d.state.APICert)
	default:
		d.fail(check, fix, "%s is not what the port shows, which ends on %s", d.state.APICert, day(shown.NotAfter))
	}
}

// handshake returns the certificates that a port shows to who asks for name, and
// knows only those cipher suites of TLS 1.2, if any are given.
func (d *doctor) handshake(ctx context.Context, addr, name string, suites ...uint16) ([]*x509.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	config := &tls.Config{ServerName: name, InsecureSkipVerify: true} // trusted judges, so that each fault has its name
	if len(suites) > 0 {
		config.CipherSuites, config.MaxVersion = suites, tls.VersionTLS12
	}
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates, nil
}

// trusted verifies what a port shows as a client does; roots is nil for those
// of this machine.
func (d *doctor) trusted(shown []*x509.Certificate, roots *x509.CertPool, name string) error {
	between := x509.NewCertPool()
	for _, c := range shown[1:] {
		between.AddCert(c)
	}
	_, err := shown[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: name, CurrentTime: d.now()})
	return err
}

// certificate says what is wrong with the one a port shows, and reports
// whether clients accept it.
func (d *doctor) certificate(check, name string, shown []*x509.Certificate, err error) bool {
	var (
		invalid  x509.CertificateInvalidError
		unknown  x509.UnknownAuthorityError
		elsewise x509.HostnameError
	)
	leaf := shown[0]
	switch left := leaf.NotAfter.Sub(d.now()); {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		d.fail(check, d.renew("set the clock if it is wrong; else ", check), "it is valid from %s to %s, not now", day(leaf.NotBefore), day(leaf.NotAfter))
	case errors.As(err, &elsewise):
		d.fail(check, "start serve with the --hostname or --endpoint that clients use", "it is for %s, not for %s", strings.Join(namesIn(leaf), ", "), name)
	case errors.As(err, &unknown):
		d.fail(check, "let TLS through to Muster unopened, or give clients the CA of this certificate (AWS_CA_BUNDLE)", "clients don't trust it: it is signed by %q", leaf.Issuer.CommonName)
	case err != nil:
		d.fail(check, "look at what answers in the server's place", "%v", err)
	case left < serverSoon:
		d.warn(check, d.renew("", check), "for %s, it ends on %s", name, day(leaf.NotAfter))
	default:
		d.ok(check, "for %s, until %s", name, day(leaf.NotAfter))
	}
	return err == nil
}

// renew says how a port gets a certificate that is good for longer.
func (d *doctor) renew(first, check string) string {
	if check == "api certificate" && d.state.APICert != "" {
		return first + "renew " + d.state.APICert + " and its key: the server takes them up within a minute"
	}
	return first + "restart the server"
}

// checkRoots looks how long the roots in the file are good for.
func (d *doctor) checkRoots(text []byte) {
	const check = "root certificate"
	var all []string
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		root, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			d.fail(check, "restart the server, which writes it anew", "%s: %v", d.state.RootCA, err)
			return
		}
		if root.NotAfter.Sub(d.now()) < rootSoon {
			d.warn(check, "give the devices the roots of a new data directory in time", "%s: %s ends on %s", d.state.RootCA, root.Subject.CommonName, day(root.NotAfter))
			return
		}
		all = append(all, fmt.Sprintf("%s until %s", root.Subject.CommonName, day(root.NotAfter)))
	}
	d.ok(check, "%s: %s", d.state.RootCA, strings.Join(all, ", "))
}

// checkServerNames asks the device port for its names, and for one that isn't
// its: a certificate of that would have to come from something else.
func (d *doctor) checkServerNames(ctx context.Context, roots *x509.CertPool, endpoint string) {
	const check, fix = "server names", "let SNI and TLS through to Muster's device port unopened"
	names := []string{endpoint, d.state.Hostname, nobody}
	for _, name := range slices.Compact(names) {
		shown, err := d.handshake(ctx, d.state.Devices, name)
		if err != nil {
			d.fail(check, fix, "who asks for %s is not answered: %v", name, err)
			return
		}
		err = d.trusted(shown, roots, name)
		if name == nobody && err == nil {
			d.fail(check, fix, "the device port shows a certificate for any name, such as %s", name)
			return
		}
		if name != nobody && err != nil {
			d.fail(check, fix, "who asks for %s is shown a certificate for %s", name, strings.Join(namesIn(shown[0]), ", "))
			return
		}
	}
	d.ok(check, "devices that ask for %s are shown it, others the host's", endpoint)
}

// checkNames looks up the names that lead to the server, and goes the way of
// a device.
func (d *doctor) checkNames(ctx context.Context) {
	endpoint, port := hostAndPort(d.state.Endpoint)
	d.checkName(ctx, "host name", d.state.Hostname, "")
	if endpoint != d.state.Hostname && !d.checkName(ctx, "endpoint name", endpoint, wildcard(endpoint)) {
		return
	}
	const check = "endpoint"
	addr := net.JoinHostPort(endpoint, port)
	shown, err := d.handshake(ctx, addr, endpoint)
	if err != nil {
		d.warn(check, "try it from where devices are; the port must lead to "+d.state.Devices+", or say where it does with --endpoint", "this machine doesn't reach %s: %v", addr, err)
		return
	}
	direct, err := d.handshake(ctx, d.state.Devices, endpoint)
	if err != nil || !direct[0].Equal(shown[0]) {
		d.fail(check, "let the name lead to this server, and TLS through to it unopened", "%s shows another certificate than the device port", addr)
		return
	}
	d.ok(check, "%s leads to the device port", addr)
}

// checkName reports whether a name is found in the DNS.
func (d *doctor) checkName(ctx context.Context, check, name, record string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		d.ok(check, "%s is an address", name)
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	addrs, err := d.lookup(ctx, name)
	if err != nil || len(addrs) == 0 {
		if record == "" {
			record = name
		}
		d.fail(check, fmt.Sprintf("add an address record for %s, or give serve a --hostname or --endpoint that devices find", record), "%s is not found: %v", name, err)
		return false
	}
	if !here(addrs) {
		d.warn(check, "nothing, where a balancer or port forward leads here; else correct the record", "%s is %s, which is no address of this machine", name, strings.Join(addrs, ", "))
		return true
	}
	d.ok(check, "%s is %s", name, strings.Join(addrs, ", "))
	return true
}

// wildcard is the DNS record that leads all endpoints of a region here:
// *.iot.<region>.<host name>.
func wildcard(endpoint string) string {
	if _, rest, ok := strings.Cut(endpoint, ".iot."); ok {
		return "*.iot." + rest
	}
	return endpoint
}

// here reports whether one of addrs is this machine's, as far as can be told.
func here(addrs []string) bool {
	own, err := net.InterfaceAddrs()
	if err != nil {
		return true
	}
	for _, a := range addrs {
		ip := net.ParseIP(a)
		if ip.IsLoopback() || slices.ContainsFunc(own, func(o net.Addr) bool {
			n, ok := o.(*net.IPNet)
			return ok && n.IP.Equal(ip)
		}) {
			return true
		}
	}
	return false
}

// hostAndPort splits an address; one without a port has 443.
func hostAndPort(addr string) (host, port string) {
	if host, port, err := net.SplitHostPort(addr); err == nil {
		return host, port
	}
	return strings.Trim(addr, "[]"), "443"
}

func namesIn(c *x509.Certificate) []string {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
