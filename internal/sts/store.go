package sts

import (
	"context"
	"time"
)

// Store keeps the keys that tokens are sealed with. Each method happens wholly
// or not at all.
type Store interface {
	// SealingKeys answers all keys, oldest first.
	SealingKeys(ctx context.Context) ([]SealedKey, error)
	// ChangeSealingKeys replaces the keys by what change makes of them and
	// answers that. No other process changes them meanwhile. change gets them
	// oldest first, and looks only at its argument.
	ChangeSealingKeys(ctx context.Context, change func([]SealedKey) []SealedKey) ([]SealedKey, error)
}

// SealedKey is a sealing key as it is kept: sealed itself, under the master key.
type SealedKey struct {
	ID      string // 16 lower-case hex digits
	Sealed  []byte
	Created time.Time
}
