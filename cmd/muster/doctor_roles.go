package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsclient"
	"muster/internal/rolealias"
)

// tooMuch are the permissions with which a device could become another, or
// more than it is.
var tooMuch = []string{
	"iam:PassRole", "iot:CreateRoleAlias", "iot:UpdateRoleAlias",
	"iam:AttachRolePolicy", "iam:CreatePolicyVersion", "iam:PutRolePolicy", "iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy",
}

// rolesAsked bounds how many aliases are looked at: each costs two requests.
const rolesAsked = 200

// checkRoles looks for roles of devices that may pass roles, change role
// aliases or write policies.
func (d *doctor) checkRoles(ctx context.Context, client *http.Client) {
	const check = "device roles"
	c, err := d.asRoot(client)
	if err != nil {
		return // said of the root key
	}
	names, more, err := roleAliases(ctx, c)
	var wide []string
	for _, name := range names {
		if err != nil {
			break
		}
		var said string
		if said, err = excess(ctx, c, name); said != "" {
			wide = append(wide, said)
		}
	}
	switch {
	case err != nil:
		d.warn(check, "look at the server's log", "can't tell: %v", err)
	case len(wide) > 0:
		const shown = 3
		others := ""
		if n := len(wide) - shown; n > 0 {
			wide, others = wide[:shown], fmt.Sprintf(", and %d more", n)
		}
		d.warn(check, "give the role only what its devices do, such as s3:PutObject below their output location", "%s%s; sessions of devices can't, but with --device-control-plane",
			strings.Join(wide, "; "), others)
	case more:
		d.ok(check, "none behind the first %d role aliases of %s may pass roles, change aliases or write policies", len(names), d.state.Region)
	default:
		d.ok(check, "none behind a role alias of %s may pass roles, change aliases or write policies", d.state.Region)
	}
}

// roleAliases returns the names of role aliases, and whether there are more.
func roleAliases(ctx context.Context, c *awsclient.Client) (names []string, more bool, err error) {
	in := &iotapi.ListRoleAliasesRequest{}
	for {
		out, err := awsclient.Do(ctx, c, iotapi.ListRoleAliases, in)
		if err != nil {
			return nil, false, err
		}
		names = append(names, out.RoleAliases...)
		if len(names) > rolesAsked {
			return names[:rolesAsked], true, nil
		}
		if out.NextMarker == nil {
			return names, false, nil
		}
		in.Marker = out.NextMarker
	}
}

// excess says what the role of an alias may of tooMuch; "" for nothing, or when
// alias or role are gone.
func excess(ctx context.Context, c *awsclient.Client, alias string) (string, error) {
	found, err := awsclient.Do(ctx, c, iotapi.DescribeRoleAlias, &iotapi.DescribeRoleAliasRequest{RoleAlias: alias})
	if err != nil {
		return "", unlessGone(err)
	}
	role := *found.RoleAliasDescription.RoleArn
	in := &iamapi.SimulatePrincipalPolicyRequest{
		PolicySourceArn: role, ActionNames: tooMuch, ResourceArns: []string{role, *found.RoleAliasDescription.RoleAliasArn},
		ContextEntries: []iamapi.ContextEntry{{ContextKeyName: new("iam:PassedToService"), ContextKeyType: new("string"), ContextKeyValues: []string{rolealias.Provider}}},
	}
	said, err := awsclient.Do(ctx, c, iamapi.SimulatePrincipalPolicy, in)
	if err != nil {
		return "", unlessGone(err)
	}
	var may []string
	for _, r := range said.EvaluationResults {
		if *r.EvalDecision == "allowed" && !slices.Contains(may, *r.EvalActionName) {
			may = append(may, *r.EvalActionName)
		}
	}
	if len(may) == 0 {
		return "", nil
	}
	return fmt.Sprintf("role %s of the alias %s may %s", role, alias, strings.Join(may, ", ")), nil
}

// unlessGone is err, or nil where it says that what was asked about isn't there.
func unlessGone(err error) error {
	var refused *awsclient.Error
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return nil
	}
	return err
}
