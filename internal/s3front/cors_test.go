package s3front_test

import (
	"encoding/xml"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/sigv4"
)

const corsOfApp = `<CORSConfiguration>` +
	`<CORSRule><ID>app</ID><AllowedHeader>x-amz-*</AllowedHeader><AllowedHeader>Content-Type</AllowedHeader><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>https://app.example.org</AllowedOrigin><ExposeHeader>ETag</ExposeHeader><ExposeHeader>x-amz-version-id</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule>` +
	`<CORSRule><AllowedMethod>HEAD</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>` +
	`</CORSConfiguration>`

// corsHeaders are those of an answer that CORS is about.
func corsHeaders(h http.Header) map[string]string {
	found := map[string]string{}
	for name := range h {
		if short, ok := strings.CutPrefix(name, "Access-Control-"); ok {
			found[short] = h.Get(name)
		}
	}
	if vary := h.Get("Vary"); vary != "" {
		found["Vary"] = vary
	}
	return found
}

const varyOrigin = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"

// unsigned sends a request as a browser does before it sends a page's.
func (w *world) unsigned(method, path string, header ...string) reply {
	w.t.Helper()
	return w.send(w.request(sigv4.Credential{}, call{method: method, path: path, header: header}))
}

func TestCORSPreflight(t *testing.T) {
	w := newConfigured(t)
	w.ok("PUT", "/photos?cors", corsOfApp)
	w.ok("PUT", "/bare")
	app := "Origin: https://app.example.org"
	asks := func(method string) string { return "Access-Control-Request-Method: " + method }
	allowed := func(more map[string]string) map[string]string {
		all := map[string]string{"Allow-Origin": "https://app.example.org", "Allow-Credentials": "true", "Allow-Methods": "GET, PUT", "Expose-Headers": "ETag, x-amz-version-id", "Max-Age": "3000", "Vary": varyOrigin}
		for name, value := range more {
			all[name] = value
		}
		return all
	}
	const notAllowed, notEnabled = "CORSResponse: This CORS request is not allowed.", "CORSResponse: CORS is not enabled for this bucket."
	for _, tc := range []struct {
		name, path string
		header     []string
		want       map[string]string // nil when it is refused
		details    string
	}{
		{"the page's GET", "/photos/cat", []string{app, asks("GET")}, allowed(nil), ""},
		{"its PUT with headers", "/photos/dog", []string{app, asks("PUT"), "Access-Control-Request-Headers: content-type,X-Amz-Meta-A , x-amz-date"}, allowed(map[string]string{"Allow-Headers": "content-type, x-amz-meta-a, x-amz-date"}), ""},
		{"of the bucket", "/photos", []string{app, asks("GET")}, allowed(nil), ""},
		{"of a presigned URL", "/photos/cat?X-Amz-Signature=1&X-Amz-Expires=60", []string{app, asks("GET")}, allowed(nil), ""},
		{"by the host name", "/cat", []string{app, asks("GET"), "Host: photos.muster.test"}, allowed(nil), ""},
		{"of any origin", "/photos/cat", []string{"Origin: http://other.example", asks("HEAD")}, map[string]string{"Allow-Origin": "*", "Allow-Methods": "HEAD", "Vary": varyOrigin}, ""},
		{"another method", "/photos/cat", []string{app, asks("DELETE")}, nil, notAllowed + "|<Method>DELETE</Method>|<ResourceType>OBJECT</ResourceType>"},
		{"another origin", "/photos", []string{"Origin: https://evil.example", asks("GET")}, nil, notAllowed + "|<ResourceType>BUCKET</ResourceType>"},
		{"another header", "/photos/cat", []string{app, asks("PUT"), "Access-Control-Request-Headers: authorization"}, nil, notAllowed},
		{"more headers than a page sends", "/photos/cat", []string{app, asks("PUT"), "Access-Control-Request-Headers: " + strings.Repeat("content-type,", 101)}, nil, notAllowed},
		{"without a method", "/photos/cat", []string{app}, nil, notAllowed + "|<Method>OPTIONS</Method>"},
		{"of a bucket without rules", "/bare/cat", []string{app, asks("GET")}, nil, notEnabled},
		{"of no bucket", "/nowhere/cat", []string{app, asks("GET")}, nil, notEnabled},
		{"of what can't be a bucket", "/..%2fphotos/cat", []string{app, asks("GET")}, nil, notEnabled},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := w.unsigned("OPTIONS", tc.path, tc.header...)
			if tc.want != nil && (got.status != 200 || got.body != "") {
				t.Fatalf("got %v, want 200", got)
			}
			if tc.want == nil {
				tc.want = map[string]string{}
				if got.status != 403 || got.code != "AccessForbidden" {
					t.Errorf("got %v, want 403 AccessForbidden", got)
				}
			}
			for detail := range strings.SplitSeq(tc.details, "|") {
				if !strings.Contains(got.body, detail) {
					t.Errorf("got %v, want %s in it", got, detail)
				}
			}
			if diff := cmp.Diff(tc.want, corsHeaders(got.header)); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

// The requests themselves are decided as ever; their answers say whether the
// page may have them, refusals included.
func TestCORSOfRequests(t *testing.T) {
	w := newConfigured(t)
	w.ok("PUT", "/photos?cors", corsOfApp)
	app := "Origin: https://app.example.org"
	allowed := map[string]string{"Allow-Origin": "https://app.example.org", "Allow-Credentials": "true", "Allow-Methods": "GET, PUT", "Expose-Headers": "ETag, x-amz-version-id", "Max-Age": "3000", "Vary": varyOrigin}
	w.may()
	for _, tc := range []struct {
		name   string
		got    reply
		status int
		want   map[string]string
	}{
		{"the page's", w.do(w.root, "GET", objectInTest, "", app), 200, allowed},
		{"its PUT", w.do(w.root, "PUT", objectInTest, "hello", app), 200, allowed},
		{"what isn't there", w.do(w.root, "GET", "/photos/nothing", "", app), 404, allowed},
		{"what it may not", w.do(w.device, "GET", objectInTest, "", app), 403, allowed},
		{"unsigned", w.unsigned("GET", objectInTest, app), 403, allowed},
		{"of any origin", w.do(w.root, "HEAD", objectInTest, "", "Origin: https://other.example"), 200, map[string]string{"Allow-Origin": "*", "Allow-Methods": "HEAD", "Vary": varyOrigin}},
		{"of another origin", w.do(w.root, "GET", objectInTest, "", "Origin: https://other.example"), 200, map[string]string{}},
		{"of another method", w.do(w.root, "DELETE", "/photos/nothing", "", app), 204, map[string]string{}},
		{"of no origin", w.do(w.root, "GET", objectInTest), 200, map[string]string{}},
		{"of no bucket", w.do(w.root, "GET", "/nowhere/cat", "", app), 404, map[string]string{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.got.status != tc.status {
				t.Errorf("got %v, want %d", tc.got, tc.status)
			}
			if diff := cmp.Diff(tc.want, corsHeaders(tc.got.header)); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
	w.ok("DELETE", "/photos?cors")
	if got := w.ok("GET", objectInTest, "", app); len(corsHeaders(got.header)) > 0 {
		t.Errorf("after DELETE ?cors: got %v", corsHeaders(got.header))
	}
}

func TestCORSDocument(t *testing.T) {
	w := newConfigured(t)
	w.ok("PUT", "/photos?cors", strings.Replace(corsOfApp, "<CORSConfiguration>", "<CORSConfiguration"+noNamespace+">", 1))
	if got := w.ok("GET", "/photos?cors"); got.document() != corsOfApp {
		t.Errorf("GET: got %v, want %s", got, corsOfApp)
	}
	rule := func(inner string) string {
		return "<CORSConfiguration><CORSRule>" + inner + "</CORSRule></CORSConfiguration>"
	}
	const least = "<AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin>"
	for name, tc := range map[string]struct{ body, code, message string }{
		"a method of its own":      {rule("<AllowedMethod>MYMETHOD</AllowedMethod><AllowedOrigin>*</AllowedOrigin>"), "InvalidRequest", "Found unsupported HTTP method in CORS config. Unsupported method is MYMETHOD"},
		"two wildcards":            {rule(least + "<AllowedOrigin>http://*.*</AllowedOrigin>"), "InvalidRequest", "can not have more than one wildcard"},
		"a wildcard to expose":     {rule(least + "<ExposeHeader>*</ExposeHeader>"), "InvalidRequest", "ExposeHeader"},
		"no rules":                 {"<CORSConfiguration/>", "MalformedXML", ""},
		"101 rules":                {"<CORSConfiguration>" + strings.Repeat("<CORSRule>"+least+"</CORSRule>", 101) + "</CORSConfiguration>", "MalformedXML", ""},
		"no method":                {rule("<AllowedOrigin>*</AllowedOrigin>"), "MalformedXML", ""},
		"no origin":                {rule("<AllowedMethod>GET</AllowedMethod>"), "MalformedXML", ""},
		"an age that is no number": {rule(least + "<MaxAgeSeconds>long</MaxAgeSeconds>"), "MalformedXML", ""},
		"an age without an end":    {rule(least + "<MaxAgeSeconds>9999999999</MaxAgeSeconds>"), "MalformedXML", ""},
		"two ages":                 {rule(least + "<MaxAgeSeconds>1</MaxAgeSeconds><MaxAgeSeconds>2</MaxAgeSeconds>"), "MalformedXML", ""},
		"something else":           {rule(least + "<AllowedPage>/</AllowedPage>"), "MalformedXML", ""},
		"another document":         {"<Tagging/>", "MalformedXML", ""},
		"too many elements":        {rule(strings.Repeat("<AllowedOrigin/>", 3001)), "MalformedXML", ""},
		"too deep":                 {rule("<AllowedOrigin><a/></AllowedOrigin>"), "MalformedXML", ""},
		"more than 64 KiB":         {rule(least + "<!--" + strings.Repeat(" <", 32<<10) + "-->"), "MaxMessageLengthExceeded", ""},
		"half a document":          {corsOfApp[:100], "MalformedXML", ""},
		"more after it":            {corsOfApp + corsOfApp, "MalformedXML", ""},
	} {
		if got := w.do(w.root, "PUT", "/photos?cors", tc.body); got.status != 400 || got.code != tc.code || !strings.Contains(got.body, tc.message) {
			t.Errorf("PUT of %s: got %v, want 400 %s: %s", name, got, tc.code, tc.message)
		}
	}
	if got := w.ok("GET", "/photos?cors"); got.document() != corsOfApp {
		t.Errorf("GET after refusals: got %v, want %s", got, corsOfApp)
	}
	for range 2 {
		if got := w.do(w.root, "DELETE", "/photos?cors"); got.status != 204 {
			t.Errorf("DELETE: got %v, want 204", got)
		}
	}
	if got := w.do(w.root, "GET", "/photos?cors"); got.status != 404 || got.code != "NoSuchCORSConfiguration" {
		t.Errorf("GET after DELETE: got %v, want 404 NoSuchCORSConfiguration", got)
	}
}

// readsBackAlike reports what a document that was taken is read back as, which
// must be taken and read back alike.
func (w *world) readsBackAlike(t *testing.T, path, document string) {
	t.Helper()
	switch got := w.do(w.root, "PUT", path, document); {
	case got.status == 400 || got.status == 501:
		return
	case got.status != 200:
		t.Fatalf("PUT of %q: got %v", document, got)
	}
	first := w.do(w.root, "GET", path)
	if first.status != 200 || xml.Unmarshal([]byte(first.body), new(struct{})) != nil {
		t.Fatalf("GET after %q: got %v", document, first)
	}
	if got := w.do(w.root, "PUT", path, first.body); got.status != 200 {
		t.Fatalf("PUT of what was read after %q: got %v\n%s", document, got, first.body)
	}
	if second := w.do(w.root, "GET", path); second.body != first.body {
		t.Errorf("after %q: got %s, then %s", document, first.body, second.body)
	}
}

// Whatever CORS document is sent, it is refused, or read back as it is obeyed;
// no header that follows from it has a line break.
func FuzzCORS(f *testing.F) {
	w := newWorld(f)
	w.ok("PUT", "/photos")
	for _, document := range []string{corsOfApp, corsOfAll, "<CORSConfiguration/>", corsOfApp[:99],
		`<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>http://*.a</AllowedOrigin><AllowedHeader>x-*</AllowedHeader><ExposeHeader>a&#10;b</ExposeHeader><MaxAgeSeconds>-1</MaxAgeSeconds></CORSRule></CORSConfiguration>`,
		`<!DOCTYPE a [<!ENTITY b "c">]><CORSConfiguration><CORSRule><AllowedMethod>&b;</AllowedMethod></CORSRule></CORSConfiguration>`} {
		f.Add(document, "http://x.a", "x-amz-date")
	}
	f.Fuzz(func(t *testing.T, document, origin, headers string) {
		w := w.in(t)
		w.readsBackAlike(t, "/photos?cors", document)
		if strings.ContainsAny(origin+headers, "\r\n\x00") || origin == "" {
			return
		}
		r, err := http.NewRequest("OPTIONS", w.server.URL+"/photos/a", nil)
		must(t, err)
		r.Header["Origin"], r.Header["Access-Control-Request-Headers"] = []string{origin}, []string{headers}
		r.Header.Set("Access-Control-Request-Method", "GET")
		resp, err := transport.RoundTrip(r)
		if err != nil {
			t.Skip() // no header that net/http sends
		}
		resp.Body.Close()
		if resp.StatusCode != 200 && resp.StatusCode != 403 && resp.StatusCode != 400 {
			t.Errorf("preflight from %q after %q: got %s", origin, document, resp.Status)
		}
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" && got != "*" && got != strings.TrimSpace(origin) {
			t.Errorf("preflight from %q: allowed %q", origin, got)
		}
	})
}
