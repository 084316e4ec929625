package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// storm is what the devices of a storm are told; they are a process of their own,
// so that the one that measures the API waits for the server and not for them.
type storm struct {
	Devices, Hostile        int
	Endpoint, Alias         string
	Roots, Certificate, Key string // PEM
}

// stormed is what became of them.
type stormed struct {
	Took          time.Duration
	Again, Failed int64
	Errors        []string // the first few
}

const stormVariable = "MUSTER_STORM"

// A whole site comes back at once, from one address, and beside it, from the
// same address, those who only want to be in the way: every device gets its
// credentials, and the API answers meanwhile.
func TestStorm(t *testing.T) {
	devices, within := 1000, 5*time.Second
	if os.Getenv("MUSTER_NIGHT") != "" {
		devices = 10_000
	}
	s := Start(t, "--metrics")
	w := NewWorld(t, s)
	told, err := json.Marshal(storm{devices, 100, w.Endpoint, w.Alias, w.Roots, w.PEM, w.KeyPEM})
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestDevicesOfAStorm$", "-test.v")
	child.Env = append(os.Environ(), "MUSTER_BINARY="+binary, stormVariable+"="+string(told))
	var out bytes.Buffer
	child.Stdout, child.Stderr = &out, os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- child.Wait() }()

	var took []time.Duration
	for going := true; going; {
		began := time.Now()
		s.Client().IoT(t, "GET", "/things/"+w.Thing, nil).OK(t)
		took = append(took, time.Since(began))
		select {
		case err := <-over:
			if err != nil {
				t.Fatalf("the devices: %v\n%s", err, out.Bytes())
			}
			going = false
		case <-time.After(5 * time.Millisecond):
		}
	}
	var got stormed
	_, text, _ := strings.Cut(out.String(), stormVariable+" ")
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&got); err != nil {
		t.Fatalf("the devices said %q: %v", out.String(), err)
	}
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	t.Logf("%d devices had their credentials after %v, with %d tries more and %d failed; %d calls of the API meanwhile: p50 %v, p99 %v",
		devices, got.Took.Round(time.Millisecond), got.Again, got.Failed, len(took), took[len(took)/2], p99)
	if got.Failed > 0 {
		t.Errorf("%d of %d renewals failed: %q", got.Failed, devices, got.Errors)
	}
	if p99 > within {
		t.Errorf("the API answered after %v at p99, want less than %v", p99, within)
	}
}

// TestDevicesOfAStorm are the devices, in a process that TestStorm starts.
func TestDevicesOfAStorm(t *testing.T) {
	var told storm
	if err := json.Unmarshal([]byte(os.Getenv(stormVariable)), &told); err != nil {
		t.Skip("TestStorm starts this in a process of its own")
	}
	pair, err := tls.X509KeyPair([]byte(told.Certificate), []byte(told.Key))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var around, all sync.WaitGroup
	for kind := range told.Hostile {
		around.Go(func() { hostile(ctx, kind, told.Endpoint) })
	}
	time.Sleep(200 * time.Millisecond)
	began := time.Now()
	var failed, again atomic.Int64
	errs := make(chan string, 5)
	for range told.Devices {
		all.Go(func() {
			// Whether the server is who it says is the client's work, and the storm's not.
			tries, err := told.renew(ctx, &tls.Config{Certificates: []tls.Certificate{pair}, ServerName: "localhost", InsecureSkipVerify: true})
			again.Add(int64(tries - 1))
			if err == nil {
				return
			}
			failed.Add(1)
			select {
			case errs <- err.Error():
			default:
			}
		})
	}
	all.Wait()
	got := stormed{Took: time.Since(began), Again: again.Load(), Failed: failed.Load()}
	stop()
	around.Wait()
	for len(errs) > 0 {
		got.Errors = append(got.Errors, <-errs)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(stormVariable, string(text))
}

// renew shakes hands and asks once, and tries again as AWS's SDKs do by default:
// three times in all, after pauses of up to 1 and 2 seconds
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
func (s *storm) renew(ctx context.Context, config *tls.Config) (tries int, err error) {
	for tries = 1; ; tries++ {
		if err = s.ask(ctx, config); err == nil || tries == 3 {
			return tries, err
		}
		time.Sleep(time.Duration(rand.Float64() * float64(int(1)<<(tries-1)) * float64(time.Second)))
	}
}

func (s *storm) ask(ctx context.Context, config *tls.Config) error {
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true, TLSHandshakeTimeout: time.Minute}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+s.Endpoint+"/role-aliases/"+s.Alias+"/credentials", nil)
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
// comes again when it is cut.
func hostile(ctx context.Context, kind int, addr string) {
	for ctx.Err() == nil {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err == nil {
			end := context.AfterFunc(ctx, func() { c.Close() })
			hold(c, kind)
			end()
			c.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func hold(c net.Conn, kind int) {
	switch kind % 4 {
	case 0: // silent
	case 1:
		io.WriteString(c, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 half of a ClientHello")
	case 2:
		garbage := make([]byte, 4096)
		for i := range garbage {
			garbage[i] = byte(rand.Uint32())
		}
		c.Write(garbage)
	case 3: // a head, a byte each second
		s := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
		for _, b := range []byte("GET /role-aliases/none/credentials HTTP/1.1\r\nHost: localhost\r\nX-Slow: 12345678901234567890") {
			if _, err := s.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(time.Second)
		}
	}
	io.Copy(io.Discard, c)
}
