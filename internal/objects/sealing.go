package objects

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"muster/internal/seal"
)

// Contents are sealed under sealing keys, which are rows sealed under the
// master key: to change the master key is to seal a few rows anew.
const sealingPurpose = "objects sealing key"

// sealedFor is the purpose a sealing key is sealed for: a row's key can't be
// passed off as that of another, which was made at another time. Its id is
// given only when it is kept.
func sealedFor(k SealedKey) string {
	return fmt.Sprintf("%s of %d", sealingPurpose, k.Created.UnixMilli())
}

// CheckSealed fails where a sealing key can't be opened as it is kept.
func CheckSealed(master *seal.Master, k SealedKey) error {
	_, err := openSealed(master, k)
	return err
}

func openSealed(master *seal.Master, k SealedKey) ([]byte, error) {
	secret, err := master.Open(sealedFor(k), k.Sealed)
	if err != nil { // or it is from before the time was bound
		var old error
		if secret, old = master.Open(sealingPurpose, k.Sealed); old != nil {
			return nil, fmt.Errorf("open sealing key %d of objects: %w", k.ID, err)
		}
	}
	if len(secret) != len(SealingKey{}.Secret) {
		return nil, fmt.Errorf("sealing key %d of objects has %d bytes", k.ID, len(secret))
	}
	return secret, nil
}

// sealingLife is after how long new contents get a new sealing key.
const sealingLife = 90 * 24 * time.Hour

func (o *Objects) loadKeys(ctx context.Context) error {
	all, err := o.rows.SealingKeys(ctx)
	if err != nil {
		return fmt.Errorf("read the sealing keys of objects: %w", err)
	}
	o.keys.Lock()
	defer o.keys.Unlock()
	o.keys.all = map[int64]SealingKey{}
	for _, k := range all {
		if err := o.openKey(k); err != nil {
			return err
		}
	}
	return nil
}

// openKey is called with the keys locked.
func (o *Objects) openKey(k SealedKey) error {
	secret, err := openSealed(o.master, k)
	if err != nil {
		return err
	}
	o.keys.all[k.ID] = SealingKey{ID: k.ID, Secret: [32]byte(secret)}
	if o.keys.newest.ID < k.ID {
		o.keys.newest = k
	}
	return nil
}

// sealer returns the key for new contents, a new one where the last is old.
func (o *Objects) sealer(ctx context.Context) (SealingKey, error) {
	o.keys.Lock()
	defer o.keys.Unlock()
	now := o.now()
	if o.keys.newest.ID != 0 && now.Sub(o.keys.newest.Created) < sealingLife {
		return o.keys.all[o.keys.newest.ID], nil
	}
	secret := make([]byte, len(SealingKey{}.Secret))
	rand.Read(secret) // never fails
	made := SealedKey{Created: now}
	made.Sealed = o.master.Seal(sealedFor(made), secret)
	kept, err := o.rows.InsertSealingKey(context.WithoutCancel(ctx), made, now.Add(-sealingLife))
	if err != nil {
		return SealingKey{}, fmt.Errorf("make a sealing key of objects: %w", err)
	}
	if err := o.openKey(kept); err != nil {
		return SealingKey{}, err
	}
	return o.keys.all[kept.ID], nil
}

// key returns the key that a content was sealed under.
func (o *Objects) key(id int64) (SealingKey, error) {
	o.keys.Lock()
	defer o.keys.Unlock()
	k, ok := o.keys.all[id]
	if !ok {
		return SealingKey{}, fmt.Errorf("there is no sealing key %d of objects", id)
	}
	return k, nil
}
