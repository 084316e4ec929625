package credsapi_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"muster/internal/certificate"
	"muster/internal/index"
)

// slowStore takes until its caller gives up.
type slowStore struct{ certificate.Store }

func (slowStore) Registrations(ctx context.Context, _ string) ([]certificate.Certificate, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// A decision that takes too long ends in an answer that clients try again after,
// and the connection goes on.
func TestSlowDecisions(t *testing.T) {
	w := newWorld(t, usual)
	c, quick := w.client(nil), w.provider.Certificates
	for range 2 {
		w.door.Deadline = 100 * time.Millisecond
		w.provider.Certificates = certificate.New(slowStore{w.kept}, index.New(16), w.authority)
		if got := c.ask(w.thing); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "1" {
			t.Errorf("got %d %s %v, want 503 with Retry-After", got.status, got.body, got.header)
		}
		w.door.Deadline, w.provider.Certificates = 0, quick
		if got := c.ask(w.thing); got.status != http.StatusOK {
			t.Errorf("afterwards: got %d %s, want 200", got.status, got.body)
		}
	}
}

// No server of the port has a deadline that could pass while a decision is made.
func TestTheServerHasNoReadTimeout(t *testing.T) {
	if s := newWorld(t, usual).door.Server(nil); s.ReadTimeout != 0 || s.ReadHeaderTimeout == 0 {
		t.Errorf("got a ReadTimeout of %v and a ReadHeaderTimeout of %v", s.ReadTimeout, s.ReadHeaderTimeout)
	}
}
