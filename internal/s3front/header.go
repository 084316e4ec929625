package s3front

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"muster/internal/sigv4"
)

// sentOn are the headers that the store gets as they came.
var sentOn = []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Md5", "Content-Type", "Expires", "Range",
	"X-Amz-Copy-Source", "X-Amz-Copy-Source-Range", "X-Amz-Max-Parts", "X-Amz-Metadata-Directive", "X-Amz-Mp-Object-Size", "X-Amz-Object-Attributes",
	"X-Amz-Part-Number-Marker", "X-Amz-Sdk-Checksum-Algorithm", "X-Amz-Storage-Class", "X-Amz-Tagging", "X-Amz-Tagging-Directive"}

// sentOnPrefixes begin further ones.
var sentOnPrefixes = []string{"X-Amz-Checksum-", "X-Amz-Copy-Source-If-", metaPrefix}

const metaPrefix = "X-Amz-Meta-"

// conditional headers are sent on to operations that obey them. One that reads
// may ignore them; one that writes would do what its client meant to prevent.
var conditional = []string{"If-Match", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since"}

// readHere are the x-amz-* headers that this door answers for itself, or that
// change nothing. Any other is refused.
var readHere = []string{"X-Amz-Acl", "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Decoded-Content-Length", "X-Amz-Expected-Bucket-Owner",
	"X-Amz-Request-Payer", "X-Amz-Security-Token", "X-Amz-Source-Expected-Bucket-Owner", "X-Amz-Trailer", "X-Amz-User-Agent"}

// forward answers the headers for the store. A header is there once, so that
// no two readers take different ones.
func (r *request) forward() (http.Header, error) {
	h := http.Header{}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) { // of several that are refused, always the same is named
		values := r.Header[name]
		switch {
		case slices.Contains(readHere, name):
			continue
		case slices.Contains(sentOn, name), hasAnyPrefix(name, sentOnPrefixes), slices.Contains(r.op.conditions, name):
		case slices.Contains(conditional, name) && r.Method != http.MethodGet && r.Method != http.MethodHead:
			return nil, notBuilt(r.op.name + " with " + name)
		case strings.HasPrefix(name, "X-Amz-"):
			return nil, refusal(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented: "+name)
		default:
			continue
		}
		if len(values) > 1 && name != "X-Amz-Object-Attributes" && !strings.HasPrefix(name, metaPrefix) {
			return nil, refusal(http.StatusBadRequest, "InvalidArgument", "The header "+name+" is there more than once.")
		}
		if strings.HasPrefix(name, metaPrefix) {
			name = strings.ToLower(name) // S3 keeps names of metadata in lower case
		}
		h[name] = []string{strings.Join(values, ",")}
	}
	h.Del("Content-Encoding")
	if kept := contentEncoding(r.Header.Get("Content-Encoding")); kept != "" {
		h.Set("Content-Encoding", kept)
	}
	return h, nil
}

// contentEncoding leaves out aws-chunked, which is of the way and not of the object.
func contentEncoding(header string) string {
	var kept []string
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimSpace(part); part != "" && part != "aws-chunked" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ",")
}

func hasAnyPrefix(name string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// sentBack are the store's headers that the client gets, beside x-amz-*.
var sentBack = []string{"Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length",
	"Content-Range", "Content-Type", "Etag", "Expires", "Last-Modified"}

// answerHeaders copies the store's headers to the client's answer.
func answerHeaders(w http.ResponseWriter, from http.Header) {
	to := w.Header()
	for name, values := range from {
		switch {
		case name == "X-Amz-Request-Id", name == "X-Amz-Id-2", len(values) == 0:
		case strings.HasPrefix(name, metaPrefix):
			to[strings.ToLower(name)] = values[:1] // boto3 hands the name's case to its caller
		case slices.Contains(sentBack, name), strings.HasPrefix(name, "X-Amz-"):
			to[name] = values[:1]
		}
	}
	// The embedded store writes some times as asctime does, which HTTP's clients may only read.
	if at, err := http.ParseTime(to.Get("Last-Modified")); err == nil {
		to.Set("Last-Modified", at.UTC().Format(http.TimeFormat))
	}
}

// trailer tells the store of a framed body's trailer.
func trailer(h http.Header, r *request, b *sigv4.Body) {
	if b.Framed {
		h.Set("X-Amz-Decoded-Content-Length", r.Header.Get("X-Amz-Decoded-Content-Length"))
		h.Set("X-Amz-Trailer", r.Header.Get("X-Amz-Trailer"))
	}
}
