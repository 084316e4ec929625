package server

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// healthz answers that the process serves.
func healthz(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz answers whether the server can do its work: each check has a few
// seconds, and the answer names those that failed. What failed in detail is
// for the log. That objects can't be had is shown, and no reason to keep
// devices from their credentials: the server is ready all the same.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	status, body := http.StatusOK, map[string]string{"status": "ok"}
	for name, check := range map[string]func(context.Context) error{"store": s.db.Ready, "s3": s.objects.Ready} {
		body[name] = "ok"
		if err := check(ctx); err != nil {
			s.log.WarnContext(ctx, "not ready", "check", name, "err", err)
			if body[name] = "failed"; name != "s3" {
				status, body["status"] = http.StatusServiceUnavailable, "not ready"
			}
		}
	}
	if s.draining.Load() {
		status, body["status"] = http.StatusServiceUnavailable, "draining"
	}
	answer(w, status, body)
}

func answer(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
