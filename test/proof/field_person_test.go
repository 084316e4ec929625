package proof

import (
	"context"
	"sync/atomic"

	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/stsapi"
	"muster/internal/awsclient"
	"muster/internal/secret"
	"muster/internal/sigv4"
)

// person is a user with an access key, what it may do, and a role that it may
// become and that may do nothing.
type person struct {
	name, role  string
	own         []*gate
	keyed       gates // conditions of what its key may do
	roled       gates // and of what it may do as the role
	key         string
	signs       atomic.Pointer[awsclient.Client]
	became, has atomic.Pointer[vended] // credentials of the role, and its own temporary ones
}

func (f *field) newPerson(name string, managed bool) *person {
	f.t.Helper()
	m, p := f.m, &person{name: name, role: name + "-desk"}
	createUser := done(m, iamapi.CreateUser, &iamapi.CreateUserRequest{UserName: name})
	f.must(createUser())
	give, take, ways := f.grant(userHolder(m, name), managed)
	f.must(give())
	if !managed { // its inline policy asks for its name
		rename := func(from, to string) func() error {
			return done(m, iamapi.UpdateUser, &iamapi.UpdateUserRequest{UserName: from, NewUserName: &to})
		}
		ways = append(ways, &way{name: "user renamed", shut: rename(name, name+"-once"), reopen: rename(name+"-once", name)})
	}
	createKey := func() error {
		out, err := awsclient.Do(context.Background(), m.root, iamapi.CreateAccessKey, &iamapi.CreateAccessKeyRequest{UserName: &name})
		if err == nil {
			p.key = *out.AccessKey.AccessKeyId
			p.signs.Store(m.as(sigv4.Credential{AccessKey: p.key, Secret: secret.New(*out.AccessKey.SecretAccessKey)}))
		}
		return err
	}
	f.must(createKey())
	status := func(s string) func() error {
		return func() error {
			return done(m, iamapi.UpdateAccessKey, &iamapi.UpdateAccessKeyRequest{UserName: &name, AccessKeyId: p.key, Status: s})()
		}
	}
	deleteKey := func() error {
		return done(m, iamapi.DeleteAccessKey, &iamapi.DeleteAccessKeyRequest{UserName: &name, AccessKeyId: p.key})()
	}
	key := &gate{name: "the access key", ways: []*way{
		{name: "access key made inactive", shut: status("Inactive"), reopen: status("Active")},
		{name: "access key deleted", buries: true, shut: deleteKey, reopen: createKey},
		{name: "user deleted", buries: true, shut: inTurn(take, deleteKey, done(m, iamapi.DeleteUser, &iamapi.DeleteUserRequest{UserName: name})), reopen: inTurn(createUser, give, createKey)},
	}}
	grant := &gate{name: "the user's policy", ways: ways}

	createRole := done(m, iamapi.CreateRole, &iamapi.CreateRoleRequest{RoleName: p.role, AssumeRolePolicyDocument: accountTrusts})
	f.must(createRole())
	trust := func(document string) func() error {
		return done(m, iamapi.UpdateAssumeRolePolicy, &iamapi.UpdateAssumeRolePolicyRequest{RoleName: p.role, PolicyDocument: document})
	}
	role := &gate{name: "the role of people", ways: []*way{
		{name: "role of people deleted", buries: true, shut: done(m, iamapi.DeleteRole, &iamapi.DeleteRoleRequest{RoleName: p.role}), reopen: createRole},
		{name: "role's trust in people withdrawn", shut: trust(nobodyTrusted), reopen: trust(accountTrusts)},
	}}
	p.own = []*gate{key, grant, role}
	p.keyed, p.roled = gates{key, grant}, gates{key, grant, role}
	return p
}

// act does one of the things people do, and judges the answer.
func (f *field) act(p *person, what int) {
	switch what % 5 {
	case 0:
		f.person(p, "as itself", p.keyed, nil, func() (*awsclient.Client, error) { return nil, describe(f.t.Context(), p.signs.Load()) }, nil)
	case 1:
		f.person(p, "to become its role", p.roled, nil, func() (*awsclient.Client, error) {
			out, err := awsclient.Do(f.t.Context(), p.signs.Load(), stsapi.AssumeRole, &stsapi.AssumeRoleRequest{RoleArn: roleARN(p.role), RoleSessionName: "proof"})
			if err != nil {
				return nil, err
			}
			return f.m.as(credentialOf(out.Credentials)), nil
		}, &p.became)
	case 2:
		// Temporary credentials of its own need the key and nothing else.
		f.person(p, "for temporary credentials", p.keyed[:1], nil, func() (*awsclient.Client, error) {
			out, err := awsclient.Do(f.t.Context(), p.signs.Load(), stsapi.GetSessionToken, &stsapi.GetSessionTokenRequest{})
			if err != nil {
				return nil, err
			}
			return f.m.as(credentialOf(out.Credentials)), nil
		}, &p.has)
	case 3:
		if v := p.became.Load(); v != nil {
			f.person(p, "as its role", p.roled, v.made, func() (*awsclient.Client, error) { return nil, whoAmI(f.t.Context(), v.client) }, nil)
		}
	case 4:
		if v := p.has.Load(); v != nil {
			made := append(v.made[:1:1], moment{}) // the policy buries nothing
			f.person(p, "with temporary credentials", p.keyed, made, func() (*awsclient.Client, error) { return nil, describe(f.t.Context(), v.client) }, nil)
		}
	}
}

func describe(ctx context.Context, c *awsclient.Client) error {
	_, err := awsclient.Do(ctx, c, iotapi.DescribeEndpoint, &iotapi.DescribeEndpointRequest{EndpointType: new("iot:Data-ATS")})
	return err
}

// whoAmI needs no permission.
func whoAmI(ctx context.Context, c *awsclient.Client) error {
	_, err := awsclient.Do(ctx, c, stsapi.GetCallerIdentity, &stsapi.GetCallerIdentityRequest{})
	return err
}

func credentialOf(c *stsapi.Credentials) sigv4.Credential {
	return sigv4.Credential{AccessKey: *c.AccessKeyId, Secret: secret.New(*c.SecretAccessKey), Token: secret.New(*c.SessionToken)}
}

// person asks for something, judges the answer, and keeps what it was given.
func (f *field) person(p *person, as string, all gates, made view, ask func() (*awsclient.Client, error), keep *atomic.Pointer[vended]) {
	before := all.look()
	given, err := ask()
	after := all.look()
	if f.answered(p.name+" "+as, err) {
		f.judge(&f.byPeople, p.name+" "+as, all, before, after, made, err == nil)
	}
	if given != nil && keep != nil && before.stood(after) {
		keep.Store(&vended{given, before})
	}
}
