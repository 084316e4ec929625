package s3front

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"muster/internal/bucket"
	"muster/internal/fault"
	"muster/internal/objects"
	"muster/internal/sigv4"
)

// rules returns the lifecycle rules that are obeyed in the request's bucket.
// Answers only mention them: where they can't be read, they say nothing of them.
func (f *Front) rules(ctx context.Context, r *request) bucket.LifecycleConfiguration {
	if !f.ObeysLifecycle {
		return bucket.LifecycleConfiguration{}
	}
	c, err := f.Buckets.Lifecycle(ctx, r.target.bucket)
	if err != nil && !errors.Is(err, fault.NotFound) {
		slog.WarnContext(ctx, "an answer doesn't say when lifecycle rules remove what it is about", "bucket", r.target.bucket, "err", err)
	}
	return c
}

// sayExpiry says when the lifecycle rules remove an object. As on S3, it is
// said of the newest version alone, and the name of the rule is escaped.
func (f *Front) sayExpiry(h http.Header, r *request, o *objects.Object) {
	if !o.Newest {
		return
	}
	if due := f.rules(r.Context(), r).Expiry(o.Key, o.Modified); !due.At.IsZero() {
		h.Set("X-Amz-Expiration", fmt.Sprintf(`expiry-date="%s", rule-id="%s"`, httpTime(due.At), sigv4.Escape(due.Rule, false)))
	}
}

// sayAbort says when the lifecycle rules give up an upload.
func sayAbort(h http.Header, rules bucket.LifecycleConfiguration, u objects.UploadInfo) {
	due := rules.Abort(u.Key, u.Created)
	if due.At.IsZero() {
		return
	}
	h.Set("X-Amz-Abort-Date", httpTime(due.At))
	if strings.ContainsFunc(due.Rule, func(c rune) bool { return c < ' ' || c > '~' }) {
		due.Rule = sigv4.Escape(due.Rule, false) // a header can't hold it
	}
	h.Set("X-Amz-Abort-Rule-Id", due.Rule)
}

// sayAbortOfNew does so of an upload that was just begun: the store knows when.
func (f *Front) sayAbortOfNew(h http.Header, r *request, u objects.Upload) {
	rules := f.rules(r.Context(), r)
	if rules.Abort(u.Key, f.now()) == (bucket.Due{}) {
		return
	}
	if found, err := f.Objects.ListParts(r.Context(), u, 0, 1); err == nil { // else it is over already
		sayAbort(h, rules, found.Upload)
	}
}
