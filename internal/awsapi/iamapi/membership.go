package iamapi

import (
	"context"

	"muster/internal/awsapi"
	"muster/internal/iam"
)

func (d *Door) memberships() []awsapi.Operation {
	return []awsapi.Operation{
		onRole(d, ListInstanceProfilesForRole, func(in *ListInstanceProfilesForRoleRequest) string { return in.RoleName }, nil, d.listInstanceProfilesForRole),
		onUser(d, ListGroupsForUser, func(in *ListGroupsForUserRequest) *string { return &in.UserName }, nil, d.listGroupsForUser),
	}
}

func (d *Door) listInstanceProfilesForRole(ctx context.Context, role iam.Holder, in *ListInstanceProfilesForRoleRequest) (*ListInstanceProfilesForRoleResponse, error) {
	p, err := d.Roles.Memberships(ctx, role, pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListInstanceProfilesForRoleResponse{InstanceProfiles: []InstanceProfile{}}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}

func (d *Door) listGroupsForUser(ctx context.Context, user iam.Holder, in *ListGroupsForUserRequest) (*ListGroupsForUserResponse, error) {
	p, err := d.Roles.Memberships(ctx, user, pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	out := &ListGroupsForUserResponse{Groups: []Group{}}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}
