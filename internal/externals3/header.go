package externals3

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/objects"
	"muster/internal/sigv4"
)

const metaPrefix = "x-amz-meta-"

// kept are the headers that an object is kept with, beside its metadata.
var kept = []struct {
	name  string
	field func(*objects.Headers) *string
}{
	{"Cache-Control", func(h *objects.Headers) *string { return &h.CacheControl }},
	{"Content-Disposition", func(h *objects.Headers) *string { return &h.ContentDisposition }},
	{contentEncoding, func(h *objects.Headers) *string { return &h.ContentEncoding }},
	{"Content-Language", func(h *objects.Headers) *string { return &h.ContentLanguage }},
	{"Content-Type", func(h *objects.Headers) *string { return &h.ContentType }},
	{"Expires", func(h *objects.Headers) *string { return &h.Expires }},
	{"X-Amz-Storage-Class", func(h *objects.Headers) *string { return &h.StorageClass }},
}

// keep returns the headers that make the store keep an object so. Nothing that
// a client names gets further than this: of metadata the names that some store
// obeys are refused.
func keep(h objects.Headers, tags []objects.Tag, encryption string) (http.Header, error) {
	out := http.Header{}
	for _, k := range kept {
		set(out, k.name, *k.field(&h))
	}
	set(out, "X-Amz-Server-Side-Encryption", encryption)
	set(out, "X-Amz-Tagging", encodeTags(tags))
	for _, name := range slices.Sorted(maps.Keys(h.Metadata)) { // of several that are refused, always the same is named
		if err := checkMetadata(name); err != nil {
			return nil, err
		}
		out[metaPrefix+strings.ToLower(name)] = []string{h.Metadata[name]}
	}
	return out, nil
}

// set sets a header unless it has no value.
func set(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}

func encodeTags(tags []objects.Tag) string {
	var parts []string
	for _, t := range tags {
		parts = append(parts, sigv4.Escape(t.Key, false)+"="+sigv4.Escape(t.Value, false))
	}
	return strings.Join(parts, "&")
}

// checkHeader refuses what can't be sent, which net/http would only find when
// it writes: it would look as if the store were not to be reached.
func checkHeader(h http.Header) error {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !tokenRune(r) }) {
			return refused(objects.NotBuilt, "the object store can't be sent a header with the name %q", name)
		}
		for _, value := range h[name] {
			if hasControl(strings.ReplaceAll(value, "\t", "")) {
				return refused(objects.NotBuilt, "the object store can't be sent a control character in %s", name)
			}
		}
	}
	return nil
}

// hasControl reports whether s has a control character.
func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// tokenRune reports whether r may be in the name of a header (RFC 9110, 5.6.2).
func tokenRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

// conditions sets the headers of conditions; prefix is "" or copySource.
func conditions(h http.Header, prefix string, c objects.Conditions) {
	set(h, prefix+"If-Match", c.IfMatch)
	set(h, prefix+"If-None-Match", c.IfNoneMatch)
	for name, at := range map[string]time.Time{"If-Modified-Since": c.IfModifiedSince, "If-Unmodified-Since": c.IfUnmodifiedSince} {
		if !at.IsZero() {
			h.Set(prefix+name, at.UTC().Format(http.TimeFormat))
		}
	}
}

// objectOf reads what an answer's headers say of an object, but for its size.
func objectOf(ref objects.Ref, h http.Header) objects.Object {
	o := objects.Object{Ref: ref, Newest: ref.Version == "", ETag: unquote(h.Get("Etag")), Encrypted: h.Get("X-Amz-Server-Side-Encryption")}
	if o.Version = h.Get("X-Amz-Version-Id"); o.Version != "" {
		o.Versioned = true
	} else if o.Version = ref.Version; o.Version == "" {
		o.Version = objects.NullVersion
	}
	o.Modified, _ = http.ParseTime(h.Get("Last-Modified")) // zero where it isn't said
	o.Checksum = checksumOf(h)
	o.Parts = partsOf(h, o.ETag)
	for _, k := range kept {
		*k.field(&o.Headers) = h.Get(k.name)
	}
	o.Headers.ContentEncoding = withoutChunked(o.Headers.ContentEncoding)
	for name, values := range h {
		if meta, ok := strings.CutPrefix(strings.ToLower(name), metaPrefix); ok {
			if o.Headers.Metadata == nil {
				o.Headers.Metadata = map[string]string{}
			}
			o.Headers.Metadata[meta] = strings.Join(values, ",")
		}
	}
	return o
}

func unquote(etag string) string {
	return strings.Trim(strings.TrimPrefix(etag, "W/"), `"`)
}

// withoutChunked leaves out aws-chunked, which some stores keep although it is
// of the way and not of the object.
func withoutChunked(encoding string) string {
	if !strings.Contains(encoding, awsChunked) {
		return encoding
	}
	var left []string
	for part := range strings.SplitSeq(encoding, ",") {
		if name := strings.TrimSpace(part); name != "" && name != awsChunked {
			left = append(left, part) // with its spaces: what is kept comes back as it was sent
		}
	}
	return strings.TrimSpace(strings.Join(left, ","))
}

// checksumOf reads the checksum of an answer.
func checksumOf(h http.Header) objects.Checksum {
	for _, algorithm := range slices.Sorted(maps.Keys(checksumSize)) {
		if value := h.Get(checksumPrefix + algorithm); value != "" {
			return typed(objects.Checksum{Algorithm: algorithm, Type: h.Get(checksumPrefix + "Type"), Value: value})
		}
	}
	return objects.Checksum{}
}

// typed adds the type to a checksum where the store didn't say it.
func typed(c objects.Checksum) objects.Checksum {
	if c.Type == "" {
		c.Type = objects.FullObject
		if strings.Contains(c.Value, "-") {
			c.Type = objects.Composite
		}
	}
	return c
}

func typedIfAny(c objects.Checksum) objects.Checksum {
	if c.Value == "" {
		return objects.Checksum{}
	}
	return typed(c)
}

// partsOf returns how many parts an object was made of, which is in its ETag
// where the store doesn't say it.
func partsOf(h http.Header, etag string) int {
	count := h.Get("X-Amz-Mp-Parts-Count")
	if count == "" {
		_, count, _ = strings.Cut(etag, "-")
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > 10000 {
		return 0
	}
	return n
}
