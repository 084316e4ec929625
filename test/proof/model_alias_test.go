package proof

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/arn"
	"muster/internal/awsapi/iotapi"
)

type alias struct {
	role    string
	seconds int32
	tags    map[string]string
}

var ownAliases = few("alias-", 3)

// aliasNames are those of fleets, too.
var aliasNames = slices.Concat(ownAliases, few("SageMakerEdge-fleet-", 3))

func (x *trial) aptAlias() string { return apt(x, aliasNames, in(x.world.aliases)) }

// someRole is the ARN of a role, often of one that is there.
func (x *trial) someRole() string {
	name := apt(x, roleNames, in(x.world.roles))
	if r := x.world.roles[name]; r != nil && x.r.IntN(10) > 0 {
		return r.arn(name)
	}
	return string(arn.Role(accountID, "/", name))
}

// roleOf answers the role of an ARN, path and all; nil if there is none.
func (w *model) roleOf(a string) *role {
	_, _, name, _ := arn.SplitRole(arn.ARN(a))
	if r := w.roles[name]; r != nil && r.arn(name) == a {
		return r
	}
	return nil
}

var aliasSteps = []step{
	{"iot:CreateRoleAlias", func(x *trial) (string, string, string) {
		name, of, tags, want := apt(x, ownAliases, out(x.world.aliases)), x.someRole(), x.tagsOrNone(), itsThere
		if tags.ambiguous() {
			want = badRequest
		} else if x.world.aliases[name] == nil {
			x.world.aliases[name] = &alias{of, 3600, tags.kept()}
			want = fineWord
		}
		return fmt.Sprint(name, " ", of, tags), say(x, iotapi.CreateRoleAlias, &iotapi.CreateRoleAliasRequest{RoleAlias: name, RoleArn: of, Tags: tags.iot()}, fine), want
	}},
	{"iot:UpdateRoleAlias", func(x *trial) (string, string, string) {
		name, of, seconds, want := x.aptAlias(), x.someRole(), int32(900+x.r.IntN(3)), notThere
		if a := x.world.aliases[name]; a != nil {
			a.role, a.seconds, want = of, seconds, fineWord
		}
		return name + " " + of, say(x, iotapi.UpdateRoleAlias, &iotapi.UpdateRoleAliasRequest{RoleAlias: name, RoleArn: &of, CredentialDurationSeconds: &seconds}, fine), want
	}},
	{"iot:DeleteRoleAlias", func(x *trial) (string, string, string) {
		name, want := x.aptAlias(), notThere
		if x.world.aliases[name] != nil {
			delete(x.world.aliases, name)
			want = fineWord
		}
		return name, say(x, iotapi.DeleteRoleAlias, &iotapi.DeleteRoleAliasRequest{RoleAlias: name}, fine), want
	}},
}

var aliasLooks = []look{
	{"iot:DescribeRoleAlias", func(*trial) []string { return aliasNames }, func(x *trial, name string) (got, want string) {
		want = notThere
		if a := x.world.aliases[name]; a != nil {
			want = fmt.Sprint(a.role, a.seconds)
		}
		return say(x, iotapi.DescribeRoleAlias, &iotapi.DescribeRoleAliasRequest{RoleAlias: name}, func(out *iotapi.DescribeRoleAliasResponse) string {
			return fmt.Sprint(*out.RoleAliasDescription.RoleArn, *out.RoleAliasDescription.CredentialDurationSeconds)
		}), want
	}},
	{"iot:ListRoleAliases", nothing, func(x *trial, _ string) (got, want string) {
		return say(x, iotapi.ListRoleAliases, &iotapi.ListRoleAliasesRequest{}, func(out *iotapi.ListRoleAliasesResponse) string {
			return strings.Join(out.RoleAliases, ", ")
		}), strings.Join(sorted(x.world.aliases), ", ")
	}},
	{"iot:DescribeEndpoint", nothing, func(x *trial, _ string) (got, want string) {
		return say(x, iotapi.DescribeEndpoint, &iotapi.DescribeEndpointRequest{EndpointType: new("iot:CredentialProvider")}, func(out *iotapi.DescribeEndpointResponse) string {
			return *out.EndpointAddress
		}), x.m.state.Endpoint
	}},
}
