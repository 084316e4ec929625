package oracle

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// answer is what a server said, taken apart for comparing.
type answer struct {
	request *request
	status  int
	code    string // of an error with a body
	header  http.Header
	content []byte
	leaves  []leaf // of an XML document, in its order
	badXML  error
}

// leaf is an element of an XML document that has text and no elements.
type leaf struct{ path, text string }

func newAnswer(r *request, resp *http.Response, content []byte) *answer {
	a := &answer{request: r, status: resp.StatusCode, header: resp.Header, content: content}
	if a.isXML() {
		a.leaves, a.badXML = parse(content)
		a.code, _ = a.text("Error/Code")
	}
	return a
}

// isXML reports whether the body is a document rather than an object's content.
func (a *answer) isXML() bool {
	return len(a.content) > 0 && (a.status >= 300 || !a.reads())
}

func parse(content []byte) ([]leaf, error) {
	var leaves []leaf
	var path []string
	var text strings.Builder
	inner := false // the element that just ended had elements
	d := xml.NewDecoder(strings.NewReader(string(content)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return leaves, nil
		}
		if err != nil {
			return leaves, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			path, inner = append(path, t.Name.Local), false
			text.Reset()
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if !inner {
				leaves = append(leaves, leaf{strings.Join(path, "/"), text.String()})
			}
			path, inner = path[:len(path)-1], true
			text.Reset()
		}
	}
}

// text returns the text of the first leaf of a path.
func (a *answer) text(path string) (string, bool) {
	for _, l := range a.leaves {
		if l.path == path {
			return l.text, true
		}
	}
	return "", false
}

// last returns the text of the last leaf whose path ends so.
func (a *answer) last(path string) (string, bool) {
	for _, l := range slices.Backward(a.leaves) {
		if strings.HasSuffix(l.path, path) {
			return l.text, true
		}
	}
	return "", false
}

// outcome is the status and, of an error, its code.
func (a *answer) outcome() string {
	if a.code == "" {
		return strconv.Itoa(a.status)
	}
	return fmt.Sprintf("%d %s", a.status, a.code)
}

// refer returns what a reference to this answer stands for.
func (a *answer) refer(what string, seconds int) (string, bool) {
	if a.status >= 300 && a.status != http.StatusNotModified {
		return "", false
	}
	switch what {
	case "version":
		if id := a.header.Get("X-Amz-Version-Id"); id != "" {
			return id, true
		}
		if id, ok := a.last("/DeleteMarkerVersionId"); ok {
			return id, true
		}
		return "null", true
	case "upload":
		return a.text("InitiateMultipartUploadResult/UploadId")
	case "etag":
		tag, ok := a.header.Get("ETag"), true
		if tag == "" {
			tag, ok = a.last("/ETag")
		}
		return strings.Trim(tag, `"`), ok
	case "date":
		at, err := http.ParseTime(a.header.Get("Last-Modified"))
		return at.Add(time.Duration(seconds) * time.Second).Format(http.TimeFormat), err == nil
	}
	return "", false
}

// nextPage returns the parameters that ask for the page after this list; ok
// is false if there is none.
func (a *answer) nextPage() (params []pair, ok bool) {
	if more, _ := a.last("/IsTruncated"); more != "true" {
		return nil, false
	}
	for _, m := range []struct{ element, param string }{
		{"/NextContinuationToken", "continuation-token"},
		{"/NextMarker", "marker"},
		{"/NextKeyMarker", "key-marker"},
		{"/NextVersionIdMarker", "version-id-marker"},
		{"/NextUploadIdMarker", "upload-id-marker"},
		{"/NextPartNumberMarker", "part-number-marker"},
	} {
		if value, given := a.last(m.element); given && value != "" {
			if encoded, _ := a.last("Result/EncodingType"); encoded == "url" && m.param != "continuation-token" {
				value = unescaped(value)
			}
			params = append(params, pair{m.param, value})
		}
	}
	if len(params) == 0 { // ListObjects without a delimiter
		if key, given := a.last("/Contents/Key"); given {
			params = append(params, pair{"marker", key})
		}
	}
	return params, len(params) > 0
}

func isMarker(param string) bool {
	return slices.Contains([]string{"continuation-token", "marker", "key-marker", "version-id-marker", "upload-id-marker", "part-number-marker"}, param)
}
