package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"muster/internal/sigv4"
)

// large is the size of the objects of benchMemory, in bytes.
var large int64 = 1 << 30

// benchMemory compares the most memory that the server has while 64 clients
// move large objects, each its own, with that of a quiet server.
func benchMemory(ctx context.Context, t *table, m *muster) error {
	s, err := m.objects(ctx)
	if err != nil {
		return err
	}
	quiet, err := m.resident()
	if err != nil {
		return err
	}
	const clients = 64
	for _, x := range []struct{ method, does string }{{http.MethodPut, "put"}, {http.MethodGet, "get"}, {http.MethodDelete, "remove"}} {
		most, err := s.most(func() error {
			return together(clients, clients, func(n int) error { return s.move(ctx, x.method, fmt.Sprintf("/moved/%d", n)) })
		})
		if err != nil {
			return err
		}
		t.row(fmt.Sprintf("memory, %d clients %s %d MiB", clients, x.does, large>>20), "MiB", []float64{most}, []float64{quiet}, "when quiet")
	}
	return nil
}

// most returns the most memory that the process has while f runs, in MiB.
func (s *objectStore) most(f func() error) (most float64, err error) {
	var over atomic.Bool
	done := make(chan error, 1)
	go func() {
		done <- f()
		over.Store(true)
	}()
	for !over.Load() {
		now, err := s.resident()
		if err != nil {
			return 0, err
		}
		most = max(most, now)
		time.Sleep(50 * time.Millisecond)
	}
	return most, <-done
}

// move puts, gets or removes a large object whose bytes nobody keeps here.
func (s *objectStore) move(ctx context.Context, method, path string) error {
	var body io.Reader
	if method == http.MethodPut {
		body = io.LimitReader(zeros{}, large)
	}
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err != nil {
		return err
	}
	if body != nil {
		r.ContentLength = large
	}
	sigv4.Sign(r, s.credential, "s3", "us-east-1", time.Now(), sigv4.UnsignedPayload)
	answer, err := (&http.Client{Transport: s.client.Transport}).Do(r) // without a deadline
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		said, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%s %s: %d %s", method, path, answer.StatusCode, said)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
