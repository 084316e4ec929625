package sigv4_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/internal/sigv4"
)

func presigned(t *testing.T, life time.Duration) *http.Request {
	r := request(t, "PUT", "localhost:4600", "/bucket/key?partNumber=1", "body")
	sigv4.Presign(r, cred, "s3", "us-east-1", now, life, sigv4.UnsignedPayload)
	return r
}

func TestPresigned(t *testing.T) {
	swap := func(from, to string) func(*http.Request) {
		return func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, from, to, 1) }
	}
	for _, tc := range []struct {
		name   string
		change func(*http.Request)
		at     time.Duration
		want   sigv4.Code
	}{
		{"in time", func(*http.Request) {}, time.Minute, ""},
		{"too late", func(*http.Request) {}, time.Minute + time.Second, sigv4.SignatureExpired},
		{"a quarter of an hour early", func(*http.Request) {}, -15 * time.Minute, ""},
		{"too early", func(*http.Request) {}, -16 * time.Minute, sigv4.SignatureExpired},
		{"unsigned copy source", func(r *http.Request) { r.Header.Set("X-Amz-Copy-Source", "secret/key") }, 0, sigv4.UnsignedHeaders},
		{"longer life", swap("Expires=60", "Expires=600"), 0, sigv4.SignatureDoesNotMatch},
		{"no life", swap("Expires=60", "Expires=0"), 0, sigv4.IncompleteSignature},
		{"more than a week", swap("Expires=60", "Expires=604801"), 0, sigv4.IncompleteSignature},
		{"life that is no number", swap("Expires=60", "Expires="), 0, sigv4.IncompleteSignature},
		{"two credentials", func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Credential=x" }, 0, sigv4.Ambiguous},
		{"two lists of signed headers", func(r *http.Request) { r.URL.RawQuery += "&X-Amz-SignedHeaders=host" }, 0, sigv4.Ambiguous},
		{"two signatures", func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Signature=" + bodyHash }, 0, sigv4.Ambiguous},
		{"second signature in another case", func(r *http.Request) { r.URL.RawQuery += "&x-amz-signature=" + bodyHash }, 0, sigv4.Ambiguous},
		{"second credential, name escaped", func(r *http.Request) { r.URL.RawQuery += "&X%2DAmz-Credential=x" }, 0, sigv4.Ambiguous},
		{"two tokens", func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Security-Token=x" }, 0, sigv4.Ambiguous},
		{"Authorization header too", func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 x") }, 0, sigv4.Ambiguous},
		{"another algorithm", swap("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), 0, sigv4.UnsupportedAlgorithm},
		{"other token", swap("Token=sealed", "Token=other"), 0, sigv4.SignatureDoesNotMatch},
		{"other part", swap("partNumber=1", "partNumber=2"), 0, sigv4.SignatureDoesNotMatch},
		{"sub-resource added", func(r *http.Request) { r.URL.RawQuery += "&tagging" }, 0, sigv4.SignatureDoesNotMatch},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := presigned(t, time.Minute)
			tc.change(r)
			if got := code(judge(r, now.Add(tc.at))); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if !sigv4.IsSigned(r) {
				t.Error("IsSigned: got false")
			}
		})
	}
}

func TestPresignedOutsideS3HashesTheBody(t *testing.T) {
	r := request(t, "GET", "localhost", "/?Action=GetCallerIdentity", "")
	sigv4.Presign(r, cred, "sts", "us-east-1", now, time.Hour, bodyHash)
	if err := judge(r, now); err != nil {
		t.Error(err)
	}
	r = request(t, "GET", "localhost", "/?Action=GetCallerIdentity", "")
	sigv4.Presign(r, cred, "sts", "us-east-1", now, time.Hour, sigv4.UnsignedPayload)
	if got := code(judge(r, now)); got != sigv4.SignatureDoesNotMatch {
		t.Errorf("unsigned payload: got %q, want %q", got, sigv4.SignatureDoesNotMatch)
	}
}

// version2 signs text as boto3 does and answers the URL's query.
func version2(text, query string) string {
	m := hmac.New(sha1.New, []byte(key.Reveal()))
	m.Write([]byte(text))
	return query + "&Signature=" + sigv4.Escape(base64.StdEncoding.EncodeToString(m.Sum(nil)), false)
}

// boto3 writes the type that was signed into the URL too, where S3 reads it
// from nowhere but the header.
func TestVersion2SignsTheTypeThatIsSent(t *testing.T) {
	expires := strconv.FormatInt(now.Add(time.Hour).Unix(), 10)
	query := version2("PUT\n\ntext/x\n"+expires+"\n/bucket/key", "AWSAccessKeyId=AKIDEXAMPLE&Expires="+expires+"&content-type=text%2Fx")
	for header, want := range map[string]sigv4.Code{"text/x": "", "": sigv4.SignatureDoesNotMatch, "text/y": sigv4.SignatureDoesNotMatch} {
		r := request(t, "PUT", "localhost", "/bucket/key?"+query, "")
		if header != "" {
			r.Header.Set("Content-Type", header)
		}
		if got := code(judge(r, now)); got != want {
			t.Errorf("sent as %q: got %q, want %q", header, got, want)
		}
	}
}

func TestVersion2(t *testing.T) {
	expires := strconv.FormatInt(now.Add(time.Hour).Unix(), 10)
	text := "GET\n\n\n" + expires + "\nx-amz-security-token:sealed\n/bucket/a%20key?response-content-type=a/b&tagging"
	query := version2(text, "tagging&response-content-type=a%2Fb&AWSAccessKeyId=ASIAEXAMPLE&Expires="+expires+"&x-amz-security-token=sealed")
	for _, tc := range []struct {
		name   string
		change func(*http.Request)
		at     time.Duration
		want   sigv4.Code
	}{
		{"as signed", func(*http.Request) {}, 0, ""},
		{"expired", func(*http.Request) {}, time.Hour + time.Second, sigv4.SignatureExpired},
		{"another key", func(r *http.Request) { r.RequestURI = "/bucket/other" }, 0, sigv4.SignatureDoesNotMatch},
		{"another method", func(r *http.Request) { r.Method = "PUT" }, 0, sigv4.SignatureDoesNotMatch},
		{"header added", func(r *http.Request) { r.Header.Set("x-amz-copy-source", "secret/key") }, 0, sigv4.SignatureDoesNotMatch},
		{"token in the header too", func(r *http.Request) { r.Header.Set("x-amz-security-token", "sealed") }, 0, sigv4.Ambiguous},
		{"signed sub-resource added", func(r *http.Request) { r.URL.RawQuery += "&versionId=1" }, 0, sigv4.SignatureDoesNotMatch},
		{"sub-resource that version 2 doesn't sign", func(r *http.Request) { r.URL.RawQuery += "&retention" }, 0, sigv4.UnsupportedAlgorithm},
		{"sub-resource twice", func(r *http.Request) { r.URL.RawQuery += "&tagging" }, 0, sigv4.Ambiguous},
		{"longer life", func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, expires, expires+"0", 1)
		}, 0, sigv4.SignatureDoesNotMatch},
		{"version 4 too", func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Algorithm=AWS4-HMAC-SHA256" }, 0, sigv4.Ambiguous},
		{"streaming body", func(r *http.Request) {
			r.Header.Set("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
		}, 0, sigv4.InvalidPayloadHash},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := request(t, "GET", "localhost", "/bucket/a%20key?"+query, "")
			tc.change(r)
			if got := code(judge(r, now.Add(tc.at))); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestVersion2OfABucket(t *testing.T) {
	expires := strconv.FormatInt(now.Unix(), 10)
	query := version2("GET\n\n\n"+expires+"\n/bucket/", "list-type=2&AWSAccessKeyId=AKID&Expires="+expires)
	for _, path := range []string{"/bucket", "/bucket/"} {
		if err := judge(request(t, "GET", "localhost", path+"?"+query, ""), now); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := judge(request(t, "GET", "localhost", "/bucket/key?"+query, ""), now); code(err) != sigv4.SignatureDoesNotMatch {
		t.Errorf("a key of it: got %v, want %v", err, sigv4.SignatureDoesNotMatch)
	}
}

func TestVersion2WithTheBucketInTheHost(t *testing.T) {
	expires := strconv.FormatInt(now.Unix(), 10)
	r := request(t, "GET", "bucket.example.org", "/key?"+version2("GET\n\n\n"+expires+"\n/bucket/key", "AWSAccessKeyId=AKID&Expires="+expires), "")
	s, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if s.Bucket = "bucket"; s.Verify(r, key, now, "") != nil {
		t.Error("not verified")
	}
	if s.Bucket = "other"; s.Verify(r, key, now, "") == nil {
		t.Error("verified for another bucket")
	}
}
