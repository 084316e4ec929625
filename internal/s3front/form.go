package s3front

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"path"
	"slices"
	"strings"

	"muster/internal/objects"
	"muster/internal/sigv4"
)

// A browser uploads an object by a form, whose fields hold what headers hold
// else, and the signature of a policy that says what the form may be. What S3
// takes as unsigned around it, such as the request's own headers, decides
// nothing.
//
// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html.

// isForm reports whether a request is a browser's upload by form, whose
// signature lies among the fields: what boto3's generate_presigned_post is for.
func (f *Front) isForm(r *request) bool {
	return r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") &&
		!sigv4.IsSigned(r.Request) && f.asks(r) == "PostObject"
}

var (
	errNoForm  = refusal(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold").with("Condition", "Bucket POST must be of the enclosure-type multipart/form-data")
	errBadForm = refusal(http.StatusBadRequest, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
	errNoFile  = refusal(http.StatusBadRequest, "InvalidArgument", "POST requires exactly one file upload per request.")
)

// postSigned refuses what is sent to a bucket by POST and is no form.
func (f *Front) postSigned(*answer, *request) error { return errNoForm }

// postObject keeps the file of a form.
func (f *Front) postObject(w *answer, r *request) error {
	if err := f.mayReadForm(r); err != nil {
		return err
	}
	form, err := f.readForm(r)
	if err != nil {
		return err
	}
	policy, err := f.verifyForm(r, form)
	if err != nil {
		return err
	}
	release, err := f.place(r)
	if err != nil {
		return err
	}
	defer release()
	if err := f.checkBucket(r); err != nil {
		return err
	}
	if err := policy.check(form.fields, f.now()); err != nil {
		return err
	}
	if err := f.readFormTags(r, form); err != nil {
		return err
	}
	if err := f.decide(r); err != nil {
		return err
	}
	if err := policy.checkSize(form.size); err != nil {
		return err
	}
	return f.keepFile(w, r, form)
}

// mayReadForm charges what is read of a form before it is clear whose it is to
// the address that it comes from.
func (f *Front) mayReadForm(r *request) (err error) {
	r.formHead = formMemory
	var ok bool
	if r.memory, ok = f.Bodies.Take(strangerAt(sourceIP(r.RemoteAddr)), r.formHead); !ok {
		return errNoMemory
	}
	return nil
}

// verifyForm finds out who signed the policy of a form, and what it is for.
func (f *Front) verifyForm(r *request, form *form) (*formPolicy, error) {
	s, err := sigv4.ParseForm(func(name string) string { return form.fields[name] })
	if err != nil {
		return nil, err
	}
	if s.Scope.Service != "s3" {
		return nil, refusal(http.StatusBadRequest, malformedHeader, "The x-amz-credential field is malformed; incorrect service. This endpoint belongs to \"s3\".")
	}
	r.signature = s
	if r.login, err = f.Authenticate(r.Context(), s.AccessKey, s.Token); err != nil {
		return nil, err
	}
	if err := s.VerifyForm(form.fields["policy"], r.login.Secret, f.now()); err != nil {
		return nil, err
	}
	policy, err := parseFormPolicy(form.fields["policy"])
	if err != nil {
		return nil, err
	}
	host := f.hostBucket(r.Host)
	if r.target, err = readTarget(host, r.URL.Path); err != nil {
		return nil, err
	}
	form.fields["bucket"] = r.target.bucket
	key := strings.ReplaceAll(form.fields["key"], "${filename}", form.filename)
	if form.fields["key"] = key; key == "" {
		return nil, refusal(http.StatusBadRequest, "InvalidArgument", "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.").with("ArgumentName", "key")
	}
	if r.target, err = readTarget(r.target.bucket, "/"+key); err != nil {
		return nil, err
	}
	r.op, r.params = find(http.MethodPost, onBucket, nil, false), params{}
	r.declare()
	r.Header = form.headers(r.Header)
	r.region = f.regionOf(r)
	return policy, f.identify(r)
}

func (f *Front) readFormTags(r *request, form *form) error {
	document := form.fields["tagging"]
	if document == "" {
		return nil
	}
	var in struct {
		XMLName xml.Name      `xml:"Tagging"`
		Tags    []objects.Tag `xml:"TagSet>Tag"`
	}
	if err := decodeXML(strings.NewReader(document), tagShape, &in); err != nil {
		return err
	}
	r.tags, r.unread = in.Tags, checkTags(in.Tags, maxTags)
	r.Header.Set("X-Amz-Tagging", "in the form") // so that it asks for the permission to tag
	return nil
}

func (f *Front) keepFile(w *answer, r *request, form *form) error {
	p := objects.Put{Bucket: r.target.bucket, Key: r.target.key, Tags: r.tags, Writer: writerOf(r.caller), Encryption: r.encryption(),
		Body: objects.Body{Reader: &judgedBody{r: form.file, left: form.size, again: func() error { return f.mayFinish(r) }}, Size: form.size}}
	var err error
	if p.Headers, err = r.readHeaders(); err != nil {
		return err
	}
	if p.Body.MD5, err = readMD5(r.Header); err != nil {
		return err
	}
	if p.Body.Checksum, err = readChecksum(r.Header); err != nil {
		return err
	}
	if err := r.hold(storing(form.size)); err != nil {
		return err
	}
	o, err := f.put(w, r, p)
	if err != nil {
		return err
	}
	return form.answer(w, r, &o)
}

// answer answers as the form asks for.
func (form *form) answer(w *answer, r *request, o *objects.Object) error {
	address := strings.TrimSuffix(r.address(), "/") + "/" + sigv4.Escape(r.target.key, true)
	w.Header().Set("Location", address)
	to, err := url.Parse(orElse(form.fields["success_action_redirect"], form.fields["redirect"]))
	if err == nil && to.Host != "" && (to.Scheme == "http" || to.Scheme == "https") {
		q := to.Query()
		q.Set("bucket", r.target.bucket)
		q.Set("key", r.target.key)
		q.Set("etag", quoted(o.ETag))
		to.RawQuery = q.Encode()
		w.Header().Set("Location", to.String())
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	switch form.fields["success_action_status"] {
	case "200":
		w.WriteHeader(http.StatusOK)
	case "201":
		return sendXML(w, http.StatusCreated, struct {
			XMLName                     xml.Name `xml:"PostResponse"`
			Location, Bucket, Key, ETag string
		}{Location: address, Bucket: r.target.bucket, Key: r.target.key, ETag: quoted(o.ETag)}, false)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}

// form is a form that was read up to its file.
type form struct {
	fields   map[string]string // by their names in lower case
	filename string            // of the file, without folders
	file     io.Reader         // gives exactly size bytes, or fails
	size     int64
}

const (
	maxFormHead   = 64 << 10        // bytes of all before the file; S3 takes 20 KB
	formMemory    = 2 * maxFormHead // with the fields, as they are kept
	maxFormFields = 100
)

// readForm reads a form up to its file, which is its last field: S3 takes no
// notice of others after it, and Muster refuses them. How large the file is
// follows from how long the form is.
func (f *Front) readForm(r *request) (*form, error) {
	_, of, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil || of["boundary"] == "" || len(of["boundary"]) > 70:
		return nil, errBadForm
	case r.ContentLength < 0:
		return nil, refusal(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
	}
	in := &arriving{ReadCloser: r.Request.Body, control: r.control, pace: f.pace()}
	in.pace.total = orElse(f.WholeBody, defaultWholeBody) // until it is clear whose it is
	r.incoming = in
	body := bufio.NewReaderSize(in, maxFormHead)
	head, err := body.Peek(int(min(r.ContentLength, maxFormHead)))
	if err != nil {
		return nil, cutForm(err)
	}
	in.pace.total = 0
	form := &form{fields: map[string]string{}}
	at, opening, err := form.readFields(head, of["boundary"])
	if err != nil {
		return nil, err
	}
	end := "\r\n--" + of["boundary"]
	if form.size = r.ContentLength - int64(at+len(end)+len("--\r\n")); r.ContentLength <= maxFormHead {
		form.size = int64(bytes.Index(head[at:], []byte(end)))
	}
	if form.size < 0 {
		return nil, errBadForm
	}
	if _, err := body.Discard(at); err != nil {
		return nil, err
	}
	parts := multipart.NewReader(io.MultiReader(strings.NewReader(opening), body), of["boundary"])
	file, err := parts.NextPart()
	if err != nil {
		return nil, errBadForm
	}
	form.file = &formFile{r: file, rest: parts, left: form.size}
	return form, nil
}

func cutForm(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return refusal(http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly")
	}
	return err
}

// readFields reads the fields before the file. It returns where the file's
// content begins, and what opens it for a reader that begins there.
func (form *form) readFields(head []byte, boundary string) (at int, opening string, err error) {
	delimiter := []byte("--" + boundary + "\r\n")
	if at = bytes.Index(head, delimiter); at < 0 {
		return 0, "", errBadForm
	}
	for range maxFormFields {
		at += len(delimiter)
		length := bytes.Index(head[at:], []byte("\r\n\r\n"))
		if length < 0 {
			return 0, "", errBadForm
		}
		text := head[at : at+length+4]
		header, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(text))).ReadMIMEHeader()
		if err != nil {
			return 0, "", errBadForm
		}
		at += len(text)
		_, of, err := mime.ParseMediaType(header.Get("Content-Disposition"))
		name := strings.ToLower(of["name"])
		switch {
		case err != nil || name == "":
			return 0, "", errBadForm
		case name == "file":
			form.filename = path.Base(strings.ReplaceAll(of["filename"], `\`, "/"))
			return at, string(delimiter) + string(text), nil
		}
		length = bytes.Index(head[at:], append([]byte("\r\n"), delimiter...))
		if length < 0 {
			return 0, "", errNoFile
		}
		if _, twice := form.fields[name]; twice {
			return 0, "", refusal(http.StatusBadRequest, "InvalidArgument", "The field "+name+" is there more than once.")
		}
		form.fields[name] = string(head[at : at+length])
		at += length + len("\r\n")
	}
	return 0, "", errNoFile
}

// notHeaders are the fields that stand for no header.
var notHeaders = []string{"policy", "x-amz-signature", "x-amz-credential", "x-amz-algorithm", "x-amz-date", "x-amz-security-token"}

// headers are those that the fields of the form stand for, in place of the
// request's own but for what those say about the client.
func (form *form) headers(sent http.Header) http.Header {
	h := http.Header{}
	for _, name := range []string{"Origin", "Referer", "User-Agent"} {
		if v := sent.Get(name); v != "" {
			h.Set(name, v)
		}
	}
	for name, value := range form.fields {
		switch {
		case name == "acl":
			h.Set("X-Amz-Acl", value)
		case slices.Contains(notHeaders, name):
		case strings.HasPrefix(name, "x-amz-"), headerClasses[name] == obeyed && !slices.Contains(conditional, http.CanonicalHeaderKey(name)) && name != "content-length":
			h.Set(name, value)
		}
	}
	return h
}

// formFile is the file of a form: it fails unless it has size bytes and the
// form ends after it.
type formFile struct {
	r    io.Reader
	rest *multipart.Reader
	left int64
	err  error
}

func (b *formFile) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	switch {
	case b.left < 0:
		err = errBadForm // the form ends in another way than its length says
	case errors.Is(err, io.EOF) && b.left > 0:
		err = refusal(http.StatusBadRequest, "MalformedPOSTRequest", "The file must be the last field of the form, and the form end with a line end.")
	case err != nil && !errors.Is(err, io.EOF):
		err = cutForm(err)
	case b.left == 0 && n > 0:
		// The last bytes are given only once it is clear that they were the last.
		var one [1]byte
		if m, end := io.ReadFull(b.r, one[:]); m > 0 || !errors.Is(end, io.EOF) {
			err = orElse(cutForm(end), error(errBadForm))
		} else {
			err = nil
		}
	}
	if b.err = err; err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	return n, err
}
