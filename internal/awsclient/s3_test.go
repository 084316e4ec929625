package awsclient_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/awsclient"
	"muster/internal/secret"
	"muster/internal/sigv4"
)

func TestS3(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/pumps":
			body, _ := io.ReadAll(r.Body)
			scope := r.Header.Get("Authorization")
			io.WriteString(w, r.Method+" "+r.URL.RawQuery+" "+string(body)+" "+scope[strings.Index(scope, "us-west-2"):strings.Index(scope, "/aws4_request")])
		case "/empty":
			w.WriteHeader(http.StatusNotFound)
		case "/page":
			w.WriteHeader(http.StatusBadGateway)
			io.WriteString(w, "down for lunch")
		default:
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>`)
		}
	}))
	defer s.Close()
	c := &awsclient.Client{Endpoint: s.URL + "/", Region: "us-west-2", Credential: sigv4.Credential{AccessKey: "ASIATEST", Secret: secret.New("right")}}
	if got, err := c.S3(t.Context(), http.MethodPut, "/pumps?versioning", "<x/>"); err != nil || got != "PUT versioning <x/> us-west-2/s3" {
		t.Errorf("got %q, %v", got, err)
	}
	for target, want := range map[string]*awsclient.Error{
		"/other": {Code: "AccessDenied", Message: "no", Status: http.StatusForbidden},
		"/empty": {Code: "404", Message: "Not Found", Status: http.StatusNotFound},
		"/page":  nil, // what stands between is no S3
	} {
		_, err := c.S3(t.Context(), http.MethodGet, target, "")
		var got *awsclient.Error
		errors.As(err, &got)
		if diff := cmp.Diff(want, got); diff != "" || err == nil {
			t.Errorf("%s (-want +got):\n%s%v", target, diff, err)
		}
	}
}
