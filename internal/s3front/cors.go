package s3front

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"muster/internal/bucket"
	"muster/internal/fault"
)

// mostAsked is how many headers a browser may ask for at once: more are those
// of no page, and nobody had to sign for the work of comparing them.
const mostAsked = 100

// corsRule finds the rule of the bucket in the request's path or host under
// which a page of another origin may send a request. It fails with
// fault.NotFound where the bucket has no rules, or isn't there.
func (f *Front) corsRule(r *request, method string) (rule bucket.CORSRule, ok bool, err error) {
	t, err := readTarget(f.hostBucket(r.Host), r.URL.Path)
	if err != nil {
		return rule, false, fault.NotFound.Errorf("the path names no bucket")
	}
	rules, err := f.Buckets.CORS(r.Context(), t.bucket)
	if err != nil {
		return rule, false, err
	}
	asked := askedHeaders(r.Header)
	if len(asked) > mostAsked {
		return rule, false, nil
	}
	rule, ok = bucket.MatchCORS(rules, r.Header.Get("Origin"), method, asked)
	return rule, ok, nil
}

// askedHeaders are the headers that a page would send, in lower case.
func askedHeaders(h http.Header) []string {
	var asked []string
	for _, line := range h["Access-Control-Request-Headers"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
				asked = append(asked, name)
			}
		}
	}
	return asked
}

// corsMethod is the method that a page would send, or sends.
func corsMethod(r *request) string {
	return orElse(r.Header.Get("Access-Control-Request-Method"), r.Method)
}

// preflight answers the question of a browser whether a page of another origin
// may send a request. It isn't signed: a bucket that isn't there is answered
// like one without rules.
func (f *Front) preflight(w *answer, r *request) error {
	method := corsMethod(r)
	switch {
	case r.Header.Get("Origin") == "":
		return refusal(http.StatusBadRequest, "BadRequest", "Insufficient information. Origin request header needed.")
	case r.Header.Get("Access-Control-Request-Method") != "" && !bucket.IsCORSMethod(method):
		return refusal(http.StatusBadRequest, "BadRequest", "Invalid Access-Control-Request-Method: "+method)
	}
	rule, ok, err := f.corsRule(r, method)
	switch {
	case errors.Is(err, fault.NotFound):
		return f.corsForbidden(r, method, "CORSResponse: CORS is not enabled for this bucket.", "BUCKET")
	case err != nil:
		return err
	case !ok:
		return f.corsForbidden(r, method, "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.", "")
	}
	allowOrigin(w.Header(), r, rule)
	w.Header().Set("Content-Length", "0")
	return done(w, http.StatusOK)
}

func (f *Front) corsForbidden(r *request, method, message, resource string) error {
	if resource == "" {
		resource = "BUCKET"
		if t, err := readTarget(f.hostBucket(r.Host), r.URL.Path); err == nil && t.kind() == onObject {
			resource = "OBJECT"
		}
	}
	return refusal(http.StatusForbidden, "AccessForbidden", message).with("Method", method).with("ResourceType", resource)
}

// crossOrigin tells the browser of a page of another origin that the page may
// have the answer, refusals included. Where it can't be told the answer goes
// without: the page doesn't get it, and what the request does is decided alike.
func (f *Front) crossOrigin(w *answer, r *request) {
	if r.Method == http.MethodOptions || r.Header.Get("Origin") == "" {
		return
	}
	if rule, ok, err := f.corsRule(r, corsMethod(r)); err == nil && ok {
		allowOrigin(w.Header(), r, rule)
	}
}

// allowOrigin sets the headers that say what the rule allows.
func allowOrigin(h http.Header, r *request, rule bucket.CORSRule) {
	if rule.AnyOrigin() {
		h.Set("Access-Control-Allow-Origin", "*")
	} else {
		h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(rule.AllowedMethods, ", "))
	if asked := askedHeaders(r.Header); len(asked) > 0 {
		h.Set("Access-Control-Allow-Headers", strings.Join(asked, ", "))
	}
	if len(rule.ExposeHeaders) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(rule.ExposeHeaders, ", "))
	}
	if rule.MaxAge != nil {
		h.Set("Access-Control-Max-Age", strconv.Itoa(*rule.MaxAge))
	}
	h.Set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
}
