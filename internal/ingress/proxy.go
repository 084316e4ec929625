package ingress

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/pires/go-proxyproto"
)

// Proxies are the peers whose PROXY headers are believed. They must send one on
// every connection, of version 2 (https://www.haproxy.org/download/3.4/doc/proxy-protocol.txt):
// version 1 is text, which a client could be made to send through a proxy that
// passes bytes on as they are. From all others the bytes are just bytes.
type Proxies struct{ from []netip.Prefix }

// ParseProxies reads addresses and CIDR blocks with commas between them. It
// returns nil for none.
func ParseProxies(text string) (*Proxies, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	p := &Proxies{}
	for part := range strings.SplitSeq(text, ",") {
		block, err := parseBlock(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		p.from = append(p.from, block)
	}
	return p, nil
}

func parseBlock(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	block, err := netip.ParsePrefix(text)
	if err != nil || block.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%q is neither an IP address nor a block of them such as 10.0.0.0/8", text)
	}
	if block != block.Masked() {
		return netip.Prefix{}, fmt.Errorf("%s has bits beyond its length: is it %s that is meant?", text, block.Masked())
	}
	return block, nil
}

func (p *Proxies) trusts(a netip.Addr) bool {
	if p == nil {
		return false
	}
	for _, block := range p.from {
		if block.Contains(a.WithZone("")) {
			return true
		}
	}
	return false
}

var errNotVersion2 = errors.New("the PROXY header is not of version 2")

// readProxyHeader makes the address that a trusted proxy gives the connection's
// own. A proxy's own connections, such as its health checks (LOCAL), keep the
// proxy's. Nothing is counted against anybody before.
func (c *Conn) readProxyHeader() error {
	if !c.port.Proxies.trusts(addrOf(c.remote)) {
		return nil
	}
	defer c.port.heads.add(c)()
	if err := c.Conn.SetReadDeadline(time.Now().Add(proxyTime)); err != nil {
		return err
	}
	// It may read into what follows; headers of more than 4 KiB are refused by the library.
	r := bufio.NewReaderSize(c.Conn, 512)
	h, err := proxyproto.Read(r)
	switch {
	case err != nil:
		return err
	case h.Version != 2:
		return errNotVersion2
	case !h.Command.IsLocal():
		from, _, ok := h.TCPAddrs()
		if !ok {
			return errors.New("the PROXY header has no TCP address")
		}
		c.remote = &net.TCPAddr{IP: from.IP, Port: from.Port}
	}
	if n := r.Buffered(); n > 0 {
		c.early, _ = r.Peek(n)
	}
	return c.Conn.SetReadDeadline(time.Time{})
}

// heads are the connections whose PROXY header is awaited. They have no place
// yet, so they are few: the one that has waited longest goes when there are more.
type heads struct {
	mu   sync.Mutex
	most int
	all  []*Conn
}

// add returns what takes c out again.
func (h *heads) add(c *Conn) (remove func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all = append(h.all, c); len(h.all) > h.most {
		h.all[0].Close()
		h.all = h.all[1:]
	}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for i, other := range h.all {
			if other == c {
				h.all = append(h.all[:i], h.all[i+1:]...)
				return
			}
		}
	}
}
