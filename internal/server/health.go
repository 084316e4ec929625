package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// healthz answers that the process serves.
func healthz(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz tells whether the server can do its work, and names what can't be
// had. What failed in detail is for the log. That objects can't be had is shown,
// and no reason to keep devices from their credentials: the server is ready all
// the same. So it is on a full disk, whose rung is shown, as long as changes
// that take away can be made.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	failed := s.ready.failed(r.Context(), s.log, map[string]func(context.Context) error{"store": s.db.Ready, "s3": s.objects.Ready})
	status, body := http.StatusOK, map[string]string{"status": "ok", "store": "ok", "s3": "ok"}
	for name := range failed {
		if body[name] = "failed"; name != "s3" {
			status, body["status"] = http.StatusServiceUnavailable, "not ready"
		}
	}
	body["disk"] = s.rung().String()
	if s.draining.Load() {
		status, body["status"] = http.StatusServiceUnavailable, "draining"
	}
	answer(w, status, body)
}

// readyFor is how long the answer of the checks is given again: anybody may ask,
// and each look takes a turn of the writer and a request to an external store.
const readyFor = time.Second

// readiness remembers what was found at the last look.
type readiness struct {
	now func() time.Time // time.Now when nil

	mu     sync.Mutex // held while somebody looks: the others wait for that
	looked time.Time
	found  map[string]error
}

// failed returns which checks failed, as of a second ago at most. They have a
// few seconds together, and go on when whoever asked leaves.
func (r *readiness) failed(ctx context.Context, log *slog.Logger, checks map[string]func(context.Context) error) map[string]error {
	now := time.Now
	if r.now != nil {
		now = r.now
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.found != nil && now().Sub(r.looked) < readyFor {
		return r.found
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	found := map[string]error{}
	for name, check := range checks {
		if err := check(ctx); err != nil {
			log.WarnContext(ctx, "not ready", "check", name, "err", err)
			found[name] = err
		}
	}
	r.looked, r.found = now(), found
	return found
}

func answer(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
