package awsclient_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/awsclient"
	"muster/internal/awswire"
	"muster/internal/secret"
	"muster/internal/sigv4"
)

var greeter = awswire.NewService(`{"metadata":{"protocol":"rest-json","signingName":"greet"},
"operations":{"Greet":{"name":"Greet","http":{"method":"POST","requestUri":"/greetings/{name}"},"input":{"shape":"Input"},"output":{"shape":"Output"}}},
"shapes":{"Text":{"type":"string"},
"Input":{"type":"structure","required":["name"],"members":{"name":{"shape":"Text","location":"uri","locationName":"name"},"word":{"shape":"Text"}}},
"Output":{"type":"structure","members":{"greeting":{"shape":"Text"}}}}}`)

type input struct {
	Name string
	Word *string
}

type output struct{ Greeting *string }

var greet = awswire.Op[input, output]{Service: greeter, Name: "Greet"}

// serve verifies signatures by the secret "right" and greets.
func serve(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sum := sha256.Sum256(body)
		signature, err := sigv4.Parse(r)
		if err == nil {
			err = signature.Verify(r, secret.New("right"), time.Now(), hex.EncodeToString(sum[:]))
		}
		if err != nil {
			greeter.Refuse(&awswire.Error{Code: "InvalidSignatureException", Message: "no", Status: http.StatusForbidden}, "id").Send(w, "id")
			return
		}
		call, err := greeter.Route(r, body)
		if err != nil {
			t.Error(err)
			return
		}
		in, err := greet.Read(call)
		if err != nil {
			t.Error(err)
			return
		}
		text := *in.Word + ", " + in.Name + " of " + signature.Scope.Region + "/" + signature.Scope.Service + signature.Token
		greet.Reply(&output{Greeting: &text}, "id").Send(w, "id")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestDo(t *testing.T) {
	endpoint := serve(t)
	for _, tc := range []struct {
		name, endpoint, secret string
		want                   string
		refusal                *awsclient.Error
	}{
		{"a call", endpoint, "right", "Hello, a/b é of us-west-2/greet+token", nil},
		{"an endpoint that ends with a slash", endpoint + "/", "right", "Hello, a/b é of us-west-2/greet+token", nil},
		{"a wrong secret", endpoint, "wrong", "", &awsclient.Error{Code: "InvalidSignatureException", Message: "no", Status: http.StatusForbidden}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &awsclient.Client{Endpoint: tc.endpoint, Region: "us-west-2", Credential: sigv4.Credential{
				AccessKey: "ASIATEST", Secret: secret.New(tc.secret), Token: secret.New("+token"),
			}}
			out, err := awsclient.Do(t.Context(), c, greet, &input{Name: "a/b é", Word: new("Hello")})
			if tc.refusal != nil {
				var got *awsclient.Error
				if !errors.As(err, &got) {
					t.Fatalf("error: got %v, want a refusal", err)
				}
				if diff := cmp.Diff(tc.refusal, got); diff != "" {
					t.Errorf("refusal (-want +got):\n%s", diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if *out.Greeting != tc.want {
				t.Errorf("got %q, want %q", *out.Greeting, tc.want)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	c := &awsclient.Client{Endpoint: "http://127.0.0.1:1", Region: "us-east-1"}
	_, err := awsclient.Do(t.Context(), c, greet, &input{Name: "a"})
	var refusal *awsclient.Error
	if err == nil || errors.As(err, &refusal) {
		t.Errorf("error: got %v, want one of the network", err)
	}
}

func TestAnEmptyLabel(t *testing.T) {
	c := &awsclient.Client{Endpoint: "http://127.0.0.1:1", Region: "us-east-1"}
	if _, err := awsclient.Do(t.Context(), c, greet, &input{}); err == nil || err.Error() != "Greet: name may not be empty" {
		t.Errorf("error: got %v", err)
	}
}
