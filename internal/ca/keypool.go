package ca

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"runtime"
)

const (
	deviceKeyBits = 2048
	keysReady     = 8 // made ahead of their use
)

// keyPool makes RSA keys, each of which costs about 85 ms of CPU, on at most
// half of the processors.
type keyPool struct {
	turns chan struct{} // one for each key being made
	ready chan *rsa.PrivateKey
}

func newKeyPool() *keyPool {
	return &keyPool{
		turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		ready: make(chan *rsa.PrivateKey, keysReady),
	}
}

// take answers a key made ahead, or makes one when its turn comes.
func (p *keyPool) take(ctx context.Context) (*rsa.PrivateKey, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	select {
	case key := <-p.ready:
		return key, nil
	default:
	}
	select {
	case key := <-p.ready:
		return key, nil
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
		return rsa.GenerateKey(rand.Reader, deviceKeyBits)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// MakeKeysAhead makes the servers' RSA key, and keeps a few device keys ready
// until ctx ends, so that a device made now and then doesn't wait for its key.
// Nothing depends on it.
func (a *Authority) MakeKeysAhead(ctx context.Context) error {
	if _, err := a.rsa.newKey(); err != nil {
		return err
	}
	p := a.keys
	for {
		select {
		case p.turns <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		key, err := rsa.GenerateKey(rand.Reader, deviceKeyBits)
		<-p.turns
		if err != nil {
			return err
		}
		select {
		case p.ready <- key:
		case <-ctx.Done():
			return nil
		}
	}
}
