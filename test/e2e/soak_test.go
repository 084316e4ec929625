package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math"
	mrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	soakDevices = 200
	soakPause   = 4 * time.Second // between two turns of a device
	soakTries   = 3               // as the standard retry mode of AWS's SDKs
)

// soakFor is how long the soak runs: MUSTER_SOAK, else ten minutes in the night
// and a few seconds by day.
func soakFor(t *testing.T) time.Duration {
	t.Helper()
	if given := os.Getenv("MUSTER_SOAK"); given != "" {
		long, err := time.ParseDuration(given)
		if err != nil {
			t.Fatalf("MUSTER_SOAK: %v", err)
		}
		return long
	}
	if os.Getenv("MUSTER_NIGHT") == "1" {
		return 10 * time.Minute
	}
	return 8 * time.Second
}

// TestSoak runs 200 devices and an operator who do what they should, first
// alone, then beside clients that do everything they shouldn't. What the honest
// ones meet, and what the server holds, is printed and bounded.
func TestSoak(t *testing.T) {
	s := Start(t, "--metrics")
	k := newSoak(t, s)
	long := soakFor(t)
	quiet := k.run(t, long/4, nil)
	hostile := k.run(t, long*3/4, newSoakHostile(t, k))

	t.Logf("%-28s %10s %10s %10s %8s %8s %8s", "", "p50", "p99", "most", "calls", "again", "failed")
	for _, what := range []string{"vend", "put", "api"} {
		for _, p := range []*phase{quiet, hostile} {
			m := p.met[what]
			t.Logf("%-28s %10v %10v %10v %8d %8d %8d", what+", "+p.name, m.quantile(.5), m.quantile(.99), m.quantile(1), len(m.took), m.again, m.failed)
		}
	}
	for _, p := range []*phase{quiet, hostile} {
		for what, m := range p.met {
			if m.failed > 0 {
				t.Errorf("%s, %s: %d of %d failed after %d tries, such as %s", what, p.name, m.failed, len(m.took), soakTries, m.why)
			}
			if len(m.took) == 0 {
				t.Errorf("%s, %s: nothing was done", what, p.name)
			}
		}
	}
	// A bound that a busy machine keeps: what has it passed isn't slow, but stuck.
	if slow := hostile.met["api"].quantile(.99); slow > 10*time.Second {
		t.Errorf("the API beside hostile clients: p99 is %v", slow)
	}
	hostile.isFlat(t)
}

// soak is the honest side: a fleet and its operator.
type soak struct {
	s       *Server
	w       *World
	devices []*soakDevice
}

// soakDevice is a device with a thing of its own.
type soakDevice struct {
	w     *World
	thing string
	http  *http.Client
}

func newSoak(t *testing.T, s *Server) *soak {
	t.Helper()
	k := &soak{s: s, w: NewWorld(t, s)}
	var all sync.WaitGroup
	k.devices = make([]*soakDevice, soakDevices)
	for part := range 8 {
		all.Go(func() {
			for n := part; n < soakDevices; n += 8 {
				d, err := k.enrol(t.Context(), fmt.Sprintf("honest-%d", n))
				if err != nil {
					t.Error(err)
					return
				}
				k.devices[n] = d
			}
		})
	}
	if all.Wait(); t.Failed() {
		t.FailNow()
	}
	return k
}

// enrol registers a thing with a certificate that may use the world's alias.
func (k *soak) enrol(ctx context.Context, thing string) (*soakDevice, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return nil, err
	}
	request := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr}))
	made, err := k.call(ctx, "POST", "/certificates?setAsActive=true", nil, map[string]string{"certificateSigningRequest": request})
	if err != nil {
		return nil, err
	}
	arn := made.JSON("certificateArn")
	block, _ := pem.Decode([]byte(made.JSON("certificatePem")))
	for _, step := range []struct {
		method, path string
		header       map[string]string
		in           any
	}{
		{"PUT", "/target-policies/" + k.w.Policy, nil, map[string]string{"target": arn}},
		{"POST", "/things/" + thing, nil, struct{}{}},
		{"PUT", "/things/" + thing + "/principals", map[string]string{"X-Amzn-Principal": arn}, nil},
	} {
		if _, err := k.call(ctx, step.method, step.path, step.header, step.in); err != nil {
			return nil, err
		}
	}
	w := *k.w
	w.CertificateARN, w.CertificateID = arn, made.JSON("certificateId")
	w.Certificate = tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(w.Roots))
	config := &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{w.Certificate}, ClientSessionCache: tls.NewLRUClientSessionCache(2)}
	return &soakDevice{w: &w, thing: thing, http: &http.Client{
		Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: config, MaxConnsPerHost: 1},
	}}, nil
}

// call makes a call of AWS IoT with the root key and expects success, as often
// as an SDK would.
func (k *soak) call(ctx context.Context, method, path string, header map[string]string, in any) (got Reply, err error) {
	for n := range soakTries {
		if n > 0 {
			pause(ctx, mrand.N(time.Second<<(n-1)))
		}
		if got, err = askOnce(ctx, plain, k.w.API, "iot", method, path, header, in); err == nil && got.Status/100 == 2 {
			return got, nil
		}
	}
	return got, fmt.Errorf("%s %s: got %d %.200s %v", method, path, got.Status, got.Body, err)
}

// vend asks for credentials, by a new connection if fresh.
func (d *soakDevice) vend(ctx context.Context, fresh bool) (Reply, error) {
	if fresh {
		d.http.CloseIdleConnections()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+d.w.Endpoint+"/role-aliases/"+d.w.Alias+"/credentials", nil)
	if err != nil {
		return Reply{}, err
	}
	req.Header.Set("X-Amzn-Iot-Thingname", d.thing)
	return exchange(d.http, req)
}

// turn renews the device's credentials and writes an object with them.
func (d *soakDevice) turn(ctx context.Context, p *phase, n int) {
	got, ok := p.try(ctx, "vend", http.StatusOK, func() (Reply, error) { return d.vend(ctx, n%5 == 0) })
	if !ok {
		return
	}
	c := d.w.API.With(Key{ID: got.JSON("credentials", "accessKeyId"), Secret: got.JSON("credentials", "secretAccessKey"), Token: got.JSON("credentials", "sessionToken")})
	p.try(ctx, "put", http.StatusOK, func() (Reply, error) {
		return askOnce(ctx, plain, c, "s3", "PUT", "/"+d.w.Bucket+"/device_output/"+d.thing, nil, map[string]int{"turn": n})
	})
}

// operate enrols a device, sees it get in, shuts it out, and sees it stay out.
func (k *soak) operate(ctx context.Context, p *phase, n int) {
	d, err := k.enrol(ctx, fmt.Sprintf("passing-%d-%d", len(p.name), n))
	if err != nil {
		if ctx.Err() == nil {
			p.fail("api", err.Error())
		}
		return
	}
	defer d.http.CloseIdleConnections()
	api := func(method, path string, header map[string]string) bool {
		_, ok := p.try(ctx, "api", http.StatusOK, func() (Reply, error) {
			return askOnce(ctx, plain, k.w.API, "iot", method, path, header, nil)
		})
		return ok
	}
	if _, ok := p.try(ctx, "vend", http.StatusOK, func() (Reply, error) { return d.vend(ctx, false) }); !ok {
		return
	}
	if !api("PUT", "/certificates/"+d.w.CertificateID+"?newStatus=INACTIVE", nil) {
		return
	}
	if got, err := d.vend(ctx, false); err == nil && got.Status == http.StatusOK {
		p.fail("api", "a certificate that was made INACTIVE got in")
	}
	api("GET", "/things/"+d.thing, nil)
	api("DELETE", "/things/"+d.thing+"/principals", map[string]string{"X-Amzn-Principal": d.w.CertificateARN})
	api("DELETE", "/things/"+d.thing, nil)
	api("DELETE", "/certificates/"+d.w.CertificateID+"?forceDelete=true", nil)
}

// phase is a part of the soak and what was met in it.
type phase struct {
	name string

	mu   sync.Mutex
	met  map[string]*meeting // by what was done
	held []held              // over time
}

// meeting is what came of one kind of call.
type meeting struct {
	took          []time.Duration
	again, failed int
	why           string // of a failure
}

// held is what the server held at one time.
type held struct{ kib, files int }

func (m *meeting) quantile(q float64) time.Duration {
	if len(m.took) == 0 {
		return 0
	}
	slices.Sort(m.took)
	return m.took[max(0, int(math.Ceil(q*float64(len(m.took))))-1)].Round(10 * time.Microsecond)
}

// run has everybody do their part for a while.
func (k *soak) run(t *testing.T, long time.Duration, h *soakHostile) *phase {
	t.Helper()
	p := &phase{name: "alone", met: map[string]*meeting{"vend": {}, "put": {}, "api": {}}}
	ctx, stop := context.WithTimeout(t.Context(), long)
	defer stop()
	var all sync.WaitGroup
	if h != nil {
		p.name = "beside hostile clients"
		h.start(ctx, &all)
	}
	for n, d := range k.devices {
		all.Go(func() {
			pause(ctx, time.Duration(n)*soakPause/soakDevices)
			for turn := 0; ctx.Err() == nil; turn++ {
				d.turn(ctx, p, turn)
				pause(ctx, soakPause/2+mrand.N(soakPause))
			}
		})
	}
	all.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			k.operate(ctx, p, n)
			pause(ctx, 100*time.Millisecond)
		}
	})
	all.Go(func() {
		for ctx.Err() == nil {
			p.held = append(p.held, held{k.s.residentNow(), k.s.filesNow()})
			pause(ctx, long/60)
		}
	})
	all.Wait()
	if h != nil {
		h.report(t)
	}
	return p
}

// try calls until the answer is the one that is wanted, as often as an SDK
// would, and notes what came of it. What the end of the phase cuts short is not
// counted.
func (p *phase) try(ctx context.Context, what string, want int, call func() (Reply, error)) (got Reply, ok bool) {
	began := time.Now()
	why := ""
	for n := range soakTries {
		if n > 0 {
			p.note(what, func(m *meeting) { m.again++ })
			pause(ctx, mrand.N(time.Second<<(n-1)))
		}
		var err error
		if got, err = call(); err == nil && got.Status == want {
			p.note(what, func(m *meeting) { m.took = append(m.took, time.Since(began)) })
			return got, true
		}
		if ctx.Err() != nil {
			return got, false
		}
		why = fmt.Sprintf("%d %.200s %v", got.Status, got.Body, err)
	}
	p.fail(what, why)
	return got, false
}

func (p *phase) fail(what, why string) {
	p.note(what, func(m *meeting) { m.failed, m.why = m.failed+1, why })
}

func (p *phase) note(what string, f func(*meeting)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p.met[what])
}

// isFlat compares what the server held in the last third of the phase with
// what it held in the third before.
func (p *phase) isFlat(t *testing.T) {
	t.Helper()
	if len(p.held) < 9 || p.held[0].kib == 0 {
		t.Logf("held: %v", p.held)
		return
	}
	third := len(p.held) / 3
	most := func(part []held) (m held) {
		for _, h := range part {
			m.kib, m.files = max(m.kib, h.kib), max(m.files, h.files)
		}
		return m
	}
	before, after := most(p.held[third:2*third]), most(p.held[2*third:])
	t.Logf("held at most: %d MiB and %d files in the second third, %d MiB and %d files in the last", before.kib>>10, before.files, after.kib>>10, after.files)
	if after.kib > before.kib*5/4+32<<10 || after.files > before.files*5/4+64 {
		t.Errorf("what the server holds grows: %+v, then %+v", before, after)
	}
}

// filesNow is how many file descriptors the server has.
func (s *Server) filesNow() int {
	all, err := os.ReadDir(filepath.Join("/proc", fmt.Sprint(s.cmd.Process.Pid), "fd"))
	if err != nil {
		return 0
	}
	return len(all)
}

// askOnce signs and sends one request; in is sent as JSON unless nil, or as it
// is where it is a string.
func askOnce(ctx context.Context, h *http.Client, c *Client, service, method, path string, header map[string]string, in any) (Reply, error) {
	var body []byte
	switch in := in.(type) {
	case nil:
	case string:
		body = []byte(in)
	default:
		var err error
		if body, err = json.Marshal(in); err != nil {
			return Reply{}, err
		}
	}
	req, err := c.request(service, method, path, header, body)
	if err != nil {
		return Reply{}, err
	}
	return exchange(h, req.WithContext(ctx))
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// formBody is a body of IAM's and STS's Query protocol.
func formBody(version, action string, pairs ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Action=%s&Version=%s", action, version)
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, "&%s=%s", pairs[i], escape(pairs[i+1]))
	}
	return b.String()
}
