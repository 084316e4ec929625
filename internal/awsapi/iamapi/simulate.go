package iamapi

import (
	"cmp"
	"context"
	"errors"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/page"
	"muster/internal/policy"
)

// simulationFaults are the names that differ for the simulator.
var simulationFaults = awsapi.Faults{fault.Malformed: unusable}

func (d *Door) simulations() []awsapi.Operation {
	return []awsapi.Operation{
		// AWS knows no resource for it: only a policy of every resource allows it.
		awsapi.Handle(SimulateCustomPolicy, func(arn.Scope, *SimulateCustomPolicyRequest) arn.ARN { return "" }, d.simulateCustomPolicy).
			With(simulationFaults),
		awsapi.HandleKept(SimulatePrincipalPolicy, d.principal, d.simulatePrincipalPolicy).
			With(simulationFaults),
	}
}

// principal asks for the role or user whose policies are simulated, under the
// tags it has.
func (d *Door) principal(ctx context.Context, scope arn.Scope, in *SimulatePrincipalPolicyRequest) ([]awsapi.Need, error) {
	source, c := arn.ARN(in.PolicySourceArn), policy.Context{}
	var err error
	if account, _, name, ok := arn.SplitUser(source); ok && account == scope.Account {
		var u iam.User
		if u, err = d.Roles.User(ctx, account, name); err == nil && u.ARN() == source {
			iam.ResourceTags(c, u.Tags)
		}
	} else if account, _, _, ok := arn.SplitRole(source); ok && account == scope.Account {
		var r *iam.RoleEntry
		if r, err = d.Roles.RoleByARN(ctx, source); err == nil {
			iam.ResourceTags(c, r.Tags)
		}
	}
	if err != nil && !errors.Is(err, fault.NotFound) {
		return nil, err
	}
	return []awsapi.Need{{Resource: source, Context: c}}, nil
}

func (d *Door) simulateCustomPolicy(ctx context.Context, _ arn.Scope, in *SimulateCustomPolicyRequest) (*SimulatePolicyResponse, error) {
	err := cmp.Or(
		unbuilt(len(in.PermissionsBoundaryPolicyInputList) > 0, "PermissionsBoundaryPolicyInputList"),
		unbuilt(in.ResourcePolicy != nil, "ResourcePolicy"),
		unbuilt(in.ResourceOwner != nil, "ResourceOwner"),
		unbuilt(in.ResourceHandlingOption != nil, "ResourceHandlingOption"))
	if err != nil {
		return nil, err
	}
	p, err := d.Roles.SimulateCustom(ctx, iam.Simulation{
		Actions: in.ActionNames, Resources: in.ResourceArns, Policies: in.PolicyInputList,
		Caller: arn.ARN(value(in.CallerArn)), Context: entries(in.ContextEntries),
	}, pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	return simulated(p, len(in.ResourceArns) > 0), nil
}

func (d *Door) simulatePrincipalPolicy(ctx context.Context, scope arn.Scope, in *SimulatePrincipalPolicyRequest) (*SimulatePolicyResponse, error) {
	err := cmp.Or(
		unbuilt(len(in.PermissionsBoundaryPolicyInputList) > 0, "PermissionsBoundaryPolicyInputList"),
		unbuilt(in.ResourcePolicy != nil, "ResourcePolicy"),
		unbuilt(in.ResourceOwner != nil, "ResourceOwner"),
		unbuilt(in.ResourceHandlingOption != nil, "ResourceHandlingOption"))
	if err != nil {
		return nil, err
	}
	p, err := d.Roles.SimulatePrincipal(ctx, scope.Account, arn.ARN(in.PolicySourceArn), iam.Simulation{
		Actions: in.ActionNames, Resources: in.ResourceArns, Policies: in.PolicyInputList,
		Caller: arn.ARN(value(in.CallerArn)), Context: entries(in.ContextEntries),
	}, pageOf(in.Marker, in.MaxItems))
	if err != nil {
		return nil, err
	}
	return simulated(p, len(in.ResourceArns) > 0), nil
}

func entries(all []ContextEntry) []iam.ContextEntry {
	var c []iam.ContextEntry
	for _, e := range all {
		c = append(c, iam.ContextEntry{Key: value(e.ContextKeyName), Type: value(e.ContextKeyType), Values: e.ContextKeyValues})
	}
	return c
}

// simulated writes outcomes down. AWS puts the missing keys with the resource
// when resources are named, else with the action.
func simulated(p page.Page[iam.Outcome], named bool) *SimulatePolicyResponse {
	out := &SimulatePolicyResponse{EvaluationResults: []EvaluationResult{}}
	for _, o := range p.Items {
		missing := append([]string{}, o.Missing...)
		r := EvaluationResult{
			EvalActionName: &o.Action, EvalResourceName: &o.Resource, EvalDecision: new(verdict(o.Verdict)),
			MatchedStatements: matched(o.Matched), MissingContextValues: missing,
		}
		if named {
			r.MissingContextValues = []string{}
			r.ResourceSpecificResults = []ResourceSpecificResult{{
				EvalResourceName: &o.Resource, EvalResourceDecision: r.EvalDecision,
				MatchedStatements: r.MatchedStatements, MissingContextValues: missing,
			}}
		}
		out.EvaluationResults = append(out.EvaluationResults, r)
	}
	out.IsTruncated, out.Marker = marker(p.Next)
	return out
}

func verdict(v policy.Verdict) string {
	switch v {
	case policy.Allow:
		return "allowed"
	case policy.Deny:
		return "explicitDeny"
	}
	return "implicitDeny"
}

func matched(statements []iam.MatchedStatement) []Statement {
	all := []Statement{}
	for _, s := range statements {
		all = append(all, Statement{
			SourcePolicyId:   &s.Policy,
			SourcePolicyType: new("IAM Policy"), // what the service says, of all its types
			StartPosition:    position(s.Start),
			EndPosition:      position(s.End),
		})
	}
	return all
}

func position(p policy.Position) *Position {
	return &Position{Line: new(int32(p.Line)), Column: new(int32(p.Column))}
}
