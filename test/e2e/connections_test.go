package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// silentOn opens connections that say nothing, for the length of the test.
func silentOn(t *testing.T, addr string, n int) {
	t.Helper()
	for i := range n {
		c, err := net.DialTimeout("tcp", addr, 10*time.Second)
		if err != nil {
			t.Fatalf("silent connection %d: %v", i+1, err)
		}
		t.Cleanup(func() { c.Close() })
	}
}

// host is the address of the API port.
func (s *Server) host(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// A process of few file descriptors: strangers who say nothing take neither
// those of the other port, nor those that the store needs, nor keep out who
// speaks.
func TestSilentConnections(t *testing.T) {
	t.Parallel()
	for _, port := range []string{"devices", "api", "both"} {
		t.Run(port, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			s := launchBy(t, []string{"sh", "-c", `ulimit -n 120 && exec "$0" "$@"`}, data, nil, "--data", data, "--api", "127.0.0.1:0", "--devices", "127.0.0.1:0", "--metrics")
			w := NewWorld(t, s)
			if port != "api" {
				silentOn(t, w.Endpoint, 400)
			}
			if port != "devices" {
				silentOn(t, s.host(t), 400)
			}
			// From the same address a silent one makes room after a second.
			patient := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{}}
			eventually(t, func() error {
				reply, err := exchange(patient, mustGet(t, s.URL+"/healthz"))
				if err == nil && reply.Status != http.StatusOK {
					err = fmt.Errorf("status %d", reply.Status)
				}
				return err
			})
			eventually(t, func() error {
				req := w.request(t, Ask{})
				reply, err := exchange(&http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: w.tlsConfig(t), DisableKeepAlives: true}}, req)
				if err == nil && reply.Status != http.StatusOK {
					err = fmt.Errorf("%d %s", reply.Status, reply.Body)
				}
				return err
			})
			w.setCertificate(t, "INACTIVE")
			eventually(t, func() error {
				reply, err := exchange(&http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: w.tlsConfig(t), DisableKeepAlives: true}}, w.request(t, Ask{}))
				if err == nil && reply.Status != http.StatusForbidden {
					t.Fatalf("after the revocation: got %d %s", reply.Status, reply.Body)
				}
				return err
			})
			w.API.S3(t, "PUT", "/"+w.Bucket+"/kept", "kept").OK(t)
			metrics := s.Get(t, "/metrics").Body
			if !strings.Contains(metrics, `muster_connections_limit{port="api"} `) || closedFor(metrics) == 0 {
				t.Errorf("no connection was counted as closed:\n%s", metrics)
			}
			s.Stop(t) // with all of them open
		})
	}
}

// closedFor sums the connections that were closed, for whatever reason.
func closedFor(metrics string) (n int) {
	for line := range strings.Lines(metrics) {
		if _, value, ok := strings.Cut(line, "} "); ok && strings.HasPrefix(line, "muster_connections_closed_total{") {
			one := 0
			fmt.Sscan(value, &one)
			n += one
		}
	}
	return n
}

// eventually tries as AWS's SDKs do, three times with growing pauses.
func eventually(t *testing.T, try func() error) {
	t.Helper()
	var err error
	for n := range 3 {
		if err = try(); err == nil {
			return
		}
		time.Sleep(time.Duration(1<<n) * time.Second)
	}
	t.Fatalf("after three tries: %v", err)
}

func mustGet(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// behindProxy makes connections as a balancer at local does for a client at from;
// "" sends no header.
func behindProxy(local, from string) *http.Transport {
	return &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(local)}}).DialContext(ctx, network, addr)
		if err != nil || from == "" {
			return c, err
		}
		_, err = c.Write(proxyHeader(from))
		return c, err
	}}
}

// proxyHeader is a header of PROXY protocol 2, written from its specification.
func proxyHeader(from string) []byte {
	h := []byte("\r\n\r\n\x00\r\nQUIT\n\x21")
	a := netip.MustParseAddr(from)
	to, family := netip.MustParseAddr("10.0.0.1"), byte(0x11)
	if a.Is6() {
		to, family = netip.MustParseAddr("2001:db8::1"), 0x21
	}
	block := append(append(a.AsSlice(), to.AsSlice()...), 0xc0, 0x00, 0x01, 0xbb)
	return append(append(h, family, 0, byte(len(block))), block...)
}

// What a trusted proxy says is where a request comes from, on both ports; what
// anybody else says of it is not even read.
func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	const balancer, office, elsewhere = "127.0.0.2", "192.0.2.17", "198.51.100.17"
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8")
	}
	s := Start(t, "--trusted-proxies", balancer+",2001:db8:ffff::/48")
	w := NewWorld(t, s)
	condition := func(service, action, resource string) string {
		return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"%s:%s","Resource":"%s","Condition":{"IpAddress":{"aws:SourceIp":["192.0.2.0/24","2001:db8:1::/48"]}}}}`, service, action, resource)
	}
	ana := s.user(t, "ana", condition("s3", "ListAllMyBuckets", "*")).Client()
	bea := s.user(t, "bea", condition("iot", "ListThings", "*")).Client()
	w.replacePolicy(t, condition("iot", "AssumeRoleWithCertificate", w.AliasARN))

	calls := map[string]func(*http.Transport) (Reply, error){
		"S3": func(by *http.Transport) (Reply, error) {
			req, err := ana.request("s3", "GET", "/", nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			return exchange(&http.Client{Transport: by}, req)
		},
		"iot": func(by *http.Transport) (Reply, error) {
			req, err := bea.request("iot", "GET", "/things", nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			return exchange(&http.Client{Transport: by}, req)
		},
		"device": func(by *http.Transport) (Reply, error) {
			by.TLSClientConfig = w.tlsConfig(t)
			return exchange(&http.Client{Transport: by}, w.request(t, Ask{}))
		},
	}
	for name, call := range calls {
		for _, tc := range []struct {
			name, local, from string
			want              int // 0: no answer of the operation
		}{
			{"from the office", balancer, office, http.StatusOK},
			{"from the office by IPv6", balancer, "2001:db8:1::7", http.StatusOK},
			{"from elsewhere", balancer, elsewhere, http.StatusForbidden},
			{"from elsewhere by IPv6", balancer, "2001:db8:2::7", http.StatusForbidden},
			{"of an untrusted proxy", "127.0.0.1", office, 0},
			{"of a trusted one that doesn't say", balancer, "", 0},
			{"directly", "127.0.0.1", "", http.StatusForbidden},
		} {
			got, err := call(behindProxy(tc.local, tc.from))
			switch {
			case tc.want == 0 && err == nil && got.Status != http.StatusBadRequest:
				t.Errorf("%s %s: got %d %s, want no answer", name, tc.name, got.Status, got.Body)
			case tc.want != 0 && (err != nil || got.Status != tc.want):
				t.Errorf("%s %s: got %d %s, %v, want %d", name, tc.name, got.Status, got.Body, err, tc.want)
			}
		}
	}
	if log := s.log.String(); !strings.Contains(log, `"source":"192.0.2.17"`) {
		t.Error("no record has the address that the proxy gave")
	}
	// A balancer's own check keeps its own address.
	c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(balancer)}}).Dial("tcp", s.host(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if got, err := io.ReadAll(c); !bytes.HasPrefix(got, []byte("HTTP/1.1 200")) {
		t.Errorf("a health check: got %q, %v", got, err)
	}
}

// Who keeps trying keys and certificates is told late, and whoever has a good one
// behind the same address notices nothing.
func TestAttemptsSlowDownStrangersAlone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8")
	}
	s := Start(t, "--metrics", "--trusted-proxies", "127.0.0.2")
	w := NewWorld(t, s)
	root := s.Client()
	unknown := root.With(Key{ID: "AKIAEXAMPLEUNKNOWN", Secret: "no secret of anybody's"})
	forger := root.With(Key{ID: root.Key.ID, Secret: "not the root's secret"})
	sign := func(c *Client, service, path string) func() (Reply, error) {
		return func() (Reply, error) {
			req, err := c.request(service, "GET", path, nil, nil)
			if err != nil {
				return Reply{}, err
			}
			return exchange(&http.Client{Timeout: time.Minute, Transport: behindProxy("127.0.0.2", "192.0.2.66")}, req)
		}
	}
	show := func(certificate tls.Certificate) func() (Reply, error) {
		config := w.tlsConfig(t)
		config.Certificates = []tls.Certificate{certificate}
		return func() (Reply, error) {
			by := behindProxy("127.0.0.2", "192.0.2.66")
			by.TLSClientConfig = config
			return exchange(&http.Client{Timeout: time.Minute, Transport: by}, w.request(t, Ask{}))
		}
	}
	wrong := map[string]func() (Reply, error){
		"an unknown key":              sign(unknown, "iot", "/things"),
		"a wrong signature":           sign(forger, "iot", "/things"),
		"an unknown key for S3":       sign(unknown, "s3", "/"),
		"a wrong signature for S3":    sign(forger, "s3", "/"),
		"an unregistered certificate": show(stranger(t, time.Hour)),
	}
	right := []func() (Reply, error){sign(root, "iot", "/things"), sign(root, "s3", "/"), show(w.Certificate)}

	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for name, try := range wrong {
		for range 8 {
			all.Go(func() {
				for ctx.Err() == nil {
					if got, err := try(); err == nil && got.Status != http.StatusForbidden && got.Status != http.StatusServiceUnavailable {
						t.Errorf("%s: got %d %s", name, got.Status, got.Body)
						return
					}
				}
			})
		}
	}
	for count(t, s, "muster_attempts_failed_total") < 200 {
		time.Sleep(50 * time.Millisecond)
	}
	var waits []time.Duration
	for range 10 {
		for _, honest := range right {
			began := time.Now()
			if got, err := honest(); err != nil || got.Status != http.StatusOK {
				t.Errorf("somebody known: got %d %s, %v", got.Status, got.Body, err)
			}
			waits = append(waits, time.Since(began))
		}
	}
	stop()
	all.Wait()
	began := time.Now()
	got, err := wrong["a wrong signature"]()
	late := time.Since(began)
	if err != nil || got.Code() != "InvalidSignatureException" {
		t.Errorf("the last stranger: got %d %s, %v", got.Status, got.Body, err)
	}
	slices.Sort(waits)
	half := waits[len(waits)/2]
	t.Logf("a stranger was told after %v; whoever is known waited %v, and %v at worst", late, half, waits[len(waits)-1])
	if late < time.Second || half > late/4 {
		t.Errorf("a stranger was told after %v and somebody known after %v; want 2 s, and far less", late, half)
	}
	if count(t, s, "muster_attempts_slowed_total") == 0 || count(t, s, "muster_attempts_turned_away_total") == 0 {
		t.Error("nobody was counted as slowed, or as turned away")
	}
}

// count reads a metric without labels.
func count(t *testing.T, s *Server, name string) (n int) {
	t.Helper()
	for line := range strings.Lines(s.Get(t, "/metrics").OK(t).Body) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			if _, err := fmt.Sscan(value, &n); err != nil && !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
		}
	}
	return n
}
