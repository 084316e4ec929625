package apply

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"muster/internal/awsapi/iamapi"
	"muster/internal/awsclient"
)

// noSuchEntity is IAM's code for what isn't there.
const noSuchEntity = "NoSuchEntity"

// maxVersions is how many versions a policy has at most, on IAM as in IoT.
const maxVersions = 5

type version struct {
	id        string
	isDefault bool
}

// spareVersion is the version that makes place for a new one, the oldest that
// isn't the default one; "" where there is place.
func spareVersion(all []version) string {
	if len(all) < maxVersions {
		return ""
	}
	oldest, spare := 0, ""
	for _, v := range all {
		// Ids are numbers that go up, in IAM after a v.
		n, err := strconv.Atoi(strings.TrimPrefix(v.id, "v"))
		if err == nil && !v.isDefault && (spare == "" || n < oldest) {
			oldest, spare = n, v.id
		}
	}
	return spare
}

// policy is a customer managed one.
func (c *caller) policy(ctx context.Context, s *step, x policy) error {
	arn := c.arn("policy", x.Path, x.Name)
	found, err := awsclient.Do(ctx, c.Client, iamapi.GetPolicy, &iamapi.GetPolicyRequest{PolicyArn: arn})
	if refusedWith(err, noSuchEntity) {
		return s.create(func() error {
			_, err := awsclient.Do(ctx, c.Client, iamapi.CreatePolicy, &iamapi.CreatePolicyRequest{
				PolicyName: x.Name, Path: given(x.Path), Description: given(x.Description), PolicyDocument: string(x.Document)})
			return err
		})
	}
	if err != nil {
		return err
	}
	now := value(found.Policy)
	if x.Description != "" && x.Description != value(now.Description) {
		return &plainError{fmt.Sprintf("the description of a policy can't be changed; it is %q", value(now.Description))}
	}
	kept, err := awsclient.Do(ctx, c.Client, iamapi.GetPolicyVersion, &iamapi.GetPolicyVersionRequest{PolicyArn: arn, VersionId: value(now.DefaultVersionId)})
	if err != nil || x.Document.means(unescaped(value(kept.PolicyVersion).Document)) {
		return err
	}
	return s.change("document", func() error { return c.newVersion(ctx, arn, x.Document) })
}

func (c *caller) newVersion(ctx context.Context, arn string, document text) error {
	var all []version
	in := &iamapi.ListPolicyVersionsRequest{PolicyArn: arn}
	for more := true; more; {
		page, err := awsclient.Do(ctx, c.Client, iamapi.ListPolicyVersions, in)
		if err != nil {
			return err
		}
		for _, v := range page.Versions {
			all = append(all, version{value(v.VersionId), value(v.IsDefaultVersion)})
		}
		in.Marker, more = page.Marker, value(page.IsTruncated)
	}
	if spare := spareVersion(all); spare != "" {
		if _, err := awsclient.Do(ctx, c.Client, iamapi.DeletePolicyVersion, &iamapi.DeletePolicyVersionRequest{PolicyArn: arn, VersionId: spare}); err != nil {
			return err
		}
	}
	_, err := awsclient.Do(ctx, c.Client, iamapi.CreatePolicyVersion, &iamapi.CreatePolicyVersionRequest{PolicyArn: arn, PolicyDocument: string(document), SetAsDefault: new(true)})
	return err
}

// unescaped is a document as IAM returns it, in the escaping of URLs (RFC 3986).
func unescaped(document *string) string {
	plain, err := url.PathUnescape(value(document))
	if err != nil {
		return ""
	}
	return plain
}
