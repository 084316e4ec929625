// Package credsapi is the door of the credentials provider: the port where
// devices show their certificates and ask for temporary credentials,
//
//	GET /role-aliases/<alias>/credentials
//
// The handshake asks for a certificate and proves that the device has its key;
// nothing else rests on it. Who the device is and what it may have is decided
// at each request, by the SHA-256 of the certificate: a resumed session or a
// connection kept open is judged like a new one. The decision is that of
// package credentials; the door only says it in HTTP.
//
// Wire forms are those of the AWS IoT Developer Guide, "Authorizing direct
// calls to AWS services", and of what clients read: at most 2048 bytes, and
// JSON with a Content-Length whatever the answer.
package credsapi

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"muster/internal/credentials"
)

// thingHeader names the thing the device says it is.
const thingHeader = "X-Amzn-Iot-Thingname"

// Door answers devices.
type Door struct {
	Provider *credentials.Provider
	Log      *slog.Logger  // slog.Default() when nil
	Deadline time.Duration // of a decision; 0 for 20 s

	// Met is told whether a device is known: whether its certificate is
	// registered, and active. It returns when a stranger may be refused, and false
	// where it is to be turned away; nil refuses all at once.
	Met func(r *http.Request, known bool) bool
}

// ServeHTTP answers one request.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	if r.ContentLength != 0 {
		w.Header().Set("Connection", "close") // no body is meant, and none is read
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(unreadTime))
	}
	asked, a := requestOf(r)
	if a == nil {
		a = d.issue(r, asked)
	}
	id := newRequestID()
	a.send(w, id)
	d.record(r, id, asked, a, time.Since(began))
}

func (d *Door) issue(r *http.Request, asked credentials.Request) *answer {
	ctx, cancel := context.WithTimeout(r.Context(), cmp.Or(d.Deadline, issueTime))
	defer cancel()
	cred, err := d.Provider.Issue(ctx, asked)
	if !d.meet(r, err) {
		return turnedAway(err)
	}
	if err != nil {
		return refusal(err)
	}
	return success(cred)
}

// meet tells Met of the device that Issue failed for with err; not where the
// fault is ours, nor of one whose certificate is registered and may not be used.
func (d *Door) meet(r *http.Request, err error) bool {
	var no *credentials.Refusal
	if d.Met == nil || err != nil && (!errors.As(err, &no) || no.Inactive) {
		return true
	}
	known := no == nil || !no.Stranger
	return d.Met(r, known) || known
}

// requestOf reads what is asked; the answer is nil unless that is nothing the
// door knows.
func requestOf(r *http.Request) (credentials.Request, *answer) {
	asked := credentials.Request{
		// Twice is neither of the two: a comma is in no thing's name.
		Thing: strings.Join(r.Header.Values(thingHeader), ","),
	}
	if from, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		asked.SourceIP = from.Addr().Unmap().WithZone("")
	}
	if r.TLS != nil {
		asked.ServerName = r.TLS.ServerName
		if len(r.TLS.PeerCertificates) > 0 {
			sum := sha256.Sum256(r.TLS.PeerCertificates[0].Raw)
			asked.CertificateID = hex.EncodeToString(sum[:])
		}
	}
	alias, ok := aliasOf(r.URL.EscapedPath())
	asked.Alias = alias
	switch {
	case !ok:
		return asked, &answer{status: http.StatusNotFound, kind: "ResourceNotFoundException", message: "Not Found"}
	case r.Method != http.MethodGet:
		return asked, &answer{status: http.StatusMethodNotAllowed, kind: "MethodNotAllowedException", message: "Method Not Allowed"}
	}
	return asked, nil
}

// aliasOf reads the alias out of a path, of which there is one spelling: a path
// with a doubled slash is not mended, nor redirected, which no device follows.
func aliasOf(escaped string) (alias string, ok bool) {
	name, ok := strings.CutPrefix(escaped, "/role-aliases/")
	if ok {
		name, ok = strings.CutSuffix(name, "/credentials")
	}
	if !ok || name == "" || strings.Contains(name, "/") {
		return "", false
	}
	alias, err := url.PathUnescape(name)
	return alias, err == nil
}

// newRequestID makes a random UUID, version 4.
func newRequestID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	id := make([]byte, 0, 36)
	for i, part := range [...][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			id = append(id, '-')
		}
		id = hex.AppendEncode(id, part)
	}
	return string(id)
}

// record writes the one log record of a request.
func (d *Door) record(r *http.Request, id string, asked credentials.Request, a *answer, took time.Duration) {
	level := slog.LevelInfo
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs, slog.String("request", id), slog.String("service", "credentials"), slog.Int("status", a.status),
		slog.String("alias", asked.Alias), slog.String("certificate", asked.CertificateID), slog.String("thing", asked.Thing),
		slog.String("client", asked.SourceIP.String()), slog.Duration("duration", took))
	if a.kind != "" {
		attrs = append(attrs, slog.String("error", a.kind), slog.String("sni", asked.ServerName), slog.String("why", a.why))
	}
	if a.status >= http.StatusInternalServerError && a.after == 0 && r.Context().Err() == nil {
		level = slog.LevelError
	}
	d.log().LogAttrs(r.Context(), level, "request", attrs...)
}

func (d *Door) log() *slog.Logger {
	if d.Log == nil {
		return slog.Default()
	}
	return d.Log
}
