package ingress_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/ingress"
)

// wire is a network of pipes, which runs on the time of synctest.
type wire struct {
	accepts chan any // net.Conn or error
	closed  chan struct{}
	once    sync.Once
}

func newWire() *wire {
	return &wire{accepts: make(chan any, 1024), closed: make(chan struct{})}
}

func (w *wire) Accept() (net.Conn, error) {
	select {
	case a := <-w.accepts:
		if err, ok := a.(error); ok {
			return nil, err
		}
		return a.(net.Conn), nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error   { w.once.Do(func() { close(w.closed) }); return nil }
func (w *wire) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443} }

// pipe is the server's end of a connection from somewhere.
type pipe struct {
	net.Conn
	from net.Addr
}

func (p pipe) RemoteAddr() net.Addr { return p.from }

// client is the other end.
type client struct {
	net.Conn
	t    *testing.T
	from netip.Addr
	once sync.Once
	gone chan struct{} // closed when the server has closed it, once that is watched
}

func (w *wire) dial(t *testing.T, from string) *client {
	t.Helper()
	ours, theirs := net.Pipe()
	addr := net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(from), 40000))
	w.accepts <- pipe{theirs, addr}
	t.Cleanup(func() { ours.Close() })
	return &client{Conn: ours, t: t, from: addr.AddrPort().Addr(), gone: make(chan struct{})}
}

// silent is a client that says nothing, and notices when it is cut.
func (w *wire) silent(t *testing.T, from string) *client {
	t.Helper()
	c := w.dial(t, from)
	go c.watch()
	synctest.Wait()
	return c
}

func (c *client) watch() {
	io.Copy(io.Discard, c.Conn)
	c.once.Do(func() { close(c.gone) })
}

func (c *client) isOpen() bool {
	synctest.Wait()
	select {
	case <-c.gone:
		return false
	default:
		return true
	}
}

func (c *client) say(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Errorf("say %q: %v", text, err)
	}
	synctest.Wait()
}

// serve runs an HTTP server behind port for the length of the test.
func serve(t *testing.T, port *ingress.Port, config *tls.Config, h http.HandlerFunc) *wire {
	t.Helper()
	w := newWire()
	port.Log = slog.New(slog.DiscardHandler)
	s := &http.Server{Handler: ingress.Handler(h), ConnContext: ingress.ConnContext, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(port.Log.Handler(), slog.LevelDebug)}
	l := port.Listener(w, config)
	go s.Serve(l)
	t.Cleanup(func() {
		s.Close()
		synctest.Wait()
	})
	return w
}

// whoAmI says the client's address, and is told by the query whether to know it.
func whoAmI(w http.ResponseWriter, r *http.Request) {
	ingress.Known(r, r.URL.Query().Get("known") == "yes")
	if wait, err := time.ParseDuration(r.URL.Query().Get("wait")); err == nil {
		select {
		case <-time.After(wait):
		case <-r.Context().Done():
		}
	}
	io.WriteString(w, r.RemoteAddr)
}

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

func getOf(query string) string { return "GET /?" + query + " HTTP/1.1\r\nHost: x\r\n\r\n" }

// answer reads one answer and returns its body.
func (c *client) answer(n int) string {
	c.t.Helper()
	b := make([]byte, 4096)
	c.SetReadDeadline(time.Now().Add(time.Minute))
	got := ""
	for !strings.Contains(got, "\r\n\r\n") || len(got) < n {
		k, err := c.Conn.Read(b)
		got += string(b[:k])
		if err != nil {
			break
		}
		if strings.Contains(got, "\r\n\r\n") && n == 0 {
			break
		}
	}
	c.SetReadDeadline(time.Time{})
	return got
}

var serverKey = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(100 * 365 * 24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})

func serverTLS() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{serverKey()}, ClientAuth: tls.RequestClientCert}
}

// shake is a client that shakes hands and asks once.
func (w *wire) shake(t *testing.T, from string) (tls.ConnectionState, error) {
	t.Helper()
	c := w.dial(t, from)
	defer c.Close()
	s := tls.Client(c, &tls.Config{InsecureSkipVerify: true, ServerName: "localhost", Certificates: []tls.Certificate{serverKey()}})
	s.SetDeadline(time.Now().Add(time.Minute))
	if err := s.Handshake(); err != nil {
		return tls.ConnectionState{}, err
	}
	if _, err := io.WriteString(s, get); err != nil {
		return tls.ConnectionState{}, err
	}
	_, err := s.Read(make([]byte, 4096))
	return s.ConnectionState(), err
}
