package powerloss_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const region = "us-east-1"

// client sends signed requests with the root key. It knows AWS's signature
// version 4 as far as the requests here need it.
type client struct {
	http              *http.Client
	base, host        string
	accessKey, secret string
}

// call is a request.
type call struct {
	service, method, path string
	query                 url.Values
	header                map[string]string
	body                  []byte
}

// reply is what came back, read to its end.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) String() string { return fmt.Sprintf("status %d: %.300s", r.status, r.body) }

func (c *client) do(ctx context.Context, in call) (reply, error) {
	target, signedPath := escaped(in.path), escaped(in.path)
	if in.service != "s3" { // elsewhere the path comes as it is sent, and is signed escaped
		target = in.path
	}
	query := strings.ReplaceAll(in.query.Encode(), "+", "%20")
	if query != "" {
		target += "?" + query
	}
	req, err := http.NewRequestWithContext(ctx, in.method, c.base+target, bytes.NewReader(in.body))
	if err != nil {
		return reply{}, err
	}
	sum := sha256.Sum256(in.body)
	header := map[string]string{"host": c.host, "x-amz-date": time.Now().UTC().Format("20060102T150405Z"), "x-amz-content-sha256": hex.EncodeToString(sum[:])}
	maps.Copy(header, in.header)
	names := slices.Sorted(maps.Keys(header))
	canonical := in.method + "\n" + signedPath + "\n" + query + "\n"
	for _, name := range names {
		req.Header.Set(name, header[name])
		canonical += name + ":" + header[name] + "\n"
	}
	req.Header.Del("host")
	signed := strings.Join(names, ";")
	canonical += "\n" + signed + "\n" + header["x-amz-content-sha256"]
	scope := strings.Join([]string{header["x-amz-date"][:8], region, in.service, "aws4_request"}, "/")
	digest := sha256.Sum256([]byte(canonical))
	text := "AWS4-HMAC-SHA256\n" + header["x-amz-date"] + "\n" + scope + "\n" + hex.EncodeToString(digest[:])
	key := []byte("AWS4" + c.secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	req.Header.Set("authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x", c.accessKey, scope, signed, mac(key, text)))

	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	out := reply{status: resp.StatusCode, header: resp.Header}
	out.body, err = io.ReadAll(resp.Body)
	return out, err
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// escaped returns a path as S3 wants it signed: each byte but the unreserved
// ones and slashes.
func escaped(path string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(path), "+", "%20"), "%2F", "/")
}

func (c *client) s3(ctx context.Context, method, bucket, key string, query url.Values, header map[string]string, body []byte) (reply, error) {
	path := "/" + bucket
	if key != "" {
		path += "/" + key
	}
	return c.do(ctx, call{"s3", method, path, query, header, body})
}

func (c *client) iot(ctx context.Context, method, path string, query url.Values, body string) (reply, error) {
	return c.do(ctx, call{"iot", method, path, query, nil, []byte(body)})
}

// listed is an object, version or marker of a list.
type listed struct {
	Key, VersionId, ETag string
	IsLatest             bool
	XMLName              xml.Name
}

func (l listed) marker() bool { return l.XMLName.Local == "DeleteMarker" }

// list returns all of a bucket's objects or, where versions is set, versions and
// markers in the order in which they were listed.
func (c *client) list(ctx context.Context, bucket string, versions bool) ([]listed, error) {
	var all []listed
	query := url.Values{"list-type": {"2"}, "max-keys": {"300"}}
	if versions {
		query = url.Values{"versions": {""}, "max-keys": {"300"}}
	}
	for {
		r, err := c.s3(ctx, "GET", bucket, "", query, nil, nil)
		if err != nil {
			return nil, err
		}
		if r.status != http.StatusOK {
			return nil, fmt.Errorf("list %s: %v", bucket, r)
		}
		var page struct {
			IsTruncated                                               bool
			NextContinuationToken, NextKeyMarker, NextVersionIdMarker string
			Entries                                                   []listed `xml:",any"`
		}
		if err := xml.Unmarshal(r.body, &page); err != nil {
			return nil, fmt.Errorf("list %s: %w", bucket, err)
		}
		for _, e := range page.Entries {
			if e.Key != "" {
				e.ETag = strings.Trim(e.ETag, `"`)
				all = append(all, e)
			}
		}
		if !page.IsTruncated {
			return all, nil
		}
		if versions {
			query.Set("key-marker", page.NextKeyMarker)
			query.Set("version-id-marker", page.NextVersionIdMarker)
		} else {
			query.Set("continuation-token", page.NextContinuationToken)
		}
	}
}

// uploads returns the keys of the uploads under way in a bucket, by their ids.
func (c *client) uploads(ctx context.Context, bucket string) (map[string]string, error) {
	r, err := c.s3(ctx, "GET", bucket, "", url.Values{"uploads": {""}}, nil, nil)
	if err != nil {
		return nil, err
	}
	var page struct {
		IsTruncated bool
		Upload      []struct{ Key, UploadId string }
	}
	if r.status != http.StatusOK {
		return nil, fmt.Errorf("list the uploads of %s: %v", bucket, r)
	}
	if err := xml.Unmarshal(r.body, &page); err != nil || page.IsTruncated {
		return nil, fmt.Errorf("list the uploads of %s: truncated %v, %w", bucket, page.IsTruncated, err)
	}
	all := map[string]string{}
	for _, u := range page.Upload {
		all[u.UploadId] = u.Key
	}
	return all, nil
}

// parts returns the ETags of an upload's parts, by their numbers.
func (c *client) parts(ctx context.Context, bucket, key, id string) (map[int]string, error) {
	r, err := c.s3(ctx, "GET", bucket, key, url.Values{"uploadId": {id}}, nil, nil)
	if err != nil {
		return nil, err
	}
	var page struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}
	if r.status != http.StatusOK {
		return nil, fmt.Errorf("list the parts of an upload of %s: %v", key, r)
	}
	if err := xml.Unmarshal(r.body, &page); err != nil {
		return nil, fmt.Errorf("list the parts of an upload of %s: %w", key, err)
	}
	all := map[int]string{}
	for _, p := range page.Part {
		all[p.PartNumber] = strings.Trim(p.ETag, `"`)
	}
	return all, nil
}
