package iamapi

import (
	"context"

	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/iam"
	"muster/internal/policy"
)

func (d *Door) userTags() []awsapi.Operation {
	return []awsapi.Operation{
		onUser(d, TagUser, func(in *TagUserRequest) *string { return &in.UserName },
			func(in *TagUserRequest) policy.Context { return requestTags(in.Tags) }, d.tagUser),
		onUser(d, UntagUser, func(in *UntagUserRequest) *string { return &in.UserName },
			func(in *UntagUserRequest) policy.Context { return tagKeys(in.TagKeys) }, d.untagUser),
		onUser(d, ListUserTags, func(in *ListUserTagsRequest) *string { return &in.UserName }, nil, d.listUserTags),
	}
}

func (d *Door) tagUser(ctx context.Context, user iam.Holder, in *TagUserRequest) (*awswire.Empty, error) {
	return nil, d.Roles.TagUser(ctx, user.Account, user.Name, given(in.Tags))
}

func (d *Door) untagUser(ctx context.Context, user iam.Holder, in *UntagUserRequest) (*awswire.Empty, error) {
	return nil, d.Roles.UntagUser(ctx, user.Account, user.Name, in.TagKeys)
}

func (d *Door) listUserTags(ctx context.Context, user iam.Holder, in *ListUserTagsRequest) (*ListUserTagsResponse, error) {
	p, err := d.Roles.UserTags(ctx, user.Account, user.Name, pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListUserTagsResponse{Tags: append([]Tag{}, told(p.Items)...)}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}
