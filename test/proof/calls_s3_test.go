package proof

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
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
	none         string   // the refusal that is right where nothing is configured
	keep         func(n *names, body []byte)
}

func (s s3call) call() call {
	return call{service: "s3", name: s.name, action: "s3:" + s.action, also: s.also, writes: s.writes, ask: s.ask}
}

func (s s3call) ask(ctx context.Context, c *awsclient.Client, n *names) error {
	body, err := askS3(ctx, c, n.fill(s.head), n.fill(s.header), n.fill(s.body))
	var said *awsclient.Error
	if s.none != "" && errors.As(err, &said) && said.Code == s.none {
		return nil
	}
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
		{name: "GetObjectAcl", action: "GetObjectAcl", head: "GET /{bucket}/{object}?acl="},
		{name: "PutObjectAcl", action: "PutObjectAcl", head: "PUT /{bucket}/{object}?acl=", header: "X-Amz-Acl: private"},
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
		{name: "DeleteObjects", action: "DeleteObject", head: "POST /{bucket}?delete=", body: `<Delete><Object><Key>copy</Key></Object><Object><Key>form</Key></Object></Delete>`, writes: true},
		{name: "DeleteObject", action: "DeleteObject", head: "DELETE /{bucket}/{object}", writes: true},
		{name: "GetBucketVersioning", action: "GetBucketVersioning", head: "GET /{bucket}?versioning="},
		{name: "PutBucketVersioning", action: "PutBucketVersioning", head: "PUT /{bucket}?versioning=", body: `<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>`, writes: true},
		{name: "GetBucketAcl", action: "GetBucketAcl", head: "GET /{bucket}?acl="},
		{name: "PutBucketAcl", action: "PutBucketAcl", head: "PUT /{bucket}?acl=", header: "X-Amz-Acl: private"},
		{name: "PutBucketCors", action: "PutBucketCORS", head: "PUT /{bucket}?cors=", writes: true,
			body: `<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>`},
		{name: "GetBucketCors", action: "GetBucketCORS", head: "GET /{bucket}?cors="},
		{name: "DeleteBucketCors", action: "PutBucketCORS", head: "DELETE /{bucket}?cors=", writes: true},
		{name: "PutBucketLifecycleConfiguration", action: "PutLifecycleConfiguration", head: "PUT /{bucket}?lifecycle=", writes: true,
			body: `<LifecycleConfiguration><Rule><ID>old</ID><Status>Enabled</Status><Filter><Prefix>old/</Prefix></Filter><Expiration><Days>9</Days></Expiration></Rule></LifecycleConfiguration>`},
		{name: "GetBucketLifecycleConfiguration", action: "GetLifecycleConfiguration", head: "GET /{bucket}?lifecycle="},
		{name: "DeleteBucketLifecycle", action: "PutLifecycleConfiguration", head: "DELETE /{bucket}?lifecycle=", writes: true},
		{name: "PutBucketEncryption", action: "PutEncryptionConfiguration", head: "PUT /{bucket}?encryption=", writes: true,
			body: `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`},
		{name: "GetBucketEncryption", action: "GetEncryptionConfiguration", head: "GET /{bucket}?encryption="},
		{name: "DeleteBucketEncryption", action: "PutEncryptionConfiguration", head: "DELETE /{bucket}?encryption=", writes: true},
		{name: "DeletePublicAccessBlock", action: "PutBucketPublicAccessBlock", head: "DELETE /{bucket}?publicAccessBlock=", writes: true},
		{name: "PutPublicAccessBlock", action: "PutBucketPublicAccessBlock", head: "PUT /{bucket}?publicAccessBlock=", writes: true,
			body: `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`},
		{name: "GetPublicAccessBlock", action: "GetBucketPublicAccessBlock", head: "GET /{bucket}?publicAccessBlock="},
		{name: "DeleteBucketOwnershipControls", action: "PutBucketOwnershipControls", head: "DELETE /{bucket}?ownershipControls=", writes: true},
		{name: "PutBucketOwnershipControls", action: "PutBucketOwnershipControls", head: "PUT /{bucket}?ownershipControls=", writes: true,
			body: `<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>`},
		{name: "GetBucketOwnershipControls", action: "GetBucketOwnershipControls", head: "GET /{bucket}?ownershipControls="},
		{name: "GetBucketAccelerateConfiguration", action: "GetAccelerateConfiguration", head: "GET /{bucket}?accelerate="},
		{name: "GetBucketLogging", action: "GetBucketLogging", head: "GET /{bucket}?logging="},
		{name: "GetBucketNotificationConfiguration", action: "GetBucketNotification", head: "GET /{bucket}?notification="},
		{name: "GetBucketPolicy", action: "GetBucketPolicy", head: "GET /{bucket}?policy=", none: "NoSuchBucketPolicy"},
		{name: "DeleteBucketPolicy", action: "DeleteBucketPolicy", head: "DELETE /{bucket}?policy="},
		{name: "GetBucketPolicyStatus", action: "GetBucketPolicyStatus", head: "GET /{bucket}?policyStatus=", none: "NoSuchBucketPolicy"},
		{name: "GetBucketReplication", action: "GetReplicationConfiguration", head: "GET /{bucket}?replication=", none: "ReplicationConfigurationNotFoundError"},
		{name: "DeleteBucketReplication", action: "PutReplicationConfiguration", head: "DELETE /{bucket}?replication="},
		{name: "GetBucketRequestPayment", action: "GetBucketRequestPayment", head: "GET /{bucket}?requestPayment="},
		{name: "GetBucketWebsite", action: "GetBucketWebsite", head: "GET /{bucket}?website=", none: "NoSuchWebsiteConfiguration"},
		{name: "DeleteBucketWebsite", action: "DeleteBucketWebsite", head: "DELETE /{bucket}?website="},
		{name: "GetObjectLockConfiguration", action: "GetBucketObjectLockConfiguration", head: "GET /{bucket}?object-lock=", none: "ObjectLockConfigurationNotFoundError"},
		{name: "DeleteBucket", action: "DeleteBucket", head: "DELETE /{bucket}", writes: true},
	} {
		all = append(all, s.call())
	}
	post := call{service: "s3", name: "PostObject", action: "s3:PutObject", writes: true, ask: postForm}
	before := func(name string) int { return slices.IndexFunc(all, func(c call) bool { return c.name == name }) }
	all = slices.Insert(all, before("GetObject"), post)
	return slices.Insert(all, before("DeleteBucket"), adminCalls()...) // which are about the bucket
}

// postForm uploads an object by a form, as a browser does.
func postForm(ctx context.Context, c *awsclient.Client, n *names) error {
	now := time.Now().UTC()
	day, at := now.Format("20060102"), now.Format("20060102T150405Z")
	scope := day + "/" + c.Region + "/s3/aws4_request"
	fields := [][2]string{{"key", "form"}, {"x-amz-algorithm", sigv4.Algorithm}, {"x-amz-credential", c.Credential.AccessKey + "/" + scope}, {"x-amz-date", at}}
	if !c.Credential.Token.Empty() {
		fields = append(fields, [2]string{"x-amz-security-token", c.Credential.Token.Reveal()})
	}
	conditions := []any{map[string]string{"bucket": n.bucket}}
	for _, f := range fields {
		conditions = append(conditions, map[string]string{f[0]: f[1]})
	}
	policy, err := json.Marshal(map[string]any{"expiration": now.Add(time.Hour).Format(time.RFC3339), "conditions": conditions})
	if err != nil {
		return err
	}
	encoded := base64.StdEncoding.EncodeToString(policy)
	key := []byte("AWS4" + c.Credential.Secret.Reveal())
	for _, text := range []string{day, c.Region, "s3", "aws4_request", encoded} {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(text))
		key = m.Sum(nil)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, f := range append(fields, [2]string{"policy", encoded}, [2]string{"x-amz-signature", hex.EncodeToString(key)}) {
		if err := w.WriteField(f[0], f[1]); err != nil {
			return err
		}
	}
	file, err := w.CreateFormFile("file", "form.txt")
	if err != nil {
		return err
	}
	io.WriteString(file, "of a form, at "+at)
	if err := w.Close(); err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Endpoint+"/"+n.bucket, &body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	answer, err := c.HTTP.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var said struct{ Code, Message string }
	if answer.StatusCode > 299 {
		if err := xml.NewDecoder(answer.Body).Decode(&said); err != nil {
			return err
		}
		return &awsclient.Error{Status: answer.StatusCode, Code: said.Code, Message: said.Message}
	}
	return nil
}
