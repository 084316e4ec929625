package proof

import (
	"fmt"
	"net/url"
	"strings"

	"muster/internal/arn"
	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
)

type role struct {
	trust  string
	inline map[string]string
}

type alias struct {
	role    string
	seconds int32
}

func (x *trial) role() string  { return x.name("role-", 3) }
func (x *trial) alias() string { return x.name("alias-", 3) }

func roleARN(name string) string { return string(arn.Role(accountID, "/", name)) }

// Codes of IAM.
var (
	noEntity   = no("NoSuchEntity")
	entity     = no("EntityAlreadyExists")
	entityUsed = no("DeleteConflict")
)

var accessSteps = []step{
	{"CreateRole", func(x *trial) (string, string, string) {
		name, trust, want := x.role(), one(x, iotTrusted, iotTrusted, accountTrusts), entity
		if x.world.roles[name] == nil {
			x.world.roles[name] = &role{trust: trust, inline: map[string]string{}}
			want = fineWord
		}
		return name, say(x, iamapi.CreateRole, &iamapi.CreateRoleRequest{RoleName: name, AssumeRolePolicyDocument: trust}, fine), want
	}},
	{"GetRole", func(x *trial) (string, string, string) {
		name, want := x.role(), noEntity
		if r := x.world.roles[name]; r != nil {
			want = r.trust
		}
		return name, say(x, iamapi.GetRole, &iamapi.GetRoleRequest{RoleName: name}, func(out *iamapi.GetRoleResponse) string {
			document, _ := url.QueryUnescape(*out.Role.AssumeRolePolicyDocument)
			return document
		}), want
	}},
	{"UpdateAssumeRolePolicy", func(x *trial) (string, string, string) {
		name, trust, want := x.role(), one(x, iotTrusted, iotTrusted, accountTrusts), noEntity
		if r := x.world.roles[name]; r != nil {
			r.trust, want = trust, fineWord
		}
		return name, say(x, iamapi.UpdateAssumeRolePolicy, &iamapi.UpdateAssumeRolePolicyRequest{RoleName: name, PolicyDocument: trust}, fine), want
	}},
	{"DeleteRole", func(x *trial) (string, string, string) {
		name, want := x.role(), noEntity
		if r := x.world.roles[name]; r != nil && len(r.inline) > 0 {
			want = entityUsed
		} else if r != nil {
			delete(x.world.roles, name)
			want = fineWord
		}
		return name, say(x, iamapi.DeleteRole, &iamapi.DeleteRoleRequest{RoleName: name}, fine), want
	}},
	{"PutRolePolicy", func(x *trial) (string, string, string) {
		name, policy, document, want := x.role(), x.name("inline-", 2), one(x, mayLook, mayList), noEntity
		if r := x.world.roles[name]; r != nil {
			r.inline[policy], want = document, fineWord
		}
		return name + " " + policy, say(x, iamapi.PutRolePolicy, &iamapi.PutRolePolicyRequest{RoleName: name, PolicyName: policy, PolicyDocument: document}, fine), want
	}},
	{"GetRolePolicy", func(x *trial) (string, string, string) {
		name, policy, want := x.role(), x.name("inline-", 2), noEntity
		if r := x.world.roles[name]; r != nil && r.inline[policy] != "" {
			want = r.inline[policy]
		}
		return name + " " + policy, say(x, iamapi.GetRolePolicy, &iamapi.GetRolePolicyRequest{RoleName: name, PolicyName: policy}, func(out *iamapi.GetRolePolicyResponse) string {
			document, _ := url.QueryUnescape(*out.PolicyDocument)
			return document
		}), want
	}},
	{"ListRolePolicies", func(x *trial) (string, string, string) {
		name, want := x.role(), noEntity
		if r := x.world.roles[name]; r != nil {
			want = strings.Join(sorted(r.inline), ", ")
		}
		return name, say(x, iamapi.ListRolePolicies, &iamapi.ListRolePoliciesRequest{RoleName: name}, func(out *iamapi.ListRolePoliciesResponse) string {
			return strings.Join(out.PolicyNames, ", ")
		}), want
	}},
	{"DeleteRolePolicy", func(x *trial) (string, string, string) {
		name, policy, want := x.role(), x.name("inline-", 2), noEntity
		if r := x.world.roles[name]; r != nil && r.inline[policy] != "" {
			delete(r.inline, policy)
			want = fineWord
		}
		return name + " " + policy, say(x, iamapi.DeleteRolePolicy, &iamapi.DeleteRolePolicyRequest{RoleName: name, PolicyName: policy}, fine), want
	}},
	{"CreateRoleAlias", func(x *trial) (string, string, string) {
		name, of, want := x.alias(), roleARN(x.role()), itsThere
		if x.world.aliases[name] == nil {
			x.world.aliases[name] = &alias{of, 3600}
			want = fineWord
		}
		return name + " " + of, say(x, iotapi.CreateRoleAlias, &iotapi.CreateRoleAliasRequest{RoleAlias: name, RoleArn: of}, fine), want
	}},
	{"UpdateRoleAlias", func(x *trial) (string, string, string) {
		name, of, seconds, want := x.alias(), roleARN(x.role()), int32(900+x.r.IntN(3)), notThere
		if a := x.world.aliases[name]; a != nil {
			a.role, a.seconds, want = of, seconds, fineWord
		}
		return name + " " + of, say(x, iotapi.UpdateRoleAlias, &iotapi.UpdateRoleAliasRequest{RoleAlias: name, RoleArn: &of, CredentialDurationSeconds: &seconds}, fine), want
	}},
	{"DescribeRoleAlias", func(x *trial) (string, string, string) {
		name, want := x.alias(), notThere
		if a := x.world.aliases[name]; a != nil {
			want = fmt.Sprint(a.role, a.seconds)
		}
		return name, say(x, iotapi.DescribeRoleAlias, &iotapi.DescribeRoleAliasRequest{RoleAlias: name}, func(out *iotapi.DescribeRoleAliasResponse) string {
			return fmt.Sprint(*out.RoleAliasDescription.RoleArn, *out.RoleAliasDescription.CredentialDurationSeconds)
		}), want
	}},
	{"ListRoleAliases", func(x *trial) (string, string, string) {
		all := sorted(x.world.aliases)
		return "", say(x, iotapi.ListRoleAliases, &iotapi.ListRoleAliasesRequest{}, func(out *iotapi.ListRoleAliasesResponse) string {
			return strings.Join(out.RoleAliases, ", ")
		}), strings.Join(all, ", ")
	}},
	{"DeleteRoleAlias", func(x *trial) (string, string, string) {
		name, want := x.alias(), notThere
		if x.world.aliases[name] != nil {
			delete(x.world.aliases, name)
			want = fineWord
		}
		return name, say(x, iotapi.DeleteRoleAlias, &iotapi.DeleteRoleAliasRequest{RoleAlias: name}, fine), want
	}},
}
