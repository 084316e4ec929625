package powerloss_test

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// putVersion puts a version of an object, or a delete marker, on top.
func (w *worker) putVersion() {
	key := fmt.Sprintf("c%d/versions-%d", w.n, w.random.IntN(4))
	h := w.historyOf(key)
	if h.pending {
		return
	}
	var r reply
	var err error
	v := &version{}
	h.changed, h.pending, h.adds, h.removes = true, true, v, ""
	if len(h.versions) > 0 && w.random.IntN(4) == 0 {
		r, err = w.s3(w.ctx, "DELETE", versioned, key, nil, nil, nil)
	} else {
		c := w.content()
		v.put = w.name(c)
		r, err = w.s3(w.ctx, "PUT", versioned, key, nil, map[string]string{"x-amz-meta-put": v.put}, c.bytes())
	}
	s := w.outcome("put a version of "+key, r, err, http.StatusConflict)
	if s == done {
		v.id = r.header.Get("x-amz-version-id")
		h.versions = slices.Insert(h.versions, 0, *v)
	}
	h.pending = s == unknown
	w.acknowledged(s)
}

// removeVersion removes a version for good.
func (w *worker) removeVersion() {
	key := fmt.Sprintf("c%d/versions-%d", w.n, w.random.IntN(4))
	h := w.historyOf(key)
	if h.pending || len(h.versions) == 0 {
		return
	}
	i := w.random.IntN(len(h.versions))
	id := h.versions[i].id
	h.changed, h.pending, h.adds, h.removes = true, true, nil, id
	r, err := w.s3(w.ctx, "DELETE", versioned, key, url.Values{"versionId": {id}}, nil, nil)
	s := w.outcome("delete a version of "+key, r, err)
	if s == done {
		h.versions = slices.Delete(h.versions, i, i+1)
	}
	h.pending = s == unknown
	w.acknowledged(s)
}

// multipart takes an upload of the client's one step further, or begins one.
func (w *worker) multipart() {
	var u *upload
	w.ledger.mu.Lock()
	for _, one := range w.uploads {
		if strings.HasPrefix(one.key, fmt.Sprintf("c%d/", w.n)) && one.created && !one.completing && !one.aborting && len(one.pending) == 0 {
			u = one
		}
	}
	w.ledger.mu.Unlock()
	switch n := w.random.IntN(10); {
	case u == nil:
		w.createUpload()
	case len(u.parts) == 0 || n < 5:
		w.putPart(u)
	case n < 9:
		w.complete(u)
	default:
		w.abort(u)
	}
}

func (w *worker) createUpload() {
	u := &upload{bucket: plain, key: fmt.Sprintf("c%d/parts-%d", w.n, w.random.IntN(3)), parts: map[int]piece{}, pending: map[int]piece{}}
	u.put = w.name(nil)
	w.ledger.mu.Lock()
	w.uploads = append(w.uploads, u)
	w.ledger.mu.Unlock()
	r, err := w.s3(w.ctx, "POST", u.bucket, u.key, url.Values{"uploads": {""}}, map[string]string{"x-amz-meta-put": u.put}, nil)
	s := w.outcome("begin an upload of "+u.key, r, err, http.StatusConflict)
	var made struct{ UploadId string }
	switch {
	case s == done && xml.Unmarshal(r.body, &made) == nil && made.UploadId != "":
		w.ledger.mu.Lock()
		u.id, u.created = made.UploadId, true
		w.ledger.mu.Unlock()
	case s == done:
		w.report(wrong, "begin an upload of %s: %v", u.key, r)
	case s == refused:
		w.forget(u)
	}
	w.acknowledged(s)
}

// putPart uploads a part. S3 wants all parts but the last of 5 MiB at least, so
// that most uploads here have one.
func (w *worker) putPart(u *upload) {
	p := w.content()[0]
	number := 1
	if _, first := u.parts[1]; w.random.IntN(12) == 0 && !first {
		p.size = 5 << 20
	}
	if u.parts[1].size >= 5<<20 {
		number = 2
	}
	body, header := p.bytes(), map[string]string{}
	from := w.key()
	if c := w.contentOf(w.value(w.objects, from.String())); len(c) == 1 && w.random.IntN(3) == 0 { // a copy
		p, body = c[0], nil
		header["x-amz-copy-source"] = escaped("/" + from.String())
	}
	u.pending[number] = p
	r, err := w.s3(w.ctx, "PUT", u.bucket, u.key, url.Values{"uploadId": {u.id}, "partNumber": {strconv.Itoa(number)}}, header, body)
	s := w.outcome("upload a part of "+u.key, r, err, http.StatusConflict)
	if s == done && body == nil && !strings.Contains(string(r.body), "<CopyPartResult") {
		s = unknown // the error came after the status
		if !w.disk.Off() {
			w.report(wrong, "copy a part of %s: %v", u.key, r)
		}
	}
	if s == done {
		u.parts[number] = p
	}
	if s != unknown {
		delete(u.pending, number)
	}
	w.acknowledged(s)
}

func (w *worker) complete(u *upload) {
	body := `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`
	var c content
	for _, number := range slices.Sorted(maps.Keys(u.parts)) {
		p := u.parts[number]
		c = append(c, p)
		body += fmt.Sprintf("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", number, p.etag())
	}
	body += "</CompleteMultipartUpload>"
	w.ledger.mu.Lock()
	w.puts[u.put] = c
	w.ledger.mu.Unlock()
	u.completing = true
	wr := w.begin(w.objects, spot{u.bucket, u.key}.String(), u.put)
	r, err := w.s3(w.ctx, "POST", u.bucket, u.key, url.Values{"uploadId": {u.id}}, nil, []byte(body))
	s := w.outcome("complete the upload of "+u.key, r, err, http.StatusConflict)
	if s == done && !strings.Contains(string(r.body), "<CompleteMultipartUploadResult") {
		s = unknown // the error came after the status
		if !w.disk.Off() {
			w.report(wrong, "complete the upload of %s: %v", u.key, r)
		}
	}
	w.end(wr, s)
	switch s {
	case done:
		w.forget(u)
	case refused:
		u.completing = false
	}
	w.acknowledged(s)
}

func (w *worker) abort(u *upload) {
	u.aborting = true
	r, err := w.s3(w.ctx, "DELETE", u.bucket, u.key, url.Values{"uploadId": {u.id}}, nil, nil)
	s := w.outcome("abort the upload of "+u.key, r, err, http.StatusConflict)
	switch s {
	case done:
		w.forget(u)
	case refused:
		u.aborting = false
	}
	w.acknowledged(s)
}

// forget takes an upload that is no more out of the ledger.
func (l *ledger) forget(u *upload) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.uploads = slices.DeleteFunc(l.uploads, func(one *upload) bool { return one == u })
}

func md5Of(text string) string {
	sum := md5.Sum([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}
