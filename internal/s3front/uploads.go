package s3front

import (
	"encoding/xml"

	"muster/internal/objects"
)

type partsResult struct {
	XMLName              xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListPartsResult"`
	Bucket               string
	Key                  string
	UploadID             string `xml:"UploadId"`
	PartNumberMarker     int
	NextPartNumberMarker int
	MaxParts             int
	IsTruncated          bool
	EncodingType         string `xml:",omitempty"`
	ChecksumAlgorithm    string `xml:",omitempty"`
	ChecksumType         string `xml:",omitempty"`
	Initiator            owner
	Owner                owner
	StorageClass         string
	Parts                []listedPart `xml:"Part"`
}

type listedPart struct {
	PartNumber   int
	LastModified string
	ETag         string
	Size         int64
	Checksum     []element
}

func (f *Front) listParts(w *answer, r *request) error {
	limit, err := number("max-parts", r.params["max-parts"], maxPage)
	if err != nil {
		return err
	}
	after := 0
	if marker := r.params["part-number-marker"]; marker != "" {
		if after, err = number("part-number-marker", marker, maxParts); err != nil {
			return err
		}
	}
	found, err := f.Objects.ListParts(r.Context(), r.upload(), after, max(1, limit))
	if err != nil {
		return err
	}
	if limit == 0 {
		found.Parts, found.More = nil, false
	}
	sayAbort(w.Header(), f.rules(r.Context(), r), found.Upload)
	l := listing{urls: r.params["encoding-type"] != ""}
	by := ownerOf(r.row.Account)
	out := partsResult{
		Bucket: r.target.bucket, Key: l.name(r.target.key), UploadID: r.params["uploadId"], PartNumberMarker: after, NextPartNumberMarker: after, MaxParts: limit,
		IsTruncated: found.More, EncodingType: l.encoding(), ChecksumAlgorithm: found.Upload.Checksum.Algorithm, ChecksumType: found.Upload.Checksum.Type,
		Initiator: by, Owner: by, StorageClass: orElse(found.Upload.StorageClass, "STANDARD"),
	}
	for _, p := range found.Parts {
		out.NextPartNumberMarker = p.Number
		out.Parts = append(out.Parts, listedPart{p.Number, xmlTime(p.Modified), quoted(p.ETag), p.Size, checksumElements(p.Checksum)})
	}
	return answerXML(w, out)
}

type uploadsResult struct {
	XMLName            xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListMultipartUploadsResult"`
	Bucket             string
	KeyMarker          string
	UploadIDMarker     string `xml:"UploadIdMarker"`
	NextKeyMarker      string `xml:",omitempty"`
	NextUploadIDMarker string `xml:"NextUploadIdMarker,omitempty"`
	Prefix             string
	Delimiter          string `xml:",omitempty"`
	EncodingType       string `xml:",omitempty"`
	MaxUploads         int
	IsTruncated        bool
	Uploads            []listedUpload `xml:"Upload"`
	CommonPrefixes     []commonPrefix
}

type listedUpload struct {
	Key               string
	UploadID          string `xml:"UploadId"`
	Initiator         owner
	Owner             owner
	StorageClass      string
	Initiated         string
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
}

func (f *Front) listUploads(w *answer, r *request) error {
	l, err := r.listing("max-uploads")
	if err != nil {
		return err
	}
	if l.ask.After = r.params["key-marker"]; l.ask.After != "" { // without a key, the id says nothing
		l.ask.AfterID = r.params["upload-id-marker"]
	}
	var found objects.Uploads
	if l.max > 0 {
		if found, err = f.Objects.ListUploads(r.Context(), l.ask); err != nil {
			return err
		}
	}
	out := uploadsResult{
		Bucket: r.target.bucket, KeyMarker: l.name(l.ask.After), UploadIDMarker: l.ask.AfterID, Prefix: l.name(l.ask.Prefix), Delimiter: l.name(l.ask.Delimiter),
		EncodingType: l.encoding(), MaxUploads: l.max, IsTruncated: found.More, CommonPrefixes: l.prefixes(found.Prefixes),
	}
	if found.More {
		out.NextKeyMarker, out.NextUploadIDMarker = l.name(found.Next), found.NextID
	}
	by := ownerOf(r.row.Account)
	for _, u := range found.Uploads {
		out.Uploads = append(out.Uploads, listedUpload{
			l.name(u.Key), u.ID, by, by, orElse(u.StorageClass, "STANDARD"), xmlTime(u.Created), u.Checksum.Algorithm, u.Checksum.Type,
		})
	}
	return answerXML(w, out)
}
