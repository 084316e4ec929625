package awsapi

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"time"

	"muster/internal/sts"
)

// Bodies are read whole, since their signature is over their hash. None is read
// before its key is known to be one, nor beyond what its operation may have, nor
// without a share of the memory for bodies.
const (
	// MaxBody is the largest body of any request, in bytes.
	MaxBody = 1 << 20
	// SmallBody is what every operation may have, also one that isn't built.
	SmallBody = 64 << 10
	// DefaultBodyTime bounds how long a client may take to send a body.
	DefaultBodyTime = 30 * time.Second

	unreadTime = time.Second // for what is sent of a body that nobody wants
	firstRoom  = 8 << 10     // bytes that a body gets at first
)

// limit is how large the body may be. Where the operation isn't known before
// the body is read it is that of the service's largest.
func (x *exchange) limit() int64 {
	if x.service == nil {
		return SmallBody
	}
	if x.service.Wire.Query() {
		return x.service.largest
	}
	call, err := x.service.Wire.Route(x.r, nil)
	if err != nil {
		return SmallBody
	}
	return x.service.operations[call.Operation].bodyLimit()
}

// read reads the body.
func (a *API) read(w http.ResponseWriter, x *exchange) error {
	limit := x.limit()
	if x.r.ContentLength > limit { // before its client sends it in vain
		return refuseLarge(limit)
	}
	if x.r.ContentLength == 0 {
		x.body = []byte{}
		return nil
	}
	// The first bytes are free: they are no more than a connection holds anyway,
	// and with them nearly every operation goes on when nothing is left to share.
	// Where no length is said the rest is charged as it comes.
	var ok bool
	if x.memory, ok = a.Bodies.Take(holder(x.login, x.client()), max(x.r.ContentLength-firstRoom, 0)); !ok {
		return overBudget()
	}
	control := http.NewResponseController(w)
	// A server that has no deadlines has no network that could keep it waiting.
	_ = control.SetReadDeadline(time.Now().Add(cmp.Or(a.BodyTime, DefaultBodyTime)))
	err := x.fill(limit)
	if err == nil {
		// Else it would end the request while the operation runs: net/http goes on
		// to read from the connection, to see whether the client hangs up.
		_ = control.SetReadDeadline(time.Time{})
	}
	return err
}

// fill reads the body into memory that grows as it comes, so that a length that
// is only said takes none.
func (x *exchange) fill(limit int64) error {
	most := limit + 1
	if x.r.ContentLength > 0 {
		most = x.r.ContentLength
	}
	body := make([]byte, 0, min(most, firstRoom))
	for {
		if len(body) == cap(body) {
			if x.r.ContentLength < 0 && !x.memory.Grow(int64(cap(body))) {
				return overBudget()
			}
			body = append(make([]byte, 0, min(2*int64(cap(body)), most+1)), body...)
		}
		n, err := x.r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return refuseLarge(limit)
		case errors.Is(err, io.EOF):
			x.body, x.bodyRead = body, true
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return refuse(tooSlow, "slow", "The request body was not sent in time.")
		case err != nil:
			return refuse(unreadable, "body", "The request body can't be read.")
		}
	}
}

// drop lets go of the body and its memory, once nobody reads in it any more.
func (x *exchange) drop() {
	x.body, x.call = nil, nil
	x.memory.Release()
}

// unread reports whether there is a body that wasn't read to its end.
func (x *exchange) unread() bool { return x.r.ContentLength != 0 && !x.bodyRead }

// leaveUnread prepares the answer to a request whose body isn't read. A small
// one that is there already net/http passes over, so that the connection can be
// kept; after a large one it is closed.
func (x *exchange) leaveUnread(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(unreadTime))
	if x.r.ContentLength < 0 || x.r.ContentLength > SmallBody {
		w.Header().Set("Connection", "close")
	}
}

// linger lets the answer reach a client that is still sending: a connection that
// is closed before what was sent is read is reset, and the answer lost.
func (x *exchange) linger(w http.ResponseWriter) {
	if w.Header().Get("Connection") != "close" || x.r.Header.Get("Expect") != "" {
		return
	}
	if http.NewResponseController(w).Flush() == nil {
		_, _ = io.CopyN(io.Discard, x.r.Body, MaxBody)
	}
}

// holder names whom memory is counted against before the signature is verified:
// the thing, certificate, role or key that the caller says to be, at the address
// it is at. The address is part of it because an access key's id is no secret:
// who knows it must not use up the share of who has the key.
func holder(l *sts.Login, from netip.Addr) string {
	who := "key/" + l.AccessKeyID
	switch s := l.Session; {
	case s == nil:
	case s.Thing != "":
		who = "thing/" + s.Account + "/" + s.Thing
	case s.CertificateID != "":
		who = "certificate/" + s.CertificateID
	case s.RoleID != "":
		who = "role/" + s.RoleID
	}
	if from.Is6() {
		if network, err := from.Prefix(64); err == nil { // one customer has as much
			from = network.Addr()
		}
	}
	return who + "@" + from.String()
}

// refuseLarge refuses a body that is larger than limit.
func refuseLarge(limit int64) error {
	return refuse(tooLarge, "size", fmt.Sprintf("The request body is larger than %d bytes.", limit))
}

func overBudget() error {
	return refuse(busy, "memory", unavailable)
}
