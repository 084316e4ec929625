package sigv4

import (
	"sync"

	"muster/internal/secret"
)

// keyCache remembers derived signing keys: a client signs a day's requests
// with one. It depends on nothing but its arguments, so sharing it is safe;
// a changed secret is another entry.
type keyCache struct {
	mu   sync.RWMutex
	keys map[keyID][]byte
}

type keyID struct {
	accessKey, secret string
	scope             Scope
}

const maxKeys = 4096

var signingKeys = keyCache{keys: map[keyID][]byte{}}

// derive answers the signing key of secret for scope.
func (c *keyCache) derive(accessKey string, key secret.String, scope Scope) []byte {
	id := keyID{accessKey, key.Reveal(), scope}
	c.mu.RLock()
	k, ok := c.keys[id]
	c.mu.RUnlock()
	if ok {
		return k
	}
	k = mac([]byte("AWS4"+id.secret), scope.Date)
	k = mac(mac(mac(k, scope.Region), scope.Service), "aws4_request")
	c.mu.Lock()
	defer c.mu.Unlock()
	for old := range c.keys {
		if len(c.keys) < maxKeys {
			break
		}
		delete(c.keys, old) // any will do: the map's order is random
	}
	c.keys[id] = k
	return k
}
