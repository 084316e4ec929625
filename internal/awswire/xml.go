package awswire

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// text is a scalar as forms, URLs, headers and XML hold it.
func (n *node) text(v reflect.Value) string {
	switch n.kind {
	case kindBool:
		return strconv.FormatBool(v.Bool())
	case kindInteger:
		return strconv.FormatInt(v.Int(), 10)
	case kindFloat:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case kindTime:
		return v.Interface().(Time).UTC().Truncate(time.Millisecond).Format("2006-01-02T15:04:05.999Z")
	case kindBlob:
		return base64.StdEncoding.EncodeToString(v.Bytes())
	default:
		return v.String()
	}
}

// writeXML encodes v as the content of an element.
func writeXML(b *bytes.Buffer, n *node, v reflect.Value) {
	switch n.kind {
	case kindStructure:
		for i := range n.fields {
			f := &n.fields[i]
			if value, ok := f.of(v); ok {
				element(b, f.wire, func() { writeXML(b, f.node, value) })
			}
		}
	case kindList:
		for i := range v.Len() {
			element(b, n.elementName, func() { writeXML(b, n.element, v.Index(i)) })
		}
	case kindMap:
		for _, key := range sortedKeys(v) {
			element(b, "entry", func() {
				element(b, n.keyName, func() { escapeXML(b, key.String()) })
				element(b, n.elementName, func() { writeXML(b, n.element, v.MapIndex(key)) })
			})
		}
	default:
		escapeXML(b, n.text(v))
	}
}

func element(b *bytes.Buffer, name string, content func()) {
	b.WriteString("<" + name + ">")
	content()
	b.WriteString("</" + name + ">")
}

// escapeXML writes text; what XML can't hold becomes U+FFFD.
func escapeXML(b *bytes.Buffer, text string) { xml.EscapeText(b, []byte(text)) }

// xmlNode is an element as the client reads it.
type xmlNode struct {
	name  string
	text  string
	below []*xmlNode
}

// parseXML reads a document; its root element is below the node answered.
func parseXML(body []byte) (*xmlNode, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	root := &xmlNode{}
	open := []*xmlNode{root}
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return root, nil
		case err != nil:
			return nil, &SerializationError{Reason: "The response is not XML"}
		}
		top := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) > maxDepth {
				return nil, &SerializationError{Reason: "The response is nested too deeply"}
			}
			child := &xmlNode{name: t.Name.Local}
			top.below = append(top.below, child)
			open = append(open, child)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			top.text += string(t)
		}
	}
}

// find answers the first element of that name below x; nil when there is none.
func (x *xmlNode) find(name string) *xmlNode {
	if x == nil {
		return nil
	}
	for _, child := range x.below {
		if child.name == name {
			return child
		}
	}
	return nil
}

// content answers the text of the element called name below x.
func (x *xmlNode) content(name string) string {
	if child := x.find(name); child != nil {
		return strings.TrimSpace(child.text)
	}
	return ""
}

// read decodes the content of x into place.
func (x *xmlNode) read(n *node, place reflect.Value) error {
	switch n.kind {
	case kindStructure:
		for i := range n.fields {
			f := &n.fields[i]
			child := x.find(f.wire)
			if child == nil {
				continue
			}
			if err := child.read(f.node, f.make(place)); err != nil {
				return err
			}
		}
		return nil
	case kindList:
		list := reflect.MakeSlice(n.typ, len(x.below), len(x.below))
		for i, child := range x.below {
			if err := child.read(n.element, list.Index(i)); err != nil {
				return err
			}
		}
		place.Set(list)
		return nil
	case kindMap:
		entries := reflect.MakeMap(n.typ)
		for _, entry := range x.below {
			value := reflect.New(n.typ.Elem()).Elem()
			if child := entry.find(n.elementName); child != nil {
				if err := child.read(n.element, value); err != nil {
					return err
				}
			}
			entries.SetMapIndex(reflect.ValueOf(entry.content(n.keyName)), value)
		}
		place.Set(entries)
		return nil
	default:
		return n.setText(place, x.text)
	}
}
