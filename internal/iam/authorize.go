package iam

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/policy"
)

// Authorize asks whether caller may perform action, such as iot:CreateThing,
// on resource; "" stands for an action without one. extra holds the condition
// keys of the action beside those of the caller and may be nil.
//
// A refusal is a fault.Denied with AWS's sentence. When ctx has ended nothing is
// decided: the error is ctx's, so that loops over many resources end, too.
func (d *Directory) Authorize(ctx context.Context, caller *Caller, action string, resource arn.ARN, extra policy.Context) error {
	if resource == "" {
		resource = "*"
	}
	return d.AuthorizeOn(ctx, caller, action, resource, string(resource), extra)
}

// AuthorizeOn is Authorize with the refusal naming the resource in other words,
// as IAM names a role or user that was asked for without its path: whoever may
// not must not learn the path, nor by it whether there is such a one.
func (d *Directory) AuthorizeOn(ctx context.Context, caller *Caller, action string, resource arn.ARN, words string, extra policy.Context) error {
	trail, _ := ctx.Value(trailKey{}).(*Trail)
	trail.Add(resource)
	if err := ctx.Err(); err != nil {
		return err
	}
	said, by := d.decide(caller, action, resource, extra)
	if said.Costly {
		d.TooLong.Add(1)
		return Denied(caller, action, words, " because the "+by.name+" would take too long to evaluate")
	}
	switch said.Verdict {
	case policy.Allow:
		return nil
	case policy.Deny:
		return Denied(caller, action, words, " with an explicit deny in "+by.article+" "+by.name)
	default:
		return Denied(caller, action, words, " because no "+by.name+" allows the "+action+" action")
	}
}

// Decide answers what the caller's own policies say to action on resource.
//
// The root user may do everything: a rule of its own, since no policy is
// attached to it. A user may do what its policies allow together and none of
// them denies, a session what its role's do. Session policies take away from
// that; see Caller.Limits and Caller.Temporary.
func (d *Directory) Decide(caller *Caller, action string, resource arn.ARN, extra policy.Context) policy.Decision {
	said, _ := d.decide(caller, action, resource, extra)
	return said
}

// Denied is AWS's refusal of action on resource to caller. reason begins with
// a blank, or is "" where AWS gives none.
func Denied(caller *Caller, action, resource, reason string) *fault.Error {
	return fault.Denied.Errorf("User: %s is not authorized to perform: %s on resource: %s%s", caller.ARN, action, resource, reason)
}

// Conditions answers the condition keys of a request of caller: its own,
// extra, where it comes from, that it is the caller's own, and the time.
func (d *Directory) Conditions(caller *Caller, extra policy.Context) policy.Context {
	c := make(policy.Context, len(caller.Context)+len(extra)+5)
	maps.Copy(c, extra)
	if caller.Role != nil {
		TagConditions(c, "aws:PrincipalTag/", caller.Role.Tags) // a session's own go before them
	}
	maps.Copy(c, caller.Context) // last: no action's key may pass for one of the caller's
	if caller.SourceIP.IsValid() {
		c.Set("aws:SourceIp", caller.SourceIP.Unmap().String())
	}
	// AWS sets both for every request; here no service asks in anybody's name.
	c.Set("aws:ViaAWSService", "false")
	c.Set("aws:PrincipalIsAWSService", "false")
	now := d.now()
	c.Set("aws:CurrentTime", now.Format(time.RFC3339))
	c.Set("aws:EpochTime", strconv.FormatInt(now.Unix(), 10))
	return c
}

// request is action on resource as policies are asked about it. Beside what
// Conditions answers they know whose the resource is: the account in its ARN
// or, where there is none and extra doesn't say, the caller's, since no action
// without one reaches further. AWS's own policies are of no account.
func (d *Directory) request(caller *Caller, action string, resource arn.ARN, extra policy.Context) *policy.Request {
	const owner = "aws:ResourceAccount"
	c := d.Conditions(caller, extra)
	if !c.Has(owner) {
		switch parts, err := arn.Parse(string(resource)); {
		case err != nil || parts.Account == "":
			c.Set(owner, caller.Account)
		case arn.IsAccount(parts.Account):
			c.Set(owner, parts.Account)
		}
	}
	return &policy.Request{Action: action, Resource: string(resource), Context: c}
}

// RoleMay reports whether a session of role, as a service makes one with it, may
// perform action on resource.
func (d *Directory) RoleMay(role *RoleEntry, session, action string, resource arn.ARN) bool {
	c := &Caller{
		Account: role.Account, ARN: arn.AssumedRole(role.Account, role.Name, session), UserID: role.ID + ":" + session,
		RoleARN: role.ARN(), Role: role, Context: policy.Context{},
	}
	c.Context.Set("aws:PrincipalArn", string(c.RoleARN))
	c.Context.Set("aws:PrincipalAccount", c.Account)
	c.Context.Set("aws:PrincipalType", "AssumedRole")
	c.Context.Set("aws:userid", c.UserID)
	c.Context.Set("aws:SecureTransport", "true")
	return d.Decide(c, action, resource, nil).Verdict == policy.Allow
}

// MayPass asks whether the caller of the request ctx belongs to may hand role
// to service, such as credentials.iot.amazonaws.com, for one of its resources:
// iam:PassRole on the role, under iam:PassedToService, iam:AssociatedResourceArn
// and the role's tags. A role of another account
// can't be passed, not even by root. Whether the role exists is not asked; one
// that doesn't has no tags.
//
// A refusal is a fault.Denied with AWS's sentence.
func (d *Directory) MayPass(ctx context.Context, role arn.ARN, service string, resource arn.ARN) error {
	const action = "iam:PassRole"
	caller := CallerFrom(ctx)
	if caller == nil {
		return fault.Denied.Errorf("nobody is known to be asking for %s on resource: %s", action, role)
	}
	if account, _, _, ok := arn.SplitRole(role); !ok || account != caller.Account {
		return fault.Denied.Errorf("Cross-account pass role is not allowed.")
	}
	extra := policy.Context{}
	extra.Set("iam:PassedToService", service)
	extra.Set("iam:AssociatedResourceArn", string(resource))
	switch r, err := d.RoleByARN(ctx, role); {
	case err == nil:
		ResourceTags(extra, r.Tags)
	case !errors.Is(err, fault.NotFound):
		return err
	}
	return d.Authorize(ctx, caller, action, role, extra)
}
