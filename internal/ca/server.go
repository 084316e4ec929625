package ca

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	serverLife  = 90 * 24 * time.Hour
	serverRenew = serverLife * 2 / 3 // age at which a new one is made
	serverLimit = 1024               // certificates held
)

// serverCache holds the certificates of names that were asked for. None is
// kept in the store: a new one costs a fraction of a handshake.
type serverCache struct {
	mu   sync.RWMutex
	made map[string]madeServer
}

type madeServer struct {
	cert  *tls.Certificate
	renew time.Time
}

// ServerCertificate answers a certificate for names, DNS names or IP addresses
// in the order of preference, with a key of its own and the chain up to, and
// without, the root. It is made on first use, held, and made anew when two
// thirds of its 90 days are over.
//
// The caller decides which names deserve one; see ForNames.
func (a *Authority) ServerCertificate(names ...string) (*tls.Certificate, error) {
	key := strings.ToLower(strings.Join(names, ","))
	now := a.now()
	a.servers.mu.RLock()
	held, ok := a.servers.made[key]
	a.servers.mu.RUnlock()
	if ok && now.Before(held.renew) {
		return held.cert, nil
	}
	cert, err := a.makeServer(names, now)
	if err != nil {
		return nil, err
	}
	a.servers.keep(key, madeServer{cert, now.Add(serverRenew)})
	return cert, nil
}

func (c *serverCache) keep(key string, made madeServer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil {
		c.made = map[string]madeServer{}
	}
	for old := range c.made {
		if len(c.made) < serverLimit {
			break
		}
		delete(c.made, old) // any will do
	}
	c.made[key] = made
}

func (a *Authority) makeServer(names []string, now time.Time) (*tls.Certificate, error) {
	template := &x509.Certificate{
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(serverLife),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else if name != "" {
			template.DNSNames = append(template.DNSNames, strings.ToLower(name))
		}
	}
	if len(template.DNSNames)+len(template.IPAddresses) == 0 {
		return nil, errors.New("a server certificate needs a name")
	}
	if name := names[0]; len(name) <= 64 { // more a common name can't hold; clients read the SAN
		template.Subject = pkix.Name{CommonName: name}
	}
	s, err := newSigner(template, a.server)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{
		Certificate: [][]byte{s.cert.Raw, a.server.cert.Raw},
		PrivateKey:  s.key,
		Leaf:        s.cert,
	}, nil
}

// ForNames answers a function for tls.Config.GetCertificate. A client that
// asks for a name that accept takes is shown a certificate of that name; any
// other, and one that names no server, is shown that of own, so that the
// handshake succeeds and the refusal can be said in HTTP, as AWS does.
func (a *Authority) ForNames(own []string, accept func(name string) bool) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		name := strings.ToLower(hello.ServerName)
		if name == "" || slices.Contains(own, name) || !accept(name) {
			return a.ServerCertificate(own...)
		}
		return a.ServerCertificate(name)
	}
}
