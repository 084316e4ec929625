package iamapi

import (
	"context"

	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/iam"
	"muster/internal/policy"
)

func (d *Door) tags() []awsapi.Operation {
	return []awsapi.Operation{
		onRole(d, TagRole, func(in *TagRoleRequest) string { return in.RoleName },
			func(in *TagRoleRequest) policy.Context { return requestTags(in.Tags) }, d.tagRole),
		onRole(d, UntagRole, func(in *UntagRoleRequest) string { return in.RoleName },
			func(in *UntagRoleRequest) policy.Context { return tagKeys(in.TagKeys) }, d.untagRole),
		onRole(d, ListRoleTags, func(in *ListRoleTagsRequest) string { return in.RoleName }, nil, d.listRoleTags),
		onUser(d, TagUser, func(in *TagUserRequest) *string { return &in.UserName },
			func(in *TagUserRequest) policy.Context { return requestTags(in.Tags) }, d.tagUser),
		onUser(d, UntagUser, func(in *UntagUserRequest) *string { return &in.UserName },
			func(in *UntagUserRequest) policy.Context { return tagKeys(in.TagKeys) }, d.untagUser),
		onUser(d, ListUserTags, func(in *ListUserTagsRequest) *string { return &in.UserName }, nil, d.listUserTags),
	}
}

// requestTags are the condition keys of a request that brings tags.
func requestTags(tags []Tag) policy.Context {
	var keys []string
	for _, t := range tags {
		keys = append(keys, t.Key)
	}
	c := tagKeys(keys)
	iam.TagConditions(c, "aws:RequestTag/", given(tags))
	return c
}

// tagKeys lets a policy say which tags may be put on or taken off.
func tagKeys(keys []string) policy.Context {
	c := policy.Context{}
	c.Set("aws:TagKeys", keys...)
	return c
}

// given are tags as the room knows them.
func given(tags []Tag) []iam.Tag {
	var all []iam.Tag
	for _, t := range tags {
		all = append(all, iam.Tag{Key: t.Key, Value: t.Value})
	}
	return all
}

// told are tags as IAM answers them; absent when there are none.
func told(tags []iam.Tag) []Tag {
	var all []Tag
	for _, t := range tags {
		all = append(all, Tag{Key: t.Key, Value: t.Value})
	}
	return all
}

func (d *Door) tagRole(ctx context.Context, role iam.Holder, in *TagRoleRequest) (*awswire.Empty, error) {
	return nil, d.Roles.Tag(ctx, role, given(in.Tags))
}

func (d *Door) untagRole(ctx context.Context, role iam.Holder, in *UntagRoleRequest) (*awswire.Empty, error) {
	return nil, d.Roles.Untag(ctx, role, in.TagKeys)
}

func (d *Door) listRoleTags(ctx context.Context, role iam.Holder, in *ListRoleTagsRequest) (*ListRoleTagsResponse, error) {
	p, err := d.Roles.Tags(ctx, role, pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListRoleTagsResponse{Tags: append([]Tag{}, told(p.Items)...)}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}

func (d *Door) tagUser(ctx context.Context, user iam.Holder, in *TagUserRequest) (*awswire.Empty, error) {
	return nil, d.Roles.Tag(ctx, user, given(in.Tags))
}

func (d *Door) untagUser(ctx context.Context, user iam.Holder, in *UntagUserRequest) (*awswire.Empty, error) {
	return nil, d.Roles.Untag(ctx, user, in.TagKeys)
}

func (d *Door) listUserTags(ctx context.Context, user iam.Holder, in *ListUserTagsRequest) (*ListUserTagsResponse, error) {
	p, err := d.Roles.Tags(ctx, user, pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListUserTagsResponse{Tags: append([]Tag{}, told(p.Items)...)}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}
