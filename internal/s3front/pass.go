package s3front

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"sync"

	"muster/internal/sigv4"
)

const (
	maxSmall  = 4 << 20 // bytes of a body that is read whole; 10,000 parts take less than 2 MiB
	maxObject = 5 << 30 // of one upload
)

// pass hands an authorised request to the store and its answer to the client.
func (f *Front) pass(w *answer, r *request) error {
	header, err := r.forward()
	if err != nil {
		return err
	}
	body, err := r.passedBody(header)
	if err != nil {
		return err
	}
	if err := f.checkExists(r); err != nil {
		return err
	}
	resp, err := f.ask(r, header, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		return f.passError(w, r, resp)
	}
	if r.op.copies && resp.StatusCode == http.StatusNotModified {
		return errPrecondition // a copy has nothing to be kept of, so S3 knows no 304 of it
	}
	if err := f.checkUnchanged(r, resp.Header.Get("Etag")); err != nil {
		return err
	}
	answerHeaders(w, resp.Header)
	w.WriteHeader(resp.StatusCode)
	if _, err := io.Copy(w, resp.Body); err != nil {
		w.broken = true
		return fmt.Errorf("pass on the object store's answer: %w", err)
	}
	return nil
}

// checkExists asks for the very object before its tags are touched: there the
// store takes dir for dir/ and the other way round, which have tags of their own.
func (f *Front) checkExists(r *request) error {
	if r.target.kind() != onObject || !slices.Contains(r.op.with, "tagging") {
		return nil
	}
	resp, err := f.Store.do(r.Context(), http.MethodHead, r.target, r.params.only("versionId"), nil, nil)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return noKey(r.target.key)
	}
	return nil
}

// passedBody is the body that the store gets, verified at the latest while it
// is read.
func (r *request) passedBody(header http.Header) (*sigv4.Body, error) {
	switch r.op.body {
	case bodySmall:
		data, err := r.signature.ReadAll(r.Request, maxSmall)
		if err != nil {
			return nil, err
		}
		return plainBody(data), nil
	case bodyTags:
		return r.tagBody(header)
	case bodyStream:
		body, err := r.signature.Body(r.Request)
		if err != nil {
			return nil, err
		}
		if body.Decoded > maxObject {
			return nil, refusal(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.")
		}
		trailer(header, r, body)
		return body, nil
	}
	return nil, nil
}

var storeIDs = regexp.MustCompile(`<(RequestId|HostId)>[^<]*</(RequestId|HostId)>`)

// passError answers as the store refused, with Muster's request id. What is
// wrong between Muster and its store is no business of the client.
func (f *Front) passError(w *answer, r *request, resp *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if err != nil {
		return err
	}
	code := readCode(bytes.NewReader(text))
	if r.op.name == "DeleteObject" {
		if never, err := f.wasNever(r.Context(), r.target, code, r.params["versionId"]); err != nil || never {
			w.WriteHeader(http.StatusNoContent)
			return err
		}
	}
	if resp.StatusCode == http.StatusInternalServerError && r.op.copies {
		if err := f.checkDirectorySource(r); err != nil {
			return err
		}
	}
	switch {
	case r.pinned && resp.StatusCode == http.StatusPreconditionFailed:
		return fmt.Errorf("%w (the copy's source has changed since its tags were read)", errUnavailable)
	case resp.StatusCode == http.StatusServiceUnavailable:
		return fmt.Errorf("%w (the object store: %s)", errUnavailable, code)
	case resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented, code == "SignatureDoesNotMatch", code == "InvalidAccessKeyId", code == "RequestTimeTooSkewed":
		return fmt.Errorf("the object store answers %d %s", resp.StatusCode, code)
	}
	if err := f.hideMissing(r, resp.StatusCode, code); err != nil {
		return err
	}
	if r.op.name == "DeleteObject" && isGone(code, r.params["versionId"]) {
		w.Header().Set("X-Amz-Version-Id", r.params["versionId"])
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	answerHeaders(w, resp.Header)
	if code == "NoSuchKey" {
		return noKey(r.target.key) // the store doesn't say which
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(resp.StatusCode)
	if r.Method != http.MethodHead {
		text = storeIDs.ReplaceAll(text, []byte("<$1>"+r.id+"</$1>"))
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// hideMissing denies rather than saying that an object is not there.
func (f *Front) hideMissing(r *request, status int, code string) error {
	if status != http.StatusNotFound {
		return nil
	}
	switch r.op.name {
	case "GetObject", "HeadObject", "GetObjectAttributes":
		return f.hide(r, r.target)
	case "CopyObject", "UploadPartCopy":
		src, err := readSource(r.Header.Get("X-Amz-Copy-Source"))
		if err != nil || (code != "NoSuchKey" && code != "NoSuchVersion") {
			return err
		}
		if err := f.hide(r, src.target); err != nil || src.version != "" {
			return err
		}
		return noKey(src.key) // the store says NoSuchVersion
	}
	return nil
}

func noKey(key string) error {
	return &Error{Status: http.StatusNotFound, Code: "NoSuchKey", Message: "The specified key does not exist.", Key: key}
}

// watchedBody remembers what went wrong with the client's body, which
// net/http hides behind errors of its own.
type watchedBody struct {
	r      io.Reader
	mu     sync.Mutex
	failed error
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.mu.Lock()
		b.failed = err
		b.mu.Unlock()
	}
	return n, err
}

func (b *watchedBody) Close() error { return nil }

func (b *watchedBody) err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var own *sigv4.Error
	if errors.As(b.failed, &own) {
		return own
	}
	if b.failed != nil {
		return refusal(http.StatusBadRequest, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
	}
	return nil
}

// decodeXML reads a document, after which only white space may come.
func decodeXML(data []byte, v any) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(v); err != nil {
		return errMalformed
	}
	if rest := data[d.InputOffset():]; len(bytes.TrimSpace(rest)) > 0 {
		return errMalformed
	}
	return nil
}
