package s3front

import (
	"net/http"
	"strconv"
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

// readTarget splits a decoded path; host is the bucket in the host name, if
// any. What follows the slash after the bucket is the key, to the last byte:
// nothing in it is a path.
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
	return t, checkKey(t.key)
}

var errBadBucket = refusal(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.")

const maxKey = 1024 // bytes

// checkKey refuses what can't be a key.
func checkKey(key string) error {
	switch {
	case len(key) > maxKey:
		return refusal(http.StatusBadRequest, "KeyTooLongError", "Your key is too long").with("Size", strconv.Itoa(len(key))).with("MaxSizeAllowed", strconv.Itoa(maxKey))
	case !validText(key):
		return refusal(http.StatusBadRequest, "InvalidURI", "Couldn't parse the specified URI.")
	}
	return nil
}

func validText(s string) bool { return utf8.ValidString(s) }
