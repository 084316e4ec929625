package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"syscall"
	"time"

	"muster/internal/awsapi/iotapi"
	"muster/internal/awsclient"
)

// benchIssue measures the server's CPU time for a certificate, against the
// cryptography alone: the signatures of a CSR, and an RSA-2048 key pair.
func benchIssue(ctx context.Context, t *table, m *muster, rounds int) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return err
	}
	csr := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
	ours, theirs, err := pairs(rounds, m.cost(200, func() error {
		_, err := awsclient.Do(ctx, m.client, iotapi.CreateCertificateFromCsr, &iotapi.CreateCertificateFromCsrRequest{CertificateSigningRequest: csr})
		return err
	}), own(200, func() error { return signCSR(der, key) }))
	if err != nil {
		return err
	}
	t.row("CreateCertificateFromCsr", "µs CPU", ours, theirs, "the CSR verified, a certificate signed")

	const keys = 40
	if err := m.settle(ctx); err != nil {
		return err
	}
	// The keys it makes ahead afterwards belong to the bill: it began with as many.
	create := m.cost(1, func() error {
		for range keys {
			if _, err := awsclient.Do(ctx, m.client, iotapi.CreateKeysAndCertificate, &iotapi.CreateKeysAndCertificateRequest{}); err != nil {
				return err
			}
		}
		return m.settle(ctx)
	})
	ours, theirs, err = pairs(1, create, own(1, func() error {
		for range keys {
			if _, err := rsa.GenerateKey(rand.Reader, 2048); err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil {
		return err
	}
	t.row("40 CreateKeysAndCertificate", "µs CPU", ours, theirs, "40 RSA-2048 key pairs made")
	return nil
}

func signCSR(der []byte, key *ecdsa.PrivateKey) error {
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	_, err = x509.CreateCertificate(rand.Reader, template, template, csr.PublicKey, key)
	return errors.Join(csr.CheckSignature(), err)
}

// cost is the server's CPU time of one call in microseconds, one after the
// other.
func (m *muster) cost(calls int, f func() error) func() (float64, error) {
	return func() (float64, error) {
		before, err := m.cpu()
		if err != nil {
			return 0, err
		}
		for range calls {
			if err := f(); err != nil {
				return 0, err
			}
		}
		after, err := m.cpu()
		return float64((after - before).Microseconds()) / float64(calls), err
	}
}

// settle waits until the server is idle: until it has its keys made ahead.
func (m *muster) settle(ctx context.Context) error {
	before, err := m.cpu()
	for err == nil && ctx.Err() == nil {
		time.Sleep(500 * time.Millisecond)
		var now time.Duration
		if now, err = m.cpu(); now-before < 5*clockTick {
			return err
		}
		before = now
	}
	return errors.Join(err, ctx.Err())
}

// own is this process's CPU time of one call in microseconds.
func own(calls int, f func() error) func() (float64, error) {
	return func() (float64, error) {
		before, err := ownCPU()
		if err != nil {
			return 0, err
		}
		for range calls {
			if err := f(); err != nil {
				return 0, err
			}
		}
		after, err := ownCPU()
		return float64((after - before).Microseconds()) / float64(calls), err
	}
}

func ownCPU() (time.Duration, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}
