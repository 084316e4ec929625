package credsapi_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/iam"
)

// credential is the answer as clients read it.
type credential struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SessionToken    string `json:"sessionToken"`
	Expiration      string `json:"expiration"`
}

func read(t testing.TB, body string) credential {
	t.Helper()
	var answer struct {
		Credentials credential `json:"credentials"`
	}
	d := json.NewDecoder(strings.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&answer); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return answer.Credentials
}

func mustID(c tls.Certificate) string {
	sum := sha256.Sum256(c.Certificate[0])
	return hex.EncodeToString(sum[:])
}

var answerForm = regexp.MustCompile(`^\{"credentials":\{"accessKeyId":"ASIA[A-Z2-7]{16}","secretAccessKey":"[A-Za-z0-9+/]{40}","sessionToken":"[A-Za-z0-9+/=_-]+","expiration":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"\}\}$`)

func TestCredentials(t *testing.T) {
	w := newWorld(t, usual)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, thing := range []string{"", w.thing} {
			how := tls.VersionName(version) + " as " + thing
			c := w.client(func(c *tls.Config) { c.MinVersion, c.MaxVersion = version, version })
			got := c.ask(thing)
			if got.status != http.StatusOK || !answerForm.MatchString(got.body) {
				t.Fatalf("%s: got %d %s", how, got.status, got.body)
			}
			checkForm(t, how, got)
			cred := read(t, got.body)
			expires, err := time.Parse(time.RFC3339, cred.Expiration)
			if left := time.Until(expires); err != nil || left < time.Hour-5*time.Second || left > time.Hour {
				t.Errorf("%s: expires in %v, want an hour", how, left)
			}
			login, err := w.sessions.Authenticate(t.Context(), cred.AccessKeyID, cred.SessionToken)
			if err != nil || login.Secret.Reveal() != cred.SecretAccessKey {
				t.Fatalf("%s: Authenticate: %v", how, err)
			}
			caller, err := login.Caller(t.Context(), iam.Place{})
			w.must(err)
			if want := "arn:aws:sts::" + accountID + ":assumed-role/" + w.role + "/" + w.id; string(caller.ARN) != want {
				t.Errorf("%s: got %s, want %s", how, caller.ARN, want)
			}
			for key, want := range map[string]string{
				"credentials-iot:awscertificateid": w.id,
				"credentials-iot:thingname":        thing,
				"credentials-iot:thingtypename":    map[string]string{w.thing: w.kind}[thing],
			} {
				if got := strings.Join(caller.Context[key], ","); got != want {
					t.Errorf("%s: %s is %q, want %q", how, key, got, want)
				}
			}
			if login.Session.SourceIP.String() != "127.0.0.1" {
				t.Errorf("%s: asked from %v", how, login.Session.SourceIP)
			}
			if log := w.log.String(); strings.Contains(log, cred.SecretAccessKey) || strings.Contains(log, cred.SessionToken) {
				t.Errorf("%s: the log holds a secret", how)
			}
		}
	}
	if got, want := strings.Count(w.log.String(), "msg=request"), 4; got != want {
		t.Errorf("log: got %d records of requests, want %d", got, want)
	}
}

// AWS's C library reads 2048 bytes and gives up on more.
func TestLongestNamesStillFit(t *testing.T) {
	w := newWorld(t, names{
		thing: strings.Repeat("t", 128), kind: strings.Repeat("k", 128), alias: strings.Repeat("a", 128),
		path: "/" + strings.Repeat("p", 510) + "/", role: strings.Repeat("r", 64),
	})
	got := w.client(nil).ask(w.thing)
	if got.status != http.StatusOK || len(got.body) > 2048 {
		t.Fatalf("got %d, %d bytes: %s", got.status, len(got.body), got.body)
	}
	t.Logf("%d bytes", len(got.body))
}

func TestManyAtOnce(t *testing.T) {
	w := newWorld(t, usual)
	var mu sync.Mutex
	keys := map[string]bool{}
	var wg sync.WaitGroup
	for range 20 {
		c := w.client(nil)
		wg.Go(func() {
			for range 5 {
				got := c.ask("")
				mu.Lock()
				if got.status != http.StatusOK {
					t.Errorf("got %d %s", got.status, got.body)
				} else {
					keys[read(t, got.body).AccessKeyID] = true
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(keys) != 100 {
		t.Errorf("got %d distinct keys, want 100", len(keys))
	}
}

// raw speaks to the port without an HTTP client.
func (w *world) raw(t *testing.T, text string) (*http.Response, error) {
	t.Helper()
	c := w.client(nil).TLSClientConfig
	conn, err := tls.Dial("tcp", w.address, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprint(conn, text)
	return http.ReadResponse(bufio.NewReader(conn), nil)
}

func TestLimits(t *testing.T) {
	w := newWorld(t, usual)
	path := "/role-aliases/" + w.alias + "/credentials"
	long, err := w.raw(t, "GET "+path+" HTTP/1.1\r\nHost: h\r\nX: "+strings.Repeat("x", 64<<10)+"\r\n\r\n")
	if err == nil && long.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("long headers: got %d", long.StatusCode)
	}
	// The body is announced and never sent: the answer doesn't wait for it.
	body, err := w.raw(t, "GET "+path+" HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
	if err != nil || body.StatusCode != http.StatusOK || !body.Close {
		t.Errorf("a body: got %v, %v, want an answer and the end of the connection", body, err)
	}
	h2, err := tls.Dial("tcp", w.address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer h2.Close()
	if got := h2.ConnectionState().NegotiatedProtocol; got != "http/1.1" {
		t.Errorf("protocol: got %q, want http/1.1", got)
	}
	if _, err := tls.Dial("tcp", w.address, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
}

func TestAFailedHandshakeIsNoWarning(t *testing.T) {
	w := newWorld(t, usual)
	conn, err := net.Dial("tcp", w.address)
	w.must(err)
	fmt.Fprint(conn, "GET / HTTP/1.1\r\n\r\n")
	new(bytes.Buffer).ReadFrom(conn)
	conn.Close()
	for range 100 {
		if strings.Contains(w.log.String(), "TLS handshake error") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for line := range strings.Lines(w.log.String()) {
		if strings.Contains(line, "handshake") && !strings.Contains(line, "level=DEBUG") {
			t.Errorf("got %s", line)
		}
	}
}
