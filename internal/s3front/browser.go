package s3front

import (
	"net/http"
	"slices"
	"strings"

	"muster/internal/sigv4"
)

// preflight answers the question of a browser whether a page of another origin
// may send a request: never, as of a bucket without a CORS configuration. It
// is not signed, so every bucket is answered alike, whether it exists or not.
func preflight(r *request) error {
	method := r.Header.Get("Access-Control-Request-Method")
	switch {
	case r.Header.Get("Origin") == "":
		return refusal(http.StatusBadRequest, "BadRequest", "Insufficient information. Origin request header needed.")
	case !slices.Contains([]string{"GET", "PUT", "POST", "DELETE", "HEAD"}, method):
		return refusal(http.StatusBadRequest, "BadRequest", "Invalid Access-Control-Request-Method: "+method)
	}
	return refusal(http.StatusForbidden, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
}

// isForm reports whether a request is a browser's upload by form, whose
// signature lies among the fields: what boto3's generate_presigned_post is for.
func (f *Front) isForm(r *request) bool {
	return r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") &&
		!sigv4.IsSigned(r.Request) && f.asks(r) == "PostObject"
}
