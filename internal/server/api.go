package server

import (
	"net/http"
	"strings"

	"muster/internal/awsapi"
	"muster/internal/sigv4"
)

// api is the handler of the API port. A request that carries any signature is
// AWS's, whatever its path; only unsigned ones reach Muster's own paths, and
// the rest of those is refused in the words of the service they seem to be
// for. There is no http.ServeMux here: it would redirect paths that hold "//".
type api struct {
	aws *awsapi.API // every service but S3
	s3  http.Handler
	own map[string]http.Handler // unsigned, by exact path
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if len(r.TransferEncoding) > 0 {
		// There may have been a Content-Length as well, which net/http forgets.
		// After such a request the connection must be closed (RFC 9112, 6.1).
		w.Header().Set("Connection", "close")
	}
	if !sigv4.IsSigned(r) {
		if own, ok := a.own[r.URL.Path]; ok {
			onlyRead(own, w, r)
			return
		}
	}
	if a.isS3(r) {
		a.s3.ServeHTTP(w, r)
		return
	}
	a.aws.ServeHTTP(w, r)
}

// isS3 reports whether a request is for S3: by the service of its credential
// scope, or because it has none that can be read and is like no request of the
// other services.
func (a *api) isS3(r *http.Request) bool {
	if s, err := sigv4.Parse(r); err == nil {
		return s.Scope.Service == "s3"
	}
	q, _ := sigv4.Query(r) // what can't be read names no service
	if scope := r.Header.Get("Authorization") + q.Get("X-Amz-Credential"); strings.Contains(scope, "/aws4_request") {
		return strings.Contains(scope, "/s3/aws4_request")
	}
	return !a.aws.Routes(r)
}

func onlyRead(own http.Handler, w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	own.ServeHTTP(w, r)
}
