package externals3

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/objects"
	"muster/internal/sigv4"
)

// silent returns a store at the other end of a connection on which talk talks.
func silent(talk func(net.Conn)) *Store {
	s := New(&url.URL{Scheme: "http", Host: "store.test"}, "us-east-1", sigv4.Credential{AccessKey: "a"})
	s.transport.Proxy = nil
	s.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go talk(there)
		return here, nil
	}
	return s
}

// A store that stops is given up; how long a client takes is not the store's fault.
func TestStoreThatStops(t *testing.T) {
	read := objects.Read{Ref: objects.Ref{Bucket: "bucket", Key: "key"}}
	for _, tc := range []struct {
		name string
		talk func(net.Conn)
		ask  func(ctx context.Context, s *Store) error
		wait time.Duration
		want error
	}{
		{"before it answers", func(c net.Conn) { io.Copy(io.Discard, c) }, func(ctx context.Context, s *Store) error {
			_, err := s.Get(ctx, read)
			return err
		}, quickWait, objects.Busy},
		{"in the middle of an object", func(c net.Conn) {
			http.ReadRequest(bufio.NewReader(c))
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nEtag: \"e\"\r\n\r\nhalf")
		}, func(ctx context.Context, s *Store) error {
			found, err := s.Get(ctx, read)
			if err != nil {
				return err
			}
			defer found.Body.Close()
			time.Sleep(24 * time.Hour) // of the client
			_, err = io.ReadAll(found.Body)
			return err
		}, 24*time.Hour + stallWait, errStalled},
		{"in the middle of a body", func(c net.Conn) { io.ReadFull(c, make([]byte, 1000)) }, func(ctx context.Context, s *Store) error {
			_, err := s.Put(ctx, objects.Put{Bucket: "bucket", Key: "key", Body: objects.Body{Reader: strings.NewReader(strings.Repeat("x", 1<<20)), Size: 1 << 20}})
			return err
		}, stallWait, objects.Busy},
		{"with all of a body", func(c net.Conn) { io.Copy(io.Discard, c) }, func(ctx context.Context, s *Store) error {
			_, err := s.Put(ctx, objects.Put{Bucket: "bucket", Key: "key", Body: objects.Body{Reader: strings.NewReader("content"), Size: 7}})
			return err
		}, slowWait, objects.Busy},
		{"while it is asked whether it is ready", func(c net.Conn) { io.Copy(io.Discard, c) }, func(ctx context.Context, s *Store) error {
			return s.Ready(ctx)
		}, readyWait, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := silent(tc.talk)
				begun := time.Now()
				err := tc.ask(t.Context(), s)
				if err == nil || tc.want != nil && !errors.Is(err, tc.want) {
					t.Errorf("got %v, want %v", err, tc.want)
				}
				if took := time.Since(begun); took != tc.wait {
					t.Errorf("it took %v, want %v", took, tc.wait)
				}
				s.transport.CloseIdleConnections()
			})
		})
	}
}
