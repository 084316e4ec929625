package server

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// pairLooked is how often the files of the operator's certificate are looked at.
const pairLooked = time.Minute

// keptPair is the operator's certificate of the API port, taken up anew when its
// files change. What doesn't fit together is not: a program that renews writes
// one file after the other.
type keptPair struct {
	cert, key string // files
	log       *slog.Logger
	current   atomic.Pointer[tls.Certificate]

	mu   sync.Mutex
	seen [sha256.Size]byte // of what was last taken up, or refused with a word
	said string            // why it was refused; "" when it wasn't
}

// openPair reads the files for the first time. It fails where look only warns.
func openPair(cert, key string, log *slog.Logger) (*keptPair, error) {
	p := &keptPair{cert: cert, key: key, log: log}
	read, sum, err := p.read()
	if err != nil {
		return nil, fmt.Errorf("--api-tls-cert and --api-tls-key: %w", err)
	}
	p.seen = sum
	p.current.Store(read)
	return p, nil
}

// certificate is for tls.Config.GetCertificate: connections that are up keep the
// one they began with.
func (p *keptPair) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return p.current.Load(), nil
}

// read reads both files, and sums up what is in them.
func (p *keptPair) read() (*tls.Certificate, [sha256.Size]byte, error) {
	cert, certErr := os.ReadFile(p.cert)
	key, keyErr := os.ReadFile(p.key)
	of := sha256.Sum256(cert)
	sum := sha256.Sum256(append(of[:], key...))
	if err := errors.Join(certErr, keyErr); err != nil {
		return nil, sum, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err == nil && pair.Leaf == nil { // GODEBUG=x509keypairleaf=0
		pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0])
	}
	if err != nil {
		return nil, sum, fmt.Errorf("%s and %s: %w", p.cert, p.key, err)
	}
	return &pair, sum, nil
}

// look takes up what the files hold now, if it changed and can be used; else the
// old certificate stays. The log says so once, and each time it was asked for.
func (p *keptPair) look(asked bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	read, sum, err := p.read()
	switch {
	case err != nil:
		if said := err.Error(); asked || said != p.said || sum != p.seen {
			p.log.Warn("the API port keeps its certificate: the files can't be used", "err", err, "ends", p.current.Load().Leaf.NotAfter)
			p.said = said
		}
	case sum != p.seen || p.said != "" || asked:
		p.current.Store(read)
		p.said = ""
		p.log.Info("the API port's certificate was read again", "names", read.Leaf.DNSNames, "ends", read.Leaf.NotAfter)
		if time.Now().After(read.Leaf.NotAfter) {
			p.log.Warn("the API port's certificate has ended: clients refuse it", "ends", read.Leaf.NotAfter)
		}
	}
	p.seen = sum
}

// watch looks every so often, until ctx ends.
func (p *keptPair) watch(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.look(false)
		case <-ctx.Done():
			return
		}
	}
}
