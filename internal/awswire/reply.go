package awswire

import (
	"bytes"
	"net/http"
	"reflect"
	"slices"
	"strconv"
)

// Content types of answers, as AWS writes them.
const (
	typeJSON    = "application/json"
	typeJSON11  = "application/x-amz-json-1.1"
	typeXML     = "text/xml"
	headerError = "X-Amzn-Errortype"
)

// RequestIDHeader carries the id of a request in its answer.
const RequestIDHeader = "X-Amzn-Requestid"

// Reply is an answer, encoded.
type Reply struct {
	Status      int
	ContentType string // "" without body
	Error       string // the error's name, "" for outputs
	Body        []byte
}

// Send writes the reply.
func (r *Reply) Send(w http.ResponseWriter, requestID string) error {
	h := w.Header()
	h.Set(RequestIDHeader, requestID)
	h.Set("Content-Length", strconv.Itoa(len(r.Body)))
	if r.ContentType != "" {
		h.Set("Content-Type", r.ContentType)
	}
	if r.Error != "" && r.ContentType != typeXML {
		h.Set(headerError, r.Error)
	}
	w.WriteHeader(r.Status)
	_, err := w.Write(r.Body)
	return err
}

// Reply encodes an output. Only the members outside pointers must be there;
// what a service promises beyond that is for the door.
func (o Op[In, Out]) Reply(out *Out, requestID string) *Reply {
	c := o.codec()
	m := o.Service.model().Metadata
	r := &Reply{Status: http.StatusOK}
	if c.op.HTTP.ResponseCode != 0 {
		r.Status = c.op.HTTP.ResponseCode
	}
	v := reflect.ValueOf(out).Elem()
	switch {
	case m.Protocol == query:
		r.ContentType = typeXML
		r.Body = queryReply(c, m, v, requestID)
	case c.out == nil:
		// AWS answers with no body at all; JSON 1.1 says so of itself nonetheless.
		if m.Protocol == json11 {
			r.ContentType = typeJSON11
		}
	default:
		r.ContentType = typeJSON
		if m.Protocol == json11 {
			r.ContentType = typeJSON11
		}
		r.Body = appendObject(nil, c.out, v)
	}
	return r
}

func queryReply(c *codec, m metadata, v reflect.Value, requestID string) []byte {
	var b bytes.Buffer
	b.WriteString("<" + c.op.Name + `Response xmlns="` + m.XMLNamespace + `">`)
	if c.out != nil {
		if wrapper := c.op.Output.ResultWrapper; wrapper != "" {
			element(&b, wrapper, func() { writeXML(&b, c.out, v) })
		} else {
			writeXML(&b, c.out, v)
		}
	}
	element(&b, "ResponseMetadata", func() {
		element(&b, "RequestId", func() { escapeXML(&b, requestID) })
	})
	b.WriteString("</" + c.op.Name + "Response>\n")
	return b.Bytes()
}

// Error is an error as it crosses the wire. Clients get it too.
type Error struct {
	Code    string // AWS's name, such as ResourceNotFoundException
	Message string
	Status  int               // of HTTP; when 0, what the model says
	Fields  map[string]string // modelled members beside the message
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Refuse encodes an error. Its code may be the name of an error shape of the
// model, which then gives the code on the wire, and the status.
func (s *Service) Refuse(e *Error, requestID string) *Reply {
	m := s.model()
	code, status := e.Code, http.StatusBadRequest
	if modelled, ok := m.codes[e.Code]; ok {
		code, status = modelled.code, modelled.status
	}
	if e.Status != 0 {
		status = e.Status
	}
	switch m.Metadata.Protocol {
	case query:
		return &Reply{Status: status, ContentType: typeXML, Error: code, Body: xmlError(m.Metadata, e, code, status, requestID)}
	case json11:
		return &Reply{Status: status, ContentType: typeJSON11, Error: code, Body: jsonError(e, code, true)}
	default:
		return &Reply{Status: status, ContentType: typeJSON, Error: code, Body: jsonError(e, code, false)}
	}
}

// RefuseUnrouted encodes an error of a request whose service isn't known, as
// the protocol the request seems to speak: form is true for Query.
func RefuseUnrouted(e *Error, form bool, requestID string) *Reply {
	if form {
		return &Reply{Status: e.Status, ContentType: typeXML, Error: e.Code, Body: xmlError(metadata{}, e, e.Code, e.Status, requestID)}
	}
	return &Reply{Status: e.Status, ContentType: typeJSON, Error: e.Code, Body: jsonError(e, e.Code, true)}
}

// jsonError is {"message":…}; JSON 1.1 names the error in the body too.
func jsonError(e *Error, code string, typed bool) []byte {
	b := []byte("{")
	if typed {
		b = append(appendString(append(b, `"__type":`...), code), ',')
	}
	b = appendString(append(b, `"message":`...), e.Message)
	return append(appendStrings(b, e.Fields), '}')
}

func xmlError(m metadata, e *Error, code string, status int, requestID string) []byte {
	var b bytes.Buffer
	b.WriteString("<ErrorResponse")
	if m.XMLNamespace != "" {
		b.WriteString(` xmlns="` + m.XMLNamespace + `"`)
	}
	b.WriteString(">")
	element(&b, "Error", func() {
		fault := "Sender"
		if status >= http.StatusInternalServerError {
			fault = "Receiver"
		}
		element(&b, "Type", func() { b.WriteString(fault) })
		element(&b, "Code", func() { escapeXML(&b, code) })
		element(&b, "Message", func() { escapeXML(&b, e.Message) })
	})
	element(&b, "RequestId", func() { escapeXML(&b, requestID) })
	b.WriteString("</ErrorResponse>\n")
	return b.Bytes()
}

// ErrorStatus is the HTTP status the model gives an error, by its shape or
// its code; ok is false when the model doesn't have it.
func (s *Service) ErrorStatus(name string) (status int, ok bool) {
	e, ok := s.model().codes[name]
	return e.status, ok
}

// Raises reports whether the model names an error, by its code, for an
// operation.
func (s *Service) Raises(operation, code string) bool {
	m := s.model()
	op := m.Operations[operation]
	return op != nil && slices.ContainsFunc(op.Errors, func(e ref) bool { return m.codes[e.Shape].code == code })
}
