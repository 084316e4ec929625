package s3front

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"muster/internal/objects"
)

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
var errTagCase = badTag("The conditions of your permissions can't tell apart tag keys that differ only in case.")

func badTag(message string) *Error {
	return refusal(http.StatusBadRequest, "InvalidTag", message)
}

// sameButForCase reports whether the keys of two tags differ only in case.
func sameButForCase(tags []objects.Tag) bool {
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

// What S3 allows of an object's tags; see "Categorizing your objects using
// tags" in the S3 User Guide.
const (
	maxTags     = 10
	maxTagKey   = 128 // characters
	maxTagValue = 256
)

var tagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// checkTags refuses tags that an object or bucket can't have. There may be most
// of them.
func checkTags(tags []objects.Tag, most int) error {
	if len(tags) > most {
		return refusal(http.StatusBadRequest, "BadRequest", "Object tags cannot be greater than "+strconv.Itoa(most))
	}
	seen := map[string]bool{}
	for _, t := range tags {
		switch n := utf8.RuneCountInString(t.Key); {
		case n == 0 || n > maxTagKey || !utf8.ValidString(t.Key) || !tagText.MatchString(t.Key):
			return badTag("The TagKey you have provided is invalid")
		case utf8.RuneCountInString(t.Value) > maxTagValue || !utf8.ValidString(t.Value) || !tagText.MatchString(t.Value):
			return badTag("The TagValue you have provided is invalid")
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return badTag("System tags cannot be added/updated by requester")
		case seen[t.Key]:
			return badTag("Cannot provide multiple Tags with the same key")
		}
		seen[t.Key] = true
	}
	return nil
}

// readTagHeader reads the tags that the object would get from the header.
// Whether an object can have them is said once it is clear who may: see unread.
func (f *Front) readTagHeader(r *request) (err error) {
	if r.tags, err = parseTagging(r.Header.Get("X-Amz-Tagging")); err == nil {
		r.unread = checkTags(r.tags, maxTags)
	}
	return err
}

// readTagDocument reads them from the body.
func (f *Front) readTagDocument(r *request) error {
	var in struct {
		XMLName xml.Name      `xml:"Tagging"` // in whatever namespace
		Tags    []objects.Tag `xml:"TagSet>Tag"`
	}
	switch _, err := f.readXML(r, tagShape, &in); {
	case err != nil && asError(err) == errMalformed:
		r.unread = errMalformed
	case err != nil:
		return err
	default:
		r.tags = in.Tags
		r.unread = checkTags(r.tags, maxTags)
	}
	return nil
}

// parseTagging reads the tags in an x-amz-tagging.
func parseTagging(header string) ([]objects.Tag, error) {
	var tags []objects.Tag
	for part := range strings.SplitSeq(header, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, nerr := url.QueryUnescape(name)
		value, verr := url.QueryUnescape(value)
		if nerr != nil || verr != nil || slices.ContainsFunc(tags, func(t objects.Tag) bool { return t.Key == name }) {
			return nil, errBadTagging
		}
		tags = append(tags, objects.Tag{Key: name, Value: value})
	}
	return tags, nil
}

type tagging struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ Tagging"`
	TagSet  tagSet
}

type tagSet struct {
	Tags []objects.Tag `xml:"Tag"`
}

func (f *Front) getTagging(w *answer, r *request) error {
	o, err := f.Objects.Tags(r.Context(), r.ref(), r.judge)
	if err != nil {
		return err
	}
	taggedVersion(w, &o)
	return answerXML(w, tagging{TagSet: tagSet{o.Tags}})
}

func (f *Front) putTagging(w *answer, r *request) error {
	if err := f.readBody(r); err != nil {
		return err
	}
	if r.unread != nil {
		return r.unread
	}
	return f.setTags(w, r, http.StatusOK)
}

func (f *Front) deleteTagging(w *answer, r *request) error {
	return f.setTags(w, r, http.StatusNoContent)
}

func (f *Front) setTags(w *answer, r *request, status int) error {
	o, err := f.Objects.SetTags(r.Context(), r.ref(), r.tags, r.judge)
	if err != nil {
		return err
	}
	taggedVersion(w, &o)
	w.WriteHeader(status)
	return nil
}

func taggedVersion(w http.ResponseWriter, o *objects.Object) {
	if o.Versioned {
		w.Header().Set("X-Amz-Version-Id", o.Version)
	}
}
