package s3front

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"

	"muster/internal/objects"
)

// attributeNames are what GetObjectAttributes can be asked for.
var attributeNames = []string{"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"}

type attributes struct {
	XMLName      xml.Name         `xml:"http://s3.amazonaws.com/doc/2006-03-01/ GetObjectAttributesResponse"`
	ETag         string           `xml:",omitempty"`
	Checksum     *checksums       `xml:",omitempty"`
	ObjectParts  *attributedParts `xml:",omitempty"`
	StorageClass string           `xml:",omitempty"`
	ObjectSize   *int64           `xml:",omitempty"`
}

type checksums struct{ Checksum []element }

type attributedParts struct {
	PartsCount           int
	PartNumberMarker     *int             `xml:",omitempty"`
	NextPartNumberMarker *int             `xml:",omitempty"`
	MaxParts             *int             `xml:",omitempty"`
	IsTruncated          *bool            `xml:",omitempty"`
	Parts                []attributedPart `xml:"Part"`
}

type attributedPart struct {
	PartNumber int
	Size       int64
	Checksum   []element
}

func (f *Front) getAttributes(w *answer, r *request) error {
	wanted, err := readAttributes(r.Header)
	if err != nil {
		return err
	}
	limit, err := number("x-amz-max-parts", r.Header.Get("X-Amz-Max-Parts"), maxPage)
	if err != nil {
		return err
	}
	after, err := number("x-amz-part-number-marker", r.Header.Get("X-Amz-Part-Number-Marker"), maxParts)
	if err != nil {
		return err
	}
	if r.Header.Get("X-Amz-Part-Number-Marker") == "" {
		after = 0
	}
	found, err := f.Objects.Attributes(r.Context(), objects.Read{Ref: r.ref(), Judge: r.judge}, after, max(1, limit))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Last-Modified", httpTime(found.Modified))
	if found.Versioned {
		h.Set("X-Amz-Version-Id", found.Version)
	}
	var out attributes
	for _, name := range wanted {
		switch name {
		case "ETag":
			out.ETag = found.ETag
		case "Checksum":
			if sum := checksumElements(found.Checksum); sum != nil {
				out.Checksum = &checksums{sum}
			}
		case "ObjectParts":
			out.ObjectParts = partsOf(found, after, limit)
		case "StorageClass":
			out.StorageClass = orElse(found.Headers.StorageClass, "STANDARD")
		case "ObjectSize":
			out.ObjectSize = &found.Size
		}
	}
	return answerXML(w, out)
}

// partsOf are the parts of an object that was made of parts. S3 lists them only
// where they have checksums; else it says how many there are.
func partsOf(found *objects.Attributes, after, limit int) *attributedParts {
	if found.Object.Parts == 0 {
		return nil
	}
	out := &attributedParts{PartsCount: found.Object.Parts}
	if found.Checksum.Algorithm == "" {
		return out
	}
	page := found.Parts
	if limit == 0 {
		page = objects.Parts{}
	}
	next := after
	for _, p := range page.Parts {
		out.Parts = append(out.Parts, attributedPart{p.Number, p.Size, checksumElements(p.Checksum)})
		next = p.Number
	}
	out.PartNumberMarker, out.NextPartNumberMarker, out.MaxParts, out.IsTruncated = &after, &next, &limit, &page.More
	return out
}

func readAttributes(h http.Header) ([]string, error) {
	var wanted []string
	for name := range strings.SplitSeq(strings.Join(h["X-Amz-Object-Attributes"], ","), ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if !slices.Contains(attributeNames, name) {
			return nil, badArgument("x-amz-object-attributes", name, "Invalid attribute name specified.")
		}
		wanted = append(wanted, name)
	}
	if len(wanted) == 0 {
		return nil, badRequest("The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty")
	}
	return wanted, nil
}
