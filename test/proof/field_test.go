package proof

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/sagemakerapi"
	"muster/internal/awsclient"
	"muster/internal/awswire"
)

// field is a world of devices in groups, and of people with access keys. Every
// condition of what they are given is a gate.
type field struct {
	t         *testing.T
	m         *muster
	groups    []*group
	devices   []*device
	people    []*person
	withdrawn atomic.Int64

	connections, dialed atomic.Int64
	asked, used         counts
	byPeople            counts

	mu    sync.Mutex
	kinds map[string]int // requests that had to be refused for nothing else
}

// group is a role with its alias, a policy that allows the alias, and devices.
type group struct {
	alias       string
	own         [][]*gate // those that need each other open are moved by one owner
	granted     gates     // all that a device needs of the group, its policy aside
	stands      *gate     // for the role the alias stood for when credentials were given
	grant       *gate     // what the role's own policies allow
	policy      *gate     // its default version
	policyNamed string
	devices     []*device
}

const (
	// It trusts who gives a fleet its role, and not who gives it to devices.
	sageMakerTrusted = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}}`

	nobodyTrusted  = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}}`
	mayDescribe    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iot:DescribeEndpoint","sts:AssumeRole"],"Resource":"*"}}`
	mayDescribeAs  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iot:DescribeEndpoint","sts:AssumeRole"],"Resource":"*","Condition":{"StringEquals":{"aws:username":"%s"}}}}`
	mayNotDescribe = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":["iot:DescribeEndpoint","sts:AssumeRole"],"Resource":"*"}}`
)

// done makes a call of which only the outcome matters.
func done[In, Out any](m *muster, op awswire.Op[In, Out], in *In) func() error {
	return func() error {
		_, err := awsclient.Do(context.Background(), m.root, op, in)
		return err
	}
}

// inTurn makes calls one after the other until one fails.
func inTurn(calls ...func() error) func() error {
	return func() error {
		for _, c := range calls {
			if err := c(); err != nil {
				return err
			}
		}
		return nil
	}
}

func newField(t *testing.T, m *muster, n size) *field {
	t.Helper()
	f := &field{t: t, m: m, kinds: map[string]int{}}
	f.must(done(m, iamapi.CreateRole, &iamapi.CreateRoleRequest{RoleName: "elsewhere", AssumeRolePolicyDocument: sageMakerTrusted})())
	f.must(done(m, iamapi.CreateRole, &iamapi.CreateRoleRequest{RoleName: "other", AssumeRolePolicyDocument: iotTrusted})())
	f.must(done(m, iotapi.CreatePolicy, &iotapi.CreatePolicyRequest{PolicyName: bySite, PolicyDocument: mayBecomeOfSite})())
	for i := range n.groups {
		f.groups = append(f.groups, f.newGroup(fmt.Sprintf("group-%d", i), i%2 == 1, i%4 > 1))
	}
	f.devices, f.people = make([]*device, n.devices), make([]*person, n.people)
	var working sync.WaitGroup
	for i := range f.devices {
		g := f.groups[i%len(f.groups)]
		working.Go(func() {
			f.devices[i] = f.newDevice(fmt.Sprintf("device-%d", i), g, leave(i/len(f.groups)%int(leaves)), i%2 == 1)
		})
	}
	for i := range f.people {
		working.Go(func() { f.people[i] = f.newPerson(fmt.Sprintf("person-%d", i), i%2 == 1) })
	}
	working.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for _, d := range f.devices {
		d.group.devices = append(d.group.devices, d)
	}
	for _, g := range f.gates() {
		for _, w := range g.ways {
			f.kinds[w.name] = 0
			if w.buries {
				f.kinds[g.name+" is another now"] = 0
			}
		}
	}
	return f
}

// gates are all there are.
func (f *field) gates() gates {
	var all gates
	for _, g := range f.groups {
		for _, own := range g.own {
			all = append(all, own...)
		}
	}
	for _, d := range f.devices {
		all = append(all, d.own...)
	}
	for _, p := range f.people {
		all = append(all, p.own...)
	}
	return all
}

// newGroup makes a group whose role has a managed policy or an inline one, and
// whose alias is that of a device fleet or of its own.
func (f *field) newGroup(name string, managed, fleet bool) *group {
	f.t.Helper()
	m, g, role := f.m, &group{alias: name, policyNamed: name}, roleARN(name)
	if fleet {
		g.alias = aliasOf(name)
	}
	createRole := done(m, iamapi.CreateRole, &iamapi.CreateRoleRequest{RoleName: name, AssumeRolePolicyDocument: iotTrusted})
	f.must(inTurn(createRole, done(m, iotapi.CreatePolicy, &iotapi.CreatePolicyRequest{PolicyName: name, PolicyDocument: mayBecome}))())
	give, take, ways := f.grant(roleHolder(m, name), managed)
	f.must(give())

	of := func(role string) func() error {
		return done(m, iotapi.UpdateRoleAlias, &iotapi.UpdateRoleAliasRequest{RoleAlias: g.alias, RoleArn: &role})
	}
	alias := &gate{name: "the alias", ways: []*way{{name: "alias given another role", shut: of(roleARN("elsewhere")), reopen: of(role)}}}
	if fleet {
		f.must(done(m, sagemakerapi.CreateDeviceFleet, &sagemakerapi.CreateDeviceFleetRequest{DeviceFleetName: name, RoleArn: &role, OutputConfig: fleetOutput})())
		with := func(role string) func() error {
			return done(m, sagemakerapi.UpdateDeviceFleet, &sagemakerapi.UpdateDeviceFleetRequest{DeviceFleetName: name, RoleArn: &role, OutputConfig: fleetOutput})
		}
		alias.ways = append(alias.ways, &way{name: "fleet given another role", shut: with(roleARN("elsewhere")), reopen: with(role)})
	} else {
		create := done(m, iotapi.CreateRoleAlias, &iotapi.CreateRoleAliasRequest{RoleAlias: name, RoleArn: role})
		f.must(create())
		alias.ways = append(alias.ways, &way{name: "alias deleted", buries: true, shut: done(m, iotapi.DeleteRoleAlias, &iotapi.DeleteRoleAliasRequest{RoleAlias: name}), reopen: create})
	}
	trust := func(document string) func() error {
		return done(m, iamapi.UpdateAssumeRolePolicy, &iamapi.UpdateAssumeRolePolicyRequest{RoleName: name, PolicyDocument: document})
	}
	itself := &gate{name: "the role", ways: []*way{
		{name: "role deleted", buries: true, shut: inTurn(take, done(m, iamapi.DeleteRole, &iamapi.DeleteRoleRequest{RoleName: name})), reopen: inTurn(createRole, give)},
	}}
	trusting := &gate{name: "the role's trust", ways: []*way{{name: "role's trust withdrawn", shut: trust(nobodyTrusted), reopen: trust(iotTrusted)}}}
	g.stands = &gate{name: "the alias's role", ways: []*way{{name: "alias given another role that devices may have", shut: of(roleARN("other")), reopen: of(role)}}}
	g.grant = &gate{name: "the role's policy", ways: ways}
	g.policy = &gate{name: "the policy's default version", ways: f.versions(name)}
	g.granted = gates{alias, itself, trusting}
	ofRole := []*gate{itself, trusting, g.grant, g.policy}
	if fleet { // it is given only roles that are there and trust SageMaker; another role is withdrawn by itself
		g.own = [][]*gate{append(ofRole, alias, g.stands)}
	} else {
		g.own = [][]*gate{ofRole, {alias}}
	}
	return g
}

// versions are the ways to withdraw an IoT policy that stays attached. Beside
// the version in force, which is the first, it is given one that denies.
func (f *field) versions(name string) []*way {
	m := f.m
	f.must(done(m, iotapi.CreatePolicyVersion, &iotapi.CreatePolicyVersionRequest{PolicyName: name, PolicyDocument: mayNothing})())
	inForce := func(id string) func() error {
		return done(m, iotapi.SetDefaultPolicyVersion, &iotapi.SetDefaultPolicyVersionRequest{PolicyName: name, PolicyVersionId: id})
	}
	made := ""
	return []*way{
		{name: "policy's default version set", shut: inForce("2"), reopen: inForce("1")},
		{name: "policy given a new default version", shut: func() error {
			out, err := awsclient.Do(context.Background(), m.root, iotapi.CreatePolicyVersion, &iotapi.CreatePolicyVersionRequest{PolicyName: name, PolicyDocument: mayOther, SetAsDefault: new(true)})
			if err == nil {
				made = *out.PolicyVersionId
			}
			return err
		}, reopen: inTurn(inForce("1"), func() error {
			return done(m, iotapi.DeletePolicyVersion, &iotapi.DeletePolicyVersionRequest{PolicyName: name, PolicyVersionId: made})()
		})},
	}
}

func (f *field) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Error(err)
	}
}
