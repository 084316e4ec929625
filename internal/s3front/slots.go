package s3front

import (
	"net/http"
	"net/netip"

	"muster/internal/iam"
	"muster/internal/sts"
)

func busy(message string) *Error {
	return refusal(http.StatusServiceUnavailable, "SlowDown", message)
}

var (
	errManyAtOnce = busy("You have too many requests under way at once. Please reduce your request rate.")
	errNoMemory   = busy("You have too much under way at once. Please reduce your request rate.")
)

// place takes one of the places of requests for the request's caller, and what
// it holds in memory.
func (f *Front) place(r *request) (release func(), err error) {
	who := writerOf(r.caller)
	place, ok := f.Requests.Take(who, 1)
	if !ok {
		return nil, errManyAtOnce
	}
	before := r.memory // of the one who wasn't known yet
	if r.memory, ok = f.Bodies.Take(who, r.formHead); !ok {
		place.Release()
		r.memory = before
		return nil, errNoMemory
	}
	before.Release()
	return place.Release, nil
}

// hold charges size more bytes of memory to the request's caller, until the
// request ends.
func (r *request) hold(size int64) error {
	if !r.memory.Grow(size) {
		return errNoMemory
	}
	return nil
}

// strangerAt names whom memory is charged to while nobody is known yet: those at
// the address, of IPv6 all of a network of 64 bits.
func strangerAt(from netip.Addr) string {
	if from.Is6() {
		if network, err := from.Prefix(64); err == nil {
			from = network.Addr()
		}
	}
	return "address/" + from.String()
}

// writerOf names who a request counts against: the thing that a device proved
// to be, else its certificate, else the user or role, or the account's root.
func writerOf(c *iam.Caller) string {
	session, _ := c.Session.(*sts.Session)
	switch {
	case session != nil && session.Thing != "":
		return "thing/" + c.Account + "/" + session.Thing
	case session != nil && session.CertificateID != "":
		return "certificate/" + session.CertificateID
	case c.User != nil:
		return "user/" + c.User.ID
	case c.Role != nil:
		return "role/" + c.Role.ID
	}
	return "root/" + c.Account
}
