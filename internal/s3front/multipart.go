package s3front

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"muster/internal/objects"
)

var errBadAlgorithm = badRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [" + strings.Join(slices.Sorted(slices.Values(algorithms)), ", ") + "]")

func (r *request) upload() objects.Upload {
	return objects.Upload{Bucket: r.target.bucket, Key: r.target.key, ID: r.params["uploadId"]}
}

// part is the part that the request names.
func (r *request) part() (objects.Upload, int, error) {
	n, err := partNumber(r.params["partNumber"])
	return r.upload(), n, err
}

func (f *Front) createUpload(w *answer, r *request) (err error) {
	u := objects.NewUpload{Bucket: r.target.bucket, Key: r.target.key, Tags: r.tags, Writer: writerOf(r.caller), Encryption: r.encryption()}
	if u.Headers, err = r.readHeaders(); err != nil {
		return err
	}
	if u.Checksum, err = readUploadChecksum(r.Header); err != nil {
		return err
	}
	id, err := f.Objects.CreateUpload(r.Context(), u)
	if err != nil {
		return err
	}
	if u.Checksum.Algorithm != "" {
		w.Header().Set("X-Amz-Checksum-Algorithm", u.Checksum.Algorithm)
		w.Header().Set("X-Amz-Checksum-Type", u.Checksum.Type)
	}
	f.encryptedHeader(w)
	f.sayAbortOfNew(w.Header(), r, objects.Upload{Bucket: u.Bucket, Key: u.Key, ID: id})
	return answerXML(w, struct {
		XMLName     xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ InitiateMultipartUploadResult"`
		Bucket, Key string
		UploadID    string `xml:"UploadId"`
	}{Bucket: r.target.bucket, Key: r.target.key, UploadID: id})
}

// readUploadChecksum reads which checksum the object of an upload is to have;
// see "Checking object integrity" in the S3 User Guide for what goes together.
func readUploadChecksum(h http.Header) (objects.Checksum, error) {
	c := objects.Checksum{Algorithm: strings.ToUpper(h.Get("X-Amz-Checksum-Algorithm")), Type: strings.ToUpper(h.Get("X-Amz-Checksum-Type"))}
	whole := c.Algorithm == "CRC64NVME"
	composite := !whole && c.Algorithm != "CRC32" && c.Algorithm != "CRC32C"
	switch {
	case c.Algorithm == "" && c.Type == "":
	case c.Algorithm == "":
		return c, badRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
	case !slices.Contains(algorithms, c.Algorithm):
		return c, errBadAlgorithm
	case c.Type == "" && whole:
		c.Type = objects.FullObject
	case c.Type == "":
		c.Type = objects.Composite
	case c.Type != objects.FullObject && c.Type != objects.Composite:
		return c, badRequest("Value for x-amz-checksum-type header is invalid.")
	case whole && c.Type == objects.Composite, composite && c.Type == objects.FullObject:
		return c, badRequest("The " + c.Type + " checksum type cannot be used with the " + strings.ToLower(c.Algorithm) + " checksum algorithm.")
	}
	return c, nil
}

func (f *Front) uploadPart(w *answer, r *request) error {
	upload, number, err := r.part()
	if err != nil {
		return err
	}
	body, err := f.content(r)
	if err != nil {
		return err
	}
	p, err := f.Objects.PutPart(r.Context(), objects.PutPart{Upload: upload, Number: number, Body: body})
	if err != nil {
		return err
	}
	w.Header().Set("Etag", quoted(p.ETag))
	sum := p.Checksum
	if sum.Value == "" && body.Checksum.Algorithm != "" { // it was verified, though it isn't kept
		sum = body.Checksum
		if body.Trailer != nil {
			sum.Value = body.Trailer()
		}
	}
	sum.Type = ""
	checksumHeaders(w.Header(), sum)
	f.encryptedHeader(w)
	w.WriteHeader(http.StatusOK)
	return nil
}

// completion is the document of a CompleteMultipartUpload.
type completion struct {
	XMLName xml.Name        `xml:"CompleteMultipartUpload"`
	Parts   []completedPart `xml:"Part"`
}

type completedPart struct {
	PartNumber int
	ETag       string

	ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME     string
	ChecksumSHA1, ChecksumSHA256, ChecksumSHA512         string
	ChecksumMD5                                          string
	ChecksumXXHASH64, ChecksumXXHASH3, ChecksumXXHASH128 string
}

// checksum is the one that is named for a part.
func (p completedPart) checksum() (found objects.Checksum, err error) {
	for _, sum := range []objects.Checksum{
		{Algorithm: "CRC32", Value: p.ChecksumCRC32}, {Algorithm: "CRC32C", Value: p.ChecksumCRC32C}, {Algorithm: "CRC64NVME", Value: p.ChecksumCRC64NVME},
		{Algorithm: "SHA1", Value: p.ChecksumSHA1}, {Algorithm: "SHA256", Value: p.ChecksumSHA256}, {Algorithm: "SHA512", Value: p.ChecksumSHA512},
		{Algorithm: "MD5", Value: p.ChecksumMD5},
		{Algorithm: "XXHASH64", Value: p.ChecksumXXHASH64}, {Algorithm: "XXHASH3", Value: p.ChecksumXXHASH3}, {Algorithm: "XXHASH128", Value: p.ChecksumXXHASH128},
	} {
		switch {
		case sum.Value == "":
		case found.Value != "":
			return found, badRequest("Expecting a single checksum of each part.")
		default:
			found = sum
		}
	}
	return found, nil
}

func (f *Front) completeUpload(w *answer, r *request) (err error) {
	c := objects.Completion{Upload: r.upload(), Conditions: conditionsOf(r.Header), Judge: r.judge, Writer: writerOf(r.caller)}
	if c.Size, err = readObjectSize(r.Header); err != nil {
		return err
	}
	if c.Checksum, err = readObjectChecksum(r.Header); err != nil {
		return err
	}
	var in completion
	if _, err := f.readXML(r, completeShape, &in); err != nil {
		return err
	}
	if c.Parts, err = in.parts(); err != nil {
		return err
	}
	o, err := f.Objects.Complete(r.Context(), c)
	if err != nil {
		return err
	}
	f.madeHeaders(w.Header(), r, &o)
	return answerXML(w, struct {
		XMLName     xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CompleteMultipartUploadResult"`
		Location    string
		Bucket, Key string
		ETag        string
		Checksum    []element
	}{Location: r.address(), Bucket: r.target.bucket, Key: r.target.key, ETag: quoted(o.ETag), Checksum: checksumElements(o.Checksum)})
}

// parts are those that the document names.
func (c completion) parts() ([]objects.Part, error) {
	if len(c.Parts) == 0 || len(c.Parts) > maxParts {
		return nil, errMalformed
	}
	parts := make([]objects.Part, 0, len(c.Parts))
	for _, p := range c.Parts {
		if p.PartNumber < 1 || p.PartNumber > maxParts {
			return nil, badArgument("PartNumber", strconv.Itoa(p.PartNumber), "Part number must be an integer between 1 and 10000, inclusive.")
		}
		sum, err := p.checksum()
		if err != nil {
			return nil, err
		}
		parts = append(parts, objects.Part{Number: p.PartNumber, ETag: strings.Trim(strings.TrimSpace(p.ETag), `"`), Checksum: sum})
	}
	return parts, nil
}

// readObjectSize reads how large the object must become; -1 when that isn't said.
func readObjectSize(h http.Header) (int64, error) {
	value := h.Get("X-Amz-Mp-Object-Size")
	if value == "" {
		return -1, nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		return 0, badRequest("Value for x-amz-mp-object-size header is invalid.")
	}
	return n, nil
}

// readObjectChecksum reads the checksum that the object of an upload must have.
// A composite one may end with - and the number of parts.
func readObjectChecksum(h http.Header) (objects.Checksum, error) {
	c := objects.Checksum{Type: strings.ToUpper(h.Get("X-Amz-Checksum-Type"))}
	if c.Type != "" && c.Type != objects.FullObject && c.Type != objects.Composite {
		return c, badRequest("Value for x-amz-checksum-type header is invalid.")
	}
	for _, a := range algorithms {
		value := h.Get(checksumHeader(a))
		if value == "" {
			continue
		}
		if c.Algorithm != "" {
			return c, errTwoChecksums
		}
		sum, parts, composite := strings.Cut(value, "-")
		if !isChecksum(a, sum) || composite && (!isNumber(parts) || parts == "") {
			return c, badRequest("Value for " + checksumHeader(a) + " header is invalid.")
		}
		c.Algorithm, c.Value = a, value
	}
	return c, nil
}

// address is the one that the request's object has for its client.
func (r *request) address() string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + r.URL.EscapedPath()
}

func (f *Front) abortUpload(w *answer, r *request) error {
	if err := f.Objects.Abort(r.Context(), r.upload()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
