package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// soakHostile is everybody who does what nobody should: strangers, a device that
// turned, and a caller with few permissions. Half of them come from the address
// of the honest ones.
type soakHostile struct {
	k        *soak
	api      string // host:port
	devices  string
	turned   *soakDevice // a device with a certificate that holds
	small    *Client     // may assume one role, simulate policies, and write below one bucket
	role     string      // that it may assume
	stranger tls.Certificate
	kinds    []*soakKind
}

// soakKind is one way to do harm.
type soakKind struct {
	name    string
	clients int
	attack  func(ctx context.Context, from *net.TCPAddr, n int)
	done    atomic.Int64
}

const soakBucket = "soak-hostile"

func newSoakHostile(t *testing.T, k *soak) *soakHostile {
	t.Helper()
	api, err := url.Parse(k.s.URL)
	if err != nil {
		t.Fatal(err)
	}
	h := &soakHostile{k: k, api: api.Host, devices: k.w.Endpoint}
	if h.turned, err = k.enrol(t.Context(), "turned"); err != nil {
		t.Fatal(err)
	}
	root := k.w.API
	root.S3(t, "PUT", "/"+soakBucket, "").OK(t)
	root.S3(t, "PUT", "/"+soakBucket+"/large", strings.Repeat("l", 4<<20)).OK(t)
	root.IAM(t, "CreateUser", "UserName", "mallory").OK(t)
	h.role = root.IAM(t, "CreateRole", "RoleName", "open", "AssumeRolePolicyDocument",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/mallory"},"Action":"sts:AssumeRole"}}`).OK(t).XML("Arn")
	root.IAM(t, "PutUserPolicy", "UserName", "mallory", "PolicyName", "few", "PolicyDocument", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["sts:AssumeRole","iam:SimulateCustomPolicy"],"Resource":"*"},
		{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject","s3:DeleteObject"],"Resource":"arn:aws:s3:::`+soakBucket+`/*"}]}`).OK(t)
	made := root.IAM(t, "CreateAccessKey", "UserName", "mallory").OK(t)
	h.small = root.With(Key{ID: made.XML("AccessKeyId"), Secret: made.XML("SecretAccessKey")})
	h.stranger = strangersCertificate(t)
	h.kinds = []*soakKind{
		{name: "silent on the device port", clients: 100, attack: func(ctx context.Context, from *net.TCPAddr, _ int) { h.say(ctx, from, h.devices, nil) }},
		{name: "silent on the API port", clients: 50, attack: func(ctx context.Context, from *net.TCPAddr, _ int) { h.say(ctx, from, h.api, nil) }},
		{name: "half a ClientHello", clients: 50, attack: func(ctx context.Context, from *net.TCPAddr, _ int) {
			h.say(ctx, from, h.devices, []byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03half"))
		}},
		{name: "garbage for TLS", clients: 4, attack: func(ctx context.Context, from *net.TCPAddr, _ int) {
			h.say(ctx, from, h.devices, []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
		}},
		{name: "a head, a byte a second", clients: 20, attack: h.slowHead},
		{name: "handshakes for nothing", clients: 4, attack: func(ctx context.Context, from *net.TCPAddr, _ int) {
			h.device(ctx, from, tls.Certificate{}, "")
			pause(ctx, 50*time.Millisecond)
		}},
		{name: "a certificate nobody knows", clients: 4, attack: func(ctx context.Context, from *net.TCPAddr, n int) {
			h.device(ctx, from, h.stranger, "")
			pause(ctx, 50*time.Millisecond)
		}},
		{name: "made-up things and aliases", clients: 2, attack: h.madeUp},
		{name: "a made-up key with a large body", clients: 20, attack: func(ctx context.Context, from *net.TCPAddr, _ int) {
			h.stall(ctx, from, root.With(Key{ID: "AKIAIOSFODNN7EXAMPLE", Secret: "x"}), "sts", "POST", "/", 1<<20, nil)
		}},
		{name: "a wrong signature", clients: 4, attack: func(ctx context.Context, from *net.TCPAddr, _ int) {
			_, _ = askOnce(ctx, client(from), root.With(Key{ID: root.Key.ID, Secret: "wrong"}), "iot", "GET", "/things", nil, nil) // refused
			pause(ctx, 20*time.Millisecond)
		}},
		{name: "session policies of question marks", clients: 2, attack: h.questionMarks},
		{name: "simulations, and off", clients: 2, attack: h.simulate},
		{name: "uploads that stall", clients: 50, attack: func(ctx context.Context, from *net.TCPAddr, n int) {
			h.stall(ctx, from, h.small, "s3", "PUT", fmt.Sprintf("/%s/stalled-%d", soakBucket, n), 1<<20, nil)
		}},
		{name: "chunks that stall", clients: 20, attack: func(ctx context.Context, from *net.TCPAddr, n int) {
			h.stall(ctx, from, h.small, "s3", "PUT", fmt.Sprintf("/%s/chunk-%d", soakBucket, n), 1<<20, map[string]string{
				"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": "16777216",
			})
		}},
		{name: "downloads nobody reads", clients: 20, attack: h.unread},
		{name: "XML bombs", clients: 2, attack: func(ctx context.Context, from *net.TCPAddr, _ int) {
			_, _ = askOnce(ctx, client(from), h.small, "s3", "POST", "/"+soakBucket+"?delete", nil, "<Delete>"+strings.Repeat("<Object/>", 100_000)) // refused
			pause(ctx, 100*time.Millisecond)
		}},
		{name: "uploads in parts, never completed", clients: 1, attack: func(ctx context.Context, from *net.TCPAddr, n int) {
			_, _ = askOnce(ctx, client(from), h.small, "s3", "POST", fmt.Sprintf("/%s/never-%d?uploads", soakBucket, n), nil, nil) // it may
			pause(ctx, 200*time.Millisecond)
		}},
		{name: "forms that stall", clients: 10, attack: h.form},
	}
	return h
}

// start has each kind's clients attack until ctx ends.
func (h *soakHostile) start(ctx context.Context, all *sync.WaitGroup) {
	for i, kind := range h.kinds {
		for n := range kind.clients {
			from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}
			if n%2 == 1 {
				from.IP = net.IPv4(127, 0, byte(1+i), byte(1+n%8))
			}
			all.Go(func() {
				for turn := 0; ctx.Err() == nil; turn++ {
					kind.attack(ctx, from, n+turn*kind.clients)
					kind.done.Add(1)
					pause(ctx, 10*time.Millisecond)
				}
			})
		}
	}
}

// report fails for a kind that did nothing: what it was to prove, it didn't.
func (h *soakHostile) report(t *testing.T) {
	t.Helper()
	for _, kind := range h.kinds {
		if kind.done.Load() == 0 {
			t.Errorf("hostile: %s did nothing", kind.name)
		}
		t.Logf("hostile: %-36s %8d times by %d clients", kind.name, kind.done.Load(), kind.clients)
	}
}

func dialer(from *net.TCPAddr) *net.Dialer {
	return &net.Dialer{LocalAddr: from, Timeout: 10 * time.Second}
}

func client(from *net.TCPAddr) *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DialContext: dialer(from).DialContext, DisableKeepAlives: true}}
}

// say connects, says something, and waits to be thrown out.
func (h *soakHostile) say(ctx context.Context, from *net.TCPAddr, to string, what []byte) {
	c, err := dialer(from).DialContext(ctx, "tcp", to)
	if err != nil {
		return
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if _, err := c.Write(what); err != nil {
		return
	}
	io.Copy(io.Discard, c)
}

func (h *soakHostile) slowHead(ctx context.Context, from *net.TCPAddr, _ int) {
	c, err := dialer(from).DialContext(ctx, "tcp", h.api)
	if err != nil {
		return
	}
	defer c.Close()
	for _, b := range []byte("GET /things HTTP/1.1\r\nHost: muster\r\nX-Slow: " + strings.Repeat("s", 1000)) {
		if _, err := c.Write([]byte{b}); err != nil || ctx.Err() != nil {
			return
		}
		pause(ctx, time.Second)
	}
}

// device makes a handshake and asks once.
func (h *soakHostile) device(ctx context.Context, from *net.TCPAddr, cert tls.Certificate, thing string) {
	config := h.turned.http.Transport.(*http.Transport).TLSClientConfig.Clone()
	config.Certificates, config.ClientSessionCache = nil, nil
	if cert.PrivateKey != nil {
		config.Certificates = []tls.Certificate{cert}
	}
	c := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DialContext: dialer(from).DialContext, TLSClientConfig: config, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+h.devices+"/role-aliases/"+h.k.w.Alias+"/credentials", nil)
	if err != nil {
		panic(err)
	}
	req.Header.Set("X-Amzn-Iot-Thingname", thing)
	_, _ = exchange(c, req) // refused
}

// madeUp asks, with a certificate that holds, for what isn't there.
func (h *soakHostile) madeUp(ctx context.Context, _ *net.TCPAddr, n int) {
	for i := range 20 {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("https://%s/role-aliases/made-up-%d-%d/credentials", h.devices, n, i), nil)
		if err != nil {
			panic(err)
		}
		req.Header.Set("X-Amzn-Iot-Thingname", fmt.Sprintf("made-up-%d-%d", n, i))
		if _, err := exchange(h.turned.http, req); err != nil {
			return
		}
	}
}

// stall sends a signed head and all of the body but its end.
func (h *soakHostile) stall(ctx context.Context, from *net.TCPAddr, as *Client, service, method, path string, size int, header map[string]string) {
	req, err := as.request(service, method, path, header, nil)
	if err != nil {
		panic(err)
	}
	c, err := dialer(from).DialContext(ctx, "tcp", h.api)
	if err != nil {
		return
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", method, path, h.api, size)
	req.Header.Write(c)
	fmt.Fprint(c, "\r\n")
	go c.Write(make([]byte, size-1))
	io.Copy(io.Discard, c)
}

func (h *soakHostile) questionMarks(ctx context.Context, from *net.TCPAddr, n int) {
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get%d","Resource":"arn:aws:s3:::%s"}}`, n, strings.Repeat("?", 1900))
	_, _ = askOnce(ctx, client(from), h.small, "sts", "POST", "/", formHeader,
		formBody("2011-06-15", "AssumeRole", "RoleArn", h.role, "RoleSessionName", "s", "Policy", policy)) // whatever comes
}

func (h *soakHostile) simulate(ctx context.Context, from *net.TCPAddr, _ int) {
	ctx, stop := context.WithTimeout(ctx, 200*time.Millisecond)
	defer stop()
	policy := `{"Version":"2012-10-17","Statement":[`
	for n := range 8 {
		policy += strings.Repeat(",", min(n, 1)) + `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*` + strings.Repeat("?", 900) + `b"}`
	}
	pairs := []string{"PolicyInputList.member.1", policy + "]}", "ActionNames.member.1", "s3:GetObject"}
	for n := range 20 {
		pairs = append(pairs, fmt.Sprintf("ResourceArns.member.%d", n+1), "arn:aws:s3:::"+strings.Repeat("a", 2000))
	}
	_, _ = askOnce(ctx, client(from), h.small, "iam", "POST", "/", formHeader, formBody("2010-05-08", "SimulateCustomPolicy", pairs...)) // it leaves
	pause(ctx, 100*time.Millisecond)
}

var formHeader = map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

func (h *soakHostile) unread(ctx context.Context, from *net.TCPAddr, _ int) {
	req, err := h.small.request("s3", "GET", "/"+soakBucket+"/large", nil, nil)
	if err != nil {
		panic(err)
	}
	c, err := dialer(from).DialContext(ctx, "tcp", h.api)
	if err != nil {
		return
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /%s/large HTTP/1.1\r\nHost: %s\r\n", soakBucket, h.api)
	req.Header.Write(c)
	fmt.Fprint(c, "\r\n")
	pause(ctx, 45*time.Second)
}

// form begins an upload by a browser's form, whose signature comes late.
func (h *soakHostile) form(ctx context.Context, from *net.TCPAddr, _ int) {
	head := "POST /" + soakBucket + " HTTP/1.1\r\nHost: " + h.api + "\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1048576\r\n\r\n"
	h.say(ctx, from, h.api, []byte(head+"--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n"+strings.Repeat("k", 60<<10)))
}

// strangersCertificate is one that no server has seen.
func strangersCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(now.UnixNano()), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
