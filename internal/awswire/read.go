package awswire

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"
)

// Presence of a structure's members while it is decoded.
const (
	absent = iota
	null   // there, as JSON's null: absent to every rule, but not to be given twice
	present
)

// Read decodes and checks the input of a call. It fails with
// *SerializationError when the request can't be read as the input, and with
// *InvalidError when the input breaks constraints.
func (o Op[In, Out]) Read(c *Call) (*In, error) {
	in := new(In)
	n := o.codec().in
	if n == nil {
		return in, nil
	}
	var found violations
	v := reflect.ValueOf(in).Elem()
	if err := o.Service.read(c, n, v, &found); err != nil {
		return nil, err
	}
	if len(found) > 0 {
		return nil, &InvalidError{violations: found}
	}
	return in, nil
}

func (s *Service) read(c *Call, n *node, v reflect.Value, found *violations) error {
	if s.Query() {
		root, err := newFormNode(c.form)
		if err != nil {
			return err
		}
		return root.structure(n, v, "", found)
	}
	seen := make([]byte, len(n.fields))
	if err := c.bindings(n, v, seen); err != nil {
		return err
	}
	// Some clients send no body, or "null", where all members are optional;
	// GET and DELETE carry none that means anything to operations without
	// body members.
	if len(n.byName) > 0 && !blank(c.body) {
		d := &jsonReader{text: c.body, most: mostValues, found: found}
		if err := d.document(n, v, seen); err != nil {
			return err
		}
	}
	n.complete(v, seen, "", found)
	return nil
}

// complete judges the members of a structure once all of it is decoded.
func (n *node) complete(v reflect.Value, seen []byte, path string, found *violations) {
	for i := range n.fields {
		f := &n.fields[i]
		if seen[i] == present {
			value, _ := f.of(v)
			f.check(value, path+f.path, found)
		} else if f.required {
			found.missing(path + f.path)
		}
	}
}

// bindings reads the members outside the body: labels, query and headers.
func (c *Call) bindings(n *node, v reflect.Value, seen []byte) error {
	var params url.Values
	for i := range n.fields {
		f := &n.fields[i]
		var values []string
		switch f.location {
		case "":
			continue
		case "uri":
			text, err := url.PathUnescape(c.labels[f.wire])
			if err != nil {
				return &SerializationError{Reason: "The path can't be read"}
			}
			values = []string{text}
		case "querystring":
			if params == nil {
				var err error
				if params, err = parseURLQuery(c.request.URL.RawQuery); err != nil {
					return err
				}
			}
			values = params[f.wire]
		case "header":
			values = c.request.Header.Values(f.wire)
			if len(values) > 0 && c.Covers != nil {
				if err := c.Covers(f.wire); err != nil {
					return err
				}
			}
		}
		if len(values) == 0 {
			continue
		}
		if err := f.setTexts(v, values); err != nil {
			return err
		}
		seen[i] = present
	}
	return nil
}

// setTexts gives a member its value from query parameters or header lines.
func (f *field) setTexts(v reflect.Value, values []string) error {
	place := f.make(v)
	if f.kind == kindList {
		list := reflect.MakeSlice(f.typ, len(values), len(values))
		for i, text := range values {
			if err := f.element.setText(list.Index(i), text); err != nil {
				return err
			}
		}
		place.Set(list)
		return nil
	}
	if len(values) > 1 {
		return &SerializationError{Reason: f.wire + " is there twice"}
	}
	return f.setText(place, values[0])
}

// setText reads a scalar from text, as URLs, headers, forms and XML hold it.
func (n *node) setText(place reflect.Value, text string) error {
	if !utf8.ValidString(text) {
		return &SerializationError{Reason: "The request holds text that is not UTF-8"}
	}
	switch n.kind {
	case kindString:
		place.SetString(text)
		return nil
	case kindBool:
		switch text {
		case "true":
			place.SetBool(true)
		case "false":
			place.SetBool(false)
		default:
			return &SerializationError{Reason: "'" + short(text) + "' can not be converted to a Boolean"}
		}
		return nil
	case kindInteger:
		x, err := strconv.ParseInt(text, 10, n.typ.Bits())
		if err != nil {
			return &SerializationError{Reason: "'" + short(text) + "' can not be converted to " + n.javaName()}
		}
		place.SetInt(x)
		return nil
	case kindFloat:
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return &SerializationError{Reason: "'" + short(text) + "' can not be converted to a Double"}
		}
		place.SetFloat(x)
		return nil
	case kindTime:
		t, err := parseTime(text)
		if err != nil {
			return &SerializationError{Reason: "'" + short(text) + "' can not be converted to a Timestamp"}
		}
		place.Set(reflect.ValueOf(Time{t}))
		return nil
	case kindBlob:
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return &SerializationError{Reason: "A blob is not base64"}
		}
		place.SetBytes(data)
		return nil
	default:
		return &SerializationError{Reason: "Unexpected text in place of a structure, list or map"}
	}
}

// javaName is what AWS calls the type in serialization errors, with its article.
func (n *node) javaName() string {
	switch n.kind {
	case kindString:
		return "a String"
	case kindBool:
		return "a Boolean"
	case kindInteger:
		if n.typ.Bits() == 64 {
			return "a Long"
		}
		return "an Integer"
	case kindFloat:
		return "a Double"
	case kindTime:
		return "a Timestamp"
	default:
		return "a Blob"
	}
}

// parseTime reads ISO 8601, an HTTP date, or epoch seconds.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, http.TimeFormat} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return parseEpoch(text)
}

// parseURLQuery reads the query of a URL, in which '+' is itself: that is how
// the signature over it was made.
func parseURLQuery(raw string) (url.Values, error) {
	return parsePairs(raw, url.PathUnescape)
}

func blank(body []byte) bool {
	for _, c := range body {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}

// short cuts what is shown back of a text that can't be read.
func short(text string) string {
	if len(text) > 64 {
		return text[:64] + "..."
	}
	return text
}
