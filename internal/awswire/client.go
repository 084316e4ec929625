package awswire

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
)

// Request is the client's side of Read: it encodes in as an unsigned request
// to endpoint, such as http://127.0.0.1:4600, and answers its body too, for
// the signature.
func (o Op[In, Out]) Request(ctx context.Context, endpoint string, in *In) (*http.Request, []byte, error) {
	c := o.codec()
	m := o.Service.model().Metadata
	v := reflect.ValueOf(in).Elem()
	target, body, contentType := strings.TrimSuffix(endpoint, "/")+"/", []byte(nil), ""
	switch m.Protocol {
	case query:
		form := url.Values{"Action": {c.op.Name}, "Version": {m.APIVersion}}
		if c.in != nil {
			setForm(form, "", c.in, v)
		}
		body, contentType = []byte(form.Encode()), "application/x-www-form-urlencoded; charset=utf-8"
	case json11:
		body, contentType = []byte("{}"), typeJSON11
		if c.in != nil {
			body = appendObject(nil, c.in, v)
		}
	default:
		path, err := c.uri(v)
		if err != nil {
			return nil, nil, err
		}
		target = strings.TrimSuffix(target, "/") + path
		if c.in != nil && len(c.in.byName) > 0 {
			body, contentType = appendObject(nil, c.in, v), typeJSON
		}
	}
	r, err := http.NewRequestWithContext(ctx, c.op.HTTP.Method, target, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if m.Protocol == json11 {
		r.Header.Set("X-Amz-Target", m.TargetPrefix+"."+c.op.Name)
	}
	c.setHeaders(r, v)
	return r, body, nil
}

// uri fills the labels of the operation's URI and adds its query.
func (c *codec) uri(v reflect.Value) (string, error) {
	path, literal, _ := strings.Cut(c.op.HTTP.RequestURI, "?")
	var params []string
	if literal != "" {
		params = append(params, literal)
	}
	if c.in == nil {
		return path, nil
	}
	for i := range c.in.fields {
		f := &c.in.fields[i]
		value, ok := f.of(v)
		if !ok {
			continue
		}
		switch f.location {
		case "uri":
			text := f.text(value)
			if text == "" {
				return "", fmt.Errorf("%s: %s may not be empty", c.op.Name, f.member)
			}
			path = strings.Replace(path, "{"+f.wire+"}", escape(text), 1)
			path = strings.Replace(path, "{"+f.wire+"+}", strings.ReplaceAll(escape(text), "%2F", "/"), 1)
		case "querystring":
			for _, text := range f.texts(value) {
				params = append(params, escape(f.wire)+"="+escape(text))
			}
		}
	}
	if len(params) > 0 {
		path += "?" + strings.Join(params, "&")
	}
	return path, nil
}

func (c *codec) setHeaders(r *http.Request, v reflect.Value) {
	if c.in == nil {
		return
	}
	for i := range c.in.fields {
		f := &c.in.fields[i]
		if value, ok := f.of(v); ok && f.location == "header" {
			for _, text := range f.texts(value) {
				r.Header.Add(f.wire, text)
			}
		}
	}
}

func (f *field) texts(v reflect.Value) []string {
	if f.kind != kindList {
		return []string{f.text(v)}
	}
	texts := make([]string, v.Len())
	for i := range texts {
		texts[i] = f.element.text(v.Index(i))
	}
	return texts
}

// escape leaves only unreserved characters, as signatures demand.
func escape(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// Response is the client's side of Reply and Refuse: it decodes the answer
// with that status, header and body. It fails with *Error when the service
// refused, and with *SerializationError when the answer can't be read.
func (o Op[In, Out]) Response(status int, header http.Header, body []byte) (*Out, error) {
	isQuery := o.Service.Query()
	if status < 200 || status > 299 {
		return nil, readError(status, header, body, isQuery)
	}
	out := new(Out)
	n := o.codec().out
	if n == nil {
		return out, nil
	}
	v := reflect.ValueOf(out).Elem()
	if isQuery {
		doc, err := parseXML(body)
		if err != nil {
			return nil, err
		}
		root := doc.find(o.Name + "Response")
		if wrapper := o.codec().op.Output.ResultWrapper; wrapper != "" {
			root = root.find(wrapper)
		}
		if root == nil {
			return nil, &SerializationError{Reason: "The response is not one of " + o.Name}
		}
		return out, root.read(n, v)
	}
	if blank(body) {
		return out, nil
	}
	// What a server answers is not judged: constraints are for inputs.
	d := &jsonReader{text: body, found: &violations{}}
	return out, d.document(n, v, make([]byte, len(n.fields)))
}

func readError(status int, header http.Header, body []byte, isQuery bool) *Error {
	e := &Error{Status: status, Code: header.Get(headerError)}
	if isQuery {
		if doc, err := parseXML(body); err == nil {
			said := doc.find("ErrorResponse").find("Error")
			if said != nil {
				e.Code, e.Message = said.content("Code"), said.content("Message")
			}
		}
	} else {
		readJSONError(e, body)
	}
	// A URI may follow after a colon, a namespace go before '#'.
	e.Code, _, _ = strings.Cut(e.Code, ":")
	e.Code = e.Code[strings.LastIndexByte(e.Code, '#')+1:]
	if e.Code == "" {
		e.Code = strconv.Itoa(status)
	}
	return e
}

// readJSONError keeps the texts of the body's members.
func readJSONError(e *Error, body []byte) {
	d := &jsonReader{text: body}
	err := d.members(func(name string) error {
		if d.peek() != '"' {
			return d.skip()
		}
		text, err := d.string()
		if err != nil {
			return err
		}
		switch name {
		case "message", "Message":
			e.Message = text
		case "__type", "code", "Code":
			if e.Code == "" {
				e.Code = text
			}
		default:
			if e.Fields == nil {
				e.Fields = map[string]string{}
			}
			e.Fields[name] = text
		}
		return nil
	})
	if err != nil && e.Message == "" {
		e.Message = http.StatusText(e.Status)
	}
}
