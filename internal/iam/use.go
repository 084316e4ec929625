package iam

import (
	"context"
	"strings"
	"sync"
	"time"
)

// Place is what a request was made to.
type Place struct{ Service, Region string } // by the service's signing name

// Use is when and where something was used.
type Use struct {
	At time.Time // whole seconds; zero when it never was
	Place
}

// Signer is who signs requests, as their uses are counted: a user's access
// key, or all sessions of a role. Its id is never used again.
type Signer struct {
	Kind        Kind // AUser for an access key
	Account, ID string
}

// Signer is the key as one whose uses are counted.
func (k AccessKey) Signer() Signer { return Signer{AUser, k.Account, k.ID} }

// Signer is the role as one whose uses are counted.
func (r Role) Signer() Signer { return Signer{ARole, r.Account, r.ID} }

// signer answers whose use a request of c is. The root user's aren't counted,
// nor those of a session of GetSessionToken, which has a key of its own.
func (c *Caller) signer() (s Signer, ok bool) {
	switch {
	case c.Role != nil:
		return c.Role.Signer(), true
	case c.User != nil && c.Session == nil:
		return Signer{AUser, c.User.Account, c.AccessKey}, true
	}
	return Signer{}, false
}

// uses notes last uses until they are written. It holds nobody but signers
// that there were since the last write.
type uses struct {
	writing sync.Mutex // held by whoever writes

	mu    sync.Mutex
	noted map[Signer]*Use // since the last write began
	under map[Signer]*Use // the write under way; nobody changes what it holds
}

// Used notes that a request of caller was made, whether it is allowed or not:
// its signature was verified. It takes part in every request, and so neither
// asks the store nor touches the index. FlushUses keeps what it notes.
func (d *Directory) Used(caller *Caller, at Place) {
	if s, ok := caller.signer(); ok {
		d.uses.note(s, Use{At: d.now().Truncate(time.Second), Place: at})
	}
}

// FlushUses keeps what was noted since it did so last. Until then nothing was
// promised to anybody: when the process dies, those uses are forgotten.
// What it fails to keep stays noted.
func (d *Directory) FlushUses(ctx context.Context) error {
	d.uses.writing.Lock()
	defer d.uses.writing.Unlock()
	all := d.uses.begin()
	if len(all) == 0 {
		return nil
	}
	err := d.store.KeepUses(ctx, all)
	d.uses.end(err == nil)
	return err
}

// LastUse answers the last use of a signer, kept or only noted; the zero Use
// when there was none.
func (d *Directory) LastUse(ctx context.Context, s Signer) (Use, error) {
	// In this order: what is no longer noted was kept before.
	noted := d.uses.last(s)
	kept, err := d.store.LastUse(ctx, s)
	if err != nil {
		return Use{}, err
	}
	return newer(noted, kept), nil
}

// newer is the later of two uses, u when they are of the same second.
func newer(u, other Use) Use {
	if other.At.After(u.At) {
		return other
	}
	return u
}

// note replaces what was noted of s, unless that is newer.
func (n *uses) note(s Signer, u Use) {
	n.mu.Lock()
	defer n.mu.Unlock()
	last := n.noted[s]
	if last == nil {
		if n.noted == nil {
			n.noted = map[Signer]*Use{}
		}
		// The texts are cut from those of a request, which would stay with them.
		s.ID = strings.Clone(s.ID)
		last = new(Use)
		n.noted[s] = last
	}
	if u.At.Before(last.At) {
		return
	}
	last.At = u.At
	if last.Place != u.Place {
		last.Place = Place{strings.Clone(u.Service), strings.Clone(u.Region)}
	}
}

// last answers what is noted of s; the zero Use when nothing is.
func (n *uses) last(s Signer) (u Use) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if under := n.under[s]; under != nil {
		u = *under
	}
	if noted := n.noted[s]; noted != nil {
		u = newer(*noted, u)
	}
	return u
}

// begin answers what was noted, for a write.
func (n *uses) begin() map[Signer]Use {
	n.mu.Lock()
	n.noted, n.under = nil, n.noted
	under := n.under
	n.mu.Unlock()
	all := make(map[Signer]Use, len(under))
	for s, u := range under {
		all[s] = *u
	}
	return all
}

// end forgets what was written, or notes it again.
func (n *uses) end(kept bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !kept {
		for s, since := range n.noted {
			if was := n.under[s]; was == nil || !was.At.After(since.At) {
				n.under[s] = since
			}
		}
		n.noted = n.under
	}
	n.under = nil
}
