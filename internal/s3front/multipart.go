package s3front

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
)

var (
	errPartOrder    = refusal(http.StatusBadRequest, "InvalidPartOrder", "The list of parts was not in ascending order. The parts list must be specified in order by part number.")
	errIsDirectory  = refusal(http.StatusConflict, "ExistingObjectIsDirectory", "Existing Object is a directory.") // the store's words
	errNoSuchUpload = refusal(http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
)

// partList is the part of a CompleteMultipartUpload that is looked at here.
type partList struct {
	Parts []struct {
		PartNumber int
		ETag       string
	} `xml:"Part"`
}

// completeUpload passes on what the embedded store would answer wrongly only
// after a look of its own. What is malformed is for the store to say.
func (f *Front) completeUpload(w *answer, r *request) error {
	header, err := r.forward()
	if err != nil {
		return err
	}
	data, err := r.signature.ReadAll(r.Request, maxSmall)
	if err != nil {
		return err
	}
	var in partList
	if xml.Unmarshal(data, &in) == nil {
		if err := in.checkOrder(); err != nil {
			return err
		}
		if err := f.checkUpload(r, in); err != nil {
			return err
		}
	}
	resp, err := f.Store.do(r.Context(), r.Method, r.target, r.params, header, plainBody(data))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusInternalServerError {
		if taken, err := f.isDirectory(r.Context(), r.target); err != nil || taken {
			return cmp.Or[error](err, errIsDirectory)
		}
	}
	if resp.StatusCode >= 400 {
		return f.passError(w, r, resp)
	}
	said, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if err != nil {
		return err
	}
	answerHeaders(w, resp.Header)
	w.Header().Del("Content-Length")
	w.WriteHeader(resp.StatusCode)
	_, err = w.Write(storeLocation.ReplaceAllLiteral(said, r.ownLocation()))
	return err
}

// isDirectory reports whether there are keys that go on from the object's: the
// embedded store has a directory there, and no word of its own for it when an
// upload is completed.
func (f *Front) isDirectory(ctx context.Context, t target) (bool, error) {
	query := params{"versions": "", "prefix": strings.TrimSuffix(t.key, "/") + "/", "max-keys": "1"}
	resp, err := f.Store.do(ctx, http.MethodGet, target{bucket: t.bucket}, query, nil, nil)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	var found struct {
		Version, DeleteMarker []struct{ Key string }
	}
	if err := xml.NewDecoder(io.LimitReader(resp.Body, maxErrorBody)).Decode(&found); err != nil {
		return false, fmt.Errorf("the object store's answer to ListObjectVersions can't be read: %w", err)
	}
	return len(found.Version)+len(found.DeleteMarker) > 0, nil
}

// storeLocation is the address of an object at the store.
var storeLocation = regexp.MustCompile(`<Location>[^<]*</Location>`)

// ownLocation is the address that the request's object has for its client.
func (r *request) ownLocation() []byte {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	var b bytes.Buffer
	b.WriteString("<Location>")
	_ = xml.EscapeText(&b, []byte(scheme+"://"+r.Host+r.URL.EscapedPath())) // a buffer takes everything
	b.WriteString("</Location>")
	return b.Bytes()
}

// checkOrder refuses parts in another order than that of their numbers: the
// store looks first whether they are large enough.
func (l partList) checkOrder() error {
	for i, part := range l.Parts {
		if i > 0 && part.PartNumber <= l.Parts[i-1].PartNumber {
			return errPartOrder
		}
	}
	return nil
}

// checkUpload refuses to complete an upload that isn't there. The store takes
// any for one that was completed before, as long as there is an object of that
// key, and so would lose what the client takes for uploaded. Only who asks
// again for what that object was made from is told again that it is done.
func (f *Front) checkUpload(r *request, l partList) error {
	parts, err := f.Store.do(r.Context(), http.MethodGet, r.target, params{"uploadId": r.params["uploadId"], "max-parts": "1"}, nil, nil)
	if err != nil {
		return err
	}
	defer parts.Body.Close()
	if parts.StatusCode != http.StatusNotFound {
		return nil
	}
	object, err := f.Store.do(r.Context(), http.MethodHead, r.target, nil, nil, nil)
	if err != nil {
		return err
	}
	defer object.Body.Close()
	if tag := l.etag(); tag == "" || strings.Trim(object.Header.Get("Etag"), `"`) != tag {
		return errNoSuchUpload
	}
	return nil
}

// etag is that of an object made of the parts: the MD5 of theirs, and how many
// there are. It is "" when one of them has none that is an MD5.
func (l partList) etag() string {
	sum := md5.New()
	for _, part := range l.Parts {
		one, err := hex.DecodeString(strings.Trim(strings.TrimSpace(part.ETag), `"`))
		if err != nil || len(one) != md5.Size {
			return ""
		}
		sum.Write(one)
	}
	return fmt.Sprintf("%x-%d", sum.Sum(nil), len(l.Parts))
}
