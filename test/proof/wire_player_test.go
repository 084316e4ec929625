package proof

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"muster/internal/sigv4"
)

// player sends the requests of a transcript to a server, byte for byte but for
// what is masked in them: it signs them anew. A request that begins with a line
// "Device: certificate key" goes to the port of the devices.
type player struct {
	*testing.T
	m     *muster
	masks *masks
}

func newPlayer(t *testing.T, m *muster) *player {
	return &player{T: t, m: m, masks: newMasks(m)}
}

func (p *player) play(e exchange) string {
	p.Helper()
	request := p.masks.fill(e.request)
	head, body, _ := strings.Cut(request, "\n\n")
	addr, connect := strings.TrimPrefix(p.m.state.API, "http://"), net.Dial
	if device, rest, ok := strings.Cut(head, "\n"); ok && strings.HasPrefix(device, deviceMark) {
		head, addr, connect = rest, p.m.state.Devices, p.asDevice(device)
	}
	lines := strings.Split(head, "\n")
	lines[0] += " HTTP/1.1"
	if hostOf(lines) == "" {
		lines = append(lines, "Host: "+addr)
	}
	if !strings.Contains(head, "\nTransfer-Encoding: ") && (body != "" || !strings.HasPrefix(head, "GET ") && !strings.HasPrefix(head, "HEAD ")) {
		lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	}
	raw := strings.Join(p.sign(lines, body), "\r\n") + "\r\n\r\n" + body
	c, err := connect("tcp", addr)
	if err != nil {
		p.Fatalf("%s: %v", e.title, err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		p.Fatal(err)
	}
	if _, err := io.WriteString(c, raw); err != nil {
		p.Fatalf("%s: %v", e.title, err)
	}
	method, _, _ := strings.Cut(head, " ")
	answer, err := readAnswer(bufio.NewReader(c), method)
	if err != nil {
		p.Fatalf("%s: %v", e.title, err)
	}
	return p.masks.answer(answer, request)
}

const deviceMark = "Device: "

// asDevice connects with the certificate and the key of a Device line, both as
// JSON writes PEM; with neither, without.
func (p *player) asDevice(line string) func(network, addr string) (net.Conn, error) {
	p.Helper()
	config := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: p.m.state.Hostname}
	root, err := os.ReadFile(p.m.state.RootCA)
	if err != nil {
		p.Fatal(err)
	}
	config.RootCAs.AppendCertsFromPEM(root)
	if cert, key, ok := strings.Cut(strings.TrimPrefix(line, deviceMark), `\n -`); ok {
		made, err := tls.X509KeyPair(plainPEM(cert), plainPEM("-"+key))
		if err != nil {
			p.Fatal(err)
		}
		config.Certificates = []tls.Certificate{made}
	}
	return func(network, addr string) (net.Conn, error) { return tls.Dial(network, addr, config) }
}

func plainPEM(text string) []byte { return []byte(strings.ReplaceAll(text, `\n`, "\n")) }

// sign fills the Authorization header among lines, if there is one: the key,
// the time and the signature over the headers that it names.
func (p *player) sign(lines []string, body string) []string {
	p.Helper()
	at := -1
	for i, line := range lines {
		if strings.HasPrefix(line, "Authorization: "+sigv4.Algorithm) {
			at = i
		}
	}
	if at < 0 {
		return p.presign(lines)
	}
	_, said, _ := strings.Cut(lines[at], "Credential=")
	scope, said, _ := strings.Cut(said, ", SignedHeaders=")
	names, _, _ := strings.Cut(said, ", ")
	of := strings.Split(scope, "/") // key, date, region, service, aws4_request
	signed := map[string]bool{}
	for name := range strings.SplitSeq(names, ";") {
		signed[name] = true
	}
	r := &http.Request{Method: strings.Fields(lines[0])[0], Host: hostOf(lines), Header: http.Header{}}
	var err error
	if r.URL, err = url.ParseRequestURI(strings.Fields(lines[0])[1]); err != nil {
		p.Fatal(err)
	}
	sum := sha256.Sum256([]byte(body))
	payload := hex.EncodeToString(sum[:])
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		switch lower := strings.ToLower(name); {
		case lower == "x-amz-content-sha256" && value != maskedHash:
			payload = value
		case signed[lower] && lower != "host":
			r.Header.Add(name, value)
		}
	}
	sigv4.Sign(r, p.masks.credential(p.T, of[0]), of[3], of[2], time.Now(), payload)
	filled := append([]string{}, lines...)
	for i, line := range filled {
		name, _, _ := strings.Cut(line, ": ")
		switch strings.ToLower(name) {
		case "authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token":
			filled[i] = name + ": " + r.Header.Get(name)
		}
	}
	return filled
}

// readAnswer reads a final answer as text: status line, headers in the order
// of the alphabet, body.
func readAnswer(from *bufio.Reader, method string) (string, error) {
	for {
		r, err := http.ReadResponse(from, &http.Request{Method: method})
		if err != nil {
			return "", err
		}
		if r.StatusCode < 200 {
			continue
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return "", err
		}
		if r.ContentLength >= 0 {
			r.Header.Set("Content-Length", fmt.Sprint(r.ContentLength))
		}
		var b bytes.Buffer
		fmt.Fprintf(&b, "%d %s\n", r.StatusCode, http.StatusText(r.StatusCode))
		if err := writeHeader(&b, r.Header); err != nil {
			return "", err
		}
		b.WriteString("\n" + string(body))
		return b.String(), nil
	}
}

// writeHeader writes the headers in the order of the alphabet.
func writeHeader(to *bytes.Buffer, h http.Header) error {
	var b bytes.Buffer
	if err := h.Write(&b); err != nil {
		return err
	}
	to.WriteString(strings.ReplaceAll(b.String(), "\r\n", "\n"))
	return nil
}
