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
	"muster/internal/sts"
)

// Door serves the operations of STS.
type Door struct {
	Sessions *sts.Service
}

// Operations are those that Muster implements. GetCallerIdentity needs no
// permission, and AssumeRole asks the role's trust policy first.
func (d *Door) Operations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.HandleOpen(GetCallerIdentity, d.getCallerIdentity),
		awsapi.HandleOpen(AssumeRole, d.assumeRole),
	}
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
	if err := unbuilt(in); err != nil {
		return nil, err
	}
	ask := sts.Ask{Role: arn.ARN(in.RoleArn), SessionName: in.RoleSessionName, Region: scope.Region}
	if in.DurationSeconds != nil {
		ask.Life = time.Duration(*in.DurationSeconds) * time.Second
	}
	if in.ExternalId != nil {
		ask.ExternalID = *in.ExternalId
	}
	s, err := d.Sessions.AssumeRole(ctx, iam.CallerFrom(ctx), ask)
	if err != nil {
		return nil, err
	}
	return &AssumeRoleResponse{
		AssumedRoleUser: &AssumedRoleUser{Arn: new(string(s.ARN)), AssumedRoleId: &s.ID},
		Credentials: &Credentials{
			AccessKeyId:     &s.AccessKeyID,
			SecretAccessKey: new(s.Secret.Reveal()),
			SessionToken:    new(s.SessionToken.Reveal()),
			Expiration:      awswire.At(s.Expires),
		},
	}, nil
}

// unbuilt refuses what would narrow or mark the session, and isn't honoured:
// to ignore it would give more than was asked for.
func unbuilt(in *AssumeRoleRequest) error {
	for _, p := range []struct {
		name  string
		given bool
	}{
		{"Policy", in.Policy != nil},
		{"PolicyArns", len(in.PolicyArns) > 0},
		{"Tags", len(in.Tags) > 0},
		{"TransitiveTagKeys", len(in.TransitiveTagKeys) > 0},
		{"SourceIdentity", in.SourceIdentity != nil},
		{"SerialNumber", in.SerialNumber != nil},
		{"TokenCode", in.TokenCode != nil},
		{"ProvidedContexts", len(in.ProvidedContexts) > 0},
	} {
		if p.given {
			return fault.NotImplemented.Errorf("The parameter %s is not implemented by Muster.", p.name)
		}
	}
	return nil
}
