package s3front

import (
	"net/http"

	"muster/internal/objects"
)

func (f *Front) putObject(w *answer, r *request) error {
	p := objects.Put{
		Bucket: r.target.bucket, Key: r.target.key, Tags: r.tags, Conditions: conditionsOf(r.Header),
		Writer: writerOf(r.caller), Encryption: r.encryption(), Judge: r.judge,
	}
	var err error
	if p.Headers, err = r.readHeaders(); err != nil {
		return err
	}
	if p.Body, err = f.content(r); err != nil {
		return err
	}
	if _, err := f.put(w, r, p); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// put keeps a new object and says in the answer's headers what it is.
func (f *Front) put(w *answer, r *request, p objects.Put) (objects.Object, error) {
	o, err := f.Objects.Put(r.Context(), p)
	if err != nil {
		return o, err
	}
	h := w.Header()
	h.Set("Etag", quoted(o.ETag))
	checksumHeaders(h, o.Checksum)
	f.madeHeaders(h, r, &o)
	return o, nil
}

// madeHeaders sets what the answer to a write says of the version it made. As
// on AWS, one that was given no id is not named, though reading it names it null.
func (f *Front) madeHeaders(to http.Header, r *request, o *objects.Object) {
	versionHeaders(to, o)
	f.sayExpiry(to, r, o)
	if o.Version == objects.NullVersion {
		to.Del("X-Amz-Version-Id")
	}
}
