package ingress

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Conn is a connection with a place on a port.
type Conn struct {
	net.Conn
	port   *Port
	remote net.Addr // as a trusted proxy gave it, else the peer's
	source Source
	early  []byte // what came together with the PROXY header

	shaking *shaking // until the handshake is over

	closing sync.Once
	closed  chan struct{}

	// Where it is among the places; theirs to lock.
	stage stage
	since time.Time // it is in that stage
	group *group    // nil without a place
	at    *list.Element

	tls *tls.ConnectionState // nil without TLS

	writeUntil atomic.Bool // whoever writes has set a deadline
	mu         sync.Mutex
	waited     time.Duration // for the client to take the answer under way
	moved      int64         // bytes of it
	head       head          // of the request
}

func newConn(p *Port, raw net.Conn) *Conn {
	return &Conn{Conn: raw, port: p, remote: raw.RemoteAddr(), closed: make(chan struct{})}
}

// RemoteAddr is the client's address, also behind a trusted proxy.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// Close implements net.Conn, and gives the place back.
func (c *Conn) Close() (err error) {
	c.closing.Do(func() {
		close(c.closed)
		c.port.place.leave(c)
		c.mu.Lock()
		c.head.drop()
		c.mu.Unlock()
		err = c.Conn.Close()
	})
	return err
}

// shed closes a connection whose place another has got. What isn't sent yet
// isn't waited for.
func (c *Conn) shed() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	c.Close()
}

// CloseWrite lets net/http end its side first, as on a connection of its own.
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (int, error) {
	if c.shaking != nil {
		return c.readShaking(p)
	}
	return c.read(p)
}

func (c *Conn) read(p []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(p, c.early)
		if c.early = c.early[n:]; len(c.early) == 0 {
			c.early = nil
		}
		return n, nil
	}
	return c.Conn.Read(p)
}

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	c.writeUntil.Store(!t.IsZero())
	return c.Conn.SetDeadline(t)
}

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.writeUntil.Store(!t.IsZero())
	return c.Conn.SetWriteDeadline(t)
}

// Write implements net.Conn. Where whoever writes has set no deadline, an
// answer is to be taken at a pace: it never waits for stallTime at once, and over
// the whole no longer than that and a second for each minRate bytes.
func (c *Conn) Write(p []byte) (int, error) {
	switch {
	case c.shaking != nil:
		return c.writeShaking(p)
	case c.writeUntil.Load():
		return c.Conn.Write(p)
	}
	began := time.Now()
	_ = c.Conn.SetWriteDeadline(began.Add(c.patience(len(p))))
	n, err := c.Conn.Write(p)
	c.mu.Lock()
	c.waited += time.Since(began)
	c.moved += int64(n)
	c.mu.Unlock()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.port.Counts.Slow.Add(1)
	}
	return n, err
}

func (c *Conn) patience(size int) time.Duration {
	seconds := func(bytes int64) time.Duration {
		return time.Duration(float64(bytes) / minRate * float64(time.Second))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return min(stallTime+seconds(int64(size)), stallTime+seconds(c.moved+int64(size))-c.waited)
}

type connKey struct{}

// ConnContext is the ConnContext of the http.Server on a port.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if p, ok := c.(*plain); ok {
		return context.WithValue(ctx, connKey{}, p.own)
	}
	return ctx
}

func connOf(r *http.Request) *Conn {
	c, _ := r.Context().Value(connKey{}).(*Conn)
	return c
}

// unreadTime is how long a client may take to send a body that nobody wanted:
// net/http reads the beginning of it after the answer.
const unreadTime = 5 * time.Second

// Handler is h, whose requests are noted at their connections, and know of the
// TLS that they came over.
func Handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := connOf(r)
		if c == nil {
			h.ServeHTTP(w, r)
			return
		}
		c.begin()
		defer c.end()
		r.TLS = c.tls
		h.ServeHTTP(w, r)
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(unreadTime))
		}
	})
}

func (c *Conn) begin() {
	c.mu.Lock()
	c.waited, c.moved = 0, 0
	c.head.over = true
	c.mu.Unlock()
	c.port.place.step(c, func(from stage) stage {
		if from >= idleKnown {
			return busyKnown
		}
		return busy
	})
}

func (c *Conn) end() {
	c.mu.Lock()
	c.head.drop()
	c.mu.Unlock()
	c.port.place.step(c, func(from stage) stage {
		if from == busyKnown {
			return idleKnown
		}
		return idle
	})
}

// Known notes whether the caller of a request under way is known: by a
// signature or a certificate that holds.
func Known(r *http.Request, known bool) {
	c := connOf(r)
	switch {
	case c == nil:
	case known:
		c.port.place.move(c, busyKnown)
	default:
		c.port.place.move(c, busy)
	}
}
