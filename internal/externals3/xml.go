package externals3

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	maxSmall = 256 << 10 // bytes of an answer about one thing
	maxList  = 8 << 20   // of a list: 1000 keys, each escaped and with an owner, take less than 6 MiB
	maxPage  = 1000      // entries that S3 puts into a list
	maxTags  = 100       // an object has at most 10
)

// element is an element of a document that is being read.
type element struct {
	d     *xml.Decoder
	start xml.StartElement
	done  bool
}

func (e *element) name() string { return e.start.Name.Local }

// read reads the element into v, which must have a place for one of each only.
func (e *element) read(v any) error {
	e.done = true
	return e.d.DecodeElement(v, &e.start)
}

func (e *element) text() (s string, err error) {
	err = e.read(&s)
	return s, err
}

// eachChild reads a document of at most limit bytes and calls fn with each
// element in its root, which fn reads or leaves. The root must have the name;
// when it is an Error instead, as it can be in an answer that began with 200
// before the work was done, it is returned as the refusal it means.
func eachChild(resp *http.Response, c call, limit int64, root string, fn func(*element) error) error {
	defer discard(resp.Body)
	bounded := &io.LimitedReader{R: resp.Body, N: limit}
	err := children(xml.NewDecoder(bounded), c, resp.Header, root, fn)
	var bad *unreadable
	switch {
	case err == nil, !errors.As(err, &bad):
		return err
	case bounded.N <= 0:
		return fmt.Errorf("the object store's answer, a %s, is longer than %d bytes", root, limit)
	}
	return fmt.Errorf("the object store's answer, a %s, can't be read: %w", root, bad.err)
}

// unreadable is what is wrong with a document; other errors have been found in it.
type unreadable struct{ err error }

func (u *unreadable) Error() string { return u.err.Error() }

func children(d *xml.Decoder, c call, h http.Header, root string, fn func(*element) error) error {
	first, err := nextStart(d)
	switch {
	case err != nil:
		return &unreadable{err}
	case first == nil:
		return &unreadable{io.ErrUnexpectedEOF}
	case first.Name.Local == "Error":
		var e storeError
		if err := d.DecodeElement(&e, first); err != nil {
			return &unreadable{err}
		}
		return e.refusal(c, h)
	case first.Name.Local != root:
		return &unreadable{fmt.Errorf("its root is %q", printable(first.Name.Local))}
	}
	for {
		child, err := nextStart(d)
		if err != nil {
			return &unreadable{err}
		}
		if child == nil {
			return nil
		}
		e := &element{d: d, start: *child}
		if err := fn(e); err != nil {
			return &unreadable{err}
		}
		if !e.done {
			if err := d.Skip(); err != nil {
				return &unreadable{err}
			}
		}
	}
}

// nextStart returns the next element that begins; nil where the one around it
// ends.
func nextStart(d *xml.Decoder) (*xml.StartElement, error) {
	for {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return &t, nil
		case xml.EndElement:
			return nil, nil
		}
	}
}

// timeOf reads a time of a document; zero where it can't be read.
func timeOf(s string) time.Time {
	t, _ := time.Parse(time.RFC3339, s)
	return t
}
