package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ownCertificate makes a certificate for localhost with openssl, good for some days.
func ownCertificate(t *testing.T, name string, days int) (cert, key string) {
	t.Helper()
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	cmd := exec.Command(need(t, "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert,
		"-subj", "/CN="+name, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", strconv.Itoa(days))
	cmd.Env = CleanEnv(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("openssl req: %v\n%s", err, out)
	}
	return cert, key
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// says waits until the log says text n times.
func (s *Server) says(t *testing.T, text string, n int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); strings.Count(s.log.String(), text) < n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the log says %q %d times, want %d", text, strings.Count(s.log.String(), text), n)
		}
	}
}

func (s *Server) hangUp(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// ownPort is a server whose API port has a certificate of the operator's.
type ownPort struct {
	*Server
	cert, key string // files that the server was given
	roots     *x509.CertPool
}

// startOwn starts one on the first of some certificates and trusts all of them.
func startOwn(t *testing.T, pairs ...[2]string) *ownPort {
	t.Helper()
	dir := t.TempDir()
	p := &ownPort{cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), roots: x509.NewCertPool()}
	var bundle []byte
	for _, pair := range pairs {
		bundle = append(bundle, read(t, pair[0])...)
	}
	p.roots.AppendCertsFromPEM(bundle)
	trusted := filepath.Join(dir, "trusted.pem")
	if err := os.WriteFile(trusted, bundle, 0o600); err != nil {
		t.Fatal(err)
	}
	p.put(t, read(t, pairs[0][0]), read(t, pairs[0][1]))
	data := t.TempDir()
	p.Server = launch(t, data, []string{"SSL_CERT_FILE=" + trusted}, "--data", data, "--api", "127.0.0.1:0", "--devices", "127.0.0.1:0",
		"--api-tls-cert", p.cert, "--api-tls-key", p.key, "--metrics")
	return p
}

func (p *ownPort) put(t *testing.T, cert, key []byte) {
	t.Helper()
	for file, text := range map[string][]byte{p.cert: cert, p.key: key} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// shown returns the certificate that a new connection is shown, and one that a
// kept connection of client was, and whether that was one.
func (p *ownPort) shown(t *testing.T, client *http.Client) (name string, reused bool) {
	t.Helper()
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused }}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodGet, p.URL+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := new(bytes.Buffer).ReadFrom(resp.Body); err != nil { // or the connection isn't kept
		t.Fatal(err)
	}
	return resp.TLS.PeerCertificates[0].Subject.CommonName, reused
}

func (p *ownPort) client() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.roots}}}
}

// end is what the metric says of the certificate's end.
func (p *ownPort) end(t *testing.T) time.Time {
	t.Helper()
	_, after, _ := strings.Cut(p.Get(t, "/metrics").OK(t).Body, "\nmuster_api_certificate_end_timestamp_seconds ")
	line, _, _ := strings.Cut(after, "\n")
	seconds, err := strconv.ParseFloat(line, 64)
	if err != nil {
		t.Fatalf("the metric of the certificate's end: %v", err)
	}
	return time.Unix(int64(seconds), 0)
}

// doctor returns what muster doctor says of the API's certificate.
func (p *ownPort) doctor(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "doctor", "--data", p.Data)
	cmd.Env = append(CleanEnv(t), "SSL_CERT_FILE="+p.ca)
	out, _ := cmd.CombinedOutput() // its status is that of all checks
	var said strings.Builder
	ours := false
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "    ") {
			ours = strings.Contains(line, "  api certificate")
		}
		if ours {
			said.WriteString(line)
		}
	}
	return said.String()
}

// The operator's certificate is taken up at SIGHUP, for new connections.
func TestTheAPICertificateIsReadAgain(t *testing.T) {
	t.Parallel()
	var pairs [][2]string
	for i, days := range []int{90, 10, 365} {
		cert, key := ownCertificate(t, fmt.Sprintf("own-%d", i), days)
		pairs = append(pairs, [2]string{cert, key})
	}
	p := startOwn(t, pairs...)
	kept := p.client()
	expect := func(want string) {
		t.Helper()
		if got, _ := p.shown(t, p.client()); got != want {
			t.Errorf("a new connection: got the certificate of %s, want %s", got, want)
		}
		if got, reused := p.shown(t, kept); got != "own-0" || !reused {
			t.Errorf("the kept connection: got the certificate of %s, kept %v", got, reused)
		}
	}
	p.shown(t, kept)
	expect("own-0")
	if said := p.doctor(t); !strings.Contains(said, "ok    api certificate ") || !strings.Contains(said, "ok    api certificate file") {
		t.Errorf("doctor says:\n%s", said)
	}

	p.put(t, read(t, pairs[1][0]), read(t, pairs[1][1]))
	p.hangUp(t)
	p.says(t, "certificate was read again", 1)
	expect("own-1")
	if left := time.Until(p.end(t)).Hours() / 24; left < 9 || left > 10 {
		t.Errorf("the metric says that it ends in %.1f days, want 10", left)
	}
	if said := p.doctor(t); !strings.Contains(said, "warn  api certificate ") || !strings.Contains(said, "renew "+p.cert) {
		t.Errorf("ten days before the end doctor says:\n%s", said)
	}

	// Half-written and mixed files change nothing.
	cert, key := read(t, pairs[2][0]), read(t, pairs[2][1])
	for i, half := range [][2][]byte{{cert[:len(cert)/2], key}, {cert, read(t, pairs[1][1])}, {cert, nil}} {
		p.put(t, half[0], half[1])
		p.hangUp(t)
		p.says(t, "keeps its certificate", i+1)
		expect("own-1")
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(p.cert, long, long); err != nil {
		t.Fatal(err)
	}
	if said := p.doctor(t); !strings.Contains(said, "fail  api certificate file") || !strings.Contains(said, "is not what the port shows") {
		t.Errorf("with files that can't be used doctor says:\n%s", said)
	}
	p.put(t, cert, key)
	p.hangUp(t)
	p.says(t, "certificate was read again", 2)
	expect("own-2")
}

// Without a signal the change is seen, too.
func TestTheAPICertificateIsReadAgainByItself(t *testing.T) {
	if os.Getenv("MUSTER_NIGHT") == "" {
		t.Skip("takes a minute: MUSTER_NIGHT=1")
	}
	t.Parallel()
	oldCert, oldKey := ownCertificate(t, "own-0", 90)
	newCert, newKey := ownCertificate(t, "own-1", 90)
	p := startOwn(t, [2]string{oldCert, oldKey}, [2]string{newCert, newKey})
	p.put(t, read(t, newCert), read(t, newKey))
	for end := time.Now().Add(90 * time.Second); ; time.Sleep(time.Second) {
		if got, _ := p.shown(t, p.client()); got == "own-1" {
			return
		}
		if time.Now().After(end) {
			t.Fatal("90 seconds later the old certificate is shown")
		}
	}
}

// SIGHUP where there is nothing to read again ends nothing.
func TestHangingUpDoesNotEndTheServer(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{nil, {"--api-tls=auto"}} {
		s := Start(t, flags...)
		s.hangUp(t)
		s.hangUp(t)
		s.says(t, "nothing that can be changed without a restart", 1)
		s.Get(t, "/readyz").OK(t)
	}
}
