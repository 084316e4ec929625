package ca

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
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
	serverLimit = 1024               // certificates held, of each kind of key
)

// chain is a root, the authority below it that signs server certificates, and
// those that were asked for. None is kept in the store: a new one costs a
// fraction of a handshake.
type chain struct {
	root   *x509.Certificate
	server signer
	newKey func() (crypto.Signer, error) // of a server certificate

	mu   sync.RWMutex
	made map[string]madeServer
}

type madeServer struct {
	cert  *tls.Certificate
	renew time.Time
}

// sharedKey is the one RSA key of all server certificates. A stranger may have
// certificates made for many endpoint names, and each key costs about as much as
// a hundred handshakes.
type sharedKey struct {
	now func() time.Time

	mu    sync.Mutex // held while it is made: whoever needs it waits
	key   *rsa.PrivateKey
	renew time.Time
}

func (s *sharedKey) take() (crypto.Signer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.key != nil && now.Before(s.renew) {
		return s.key, nil
	}
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return nil, err
	}
	s.key, s.renew = key, now.Add(serverRenew)
	return key, nil
}

// ServerCertificate returns an ECDSA certificate for names, DNS names or IP
// addresses in the order of preference, with a key of its own and the chain up
// to, and without, the root. It is made on first use, held, and made anew when
// two thirds of its 90 days are over.
//
// The caller decides which names deserve one; see ForNames.
func (a *Authority) ServerCertificate(names ...string) (*tls.Certificate, error) {
	return a.ecdsa.certificate(names, a.now())
}

// ServerCertificateRSA is ServerCertificate on the chain of RSA. All of these
// have one key, of 2048 bits, which is made anew every 60 days.
func (a *Authority) ServerCertificateRSA(names ...string) (*tls.Certificate, error) {
	return a.rsa.certificate(names, a.now())
}

func (c *chain) certificate(names []string, now time.Time) (*tls.Certificate, error) {
	key := strings.ToLower(strings.Join(names, ","))
	c.mu.RLock()
	held, ok := c.made[key]
	c.mu.RUnlock()
	if ok && now.Before(held.renew) {
		return held.cert, nil
	}
	cert, err := c.make(names, now)
	if err != nil {
		return nil, err
	}
	c.keep(key, madeServer{cert, now.Add(serverRenew)})
	return cert, nil
}

func (c *chain) keep(key string, made madeServer) {
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

func (c *chain) make(names []string, now time.Time) (*tls.Certificate, error) {
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
	key, err := c.newKey()
	if err != nil {
		return nil, err
	}
	s, err := newSigner(template, key, c.server)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{
		Certificate: [][]byte{s.cert.Raw, c.server.cert.Raw},
		PrivateKey:  s.key,
		Leaf:        s.cert,
	}, nil
}

// ForNames returns a function for tls.Config.GetCertificate. A client that
// asks for a name that accept takes is shown a certificate of that name; any
// other, and one that names no server, is shown that of own, so that the
// handshake succeeds and the refusal can be said in HTTP, as AWS does.
//
// The certificate is that of ECDSA, which costs the server least, for whoever
// can use it, and that of RSA for who can use only that.
func (a *Authority) ForNames(own []string, accept func(name string) bool) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		c, err := a.chainFor(hello, own)
		if err != nil {
			return nil, err
		}
		name := strings.ToLower(hello.ServerName)
		if name == "" || slices.Contains(own, name) || !accept(name) {
			return c.certificate(own, a.now())
		}
		return c.certificate([]string{name}, a.now())
	}
}

// chainFor returns the chain that a client can use. It is tried with the
// certificates of own, so that none is made for nothing; whoever can use neither
// is given ECDSA, and the handshake fails with the reason.
func (a *Authority) chainFor(hello *tls.ClientHelloInfo, own []string) (*chain, error) {
	nameless := *hello // only keys are compared
	nameless.ServerName = ""
	for _, c := range []*chain{a.ecdsa, a.rsa} {
		cert, err := c.certificate(own, a.now())
		if err != nil {
			return nil, err
		}
		if nameless.SupportsCertificate(cert) == nil {
			return c, nil
		}
	}
	return a.ecdsa, nil
}
