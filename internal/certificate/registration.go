package certificate

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"time"
	"unique"

	"muster/internal/arn"
	"muster/internal/index"
)

// Registration is a certificate as decisions look at it.
type Registration struct {
	ID                  string
	Scope               arn.Scope
	Status              Status
	Generation          string // 64 hex characters, new with every registration
	NotBefore, NotAfter time.Time

	kept *record
}

// AddVariables adds to all what policies may ask of the certificate.
func (c *Registration) AddVariables(all map[string][]string) {
	if c.kept != nil {
		maps.Copy(all, c.kept.fields.values)
		all["iot:certificate.serialnumber"] = []string{c.kept.number()}
	}
	all["iot:certificateid"] = []string{c.ID}
}

// Registered returns every registration of the certificate with that id, in
// whatever accounts and regions, by account and region, from the index. It
// fails with fault.NotFound when there is none.
func (r *Registry) Registered(ctx context.Context, id string) ([]Registration, error) {
	first, err := index.Get(ctx, r.index, Key(id), func(ctx context.Context) (*record, error) { return r.read(ctx, id) })
	if err != nil {
		return nil, err
	}
	all := make([]Registration, 0, 1)
	for kept := first; kept != nil; kept = kept.next {
		all = append(all, kept.registration(id))
	}
	return all, nil
}

// record is what the decision index holds of a registration. There may be a
// million, so it is small: what certificates have in common is shared, and
// neither PEM nor id are held.
type record struct {
	next                *record // the same certificate in another scope
	scope               unique.Handle[arn.Scope]
	fields              *fields
	notBefore, notAfter int64 // ms since 1970
	serial              [20]byte
	generation          [32]byte
	status              uint8 // its place in statuses
	own                 bool  // fields were made for this one
}

const recordBytes = 112

var statuses = []Status{Inactive, Active, Revoked, PendingTransfer, PendingActivation}

// Weight returns about how many bytes it takes, with those behind it.
func (k *record) Weight() (w int) {
	for ; k != nil; k = k.next {
		w += recordBytes
		if k.own {
			w += k.fields.Weight()
		}
	}
	return w
}

func (r *Registry) read(ctx context.Context, id string) (*record, error) {
	kept, err := r.store.Registrations(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("find certificate %s: %w", id, err)
	}
	if len(kept) == 0 {
		return nil, notFound(id)
	}
	var first *record
	for i := range slices.Backward(kept) {
		k, err := r.record(&kept[i])
		if err != nil {
			return nil, fmt.Errorf("read certificate %s: %w", id, err)
		}
		k.next, first = first, k
	}
	return first, nil
}

func (r *Registry) record(c *Certificate) (*record, error) {
	cert, err := parse(c.ID, c.PEM)
	if err != nil {
		return nil, err
	}
	status := slices.Index(statuses, c.Status)
	if status < 0 {
		return nil, fmt.Errorf("there is no status %q", c.Status)
	}
	k := &record{scope: unique.Make(c.Scope), notBefore: c.NotBefore.UnixMilli(), notAfter: c.NotAfter.UnixMilli(), status: uint8(status)}
	if n, err := hex.Decode(k.generation[:], []byte(c.Generation)); err != nil || n != len(k.generation) {
		return nil, errors.New("its generation is not 64 hexadecimal digits")
	}
	if cert.SerialNumber.BitLen() <= 8*len(k.serial) && cert.SerialNumber.Sign() >= 0 {
		cert.SerialNumber.FillBytes(k.serial[:])
		k.fields, k.own = r.shared(cert)
		return k, nil
	}
	// A serial number that RFC 5280 doesn't allow is a field of its own.
	k.fields, k.own = &fields{values: fieldsOf(cert), serial: cert.SerialNumber.String()}, true
	return k, nil
}

// number is the serial number in decimal digits.
func (k *record) number() string {
	if k.fields.serial != "" {
		return k.fields.serial
	}
	return new(big.Int).SetBytes(k.serial[:]).String()
}

func (k *record) registration(id string) Registration {
	return Registration{
		ID: id, Scope: k.scope.Value(), Status: statuses[k.status],
		Generation: hex.EncodeToString(k.generation[:]),
		NotBefore:  time.UnixMilli(k.notBefore).UTC(), NotAfter: time.UnixMilli(k.notAfter).UTC(), kept: k,
	}
}
