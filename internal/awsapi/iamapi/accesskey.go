package iamapi

import (
	"context"
	"errors"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/page"
	"muster/internal/policy"
)

func (d *Door) accessKeys() []awsapi.Operation {
	return []awsapi.Operation{
		onUser(d, CreateAccessKey, func(in *CreateAccessKeyRequest) *string { return in.UserName }, nil, d.createAccessKey),
		onUser(d, ListAccessKeys, func(in *ListAccessKeysRequest) *string { return in.UserName }, nil, d.listAccessKeys),
		onUser(d, UpdateAccessKey, func(in *UpdateAccessKeyRequest) *string { return in.UserName }, nil, d.updateAccessKey),
		onUser(d, DeleteAccessKey, func(in *DeleteAccessKeyRequest) *string { return in.UserName }, nil, d.deleteAccessKey),
		awsapi.HandleOpen(GetAccessKeyLastUsed, d.getAccessKeyLastUsed),
	}
}

const active = "Active"

func status(k iam.AccessKey) *string {
	if k.Active {
		return new(active)
	}
	return new("Inactive")
}

func (d *Door) createAccessKey(ctx context.Context, user iam.Holder, _ *CreateAccessKeyRequest) (*CreateAccessKeyResponse, error) {
	k, err := d.Roles.CreateAccessKey(ctx, user.Account, user.Name)
	if err != nil {
		return nil, err
	}
	return &CreateAccessKeyResponse{AccessKey: &AccessKey{
		AccessKeyId:     &k.ID,
		CreateDate:      awswire.At(k.Created),
		SecretAccessKey: new(k.Secret.Reveal()),
		Status:          status(k.AccessKey),
		UserName:        &user.Name,
	}}, nil
}

func (d *Door) listAccessKeys(ctx context.Context, user iam.Holder, in *ListAccessKeysRequest) (*ListAccessKeysResponse, error) {
	r := pageOf(in.Marker, in.MaxItems)
	after, err := page.Key(r.Token, 1)
	if err != nil {
		return nil, err
	}
	keys, err := d.Roles.AccessKeys(ctx, user.Account, user.Name)
	if err != nil {
		return nil, err
	}
	p := page.Rest(keys, after, r.Limit, func(k iam.AccessKey) string { return k.ID })
	out := &ListAccessKeysResponse{AccessKeyMetadata: []AccessKeyMetadata{}}
	for _, k := range p.Items {
		out.AccessKeyMetadata = append(out.AccessKeyMetadata, AccessKeyMetadata{
			AccessKeyId: new(k.ID), CreateDate: awswire.At(k.Created), Status: status(k), UserName: &user.Name,
		})
	}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out, nil
}

func (d *Door) updateAccessKey(ctx context.Context, user iam.Holder, in *UpdateAccessKeyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.SetAccessKey(ctx, user.Account, user.Name, in.AccessKeyId, in.Status == active)
}

func (d *Door) deleteAccessKey(ctx context.Context, user iam.Holder, in *DeleteAccessKeyRequest) (*awswire.Empty, error) {
	return nil, d.Roles.DeleteAccessKey(ctx, user.Account, user.Name, in.AccessKeyId)
}

// getAccessKeyLastUsed needs permission on the user, whom only the room knows.
// A key that the account hasn't, whoever asks, is refused as one that the
// caller may not ask for, to the letter: so AWS does, whose API has no other
// error for it.
func (d *Door) getAccessKeyLastUsed(ctx context.Context, scope arn.Scope, in *GetAccessKeyLastUsedRequest) (*GetAccessKeyLastUsedResponse, error) {
	const action = "iam:GetAccessKeyLastUsed"
	caller := iam.CallerFrom(ctx)
	if caller.Root && caller.AccessKey == in.AccessKeyId {
		return nil, fault.NotImplemented.Errorf("The root user's access key is not kept in IAM by Muster; name another.")
	}
	denied := iam.Denied(caller, action, "access key "+in.AccessKeyId, "")
	key, user, err := d.Roles.KeyOf(ctx, scope.Account, in.AccessKeyId)
	switch {
	case errors.Is(err, fault.NotFound):
		return nil, denied
	case err != nil:
		return nil, err
	}
	keys := policy.Context{}
	iam.ResourceTags(keys, user.Tags)
	if d.Roles.Authorize(ctx, caller, action, user.ARN(), keys) != nil {
		return nil, denied
	}
	use, err := d.Roles.LastUse(ctx, key.Signer())
	if err != nil {
		return nil, err
	}
	return &GetAccessKeyLastUsedResponse{UserName: &user.Name, AccessKeyLastUsed: lastUsed(use)}, nil
}

func lastUsed(u iam.Use) *AccessKeyLastUsed {
	if u.At.IsZero() {
		return &AccessKeyLastUsed{ServiceName: new(never), Region: new(never)}
	}
	return &AccessKeyLastUsed{LastUsedDate: awswire.At(u.At), ServiceName: &u.Service, Region: &u.Region}
}

// never is what AWS writes for the service and region of no use.
const never = "N/A"
