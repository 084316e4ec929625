package ingress

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"

	"muster/internal/budget"
)

// The head of a request is kept by net/http as a map: a line of five bytes takes
// a hundred, so that a head of 64 KiB, of a request that nobody has signed, can
// hold more than a MiB. What it holds beyond what an ordinary one does is
// charged to its source.
const (
	lineCost   = 128      // bytes of memory that a line takes beside its text
	freeHead   = 16 << 10 // that a head may take at no charge; those of SDKs take about 6 KiB
	headMemory = 64 << 20 // of all heads of a port together, of which one source gets a half
)

var errHead = errors.New("there is no memory left for the head of a request as large as this")

// head is what the head of a request holds, from its first byte until its
// answer is made. It is guarded by Conn.mu.
type head struct {
	over  bool // what comes now is a body's
	cost  int64
	share *budget.Share // of what it takes beyond freeHead
}

func newHeads() *budget.Budget { return budget.New(headMemory, headMemory/2) }

// more charges what has come of a head, and reports whether there was room.
func (c *Conn) more(p []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.closed: // nobody would give it back
		return false
	default:
	}
	h := &c.head
	if h.over {
		return true
	}
	before := max(h.cost, freeHead)
	h.cost += int64(len(p)) + lineCost*int64(bytes.Count(p, []byte("\n")))
	need := h.cost - before
	if need <= 0 {
		return true
	}
	if h.share == nil {
		var ok bool
		h.share, ok = c.port.memory.Take(c.source.addr.String(), need)
		return ok
	}
	return h.share.Grow(need)
}

// drop gives back what a head held. c.mu is held.
func (h *head) drop() {
	h.share.Release()
	*h = head{}
}

// plain is a connection as net/http reads it: what comes of heads is charged.
// It is no *tls.Conn, so Handler tells requests that they came over TLS.
type plain struct {
	net.Conn
	own *Conn
}

// Read implements net.Conn.
func (p *plain) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	if n > 0 && err == nil && !p.own.more(b[:n]) {
		p.own.port.Counts.LargeHeads.Add(1)
		return 0, errHead
	}
	return n, err
}

// CloseWrite lets net/http end its side first.
func (p *plain) CloseWrite() error {
	if half, ok := p.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// earn makes of a connection what net/http gets; shaken is nil without TLS.
func earn(c *Conn, shaken *tls.Conn) net.Conn {
	if shaken == nil {
		return &plain{c, c}
	}
	state := shaken.ConnectionState()
	c.tls = &state
	return &plain{shaken, c}
}
