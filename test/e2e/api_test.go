package e2e

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Client makes signed calls. The zero Region is refused by the server.
type Client struct {
	URL    string
	Region string
	Key    Key
}

// With answers the same client under another key.
func (c *Client) With(key Key) *Client {
	other := *c
	other.Key = key
	return &other
}

// request builds and signs one request; path is escaped already and may carry a query.
func (c *Client) request(service, method, path string, header map[string]string, body []byte) (*http.Request, error) {
	req, err := http.NewRequest(method, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	signing{Key: c.Key, Service: service, Region: c.Region, At: time.Now()}.sign(req, body)
	return req, nil
}

func (c *Client) do(t *testing.T, service, method, path string, header map[string]string, body []byte) Reply {
	t.Helper()
	req, err := c.request(service, method, path, header, body)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, plain, req)
}

// IoT calls a restJson1 operation; in is marshalled unless nil.
func (c *Client) IoT(t *testing.T, method, path string, in any) Reply {
	t.Helper()
	return c.do(t, "iot", method, path, nil, marshal(t, in))
}

// Principal calls an IoT operation that names its principal in a header.
func (c *Client) Principal(t *testing.T, method, path, principal string) Reply {
	t.Helper()
	return c.do(t, "iot", method, path, map[string]string{"X-Amzn-Principal": principal}, nil)
}

// SageMaker calls a JSON 1.1 operation by name.
func (c *Client) SageMaker(t *testing.T, operation string, in any) Reply {
	t.Helper()
	return c.do(t, "sagemaker", http.MethodPost, "/", map[string]string{
		"Content-Type": "application/x-amz-json-1.1",
		"X-Amz-Target": "SageMaker." + operation,
	}, marshal(t, in))
}

// IAM calls a Query operation; pairs are names and values in turn.
func (c *Client) IAM(t *testing.T, action string, pairs ...string) Reply {
	t.Helper()
	return c.query(t, "iam", "2010-05-08", action, pairs)
}

// STS calls a Query operation; pairs are names and values in turn.
func (c *Client) STS(t *testing.T, action string, pairs ...string) Reply {
	t.Helper()
	return c.query(t, "sts", "2011-06-15", action, pairs)
}

func (c *Client) query(t *testing.T, service, version, action string, pairs []string) Reply {
	t.Helper()
	form := url.Values{"Action": {action}, "Version": {version}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return c.do(t, service, http.MethodPost, "/", map[string]string{
		"Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
	}, []byte(form.Encode()))
}

// S3 calls by path style.
func (c *Client) S3(t *testing.T, method, path, body string) Reply {
	t.Helper()
	return c.do(t, "s3", method, path, nil, []byte(body))
}

func marshal(t *testing.T, in any) []byte {
	t.Helper()
	if in == nil {
		return nil
	}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// OK fails the test unless the call succeeded, and answers the reply.
func (r Reply) OK(t *testing.T) Reply {
	t.Helper()
	if r.Status < 200 || r.Status > 299 {
		t.Fatalf("got %d %s, want success", r.Status, r.Body)
	}
	return r
}

// Refused fails the test unless the call was refused with this status and error code.
func (r Reply) Refused(t *testing.T, status int, code string) {
	t.Helper()
	if r.Status != status || r.Code() != code {
		t.Errorf("got %d %s (%s), want %d %s", r.Status, r.Code(), strings.TrimSpace(r.Body), status, code)
	}
}

// Code is the error code as an SDK reads it: header, JSON body, XML body.
func (r Reply) Code() string {
	if r.Status < 300 {
		return ""
	}
	code := r.Header.Get("X-Amzn-Errortype")
	if code == "" {
		var body struct {
			Type string `json:"__type"`
			Code string `json:"code"`
		}
		if json.Unmarshal([]byte(r.Body), &body) == nil {
			code = body.Type + body.Code
		}
	}
	if code == "" {
		code = r.XML("Code")
	}
	code, _, _ = strings.Cut(code, ":")
	return code[strings.LastIndex(code, "#")+1:]
}

// JSON answers the string at a path of members of a JSON body, "" when it isn't there.
func (r Reply) JSON(path ...string) string {
	var at any
	if json.Unmarshal([]byte(r.Body), &at) != nil {
		return ""
	}
	for _, name := range path {
		object, _ := at.(map[string]any)
		at = object[name]
	}
	if at == nil {
		return ""
	}
	return fmt.Sprint(at)
}

// XML answers the text of the first element of that name, "" when there is none.
func (r Reply) XML(name string) string {
	dec := xml.NewDecoder(strings.NewReader(r.Body))
	for {
		token, err := dec.Token()
		if err != nil {
			return ""
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == name {
			var text string
			if err := dec.DecodeElement(&text, &start); err != nil && err != io.EOF {
				return ""
			}
			return text
		}
	}
}
