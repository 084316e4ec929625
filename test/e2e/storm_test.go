package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// storming is a device in a storm: it shakes hands and asks once, and tries again
// as AWS's SDKs do by default, three times with pauses of up to 1 and 2 seconds
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
func (w *World) storming(ctx context.Context, config *tls.Config) (tries int, err error) {
	for tries = 1; ; tries++ {
		if err = w.askOnce(ctx, config); err == nil || tries == 3 {
			return tries, err
		}
		time.Sleep(time.Duration(rand.Float64() * float64(int(1)<<(tries-1)) * float64(time.Second)))
	}
}

func (w *World) askOnce(ctx context.Context, config *tls.Config) error {
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true, TLSHandshakeTimeout: time.Minute}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+w.Endpoint+"/role-aliases/"+w.Alias+"/credentials", nil)
	if err != nil {
		return err
	}
	reply, err := exchange(client, req)
	if err == nil && reply.Status != http.StatusOK {
		err = fmt.Errorf("%d %s", reply.Status, reply.Body)
	}
	return err
}

// hostile keeps one connection of its kind to addr open until ctx ends, and
// comes again at once when it is cut.
func hostile(ctx context.Context, kind int, addr string, trusting *tls.Config) {
	half := []byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 half of a ClientHello")
	for ctx.Err() == nil {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err != nil {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		end := context.AfterFunc(ctx, func() { c.Close() })
		switch kind % 4 {
		case 0: // silent
		case 1:
			c.Write(half)
		case 2:
			garbage := make([]byte, 4096)
			for i := range garbage {
				garbage[i] = byte(rand.Uint32())
			}
			c.Write(garbage)
		case 3: // a head, a byte each second
			t := tls.Client(c, trusting)
			for _, b := range []byte("GET /role-aliases/none/credentials HTTP/1.1\r\nHost: localhost\r\nX-Slow: 12345678901234567890") {
				if _, err := t.Write([]byte{b}); err != nil {
					break
				}
				time.Sleep(time.Second)
			}
		}
		io.Copy(io.Discard, c)
		c.Close()
		end()
		time.Sleep(10 * time.Millisecond)
	}
}

// A whole site comes back at once, from one address, and beside it, from the
// same address, those who only want to be in the way: every device gets its
// credentials, and the API answers meanwhile.
func TestStorm(t *testing.T) {
	devices, within := 200, 5*time.Second
	if os.Getenv("MUSTER_NIGHT") != "" {
		devices, within = 10_000, 30*time.Second
	} else if !testing.Short() {
		devices, within = 1000, 10*time.Second
	}
	s := Start(t, "--metrics")
	w := NewWorld(t, s)
	// Checking the server's certificate is the client's work; what the storm is
	// about is the server's.
	config := w.tlsConfig(t)
	config.InsecureSkipVerify, config.ServerName = true, "localhost"
	ctx, stop := context.WithCancel(t.Context())
	var around sync.WaitGroup
	for kind := range 100 {
		around.Go(func() { hostile(ctx, kind, w.Endpoint, &tls.Config{RootCAs: config.RootCAs, ServerName: "localhost"}) })
	}
	time.Sleep(200 * time.Millisecond)

	var took []time.Duration
	around.Go(func() {
		for ctx.Err() == nil {
			began := time.Now()
			s.Client().IoT(t, "GET", "/things/"+w.Thing, nil).OK(t)
			took = append(took, time.Since(began))
			time.Sleep(5 * time.Millisecond)
		}
	})
	began := time.Now()
	var all sync.WaitGroup
	var failed, again atomic.Int64
	for range devices {
		all.Go(func() {
			tries, err := w.storming(ctx, config)
			if again.Add(int64(tries - 1)); err != nil && failed.Add(1) < 5 {
				t.Errorf("after %d tries: %v", tries, err)
			}
		})
	}
	all.Wait()
	whole := time.Since(began)
	stop()
	around.Wait()
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	t.Logf("%d devices had their credentials after %v, with %d tries more and %d failed; %d calls of the API meanwhile, p50 %v, p99 %v",
		devices, whole.Round(time.Millisecond), again.Load(), failed.Load(), len(took), took[len(took)/2], p99)
	if failed.Load() > 0 {
		t.Errorf("%d of %d renewals failed", failed.Load(), devices)
	}
	if p99 > within {
		t.Errorf("the API answered after %v at p99, want less than %v", p99, within)
	}
}
