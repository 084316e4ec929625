package s3front

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"muster/internal/arn"
	"muster/internal/bucket"
)

// target is what a request names: the service, a bucket, or an object.
type target struct {
	bucket, key string
}

// kind of target.
type kind int

const (
	onService kind = iota
	onBucket
	onObject
)

func (t target) kind() kind {
	switch {
	case t.bucket == "":
		return onService
	case t.key == "":
		return onBucket
	}
	return onObject
}

// arn names the target in policies.
func (t target) arn() arn.ARN {
	switch t.kind() {
	case onService:
		return arn.Bucket("*")
	case onBucket:
		return arn.Bucket(t.bucket)
	}
	return arn.Object(t.bucket, t.key)
}

// readTarget splits a decoded path; host is the bucket in the host name, if any.
func readTarget(host, path string) (target, error) {
	path = strings.TrimPrefix(path, "/")
	t := target{bucket: host, key: path}
	if host == "" {
		t.bucket, t.key, _ = strings.Cut(path, "/")
	}
	if t.bucket == "" && t.key != "" {
		return t, errBadBucket
	}
	if t.bucket != "" && bucket.CheckName(t.bucket) != nil {
		return t, errBadBucket
	}
	if t.key == "" {
		return t, nil
	}
	return t, checkKey(t.key)
}

var (
	errBadBucket = refusal(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.")
	errBadKey    = refusal(http.StatusBadRequest, "InvalidArgument", "Object keys can't hold an empty, '.' or '..' segment, control characters, or names that the store keeps for itself.")
	errLongKey   = refusal(http.StatusBadRequest, "KeyTooLongError", "Your key is too long")
)

const maxKey = 1024 // bytes

// checkKey refuses keys that would mean another object to a store that keeps
// objects as files: it cleans paths, so pub/../secret would be authorised as
// one object and be another. A slash at the end is part of a key.
func checkKey(key string) error {
	if len(key) > maxKey {
		return errLongKey
	}
	return checkSegments(strings.TrimSuffix(key, "/"))
}

// checkPrefix does the same for the beginning of keys: its last segment may
// be anything, since it may go on.
func checkPrefix(prefix string) error {
	i := strings.LastIndexByte(prefix, '/')
	if i < 0 {
		return checkText(prefix)
	}
	if err := checkText(prefix[i+1:]); err != nil {
		return err
	}
	return checkSegments(prefix[:i])
}

func checkSegments(key string) error {
	for segment := range strings.SplitSeq(key, "/") {
		switch segment {
		case "", ".", "..", storeSegment:
			return errBadKey
		}
	}
	return checkText(key)
}

// storeSegment is where the embedded store keeps parts of unfinished uploads.
const storeSegment = ".sgwtmp"

func checkText(s string) error {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffe || r == 0xffff }) {
		return errBadKey
	}
	return nil
}

// checkID refuses version and upload ids that are not plain words: the
// embedded store looks for files of that name.
func checkID(id string) error {
	ok := id != "" && len(id) <= 1024 && strings.Trim(id, ".") != ""
	for _, c := range []byte(id) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._-+=", c) >= 0)
	}
	if !ok {
		return refusal(http.StatusBadRequest, "InvalidArgument", "Invalid version or upload id specified")
	}
	return nil
}
