// Package stsapi is the door of the STS API.
package stsapi

import (
	"context"
	"time"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/space"
	"muster/internal/sts"
)

// Door serves the operations of STS.
type Door struct {
	Sessions *sts.Service
}

// Operations are those that Muster implements. GetCallerIdentity needs no
// permission, nor does GetSessionToken, which only asks who has the key, and
// AssumeRole asks the role's trust policy first.
func (d *Door) Operations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.HandleOpen(GetCallerIdentity, d.getCallerIdentity),
		awsapi.HandleOpen(AssumeRole, d.assumeRole),
		awsapi.HandleOpen(GetSessionToken, d.getSessionToken),
		awsapi.Handle(GetAccessKeyInfo, func(arn.Scope, *GetAccessKeyInfoRequest) arn.ARN { return "*" }, d.getAccessKeyInfo),
	}
}

// Effects are what the operations do to the disk: minting writes nothing.
var Effects = space.Effects{
	space.Reads: {"AssumeRole", "GetAccessKeyInfo", "GetCallerIdentity", "GetSessionToken"},
}

// Faults are STS's names for the kinds of refusal.
var Faults = awsapi.Faults{
	fault.Invalid:       "ValidationError",
	fault.LimitExceeded: "PackedPolicyTooLarge",
}

func (d *Door) getCallerIdentity(ctx context.Context, _ arn.Scope, _ *GetCallerIdentityRequest) (*GetCallerIdentityResponse, error) {
	c := iam.CallerFrom(ctx)
	return &GetCallerIdentityResponse{Account: &c.Account, Arn: new(string(c.ARN)), UserId: &c.UserID}, nil
}

func (d *Door) assumeRole(ctx context.Context, scope arn.Scope, in *AssumeRoleRequest) (*AssumeRoleResponse, error) {
	if err := unbuilt(
		parameter{"SourceIdentity", in.SourceIdentity != nil},
		parameter{"SerialNumber", in.SerialNumber != nil},
		parameter{"TokenCode", in.TokenCode != nil},
		parameter{"ProvidedContexts", len(in.ProvidedContexts) > 0},
	); err != nil {
		return nil, err
	}
	ask := sts.Ask{
		Role: arn.ARN(in.RoleArn), SessionName: in.RoleSessionName, Region: scope.Region,
		Life: seconds(in.DurationSeconds), ExternalID: value(in.ExternalId),
		Policy: value(in.Policy), Transitive: in.TransitiveTagKeys,
	}
	for _, p := range in.PolicyArns {
		ask.PolicyARNs = append(ask.PolicyARNs, arn.ARN(value(p.Arn)))
	}
	for _, t := range in.Tags {
		ask.Tags = append(ask.Tags, iam.Tag{Key: t.Key, Value: t.Value})
	}
	s, err := d.Sessions.AssumeRole(ctx, iam.CallerFrom(ctx), ask)
	if err != nil {
		return nil, err
	}
	out := &AssumeRoleResponse{
		AssumedRoleUser: &AssumedRoleUser{Arn: new(string(s.ARN)), AssumedRoleId: &s.ID},
		Credentials:     shown(s.Credential),
	}
	if s.Packed > 0 {
		out.PackedPolicySize = new(int32(s.Packed))
	}
	return out, nil
}

func (d *Door) getSessionToken(ctx context.Context, scope arn.Scope, in *GetSessionTokenRequest) (*GetSessionTokenResponse, error) {
	if err := unbuilt(parameter{"SerialNumber", in.SerialNumber != nil}, parameter{"TokenCode", in.TokenCode != nil}); err != nil {
		return nil, err
	}
	c, err := d.Sessions.GetSessionToken(ctx, iam.CallerFrom(ctx), scope.Region, seconds(in.DurationSeconds))
	if err != nil {
		return nil, err
	}
	return &GetSessionTokenResponse{Credentials: shown(c)}, nil
}

func (d *Door) getAccessKeyInfo(ctx context.Context, _ arn.Scope, in *GetAccessKeyInfoRequest) (*GetAccessKeyInfoResponse, error) {
	account, err := d.Sessions.KeyAccount(ctx, in.AccessKeyId)
	if err != nil {
		return nil, err
	}
	return &GetAccessKeyInfoResponse{Account: &account}, nil
}

func shown(c sts.Credential) *Credentials {
	return &Credentials{
		AccessKeyId:     &c.AccessKeyID,
		SecretAccessKey: new(c.Secret.Reveal()),
		SessionToken:    new(c.SessionToken.Reveal()),
		Expiration:      awswire.At(c.Expires),
	}
}

// seconds is a duration that was given, or 0.
func seconds(n *int32) time.Duration {
	if n == nil {
		return 0
	}
	return time.Duration(*n) * time.Second
}

// value is what p points to, or nothing.
func value(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

type parameter struct {
	name  string
	given bool
}

// unbuilt refuses what would narrow or mark the session, and isn't honoured:
// to ignore it would give more than was asked for.
func unbuilt(parameters ...parameter) error {
	for _, p := range parameters {
		if p.given {
			return fault.NotImplemented.Errorf("The parameter %s is not implemented by Muster.", p.name)
		}
	}
	return nil
}
