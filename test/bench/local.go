package main

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/policy"
	"muster/internal/seal"
	"muster/internal/secret"
	"muster/internal/sigv4"
	"muster/internal/store"
	"muster/internal/sts"
)

// benchLocal measures what is part of every request, in this process: the
// signature, the token and the policies.
func benchLocal(ctx context.Context, t *table, dir string, rounds int) error {
	verify, err := signature()
	if err != nil {
		return err
	}
	mint, open, err := tokens(ctx, dir)
	if err != nil {
		return err
	}
	one, err := decide(1)
	if err != nil {
		return err
	}
	hundred, err := decide(100)
	if err != nil {
		return err
	}
	sealOnce, openOnce := gcm()
	for _, m := range []struct {
		name         string
		ours, theirs func() error
		what         string
	}{
		{"SigV4 verification", verify, hashes, "a SHA-256 and an HMAC of as much text"},
		{"session token, mint", mint, sealOnce, "AES-256-GCM, sealing as much"},
		{"session token, open", open, openOnce, "AES-256-GCM, opening as much"},
		{"policy of 100 statements", hundred, one, "a policy of 1 statement"},
	} {
		ours, theirs, err := pairs(rounds, timed(m.ours), timed(m.theirs))
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		t.row(m.name, "µs", ours, theirs, m.what)
	}
	return nil
}

// timed is the time of one call in microseconds, over as many as fit 100 ms.
func timed(f func() error) func() (float64, error) {
	return func() (float64, error) {
		began, calls := time.Now(), 0
		for ; time.Since(began) < 100*time.Millisecond; calls++ {
			if err := f(); err != nil {
				return 0, err
			}
		}
		return float64(time.Since(began).Microseconds()) / float64(calls), nil
	}
}

const signedBody = `{"DeviceFleetName":"east","Devices":[{"DeviceName":"pump-7","IotThingName":"pump-7"}]}`

func signature() (func() error, error) {
	r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:4600/", strings.NewReader(signedBody))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "SageMaker.RegisterDevices")
	key, now := secret.New("a secret access key of forty characters!"), time.Now()
	sigv4.Sign(r, sigv4.Credential{AccessKey: "AKIABENCH", Secret: key}, "sagemaker", "us-east-1", now, sigv4.Hash([]byte(signedBody)))
	return func() error {
		s, err := sigv4.Parse(r)
		if err != nil {
			return err
		}
		return s.Verify(r, key, now, sigv4.Hash([]byte(signedBody)))
	}, nil
}

// hashes is the least a verification can be: the body and the canonical
// request are hashed, the string to sign is authenticated.
func hashes() error {
	canonical := strings.Repeat("x", 400)
	sha256.Sum256([]byte(signedBody))
	sha256.Sum256([]byte(canonical))
	mac := hmac.New(sha256.New, []byte("a key of thirty-two bytes, about"))
	mac.Write([]byte(canonical[:150]))
	mac.Sum(nil)
	return nil
}

func tokens(ctx context.Context, dir string) (mint, open func() error, err error) {
	x := index.New(16)
	db, err := store.Open(ctx, filepath.Join(dir, "tokens.db"), x)
	if err != nil {
		return nil, nil, err
	}
	context.AfterFunc(ctx, func() { db.Close() })
	master, _, err := seal.Load(filepath.Join(dir, "tokens.key"))
	if err != nil {
		return nil, nil, err
	}
	s := sts.New(db.STS(), master, iam.New(db.IAM(), x))
	s.Log = slog.New(slog.DiscardHandler)
	const certificate = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	grant := sts.Grant{Life: time.Hour, Session: sts.Session{
		Account: "000000000000", Region: "us-east-1", RoleID: "AROAABCDEFGHIJKLMNOP", SessionName: certificate, CertificateID: certificate,
		Alias: "SageMakerEdge-pumps", AliasID: "alias-1", Thing: "pump-7", ThingType: "pump",
	}}
	made, err := s.Mint(ctx, grant)
	if err != nil {
		return nil, nil, err
	}
	token := made.SessionToken.Reveal()
	return func() error {
			_, err := s.Mint(ctx, grant)
			return err
		}, func() error {
			_, err := s.Authenticate(ctx, made.AccessKeyID, token)
			return err
		}, nil
}

// gcm seals and opens about as much as a device's session, under the same cipher.
func gcm() (sealOnce, openOnce func() error) {
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	plain, nonce := make([]byte, 150), make([]byte, aead.NonceSize())
	sealed := aead.Seal(nil, nonce, plain, nil)
	return func() error {
			rand.Read(nonce)
			aead.Seal(nil, nonce, plain, nil)
			return nil
		}, func() error {
			_, err := aead.Open(nil, make([]byte, aead.NonceSize()), sealed, nil)
			return err
		}
}

// decide asks a policy of which only the last statement allows what is asked.
func decide(statements int) (func() error, error) {
	var all []string
	for i := range statements - 1 {
		all = append(all, fmt.Sprintf(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket-%d/*"}`, i))
	}
	all = append(all, `{"Effect":"Allow","Action":"s3:*Object","Resource":"arn:aws:s3:::fleet/${credentials-iot:ThingName}/*"}`)
	doc, err := policy.Parse(`{"Version":"2012-10-17","Statement":[`+strings.Join(all, ",")+`]}`, policy.Identity)
	if err != nil {
		return nil, err
	}
	c := policy.Context{}
	c.Set("credentials-iot:ThingName", "pump-7")
	r, docs := policy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::fleet/pump-7/model.tar", Context: c}, []policy.Named{{Name: "bench", Document: doc}}
	return func() error {
		if policy.Decide(docs, &r).Verdict != policy.Allow {
			return fmt.Errorf("not allowed")
		}
		return nil
	}, nil
}
