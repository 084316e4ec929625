package proof

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"muster/internal/awsclient"
	"muster/internal/sigv4"
)

// s3call is a call of S3. In target and body stand {bucket}, {object} and
// {upload} for names.
type s3call struct {
	name, action string // without s3:
	head         string // method and target
	body         string
	header       string // one, as "Name: value"
	writes       bool
	also         []string // as in call
	keep         func(n *names, body []byte)
}

func (s s3call) call() call {
	return call{service: "s3", name: s.name, action: "s3:" + s.action, also: s.also, writes: s.writes, ask: s.ask}
}

func (s s3call) ask(ctx context.Context, c *awsclient.Client, n *names) error {
	body, err := askS3(ctx, c, n.fill(s.head), n.fill(s.header), n.fill(s.body))
	if err == nil && s.keep != nil {
		s.keep(n, body)
	}
	return err
}

func (n *names) fill(text string) string {
	return strings.NewReplacer("{bucket}", n.bucket, "{object}", n.object, "{upload}", n.upload).Replace(text)
}

// askS3 sends one request, and fails with *awsclient.Error when it is refused;
// a DeleteObjects of which one key is refused is refused.
func askS3(ctx context.Context, c *awsclient.Client, head, header, body string) ([]byte, error) {
	method, target, _ := strings.Cut(head, " ")
	r, err := http.NewRequestWithContext(ctx, method, c.Endpoint+target, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if name, value, ok := strings.Cut(header, ": "); ok {
		r.Header.Set(name, value)
	}
	if sum := md5.Sum([]byte(body)); body != "" {
		r.Header.Set("Content-Md5", base64.StdEncoding.EncodeToString(sum[:]))
	}
	sum := sha256.Sum256([]byte(body))
	sigv4.Sign(r, c.Credential, "s3", c.Region, time.Now(), hex.EncodeToString(sum[:]))
	answer, err := c.HTTP.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	said := struct {
		Code, Message string
		Error         []struct{ Code, Message string }
	}{}
	if len(bytes.TrimSpace(got)) > 0 && strings.Contains(answer.Header.Get("Content-Type"), "xml") {
		if err := xml.Unmarshal(got, &said); err != nil {
			return nil, fmt.Errorf("%s: %d %s: %w", head, answer.StatusCode, got, err)
		}
	}
	switch {
	case len(said.Error) > 0:
		return nil, &awsclient.Error{Status: http.StatusForbidden, Code: said.Error[0].Code, Message: said.Error[0].Message}
	case answer.StatusCode == http.StatusForbidden && method == http.MethodHead: // it has no body to say it in
		return nil, &awsclient.Error{Status: answer.StatusCode, Code: "AccessDenied"}
	case answer.StatusCode > 299:
		return nil, &awsclient.Error{Status: answer.StatusCode, Code: said.Code, Message: said.Message}
	}
	return got, nil
}

func takeUpload(n *names, body []byte) {
	var made struct{ UploadId string }
	if xml.Unmarshal(body, &made) == nil {
		n.upload = made.UploadId
	}
}

const part = "the only part of it"

// objectCalls are the calls of S3. An upload is begun twice: one is completed,
// one aborted.
func objectCalls() []call {
	completed := fmt.Sprintf(`<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"%x"</ETag></Part></CompleteMultipartUpload>`, md5.Sum([]byte(part)))
	const tagging = `<Tagging><TagSet><Tag><Key>team</Key><Value>field</Value></Tag></TagSet></Tagging>`
	var all []call
	for _, s := range []s3call{
		{name: "CreateBucket", action: "CreateBucket", head: "PUT /{bucket}", writes: true},
		{name: "ListBuckets", action: "ListAllMyBuckets", head: "GET /"},
		{name: "HeadBucket", action: "ListBucket", head: "HEAD /{bucket}"},
		{name: "GetBucketLocation", action: "GetBucketLocation", head: "GET /{bucket}?location="},
		{name: "PutObject", action: "PutObject", head: "PUT /{bucket}/{object}", body: "a model", writes: true},
		{name: "GetObject", action: "GetObject", head: "GET /{bucket}/{object}"},
		{name: "HeadObject", action: "GetObject", head: "HEAD /{bucket}/{object}"},
		{name: "GetObjectAttributes", action: "GetObject", head: "GET /{bucket}/{object}?attributes=", header: "X-Amz-Object-Attributes: ETag", also: []string{"s3:GetObjectAttributes"}},
		{name: "ListObjects", action: "ListBucket", head: "GET /{bucket}"},
		{name: "ListObjectsV2", action: "ListBucket", head: "GET /{bucket}?list-type=2"},
		{name: "ListObjectVersions", action: "ListBucketVersions", head: "GET /{bucket}?versions="},
		{name: "CopyObject", action: "PutObject", head: "PUT /{bucket}/copy", header: "X-Amz-Copy-Source: {bucket}/{object}", also: []string{"s3:GetObject"}, writes: true},
		{name: "PutObjectTagging", action: "PutObjectTagging", head: "PUT /{bucket}/{object}?tagging=", body: tagging, writes: true},
		{name: "GetObjectTagging", action: "GetObjectTagging", head: "GET /{bucket}/{object}?tagging="},
		{name: "DeleteObjectTagging", action: "DeleteObjectTagging", head: "DELETE /{bucket}/{object}?tagging=", writes: true},
		{name: "PutBucketTagging", action: "PutBucketTagging", head: "PUT /{bucket}?tagging=", body: tagging, writes: true},
		{name: "GetBucketTagging", action: "GetBucketTagging", head: "GET /{bucket}?tagging="},
		{name: "DeleteBucketTagging", action: "PutBucketTagging", head: "DELETE /{bucket}?tagging=", writes: true},
		{name: "CreateMultipartUpload", action: "PutObject", head: "POST /{bucket}/{object}?uploads=", writes: true, keep: takeUpload},
		{name: "ListMultipartUploads", action: "ListBucketMultipartUploads", head: "GET /{bucket}?uploads="},
		{name: "UploadPartCopy", action: "PutObject", head: "PUT /{bucket}/{object}?partNumber=1&uploadId={upload}", header: "X-Amz-Copy-Source: {bucket}/{object}", also: []string{"s3:GetObject"}, writes: true},
		{name: "UploadPart", action: "PutObject", head: "PUT /{bucket}/{object}?partNumber=1&uploadId={upload}", body: part, writes: true},
		{name: "ListParts", action: "ListMultipartUploadParts", head: "GET /{bucket}/{object}?uploadId={upload}"},
		{name: "CompleteMultipartUpload", action: "PutObject", head: "POST /{bucket}/{object}?uploadId={upload}", body: completed, writes: true},
		{name: "CreateMultipartUpload", action: "PutObject", head: "POST /{bucket}/{object}?uploads=", writes: true, keep: takeUpload},
		{name: "AbortMultipartUpload", action: "AbortMultipartUpload", head: "DELETE /{bucket}/{object}?uploadId={upload}", writes: true},
		{name: "DeleteObjects", action: "DeleteObject", head: "POST /{bucket}?delete=", body: `<Delete><Object><Key>copy</Key></Object></Delete>`, writes: true},
		{name: "DeleteObject", action: "DeleteObject", head: "DELETE /{bucket}/{object}", writes: true},
		{name: "GetBucketVersioning", action: "GetBucketVersioning", head: "GET /{bucket}?versioning="},
		{name: "PutBucketVersioning", action: "PutBucketVersioning", head: "PUT /{bucket}?versioning=", body: `<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>`, writes: true},
		{name: "DeleteBucket", action: "DeleteBucket", head: "DELETE /{bucket}", writes: true},
	} {
		all = append(all, s.call())
	}
	return all
}
