package e2e

import (
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// What can't be read, or isn't built, is refused as AWS refuses it.
func TestRequestsThatCantBeServed(t *testing.T) {
	s := Start(t)
	root := s.Client()
	sagemaker := func(operation string) map[string]string {
		return map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "SageMaker." + operation}
	}
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	huge := strings.Repeat("x", 32<<20)
	for _, tc := range []struct {
		name   string
		call   call
		status int
		code   string // "" isn't looked at
		says   string
	}{
		{"bad JSON to iot", call{"iot", "POST", "/things/x", nil, `{"thingTypeName":`}, 400, "SerializationException", ""},
		{"bad JSON to sagemaker", call{"sagemaker", "POST", "/", sagemaker("ListDevices"), `[`}, 400, "SerializationException", ""},
		{"a number for a string", call{"iot", "POST", "/things/x", nil, `{"thingTypeName":7}`}, 400, "SerializationException", ""},
		{"a key twice", call{"iot", "POST", "/things/x", nil, `{"thingTypeName":"a","thingTypeName":"b"}`}, 400, "", ""},
		{"a body too large for iot", call{"iot", "POST", "/things/x", nil, `{"thingTypeName":"` + huge + `"}`}, 413, "", ""},
		{"a body too large for sts", call{"sts", "POST", "/", form, "Action=GetCallerIdentity&Version=2011-06-15&X=" + huge}, 413, "", ""},
		{"an operation that isn't built", call{"iot", "GET", "/jobs", nil, ""}, 501, "NotImplementedException", "ListJobs"},
		{"one of sagemaker", call{"sagemaker", "POST", "/", sagemaker("CreateTrainingJob"), "{}"}, 501, "NotImplementedException", "CreateTrainingJob"},
		{"one of iam", call{"iam", "POST", "/", form, "Action=ListGroups&Version=2010-05-08"}, 501, "NotImplemented", "ListGroups"},
		{"one of sts", call{"sts", "POST", "/", form, "Action=GetFederationToken&Version=2011-06-15"}, 501, "NotImplemented", "GetFederationToken"},
		{"an operation nobody has", call{"sagemaker", "POST", "/", sagemaker("MakeCoffee"), "{}"}, 404, "UnknownOperationException", ""},
		{"an action nobody has", call{"sts", "POST", "/", form, "Action=MakeCoffee&Version=2011-06-15"}, 400, "InvalidAction", ""},
		{"a path nobody has", call{"iot", "GET", "/coffee", nil, ""}, 404, "", ""},
		{"a service nobody has", call{"coffee", "GET", "/", nil, ""}, 501, "", "coffee"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := root.do(t, tc.call.service, tc.call.method, tc.call.path, tc.call.header, []byte(tc.call.body))
			if got.Status != tc.status || tc.code != "" && got.Code() != tc.code || !strings.Contains(got.Body, tc.says) {
				t.Errorf("got %d %s %.300s, want %d %s with %q", got.Status, got.Code(), got.Body, tc.status, tc.code, tc.says)
			}
		})
	}
	root.IoT(t, "GET", "/things", nil).OK(t)
}

// Unsigned requests reach Muster's own paths and nothing else; a signature
// makes any path AWS's.
func TestPaths(t *testing.T) {
	s := Start(t)
	root := s.Client()

	roots := s.Get(t, "/repository/AmazonRootCA1.pem").OK(t).Body
	first, rest := pem.Decode([]byte(roots))
	second, rest := pem.Decode(rest)
	if first == nil || second == nil || len(rest) > 0 {
		t.Fatalf("got %q, want two certificates", roots)
	}
	for path, want := range map[string]string{
		"/repository/MusterRootCA1.pem":      roots,
		"/repository/AmazonRootCA3.pem":      string(pem.EncodeToMemory(first)),
		"/repository/MusterRootCA-ECDSA.pem": string(pem.EncodeToMemory(first)),
		"/repository/MusterRootCA-RSA.pem":   string(pem.EncodeToMemory(second)),
	} {
		if got := s.Get(t, path).OK(t).Body; got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte(roots))); s.Env["MUSTER_ROOT_CA_SHA256"] != want || !strings.Contains(s.log.tail(), want) {
		t.Errorf("the sum of the roots: got %s of muster env, want it to be %s and to be printed at the start", s.Env["MUSTER_ROOT_CA_SHA256"], want)
	}
	s.Get(t, "/healthz").OK(t)
	s.Get(t, "/readyz").OK(t)
	if got := s.Get(t, "/metrics"); got.Status != http.StatusForbidden {
		t.Errorf("/metrics without --metrics: got %d, want 403", got.Status)
	}

	for _, path := range []string{
		"/", "//", "//healthz", "/healthz/", "/./healthz", "/repository/", "/repository//AmazonRootCA1.pem",
		"/repository/../healthz", "/things", "/some-bucket/some-key", "/%2e%2e/healthz",
	} {
		if got := s.Get(t, path); got.Status != http.StatusForbidden {
			t.Errorf("unsigned GET %s: got %d %s, want 403", path, got.Status, got.Body)
		}
	}
	for _, path := range []string{"/healthz", "/repository/AmazonRootCA1.pem"} {
		root.S3(t, "GET", path, "").Refused(t, http.StatusNotFound, "NoSuchBucket")
	}

	root.S3(t, "PUT", "/sagemaker-paths", "").OK(t)
	for _, path := range []string{"//", "//sagemaker-paths", "/sagemaker-paths//key", "/sagemaker-paths/a//b", "/sagemaker-paths/a/../b"} {
		if got := root.S3(t, "PUT", path, "x"); got.Status/100 == 3 {
			t.Errorf("signed PUT %s: redirected to %s", path, got.Header.Get("Location"))
		}
	}
	if got := root.IoT(t, "GET", "//things", nil); got.Status != http.StatusNotFound {
		t.Errorf("signed GET //things: got %d %s, want 404", got.Status, got.Body)
	}
}

// AWS makes one wait between deprecating a thing type and deleting it.
func TestThingTypeDeleteDelay(t *testing.T) {
	for _, tc := range []struct {
		name  string
		flags []string
		waits bool
	}{
		{"five minutes unless told otherwise", nil, true},
		{"none", []string{atOnce}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := Start(t, tc.flags...).Client()
			root.IoT(t, "POST", "/thing-types/kind", struct{}{}).OK(t)
			root.IoT(t, "POST", "/thing-types/kind/deprecate", struct{}{}).OK(t)
			got := root.IoT(t, "DELETE", "/thing-types/kind", nil)
			if !tc.waits {
				got.OK(t)
				return
			}
			got.Refused(t, http.StatusBadRequest, "InvalidRequestException")
			if want := "Please wait for 5 minutes after deprecation and then retry"; !strings.Contains(got.Body, want) {
				t.Errorf("got %s, want %q in it: tools match on that", got.Body, want)
			}
		})
	}
}
