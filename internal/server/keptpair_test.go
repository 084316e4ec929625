package server

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pairFiles are a certificate and its key as an operator writes them.
type pairFiles struct{ cert, key string }

func newPair(t *testing.T, serial int64, end time.Time) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

func (f pairFiles) write(t *testing.T, cert, key []byte) {
	t.Helper()
	for file, text := range map[string][]byte{f.cert: cert, f.key: key} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func serial(p *keptPair) int64 { return p.current.Load().Leaf.SerialNumber.Int64() }

// What doesn't fit together is not taken up, and is said once; what does is.
func TestTheOperatorsCertificateIsTakenUp(t *testing.T) {
	end := time.Now().Add(time.Hour)
	oldCert, oldKey := newPair(t, 1, end)
	newCert, newKey := newPair(t, 2, end)
	overCert, overKey := newPair(t, 2, time.Now().Add(-time.Hour))
	secretOf := func(key []byte) string { return strings.Split(string(key), "\n")[1] }
	for _, tc := range []struct {
		name      string
		cert, key []byte // nil removes the file
		want      int64  // serial that is shown
		says      string
	}{
		{"nothing new", oldCert, oldKey, 1, ""},
		{"a new pair", newCert, newKey, 2, "read again"},
		{"a new pair that has ended", overCert, overKey, 2, "has ended"},
		{"a new certificate and the old key", newCert, oldKey, 1, "private key does not match public key"},
		{"the old certificate and a new key", oldCert, newKey, 1, "private key does not match public key"},
		{"half of a certificate", newCert[:len(newCert)/2], newKey, 1, "failed to find any PEM data in certificate input"},
		{"half of a key", newCert, newKey[:len(newKey)/2], 1, "failed to find any PEM data in key input"},
		{"an empty certificate", []byte{}, newKey, 1, "failed to find any PEM data"},
		{"a missing key", newCert, nil, 1, "no such file"},
		{"both in one file, the other way round", newKey, newCert, 1, "keeps its certificate"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			f := pairFiles{filepath.Join(dir, "cert"), filepath.Join(dir, "key")}
			f.write(t, oldCert, oldKey)
			var log bytes.Buffer
			p, err := openPair(f.cert, f.key, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			f.write(t, tc.cert, tc.key)
			if tc.key == nil {
				os.Remove(f.key)
			}
			for range 3 {
				p.look(false)
			}
			said := log.String()
			if got := serial(p); got != tc.want {
				t.Errorf("got the certificate %d, want %d", got, tc.want)
			}
			if !strings.Contains(said, tc.says) || tc.says == "" && said != "" || strings.Count(said, "certificate") > 0 && strings.Count(said, tc.says) != 1 {
				t.Errorf("got the log %q, want it to say %q once", said, tc.says)
			}
			for _, key := range [][]byte{oldKey, newKey, overKey} {
				if strings.Contains(said, secretOf(key)) {
					t.Errorf("the log holds a key: %s", said)
				}
			}
			p.look(true)
			if log.String() == said {
				t.Error("asked for, and nothing is said")
			}
			f.write(t, newCert, newKey) // and then all is well
			p.look(false)
			if got := serial(p); got != 2 {
				t.Errorf("mended, and yet the certificate is %d", got)
			}
		})
	}
	if _, err := openPair(filepath.Join(t.TempDir(), "none"), "none", slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "--api-tls-cert") {
		t.Errorf("a start without the files: got %v", err)
	}
}

func TestAChangeIsSeenWithinAMinute(t *testing.T) {
	oldCert, oldKey := newPair(t, 1, time.Now().Add(time.Hour))
	newCert, newKey := newPair(t, 2, time.Now().Add(time.Hour))
	f := pairFiles{filepath.Join(t.TempDir(), "cert"), filepath.Join(t.TempDir(), "key")}
	f.write(t, oldCert, oldKey)
	synctest.Test(t, func(t *testing.T) {
		p, err := openPair(f.cert, f.key, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go p.watch(ctx, pairLooked)
		synctest.Wait()
		f.write(t, newCert, newKey)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := serial(p); got != 2 {
			t.Errorf("a minute later the certificate is %d, want 2", got)
		}
		cancel()
		synctest.Wait()
	})
}
