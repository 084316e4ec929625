package s3front

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"muster/internal/sigv4"
)

type tag struct {
	Key, Value string
}

type tagging struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ Tagging"`
	Tags    []tag    `xml:"TagSet>Tag"`
}

// existingTag begins the condition keys of the tags that an object has;
// requestTag those of the tags that it would get.
const (
	existingTag = "s3:ExistingObjectTag/"
	requestTag  = "s3:RequestObjectTag"
)

var errBadTagging = refusal(http.StatusBadRequest, "InvalidArgument", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")

// errTagCase is for callers whose policies look at the tags that an object would
// get: condition keys have no case, so of team=blue and Team=red a policy that
// allows team=blue would see both.
var errTagCase = refusal(http.StatusBadRequest, "InvalidTag", "The conditions of your permissions can't tell apart tag keys that differ only in case.")

// sameButForCase reports whether the keys of two tags differ only in case.
func sameButForCase(tags []tag) bool {
	seen := map[string]bool{}
	for _, t := range tags {
		folded := strings.ToLower(t.Key)
		if seen[folded] {
			return true
		}
		seen[folded] = true
	}
	return false
}

// readTagging reads the tags that the object would get, from the header or the
// body. A body that can't be read is refused once it is clear who may: see
// malformed.
func (r *request) readTagging() error {
	if r.op.body != bodyTags {
		var err error
		r.tags, err = parseTagging(r.Header.Get("X-Amz-Tagging"))
		return err
	}
	data, err := r.signature.ReadAll(r.Request, maxSmall)
	if err != nil {
		return err
	}
	if _, err := checkSums(r.Header, data); err != nil {
		return err
	}
	var in struct {
		XMLName xml.Name `xml:"Tagging"` // in whatever namespace
		Tags    []tag    `xml:"TagSet>Tag"`
	}
	if r.malformed = decodeXML(data, &in); r.malformed == nil {
		r.tags = in.Tags
	}
	return nil
}

// parseTagging reads the tags in an x-amz-tagging.
func parseTagging(header string) ([]tag, error) {
	var tags []tag
	for part := range strings.SplitSeq(header, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, nerr := url.QueryUnescape(name)
		value, verr := url.QueryUnescape(value)
		if nerr != nil || verr != nil || slices.ContainsFunc(tags, func(t tag) bool { return t.Key == name }) {
			return nil, errBadTagging
		}
		tags = append(tags, tag{name, value})
	}
	return tags, nil
}

func formatTagging(tags []tag) string {
	var parts []string
	for _, t := range tags {
		parts = append(parts, sigv4.Escape(t.Key, false)+"="+sigv4.Escape(t.Value, false))
	}
	return strings.Join(parts, "&")
}

// tagBody writes the tags for the store anew, so that it reads what was
// decided about, with a checksum of its own.
func (r *request) tagBody(header http.Header) (*sigv4.Body, error) {
	if r.malformed != nil {
		return nil, r.malformed
	}
	data, err := xml.Marshal(tagging{Tags: r.tags})
	if err != nil {
		return nil, err
	}
	for name := range header {
		if strings.HasPrefix(name, "X-Amz-Checksum-") || name == "X-Amz-Sdk-Checksum-Algorithm" {
			header.Del(name)
		}
	}
	sum := md5.Sum(data)
	header.Set("Content-Md5", base64.StdEncoding.EncodeToString(sum[:]))
	return plainBody(data), nil
}
