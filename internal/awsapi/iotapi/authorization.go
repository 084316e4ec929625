package iotapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/credentials"
	"muster/internal/fault"
	"muster/internal/iotpolicy"
	"muster/internal/policy"
	"muster/internal/registry"
)

func (d *Door) authorizations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Handle(TestAuthorization, func(scope arn.Scope, in *TestAuthorizationRequest) arn.ARN {
			return policyTarget(scope, value(in.Principal))
		}, d.testAuthorization),
		awsapi.Handle(GetEffectivePolicies, func(scope arn.Scope, in *GetEffectivePoliciesRequest) arn.ARN {
			return policyTarget(scope, value(in.Principal))
		}, d.getEffectivePolicies),
	}
}

// noPools refuses what asks about an identity pool.
func noPools(pool *string) error {
	if pool == nil {
		return nil
	}
	return fault.NotImplemented.Errorf("Policies of Amazon Cognito identities are not implemented.")
}

// actions are what the types of TestAuthorization stand for.
var actions = map[string]string{
	"CONNECT":   "iot:Connect",
	"PUBLISH":   "iot:Publish",
	"RECEIVE":   "iot:Receive",
	"SUBSCRIBE": "iot:Subscribe",
}

func (d *Door) testAuthorization(ctx context.Context, scope arn.Scope, in *TestAuthorizationRequest) (*TestAuthorizationResponse, error) {
	if err := noPools(in.CognitoIdentityPoolId); err != nil {
		return nil, err
	}
	if in.Principal == nil {
		return nil, fault.Invalid.Errorf("A principal is needed")
	}
	r := credentials.Rehearsal{
		Principal: *in.Principal, ClientID: value(in.ClientId),
		Add: in.PolicyNamesToAdd, Skip: in.PolicyNamesToSkip,
	}
	for _, info := range in.AuthInfos {
		action, ok := actions[value(info.ActionType)]
		if !ok {
			return nil, fault.Invalid.Errorf("An authInfo has no actionType")
		}
		r.Acts = append(r.Acts, credentials.Act{Action: action, Resources: info.Resources})
	}
	outcomes, err := d.Devices.Rehearse(ctx, scope, r)
	if err != nil {
		return nil, err
	}
	out := &TestAuthorizationResponse{}
	for i, o := range outcomes {
		out.AuthResults = append(out.AuthResults, authResult(scope, &in.AuthInfos[i], o))
	}
	return out, nil
}

// decisions are AWS's words for verdicts.
var decisions = map[policy.Verdict]string{
	policy.Allow:  "ALLOWED",
	policy.Deny:   "EXPLICIT_DENY",
	policy.Silent: "IMPLICIT_DENY",
}

func authResult(scope arn.Scope, info *AuthInfo, o credentials.Outcome) AuthResult {
	named := namedPolicy(scope)
	return AuthResult{
		AuthInfo:     info,
		AuthDecision: new(decisions[o.Verdict]),
		Allowed:      &Allowed{Policies: list(o.Allow, named)},
		Denied: &Denied{
			ImplicitDeny: &ImplicitDeny{Policies: list(o.Silent, named)},
			ExplicitDeny: &ExplicitDeny{Policies: list(o.Deny, named)},
		},
		MissingContextValues: append([]string{}, o.Missing...),
	}
}

// getEffectivePolicies takes a principal, a thing, or both. A thing adds the
// policies of its groups, of which there are none.
func (d *Door) getEffectivePolicies(ctx context.Context, scope arn.Scope, in *GetEffectivePoliciesRequest) (*GetEffectivePoliciesResponse, error) {
	if err := noPools(in.CognitoIdentityPoolId); err != nil {
		return nil, err
	}
	if in.Principal == nil && in.ThingName == nil {
		return nil, fault.Invalid.Errorf("A principal or a thingName is needed")
	}
	if in.ThingName != nil {
		if _, err := d.Things.Thing(ctx, scope, registry.Name(*in.ThingName)); err != nil {
			return nil, err
		}
	}
	var all []*iotpolicy.Compiled
	if in.Principal != nil {
		var err error
		if all, err = d.Policies.EffectiveOf(ctx, scope, *in.Principal); err != nil {
			return nil, err
		}
	}
	return &GetEffectivePoliciesResponse{EffectivePolicies: list(all, func(c *iotpolicy.Compiled) EffectivePolicy {
		return EffectivePolicy{PolicyName: &c.Name, PolicyArn: new(string(scope.IoTPolicy(c.Name))), PolicyDocument: &c.Text}
	})}, nil
}
