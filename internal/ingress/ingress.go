// Package ingress is what stands between a port and HTTP: it decides which
// connections are kept, whose they are, and whose handshake is next.
//
//	accept → PROXY header of a trusted proxy → a place on the port → TLS handshake, in turn → HTTP
//
// It knows addresses and how far a connection has come, nothing of requests
// beyond their beginning and end, and nothing of who is allowed what: the doors
// tell it whether a key or certificate is known.
package ingress

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"muster/internal/budget"
)

// How long the other side of a connection may take, unless Port says otherwise.
const (
	proxyTime     = 3 * time.Second  // for the PROXY header, which a proxy sends at once
	handshakeTime = 20 * time.Second // for its part of a TLS handshake
	queueTime     = 30 * time.Second // that it waits for ours; most clients hang up before
	stallTime     = 30 * time.Second // to take the next piece of an answer
	minRate       = 1 << 10          // bytes of an answer a second, on the whole
)

// Port is one of the server's ports: its places, and the turns of handshakes.
// Its fields are set before it listens.
type Port struct {
	Name    string   // in the log
	Places  int      // connections at once
	AtOnce  int      // handshakes that are computed at once
	Proxies *Proxies // whose PROXY headers are believed; nil for nobody's
	Log     *slog.Logger

	// Failed is told of each handshake that failed for the client's fault, by
	// source; nil tells nobody.
	Failed func(Source)

	Counts Counts

	once  sync.Once
	place *places
	turns *turns
	heads *heads

	memory *budget.Budget // of heads of requests
}

func (p *Port) ready() {
	p.once.Do(func() {
		p.place = newPlaces(p.Places)
		p.turns = newTurns(p.AtOnce)
		p.heads = &heads{most: max(4, p.Places/16)}
		p.memory = newHeads()
	})
}

// Open is how many connections are open, and Waiting how many handshakes wait
// for their turn.
func (p *Port) Open() int    { p.ready(); return p.place.len() }
func (p *Port) Waiting() int { p.ready(); return p.turns.len() }

// Listener gives net/http the connections of raw that have earned it: with
// config those that have shaken hands. They are to be served with Handler and
// ConnContext. It ends only when it is closed. Several listeners may share the port's places.
func (p *Port) Listener(raw net.Listener, config *tls.Config) net.Listener {
	p.ready()
	ctx, stop := context.WithCancel(context.Background())
	return &listener{Listener: raw, port: p, tls: config, ctx: ctx, stop: stop, earned: make(chan net.Conn)}
}

type listener struct {
	net.Listener
	port *Port
	tls  *tls.Config

	ctx    context.Context // ends when the listener is closed
	stop   context.CancelFunc
	begin  sync.Once
	earned chan net.Conn
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	l.begin.Do(func() { go l.acceptAll() })
	select {
	case c := <-l.earned:
		return c, nil
	case <-l.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close ends the listener, and the connections that HTTP doesn't have yet.
func (l *listener) Close() error {
	l.stop()
	return l.Listener.Close()
}

// acceptAll accepts until the listener is closed. That there are no file
// descriptors left, or that a client is gone before it was accepted, passes.
func (l *listener) acceptAll() {
	var pause time.Duration
	for {
		raw, err := l.Listener.Accept()
		if err == nil {
			pause = 0
			go l.admit(raw)
			continue
		}
		if l.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			return
		}
		l.port.Counts.AcceptErrors.Add(1)
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
			l.port.place.relieve()
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		select {
		case <-time.After(pause):
		case <-l.ctx.Done():
			return
		}
	}
}

// admit takes a connection through all steps, or closes it.
func (l *listener) admit(raw net.Conn) {
	p := l.port
	p.Counts.Accepted.Add(1)
	c := newConn(p, raw)
	defer func() {
		if v := recover(); v != nil { // of the TLS configuration's functions
			p.log().Error("panic in a handshake", "port", p.Name, "panic", v)
			c.Close()
		}
	}()
	defer context.AfterFunc(l.ctx, func() { c.Close() })()
	if err := c.readProxyHeader(); err != nil {
		p.Counts.BadProxyHeaders.Add(1)
		p.log().Debug("PROXY header", "port", p.Name, "from", raw.RemoteAddr(), "err", err)
		c.Close()
		return
	}
	c.source = sourceOf(c.remote)
	if !p.place.take(c) {
		p.Counts.Refused.Add(1)
		c.Close()
		return
	}
	var shaken *tls.Conn
	if l.tls != nil {
		var err error
		if shaken, err = c.handshake(l.tls); err != nil {
			p.handshakeFailed(c, err)
			c.Close()
			return
		}
	}
	select {
	case l.earned <- earn(c, shaken):
	case <-l.ctx.Done():
		c.Close()
	}
}

func (p *Port) log() *slog.Logger {
	if p.Log == nil {
		return slog.Default()
	}
	return p.Log
}
