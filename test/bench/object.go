package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"

	"muster/internal/secret"
	"muster/internal/sigv4"
)

// objectStore is an S3 whose server's CPU time is read.
type objectStore struct {
	process
	url        string
	client     *http.Client
	credential sigv4.Credential
}

// benchObjects compares putting and getting objects through Muster with
// asking VersityGW, which keeps Muster's objects too, directly.
func benchObjects(ctx context.Context, t *table, m *muster, dir string, rounds int) error {
	bare, err := startGateway(ctx, dir)
	if err != nil {
		return err
	}
	defer bare.stop()
	through := &objectStore{process: m.process, url: m.api, client: m.client.HTTP, credential: m.client.Credential}
	for _, s := range []*objectStore{through, bare} {
		if err := s.ask(ctx, http.MethodPut, "/sagemaker-bench", nil); err != nil {
			return err
		}
	}
	for _, size := range []struct {
		name     string
		bytes    int
		requests int
	}{{"4 KiB", 4 << 10, 1500}, {"4 MiB", 4 << 20, 60}} {
		body := bytes.Repeat([]byte("model "), size.bytes/6+1)[:size.bytes]
		for _, verb := range []struct {
			name, method string
			body         []byte
		}{{"put", http.MethodPut, body}, {"get", http.MethodGet, nil}} {
			cost := func(s *objectStore) func() (float64, error) {
				return s.cost(size.requests, func() error { return s.ask(ctx, verb.method, "/sagemaker-bench/models/pump", verb.body) })
			}
			ours, theirs, err := pairs(rounds, cost(through), cost(bare))
			if err != nil {
				return err
			}
			t.row("S3 "+verb.name+" of "+size.name, "µs CPU", ours, theirs, "VersityGW asked directly")
		}
	}
	return nil
}

func (s *objectStore) cost(calls int, f func() error) func() (float64, error) {
	return (&muster{process: s.process}).cost(calls, f)
}

func (s *objectStore) ask(ctx context.Context, method, path string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	sigv4.Sign(r, s.credential, "s3", "us-east-1", time.Now(), sigv4.Hash(body))
	answer, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%s %s: %d %s", method, path, answer.StatusCode, said)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// gatewayKey is of a store that lives as long as the bench.
var gatewayKey = sigv4.Credential{AccessKey: "bench", Secret: secret.New("the secret of a bench")}

// startGateway starts this program again as VersityGW on a Unix socket, as
// Muster starts its own.
func startGateway(ctx context.Context, dir string) (*objectStore, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	objects := filepath.Join(dir, "gateway")
	if err := os.Mkdir(objects, 0o700); err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "gw.sock")
	cmd := exec.CommandContext(ctx, self, "-gateway")
	cmd.Env = append(os.Environ(), "BENCH_OBJECTS="+objects, "BENCH_SOCKET="+socket)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &objectStore{process: process{cmd: cmd}, url: "http://s3.bench.internal", credential: gatewayKey}
	s.client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if err = s.ask(ctx, http.MethodGet, "/", nil); err == nil {
			return s, nil
		}
		if time.Now().After(end) {
			s.stop()
			return nil, fmt.Errorf("VersityGW did not start: %w", err)
		}
	}
}

// serveGateway is VersityGW with the options that Muster gives it.
func serveGateway(ctx context.Context) error {
	files, err := posix.New(os.Getenv("BENCH_OBJECTS"), meta.XattrMeta{}, posix.PosixOpts{})
	if err != nil {
		return err
	}
	err = embedgw.RunVersityGW(ctx, files, &embedgw.Config{
		RootUserAccess: gatewayKey.AccessKey, RootUserSecret: gatewayKey.Secret.Reveal(), Region: "us-east-1",
		Ports: []string{os.Getenv("BENCH_SOCKET")}, SocketPerm: "0600",
		MaxConnections: 4096, MaxRequests: 4096, MultipartMaxParts: 10000, KeepAlive: true, Quiet: true, DisableACLs: true,
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
