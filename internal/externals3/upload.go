package externals3

import (
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"strconv"

	"muster/internal/objects"
)

// uploadCall is a call about an upload. Who names none must not be taken for
// asking something of the object: "" is no id.
func uploadCall(method string, u objects.Upload) (call, error) {
	if u.ID == "" {
		return call{}, objects.NoUpload
	}
	return call{method: method, ref: objects.Ref{Bucket: u.Bucket, Key: u.Key}, query: params{"uploadId": u.ID}, header: http.Header{}}, nil
}

// CreateUpload begins an upload in parts and returns its id.
func (s *Store) CreateUpload(ctx context.Context, u objects.NewUpload) (string, error) {
	c := call{method: http.MethodPost, ref: objects.Ref{Bucket: u.Bucket, Key: u.Key}, query: params{"uploads": ""}}
	var err error
	if c.header, err = keep(u.Headers, u.Tags, u.Encryption); err != nil {
		return "", err
	}
	if u.Checksum.Algorithm != "" && checksumSize[u.Checksum.Algorithm] == 0 {
		return "", objects.BadChecksum
	}
	set(c.header, "X-Amz-Checksum-Algorithm", u.Checksum.Algorithm)
	set(c.header, "X-Amz-Checksum-Type", u.Checksum.Type)
	resp, err := s.do(ctx, c)
	if err != nil {
		return "", err
	}
	var id string
	err = eachChild(resp, c, maxSmall, "InitiateMultipartUploadResult", func(e *element) (err error) {
		if e.name() == "UploadId" {
			id, err = e.text()
		}
		return err
	})
	if err == nil && id == "" {
		err = errors.New("the object store has begun an upload without an id")
	}
	return id, err
}

// PutPart keeps a part, in place of one of that number.
func (s *Store) PutPart(ctx context.Context, p objects.PutPart) (objects.Part, error) {
	c, err := uploadCall(http.MethodPut, p.Upload)
	if err != nil {
		return objects.Part{}, err
	}
	c.query["partNumber"] = strconv.Itoa(p.Number)
	if c.body, err = upload(p.Body, "", nil); err != nil {
		return objects.Part{}, err
	}
	h, err := s.simple(ctx, c)
	if err != nil {
		return objects.Part{}, err
	}
	sum := checksumOf(h)
	sum.Type = ""
	return objects.Part{Number: p.Number, Size: p.Body.Size, ETag: unquote(h.Get("Etag")), Checksum: sum}, nil
}

type completion struct {
	XMLName xml.Name        `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CompleteMultipartUpload"`
	Parts   []completedPart `xml:"Part"`
}

type completedPart struct {
	PartNumber int
	ETag       string
	CRC32      string `xml:"ChecksumCRC32,omitempty"`
	CRC32C     string `xml:"ChecksumCRC32C,omitempty"`
	CRC64NVME  string `xml:"ChecksumCRC64NVME,omitempty"`
	SHA1       string `xml:"ChecksumSHA1,omitempty"`
	SHA256     string `xml:"ChecksumSHA256,omitempty"`
	SHA512     string `xml:"ChecksumSHA512,omitempty"`
	MD5        string `xml:"ChecksumMD5,omitempty"`
	XXHASH64   string `xml:"ChecksumXXHASH64,omitempty"`
	XXHASH3    string `xml:"ChecksumXXHASH3,omitempty"`
	XXHASH128  string `xml:"ChecksumXXHASH128,omitempty"`
}

// setSum sets the element of a part's checksum; it is left out without a value.
func (p *completedPart) setSum(c objects.Checksum) error {
	switch c.Algorithm {
	case "CRC32":
		p.CRC32 = c.Value
	case "CRC32C":
		p.CRC32C = c.Value
	case "CRC64NVME":
		p.CRC64NVME = c.Value
	case "SHA1":
		p.SHA1 = c.Value
	case "SHA256":
		p.SHA256 = c.Value
	case "SHA512":
		p.SHA512 = c.Value
	case "MD5":
		p.MD5 = c.Value
	case "XXHASH64":
		p.XXHASH64 = c.Value
	case "XXHASH3":
		p.XXHASH3 = c.Value
	case "XXHASH128":
		p.XXHASH128 = c.Value
	case "":
	default:
		return objects.BadChecksum
	}
	return nil
}

// Complete makes an object of parts. The store may begin to answer long before
// it is done, and say then that it has failed.
func (s *Store) Complete(ctx context.Context, c objects.Completion) (objects.Object, error) {
	ask, err := uploadCall(http.MethodPost, c.Upload)
	if err != nil {
		return objects.Object{}, err
	}
	var doc completion
	for _, p := range c.Parts {
		part := completedPart{PartNumber: p.Number, ETag: p.ETag}
		if err := part.setSum(p.Checksum); err != nil {
			return objects.Object{}, err
		}
		doc.Parts = append(doc.Parts, part)
	}
	data, err := xml.Marshal(doc)
	if err != nil {
		return objects.Object{}, err
	}
	if c.Checksum.Value != "" {
		if checksumSize[c.Checksum.Algorithm] == 0 {
			return objects.Object{}, objects.BadChecksum
		}
		ask.header.Set(checksumPrefix+c.Checksum.Algorithm, c.Checksum.Value)
	}
	set(ask.header, checksumPrefix+"Type", c.Checksum.Type)
	if c.Size >= 0 {
		ask.header.Set("X-Amz-Mp-Object-Size", strconv.FormatInt(c.Size, 10))
	}
	ask.slow, ask.body = true, document(data)
	ask.body.checked = c.Checksum.Value != "" || c.Checksum.Type != ""
	w, err := s.overwriting(ctx, ask.ref, c.Conditions, c.Judge, ask.header)
	if err != nil {
		return objects.Object{}, err
	}
	defer w.release()
	w.holds = true // it isn't known whether the upload has tags
	if err := w.take(ctx); err != nil {
		return objects.Object{}, err
	}
	done, err := s.made(ctx, ask, "CompleteMultipartUploadResult")
	if err != nil {
		return objects.Object{}, w.settle(err)
	}
	return s.complete(ctx, done), nil
}

// Abort gives up an upload and what was kept of it.
func (s *Store) Abort(ctx context.Context, u objects.Upload) error {
	c, err := uploadCall(http.MethodDelete, u)
	if err != nil {
		return err
	}
	_, err = s.simple(ctx, c)
	return err
}

// partEntry is a part in a list, of an upload or of an object.
type partEntry struct {
	PartNumber         int
	Size               int64
	ETag, LastModified string
	CRC32              string `xml:"ChecksumCRC32"`
	CRC32C             string `xml:"ChecksumCRC32C"`
	CRC64NVME          string `xml:"ChecksumCRC64NVME"`
	SHA1               string `xml:"ChecksumSHA1"`
	SHA256             string `xml:"ChecksumSHA256"`
	SHA512             string `xml:"ChecksumSHA512"`
	MD5                string `xml:"ChecksumMD5"`
	XXHASH64           string `xml:"ChecksumXXHASH64"`
	XXHASH3            string `xml:"ChecksumXXHASH3"`
	XXHASH128          string `xml:"ChecksumXXHASH128"`
}

func (e partEntry) part() objects.Part {
	p := objects.Part{Number: e.PartNumber, Size: e.Size, ETag: unquote(e.ETag), Modified: timeOf(e.LastModified)}
	for _, sum := range []objects.Checksum{
		{Algorithm: "CRC32", Value: e.CRC32}, {Algorithm: "CRC32C", Value: e.CRC32C}, {Algorithm: "CRC64NVME", Value: e.CRC64NVME},
		{Algorithm: "SHA1", Value: e.SHA1}, {Algorithm: "SHA256", Value: e.SHA256}, {Algorithm: "SHA512", Value: e.SHA512},
		{Algorithm: "MD5", Value: e.MD5}, {Algorithm: "XXHASH64", Value: e.XXHASH64}, {Algorithm: "XXHASH3", Value: e.XXHASH3}, {Algorithm: "XXHASH128", Value: e.XXHASH128},
	} {
		if sum.Value != "" {
			p.Checksum = sum
		}
	}
	return p
}

// pageLimit is how many parts to ask for.
func pageLimit(limit int) int { return min(max(limit, 1), maxPage) }

// add adds a part that was read to a page.
func addPart(p *objects.Parts, e *element, limit int) error {
	var one partEntry
	if err := e.read(&one); err != nil {
		return err
	}
	if p.Parts = append(p.Parts, one.part()); len(p.Parts) > limit {
		return errors.New("it has more parts than were asked for")
	}
	return nil
}

// endPage sets where the next page begins. It fails where that is not further on.
func endPage(p *objects.Parts, after int) error {
	if !p.More {
		p.NextPart = 0
		return nil
	}
	if n := len(p.Parts); p.NextPart == 0 && n > 0 {
		p.NextPart = p.Parts[n-1].Number
	}
	if p.NextPart <= after {
		return errors.New("the object store's list of parts does not go on")
	}
	return nil
}

// ListParts lists the parts of an upload by number.
func (s *Store) ListParts(ctx context.Context, u objects.Upload, after, limit int) (objects.Parts, error) {
	c, err := uploadCall(http.MethodGet, u)
	if err != nil {
		return objects.Parts{}, err
	}
	limit = pageLimit(limit)
	c.query["max-parts"] = strconv.Itoa(limit)
	if after > 0 {
		c.query["part-number-marker"] = strconv.Itoa(after)
	}
	resp, err := s.do(ctx, c)
	if err != nil {
		return objects.Parts{}, err
	}
	page := objects.Parts{Upload: objects.UploadInfo{Upload: u}}
	err = eachChild(resp, c, maxList, "ListPartsResult", func(e *element) (err error) {
		switch e.name() {
		case "Part":
			err = addPart(&page, e, limit)
		case "IsTruncated":
			err = e.read(&page.More)
		case "NextPartNumberMarker":
			err = e.read(&page.NextPart)
		case "StorageClass":
			page.Upload.StorageClass, err = e.text()
		case "ChecksumAlgorithm":
			page.Upload.Checksum.Algorithm, err = e.text()
		case "ChecksumType":
			page.Upload.Checksum.Type, err = e.text()
		}
		return err
	})
	if err != nil {
		return objects.Parts{}, err
	}
	page.Upload.StorageClass = standard(page.Upload.StorageClass)
	return page, endPage(&page, after)
}
