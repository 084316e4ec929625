package ingress

import (
	"crypto/tls"
	"errors"
	"io"
	"time"
)

// shaking is a TLS handshake under way. Reading waits for the client and costs
// nothing; what follows is computing, for which there are few turns. So the
// turn is given back before each read and write, and taken before a read
// returns: crypto/tls has then something to compute.
type shaking struct {
	client, queue time.Duration // left to wait for either
	turn          bool          // it has one
	heard         int           // bytes of the client
	said          bool          // a byte to it: the handshake has cost something
	failed        error         // why it ended, if that isn't the client's fault
}

var (
	errGone          = errors.New("the client is gone")
	errLongHandshake = errors.New("the client's part of the handshake is too long")
)

// mostHandshake is how many bytes a client may send in a handshake. crypto/tls
// takes 64 KiB of a ClientHello and 256 KiB of certificates, whosever they are,
// and holds the certificates as long as the connection. Those of devices take
// some two KiB.
const mostHandshake = 32 << 10

// handshake shakes hands as the server.
func (c *Conn) handshake(config *tls.Config) (*tls.Conn, error) {
	s := &shaking{client: handshakeTime, queue: queueTime}
	c.shaking = s
	defer s.end(c.port.turns) // also when a function of config panics
	t := tls.Server(c, config)
	err := t.Handshake()
	s.end(c.port.turns)
	if err != nil {
		sayHTTP(err)
		return nil, errors.Join(s.failed, err)
	}
	c.shaking = nil
	if err := c.SetDeadline(time.Time{}); err != nil {
		return nil, errors.Join(errGone, err)
	}
	c.port.Counts.Handshakes.Add(1)
	c.port.place.move(c, idle)
	return t, nil
}

// flight is as much as is read at once: crypto/tls reads the beginning of a
// record first, and would queue twice for it.
const flight = 4 << 10

func (c *Conn) readShaking(p []byte) (int, error) {
	s := c.shaking
	if s.turn && len(c.early) > 0 {
		return c.read(p)
	}
	s.end(c.port.turns)
	c.port.place.move(c, awaited)
	began := time.Now()
	if err := c.Conn.SetReadDeadline(began.Add(s.client)); err != nil {
		return 0, err
	}
	if len(c.early) == 0 {
		b := make([]byte, flight)
		n, err := c.Conn.Read(b)
		s.client -= time.Since(began)
		if n == 0 {
			return 0, err
		}
		if s.heard += n; s.heard > mostHandshake {
			return 0, errLongHandshake
		}
		c.early = b[:n]
	} else if s.heard == 0 {
		s.heard = len(c.early) // what came with the PROXY header
	}
	c.port.place.move(c, ours)
	began = time.Now()
	err := c.port.turns.take(c.source, s.said, c.closed, s.queue)
	waited := time.Since(began)
	s.queue -= waited
	if err != nil {
		s.failed = err
		return 0, err
	}
	s.turn = true
	// Who waited long may have given up and be back in the queue: to compute for
	// that one too would make the queue longer still.
	if waited > 100*time.Millisecond && hungUp(c.Conn) {
		s.failed = errGone
		return 0, errGone
	}
	return c.read(p)
}

func (c *Conn) writeShaking(p []byte) (int, error) {
	s := c.shaking
	s.end(c.port.turns)
	s.said = true
	began := time.Now()
	if err := c.Conn.SetWriteDeadline(began.Add(s.client)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	s.client -= time.Since(began)
	return n, err
}

// end gives back the turn, if it has one.
func (s *shaking) end(t *turns) {
	if s.turn {
		s.turn = false
		t.release()
	}
}

// handshakeFailed counts a failed handshake. It is a failure of its source only
// if the client said something that it can't be made of: balancers look whether
// the port is open, and clients leave.
func (p *Port) handshakeFailed(c *Conn, err error) {
	s := c.shaking
	switch {
	case errors.Is(err, errShed):
	case errors.Is(err, errNoTurn):
		p.Counts.NoTurn.Add(1)
	case errors.Is(err, errGone):
		p.Counts.Gone.Add(1)
	case s == nil || s.heard == 0:
		p.Counts.Silent.Add(1)
	default:
		p.Counts.HandshakesFailed.Add(1)
		if p.Failed != nil {
			p.Failed(c.source)
		}
	}
	p.log().Debug("TLS handshake error", "port", p.Name, "from", c.remote, "err", err)
}

// sayHTTP tells a client that speaks plain HTTP what is wrong, as net/http does.
func sayHTTP(err error) {
	var record tls.RecordHeaderError
	if !errors.As(err, &record) || record.Conn == nil {
		return
	}
	switch string(record.RecordHeader[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO":
		io.WriteString(record.Conn, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
	}
}
