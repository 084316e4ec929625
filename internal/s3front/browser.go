package s3front

import (
	"net/http"
	"strings"

	"muster/internal/sigv4"
)

// isForm reports whether a request is a browser's upload by form, whose
// signature lies among the fields: what boto3's generate_presigned_post is for.
func (f *Front) isForm(r *request) bool {
	return r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") &&
		!sigv4.IsSigned(r.Request) && f.asks(r) == "PostObject"
}
