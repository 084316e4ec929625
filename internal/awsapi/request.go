package awsapi

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/netip"
	"strings"

	"muster/internal/awswire"
)

// refuse encodes said as the service speaks, or as the request seems to where
// the service isn't known.
func (x *exchange) refuse(said *refusal) *awswire.Reply {
	if x.service != nil {
		return x.service.Wire.Refuse(said.wire(x.service.Wire, x.operation.faults, x.service.Faults), x.id)
	}
	form := x.r.Header.Get("X-Amz-Target") == "" && speaksQuery(x.r)
	e := &awswire.Error{Code: said.json, Status: said.status, Message: said.message}
	if form {
		e.Code = said.query
	}
	return awswire.RefuseUnrouted(e, form, x.id)
}

// Routes reports whether a request that doesn't name its service, since it is
// unsigned, looks like one for a service of a.
func (a *API) Routes(r *http.Request) bool {
	if r.Header.Get("X-Amz-Target") != "" || speaksQuery(r) {
		return true
	}
	for _, sharing := range a.services {
		for _, s := range sharing {
			if s.Wire.HasPath(r) {
				return true
			}
		}
	}
	return false
}

func speaksQuery(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") ||
		strings.HasPrefix(r.URL.RawQuery, "Action=") || strings.Contains(r.URL.RawQuery, "&Action=")
}

// client is the address of the other end of the connection.
func (x *exchange) client() netip.Addr {
	peer, err := netip.ParseAddrPort(x.r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return peer.Addr().Unmap().WithZone("")
}

// newRequestID makes a random UUID.
func newRequestID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
