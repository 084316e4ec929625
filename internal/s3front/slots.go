package s3front

import (
	"net/http"
	"sync"

	"muster/internal/iam"
	"muster/internal/sts"
)

// How many requests are served at once, unless Front says otherwise.
const (
	defaultMaxRequests   = 1024
	defaultMaxOfOneOwner = 256
)

// slots are those of requests that are being served. The zero value is ready.
type slots struct {
	mu    sync.Mutex
	taken map[string]int // by writer
	all   int
}

// take takes a slot for writer and returns what gives it back. Nobody gets
// more than most, nor more than are then left for others: so whoever comes new
// finds one, however many others have many.
func (s *slots) take(writer string, most, total int) (release func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.taken[writer]
	if own >= most || own >= total-s.all {
		return nil, false
	}
	if s.taken == nil {
		s.taken = map[string]int{}
	}
	s.taken[writer]++
	s.all++
	return func() { s.release(writer) }, true
}

func (s *slots) release(writer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.taken[writer]--; s.taken[writer] == 0 {
		delete(s.taken, writer)
	}
}

var errManyAtOnce = refusal(http.StatusServiceUnavailable, "SlowDown", "You have too many requests under way at once. Please reduce your request rate.")

// slot takes one of the slots for the request's caller.
func (f *Front) slot(r *request) (release func(), err error) {
	release, ok := f.slots.take(writerOf(r.caller), orElse(f.MaxRequestsOfOne, defaultMaxOfOneOwner), orElse(f.MaxRequests, defaultMaxRequests))
	if !ok {
		return nil, errManyAtOnce
	}
	return release, nil
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
