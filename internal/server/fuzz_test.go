package server

import (
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"muster/internal/account"
	"muster/internal/sigv4"
)

// home is the directory that the tests begin in; the object store leaves it.
var home, _ = os.Getwd()

// Whatever a stranger sends to the API port is refused in the words of the
// service it seems to be for, but for Muster's own paths; whatever the root key
// signs is answered or refused, and never an error of the server's.
func FuzzAPI(f *testing.F) {
	c := Default()
	c.Data, c.API, c.Devices = f.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
	c.Getenv = func(string) string { return "" }
	c.Log = slog.New(slog.DiscardHandler)
	slog.SetDefault(c.Log) // the object store's
	s, err := Open(f.Context(), c)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := s.close(); err != nil {
			f.Error(err)
		}
	})
	key, err := account.ReadRootKey(rootKeyFile(c.Data))
	if err != nil {
		f.Fatal(err)
	}
	root := sigv4.Credential{AccessKey: key.AccessKeyID, Secret: key.Secret}
	services := []string{"iot", "sagemaker", "iam", "sts", "s3", "execute-api", ""}

	f.Add(0, "POST", "/things/pump-7", "", "", "", `{"attributePayload":{"attributes":{"a":"b"}}}`)
	f.Add(0, "GET", "/things", "maxResults=1&nextToken=MQ==", "", "", "")
	f.Add(0, "POST", "/policies/p", "", "", "application/json", `{"policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[]}"}`)
	f.Add(0, "POST", "/certificates", "setAsActive=true", "", "", `{"certificateSigningRequest":"-----BEGIN"}`)
	f.Add(0, "POST", "/tags", "", "", "", `{"resourceArn":"arn:aws:iot:us-east-1:000000000000:policy/p","tags":[{"Key":"a"}]}`)
	f.Add(1, "POST", "/", "", "SageMaker.ListDeviceFleets", "application/x-amz-json-1.1", `{"CreationTimeAfter":1e300,"NextToken":"MR8="}`)
	f.Add(1, "POST", "/", "", "SageMaker.CreateDeviceFleet", "application/x-amz-json-1.1", `{"DeviceFleetName":"f","OutputConfig":{"S3OutputLocation":"s3://b/../c"}}`)
	f.Add(2, "POST", "/", "", "", "application/x-www-form-urlencoded", "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D")
	f.Add(2, "POST", "/", "", "", "application/x-www-form-urlencoded", "Action=SimulateCustomPolicy&Version=2010-05-08&PolicyInputList.member.1=%7B%7D&ActionNames.member.1=a:b&ContextEntries.member.1.ContextKeyType=date")
	f.Add(3, "GET", "/", "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::000000000000:role/r&RoleSessionName=s", "", "", "")
	f.Add(4, "PUT", "/bucket", "", "", "", "")
	f.Add(6, "GET", "/repository/AmazonRootCA1.pem", "", "", "", "")
	f.Add(6, "OPTIONS", "//healthz", "X-Amz-Algorithm=AWS4-HMAC-SHA256", "a.b", "multipart/form-data; boundary=a", "--a")

	if flag.Lookup("test.fuzz").Value.String() != "" && flag.Lookup("test.fuzzworker").Value.String() != "true" {
		// The workers try the inputs; this process writes down what they find.
		if err := os.Chdir(home); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, which int, method, path, query, target, contentType, body string) {
		if u, err := url.ParseRequestURI(path + "?" + query); err != nil || u.Host != "" || !strings.HasPrefix(path, "/") {
			t.Skip()
		}
		r, err := http.NewRequestWithContext(t.Context(), method, "http://muster.test"+path+"?"+query, strings.NewReader(body))
		if err != nil || r.Host != "muster.test" {
			t.Skip()
		}
		r.RemoteAddr = "192.0.2.7:1"
		for name, value := range map[string]string{"X-Amz-Target": target, "Content-Type": contentType} {
			if value != "" {
				r.Header[name] = []string{value}
			}
		}
		service := services[uint(which)%uint(len(services))]
		if service != "" {
			sigv4.Sign(r, root, service, "us-east-1", time.Now(), sigv4.Hash([]byte(body)))
		}
		signed := sigv4.IsSigned(r)
		got := httptest.NewRecorder()
		s.api.Handler.ServeHTTP(got, r)
		if got.Code >= 500 && got.Code != http.StatusNotImplemented {
			t.Errorf("got %d %s", got.Code, got.Body)
		}
		own := path == "/healthz" || path == "/readyz" || strings.HasPrefix(path, "/repository/")
		if service == "" && got.Code < 300 && (!own || signed) {
			t.Errorf("a stranger was answered %d %s", got.Code, got.Body)
		}
		if body := got.Body.Bytes(); !own && len(body) > 0 && !json.Valid(body) && !wellFormed(body) {
			t.Errorf("the answer is neither JSON nor XML: %d %q", got.Code, body)
		}
	})
}

func wellFormed(text []byte) bool {
	d := xml.NewDecoder(strings.NewReader(string(text)))
	for {
		if _, err := d.Token(); err != nil {
			return err == io.EOF
		}
	}
}
