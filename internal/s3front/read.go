package s3front

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"muster/internal/objects"
)

func (f *Front) getObject(w *answer, r *request) error {
	found, err := f.find(r, f.Objects.Get)
	if err != nil {
		return err
	}
	defer found.Body.Close()
	f.sayExpiry(w.Header(), r, &found.Object)
	r.answerFound(w, found)
	return f.send(w, r, found)
}

func (f *Front) headObject(w *answer, r *request) error {
	found, err := f.find(r, f.Objects.Head)
	if err != nil {
		return err
	}
	f.sayExpiry(w.Header(), r, &found.Object)
	r.answerFound(w, found)
	return nil
}

// find reads what of an object is asked for, and has the store look for it.
func (f *Front) find(r *request, get func(context.Context, objects.Read) (*objects.Found, error)) (*objects.Found, error) {
	read := objects.Read{Ref: r.ref(), Conditions: conditionsOf(r.Header), Range: readRange(r.Header.Get("Range")), IfRange: r.Header.Get("If-Range"), Judge: r.judge}
	if number, ok := r.params["partNumber"]; ok {
		var err error
		if read.Part, err = partNumber(number); err != nil {
			return nil, err
		}
		if r.Header.Get("Range") != "" {
			return nil, badRequest("Cannot specify both Range header and partNumber query parameter")
		}
	}
	return get(r.Context(), read)
}

func (r *request) ref() objects.Ref {
	return objects.Ref{Bucket: r.target.bucket, Key: r.target.key, Version: r.params["versionId"]}
}

// answerFound answers with all of an object but its content.
func (r *request) answerFound(w *answer, found *objects.Found) {
	h := w.Header()
	answerHeaders(h, &found.Object)
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Length", strconv.FormatInt(found.Length, 10))
	if n := len(found.Tags); n > 0 {
		h.Set("X-Amz-Tagging-Count", strconv.Itoa(n))
	}
	if found.Parts > 0 && r.params["partNumber"] != "" {
		h.Set("X-Amz-Mp-Parts-Count", strconv.Itoa(found.Parts))
	}
	if strings.EqualFold(r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") {
		r.answerChecksum(h, found)
	}
	for name, value := range r.params {
		if header, ok := strings.CutPrefix(name, "response-"); ok {
			h.Set(header, value)
		}
	}
	status := http.StatusOK
	if found.Partial && found.Size > 0 { // the first part of nothing is all of it: Content-Range can't name it
		status = http.StatusPartialContent
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", found.First, found.First+found.Length-1, found.Size))
	}
	w.WriteHeader(status)
}

// answerChecksum says the checksum of what is sent: of the object, or of the
// part that was asked for. Of a range there is none.
func (r *request) answerChecksum(h http.Header, found *objects.Found) {
	switch {
	case found.PartChecksum.Value != "":
		sum := found.PartChecksum
		sum.Type = found.Checksum.Type
		checksumHeaders(h, sum)
	case !found.Partial, found.Length == found.Size:
		checksumHeaders(h, found.Checksum)
	}
}

// partNumber reads the number of a part.
func partNumber(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > maxParts {
		return 0, badArgument("partNumber", value, "Part number must be an integer between 1 and 10000, inclusive.")
	}
	return n, nil
}

// readRange reads a Range of one range; nil for any other, which S3 ignores.
func readRange(header string) *objects.Range {
	span, ok := strings.CutPrefix(strings.TrimSpace(header), "bytes=")
	from, to, dash := strings.Cut(span, "-")
	from, to = strings.TrimSpace(from), strings.TrimSpace(to)
	if !ok || !dash || !isNumber(from) || !isNumber(to) || from+to == "" {
		return nil
	}
	switch last := offset(to); {
	case from == "" && last == 0:
		return &objects.Range{First: math.MaxInt64, Last: -1} // of the last none there is nothing
	case from == "":
		return &objects.Range{Suffix: last}
	case to == "":
		return &objects.Range{First: offset(from), Last: -1}
	case last < offset(from):
		return nil
	default:
		return &objects.Range{First: offset(from), Last: last}
	}
}

func isNumber(s string) bool { return strings.Trim(s, "0123456789") == "" }

// offset reads digits; more than any object has bytes are as good as that.
func offset(digits string) int64 {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil && digits != "" {
		return math.MaxInt64
	}
	return n
}
