package awswire

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// route is a segment of the restJson1 URI trie: literals win over labels,
// labels over greedy labels. Segments are those of the escaped path, so that
// "%2F" inside one stays inside.
type route struct {
	literal map[string]*route
	label   *route
	greedy  *route
	ends    []*end // those with a literal query first
}

// end is an operation whose URI ends here.
type end struct {
	op     *operation
	query  string   // that the request's must hold, such as "action=x"
	labels []string // their names, in the order of the path
}

func newRoutes(ops map[string]*operation) *route {
	root := &route{}
	for _, op := range ops {
		root.add(op)
	}
	return root
}

func (r *route) add(op *operation) {
	path, literal, _ := strings.Cut(op.HTTP.RequestURI, "?")
	e := &end{op: op, query: literal}
	for _, segment := range split(path) {
		name, isLabel := strings.CutPrefix(segment, "{")
		name = strings.TrimSuffix(name, "}")
		switch {
		case !isLabel:
			if r.literal == nil {
				r.literal = map[string]*route{}
			}
			if r.literal[segment] == nil {
				r.literal[segment] = &route{}
			}
			r = r.literal[segment]
			continue
		case strings.HasSuffix(name, "+"):
			if r.greedy == nil {
				r.greedy = &route{}
			}
			r = r.greedy
		default:
			if r.label == nil {
				r.label = &route{}
			}
			r = r.label
		}
		e.labels = append(e.labels, strings.TrimSuffix(name, "+"))
	}
	r.ends = append(r.ends, e)
	slices.SortFunc(r.ends, func(a, b *end) int { return len(b.query) - len(a.query) })
}

// split cuts an escaped path into its segments; one slash at the end doesn't count.
func split(path string) []string {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// find answers the operation of a request and the escaped values of its labels.
func (r *route) find(method string, segments []string, query string, values []string) (*end, []string) {
	if len(segments) == 0 {
		for _, e := range r.ends {
			if e.op.HTTP.Method == method && (e.query == "" || slices.Contains(strings.Split(query, "&"), e.query)) {
				return e, values
			}
		}
		return nil, nil
	}
	segment, rest := segments[0], segments[1:]
	// A client may escape what needs no escape.
	if name, err := url.PathUnescape(segment); err == nil && r.literal[name] != nil {
		if e, found := r.literal[name].find(method, rest, query, values); e != nil {
			return e, found
		}
	}
	if r.label != nil && segment != "" {
		if e, found := r.label.find(method, rest, query, append(values, segment)); e != nil {
			return e, found
		}
	}
	if r.greedy == nil {
		return nil, nil
	}
	return r.greedy.find(method, nil, query, append(values, strings.Join(segments, "/")))
}

// Call is a request that has found its operation.
type Call struct {
	Operation string // its name

	// Covers fails for a header that the request's signature is not over. One
	// that the operation reads is then refused; nil takes them all.
	Covers func(header string) error

	request *http.Request
	body    []byte
	form    url.Values        // Query
	labels  map[string]string // restJson1, still escaped
}

// Route finds the operation of r, whose body has been read; the operation may
// be one that Muster doesn't implement. It fails with *SerializationError when
// the request can't be read, and with *UnknownOperationError.
func (s *Service) Route(r *http.Request, body []byte) (*Call, error) {
	m := s.model()
	c := &Call{request: r, body: body}
	switch m.Metadata.Protocol {
	case restJSON:
		e, values := m.routes.find(r.Method, split(r.URL.EscapedPath()), r.URL.RawQuery, nil)
		if e == nil {
			return nil, &UnknownOperationError{}
		}
		c.Operation, c.labels = e.op.Name, make(map[string]string, len(values))
		for i, value := range values {
			c.labels[e.labels[i]] = value
		}
		return c, nil
	case json11:
		prefix, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if r.Method != http.MethodPost || r.URL.Path != "/" || prefix != m.Metadata.TargetPrefix || m.Operations[name] == nil {
			return nil, &UnknownOperationError{Name: name}
		}
		c.Operation = name
		return c, nil
	default:
		if err := s.routeAction(c); err != nil {
			return nil, err
		}
		return c, nil
	}
}

// HasPath reports whether the path and method of r are an operation's, in
// protocols that put it there.
func (s *Service) HasPath(r *http.Request) bool {
	m := s.model()
	if m.routes == nil {
		return false
	}
	e, _ := m.routes.find(r.Method, split(r.URL.EscapedPath()), r.URL.RawQuery, nil)
	return e != nil
}

// routeAction reads the form of a Query request, from the URL or the body.
func (s *Service) routeAction(c *Call) error {
	if c.request.URL.Path != "/" {
		return &UnknownOperationError{}
	}
	form, err := parseURLQuery(c.request.URL.RawQuery)
	if c.request.Method == http.MethodPost && len(c.body) > 0 {
		form, err = parsePairs(string(c.body), url.QueryUnescape)
	}
	if err != nil {
		return err
	}
	for name, values := range form {
		if len(values) > 1 {
			return &SerializationError{Reason: "The parameter " + short(name) + " is there twice"}
		}
	}
	name, version := form.Get("Action"), form.Get("Version")
	m := s.model()
	if m.Operations[name] == nil || version != "" && version != m.Metadata.APIVersion {
		return &UnknownOperationError{Name: name, Version: version}
	}
	c.form, c.Operation = form, name
	return nil
}

// UnknownOperationError is a request for an operation the API doesn't have.
type UnknownOperationError struct {
	Name    string // empty when the request names none
	Version string // as a Query request gives it
}

func (e *UnknownOperationError) Error() string { return "unknown operation " + e.Name }

// SerializationError is a request or response that can't be read.
type SerializationError struct{ Reason string }

func (e *SerializationError) Error() string { return e.Reason }
