package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"runtime"
	"time"

	"muster/internal/arn"
	"muster/internal/certificate"
	"muster/internal/index"
	"muster/internal/iotpolicy"
	"muster/internal/registry"
)

// registered is how many devices benchDevices registers.
var registered = 100_000

// benchDevices asks the rooms about that many devices as a request for
// credentials does (certificate, thing, attached policies), with an index that
// has room for all, and prints what a device takes of it: as the heap says
// after a collection, and as the index weighs.
func benchDevices(ctx context.Context) error {
	rows := &deviceRows{scope: arn.Scope{Account: "000000000000", Region: "us-east-1"}}
	x := index.New(4 << 30)
	certificates := certificate.New(rows, x, nil)
	things := registry.New(thingRows{deviceRows: rows}, x)
	policies := iotpolicy.New(policyRows{deviceRows: rows}, x)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	before := heap()
	for n := range registered {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := rows.next(n, key); err != nil {
			return err
		}
		if _, err := certificates.Registered(ctx, rows.id); err != nil {
			return err
		}
		if _, ok, err := things.Attached(ctx, rows.scope, string(rows.thing), rows.id); err != nil || !ok {
			return fmt.Errorf("thing %s: %v, %w", rows.thing, ok, err)
		}
		if docs, err := policies.Effective(ctx, rows.scope, rows.id); err != nil || len(docs) != 1 {
			return fmt.Errorf("policies of %s: %d, %w", rows.id, len(docs), err)
		}
	}
	took, use := float64(heap()-before), x.Use()
	const million = 1e6 / (1 << 20)
	each := took / float64(registered)
	fmt.Printf("%d devices, %d answers, %d pushed out\n", registered, use.Answers, use.Evictions)
	fmt.Printf("on the heap    %4.0f bytes a device, %.0f MiB for a million\n", each, each*million)
	weighed := float64(use.Bytes) / float64(registered)
	fmt.Printf("as weighed     %4.0f bytes a device, %.0f MiB for a million\n", weighed, weighed*million)
	runtime.KeepAlive(x)
	return nil
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one found unused by finalisers
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// deviceRows are the rows of one device, the next one each time, made as they
// are needed: the database of a million isn't what is measured. Only what the
// rooms read to decide is there.
type deviceRows struct {
	certificate.Store
	scope arn.Scope
	id    string
	pem   string
	thing registry.Name
	made  time.Time
}

// next makes the certificate of device n, as Muster's own authority would.
func (r *deviceRows) next(n int, key *ecdsa.PrivateKey) error {
	var serial [20]byte
	rand.Read(serial[:])
	serial[0] &= 0x7f
	r.made = time.Unix(1_764_000_000+int64(n), 0).UTC()
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial[:]), Subject: pkix.Name{CommonName: "AWS IoT Certificate"},
		NotBefore: r.made, NotAfter: r.made.AddDate(20, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	issuer := &x509.Certificate{Subject: pkix.Name{Organization: []string{"Muster"}, CommonName: "Muster device issuer"}, SubjectKeyId: []byte{1, 2, 3, 4}}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), key)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(der)
	r.id = hex.EncodeToString(sum[:])
	r.pem = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	r.thing = registry.Name(fmt.Sprintf("plant-12-pump-%07d", n))
	return nil
}

func (r *deviceRows) Registrations(_ context.Context, id string) ([]certificate.Certificate, error) {
	return []certificate.Certificate{{
		ID: id, Scope: r.scope, PEM: r.pem, Status: certificate.Active, Mode: certificate.Default, Generation: id, Version: 1,
		NotBefore: r.made, NotAfter: r.made.AddDate(20, 0, 0), Created: r.made, Modified: r.made,
	}}, nil
}

type thingRows struct {
	registry.Store
	*deviceRows
}

func (r thingRows) Holder(_ context.Context, scope arn.Scope, name registry.Name) (registry.Thing, []registry.Attachment, error) {
	t := registry.Thing{Name: name, ID: r.id[:8] + "-" + r.id[8:12] + "-4" + r.id[13:16] + "-8" + r.id[17:20] + "-" + r.id[20:32],
		Type: "pump", Attributes: map[string]string{}, Version: 1, Created: r.made}
	return t, []registry.Attachment{{Thing: name, Principal: registry.Principal(scope.Certificate(r.id)), Created: r.made}}, nil
}

type policyRows struct {
	iotpolicy.Store
	*deviceRows
}

func (r policyRows) Attachments(context.Context, arn.Scope, string) ([]iotpolicy.Ref, error) {
	return []iotpolicy.Ref{{ID: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Name: "FleetPolicy"}}, nil
}

func (r policyRows) Policy(context.Context, arn.Scope, string) (iotpolicy.Policy, error) {
	return iotpolicy.Policy{ID: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Name: "FleetPolicy", Version: 1,
		Document: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:AssumeRoleWithCertificate","Resource":"*"}]}`}, nil
}
