package sts

import (
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"sync"
	"time"

	"muster/internal/seal"
	"muster/internal/secret"
)

// How sealing keys come and go. A new key is used only when every process has
// had time to load it; an old one opens what it sealed until all of that has
// long expired. A key seals far fewer than the 2^32 tokens that random nonces
// allow it.
const (
	keyLife    = 30 * 24 * time.Hour // until the next one is made
	keyRest    = 37 * time.Hour      // kept after the next one came into use
	keyLead    = 5 * time.Minute     // made before it is used
	reloadTime = time.Minute         // between looks at the store
	missTime   = time.Second         // between looks for the unknown key of a token
)

const keyBytes = 32

type keyID [8]byte

// key is an opened sealing key.
type key struct {
	id      keyID
	aead    cipher.AEAD
	secrets sync.Pool // of hash.Hash: the function that makes secrets of access key ids, under its key
}

// keyring is the keys as of one look at the store. It never changes.
type keyring struct {
	loaded  time.Time
	current *key
	byID    map[keyID]*key
}

// Prepare loads the sealing keys, and makes the first. It fails when the store
// or the master key isn't the right one; to be called at start.
func (s *Service) Prepare(ctx context.Context) error {
	_, err := s.ring(ctx)
	return err
}

// ring answers the keys, no older than reloadTime. Whoever finds them older
// looks at the store; the others go on with what there is.
func (s *Service) ring(ctx context.Context) (*keyring, error) {
	r := s.keys.Load()
	if r != nil && s.now().Sub(r.loaded) < reloadTime {
		return r, nil
	}
	if r == nil {
		s.mu.Lock()
	} else if !s.mu.TryLock() {
		return r, nil
	}
	defer s.mu.Unlock()
	if now := s.keys.Load(); now != r {
		return now, nil // somebody else has just done it
	}
	fresh, err := s.load(ctx)
	if err != nil && r == nil {
		return nil, err
	}
	if err != nil {
		// The keys at hand are still good; another look follows.
		s.log().WarnContext(ctx, "load sealing keys", "err", err)
		fresh = &keyring{loaded: s.now(), current: r.current, byID: r.byID}
	}
	s.keys.Store(fresh)
	return fresh, nil
}

// find answers the key of a token. One that isn't known may have been made by
// another process since, but tokens of strangers must not cost a look each.
func (s *Service) find(ctx context.Context, id keyID) (*key, error) {
	r, err := s.ring(ctx)
	if err != nil {
		return nil, err
	}
	if k := r.byID[id]; k != nil {
		return k, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); now.Sub(s.missed) >= missTime && now.Sub(r.loaded) >= missTime {
		s.missed = now
		if r, err = s.load(ctx); err != nil {
			return nil, err
		}
		s.keys.Store(r)
	}
	if k := s.keys.Load().byID[id]; k != nil {
		return k, nil
	}
	return nil, ErrInvalidToken
}

// load reads the keys, and rotates them when it is time.
func (s *Service) load(ctx context.Context) (*keyring, error) {
	// It is done for everybody: the caller's deadline is not its own.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	now := s.now()
	kept, err := s.store.SealingKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the sealing keys: %w", err)
	}
	if due(kept, now) {
		fresh := s.newSealedKey(now)
		kept, err = s.store.ChangeSealingKeys(ctx, func(kept []SealedKey) []SealedKey { return rotate(kept, fresh) })
		if err != nil {
			return nil, fmt.Errorf("rotate the sealing keys: %w", err)
		}
	}
	return s.openKeys(kept, now)
}

// due reports whether a key is to be made or dropped.
func due(kept []SealedKey, now time.Time) bool {
	return needsNew(kept, now) || len(kept) > 1 && rested(kept[1], now)
}

func needsNew(kept []SealedKey, now time.Time) bool {
	return len(kept) == 0 || now.Sub(kept[len(kept)-1].Created) >= keyLife
}

// rested reports whether the key before next has no token left to open.
func rested(next SealedKey, now time.Time) bool {
	return now.Sub(next.Created) >= keyLead+keyRest
}

// rotate drops what is too old and adds fresh when it is time, as of fresh's
// making. Another process may have done so just before.
func rotate(kept []SealedKey, fresh SealedKey) []SealedKey {
	now := fresh.Created
	for len(kept) > 1 && rested(kept[1], now) {
		kept = kept[1:]
	}
	if needsNew(kept, now) {
		kept = append(slices.Clip(kept), fresh)
	}
	return kept
}

func (s *Service) newSealedKey(now time.Time) SealedKey {
	var id keyID
	var material [keyBytes]byte
	rand.Read(id[:])
	rand.Read(material[:])
	name := hex.EncodeToString(id[:])
	return SealedKey{ID: name, Sealed: s.master.Seal(purpose(name), material[:]), Created: now.Truncate(time.Millisecond)}
}

func purpose(id string) string { return "session token key " + id }

// openKeys opens all that are kept. It fails rather than go on without one: a
// wrong master key must not look like a world of bad tokens.
func (s *Service) openKeys(kept []SealedKey, now time.Time) (*keyring, error) {
	slices.SortStableFunc(kept, func(a, b SealedKey) int { return cmp.Compare(a.Created.UnixMilli(), b.Created.UnixMilli()) })
	r := &keyring{loaded: now, byID: make(map[keyID]*key, len(kept))}
	for _, sealed := range kept {
		k, err := s.openKey(sealed)
		if err != nil {
			return nil, fmt.Errorf("open sealing key %s: %w", sealed.ID, err)
		}
		r.byID[k.id] = k
		if r.current == nil || now.Sub(sealed.Created) >= keyLead {
			r.current = k
		}
	}
	return r, nil
}

// CheckSealed fails where a sealing key can't be opened as it is kept.
func CheckSealed(master *seal.Master, sealed SealedKey) error {
	_, err := (&Service{master: master}).openKey(sealed)
	return err
}

func (s *Service) openKey(sealed SealedKey) (*key, error) {
	k := &key{}
	if n, err := hex.Decode(k.id[:], []byte(sealed.ID)); err != nil || n != len(k.id) {
		return nil, fmt.Errorf("%q is not a key id", sealed.ID)
	}
	material, err := s.master.Open(purpose(sealed.ID), sealed.Sealed)
	if err != nil {
		return nil, err
	}
	tokens, err := hkdf.Key(sha256.New, material, nil, "muster session token v1", keyBytes)
	if err != nil {
		return nil, err
	}
	secrets, err := hkdf.Key(sha256.New, material, nil, "muster secret access key v1", keyBytes)
	if err != nil {
		return nil, err
	}
	k.secrets.New = func() any { return hmac.New(sha256.New, secrets) }
	block, err := aes.NewCipher(tokens)
	if err != nil {
		return nil, err
	}
	k.aead, err = cipher.NewGCMWithRandomNonce(block)
	return k, err
}

// secretOf derives the secret of an access key: 40 characters of base64.
func (k *key) secretOf(accessKeyID string) secret.String {
	mac := k.secrets.Get().(hash.Hash)
	defer k.secrets.Put(mac)
	mac.Reset()
	mac.Write([]byte(accessKeyID))
	var sum [sha256.Size]byte
	var text [40]byte
	base64.StdEncoding.Encode(text[:], mac.Sum(sum[:0])[:30])
	return secret.New(string(text[:]))
}

func newAccessKeyID() string {
	var b [10]byte
	rand.Read(b[:])
	return "ASIA" + base32.StdEncoding.EncodeToString(b[:])
}
