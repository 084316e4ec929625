package proof

import (
	"context"
	"fmt"

	"muster/internal/awsapi/iamapi"
	"muster/internal/awsclient"
)

// holder is a role or a user: how policies are put on it and taken off.
type holder struct {
	kind, name     string
	may            string // the document of its inline policy
	put            func(policy, document string) func() error
	remove         func(policy string) func() error
	attach, detach func(arn string) func() error
}

func roleHolder(m *muster, name string) holder {
	return holder{
		kind: "role", name: name, may: mayDescribe,
		put: func(policy, document string) func() error {
			return done(m, iamapi.PutRolePolicy, &iamapi.PutRolePolicyRequest{RoleName: name, PolicyName: policy, PolicyDocument: document})
		},
		remove: func(policy string) func() error {
			return done(m, iamapi.DeleteRolePolicy, &iamapi.DeleteRolePolicyRequest{RoleName: name, PolicyName: policy})
		},
		attach: func(arn string) func() error {
			return done(m, iamapi.AttachRolePolicy, &iamapi.AttachRolePolicyRequest{RoleName: name, PolicyArn: arn})
		},
		detach: func(arn string) func() error {
			return done(m, iamapi.DetachRolePolicy, &iamapi.DetachRolePolicyRequest{RoleName: name, PolicyArn: arn})
		},
	}
}

func userHolder(m *muster, name string) holder {
	return holder{
		kind: "user", name: name, may: fmt.Sprintf(mayDescribeAs, name),
		put: func(policy, document string) func() error {
			return done(m, iamapi.PutUserPolicy, &iamapi.PutUserPolicyRequest{UserName: name, PolicyName: policy, PolicyDocument: document})
		},
		remove: func(policy string) func() error {
			return done(m, iamapi.DeleteUserPolicy, &iamapi.DeleteUserPolicyRequest{UserName: name, PolicyName: policy})
		},
		attach: func(arn string) func() error {
			return done(m, iamapi.AttachUserPolicy, &iamapi.AttachUserPolicyRequest{UserName: name, PolicyArn: arn})
		},
		detach: func(arn string) func() error {
			return done(m, iamapi.DetachUserPolicy, &iamapi.DetachUserPolicyRequest{UserName: name, PolicyArn: arn})
		},
	}
}

// grant is what lets a role or user do something: an inline policy, or a managed
// one that is made here. give and take put it on and take it off; ways are those
// to withdraw it.
func (f *field) grant(h holder, managed bool) (give, take func() error, ways []*way) {
	f.t.Helper()
	denied := &way{name: h.kind + " given a policy that denies", shut: h.put("not", mayNotDescribe), reopen: h.remove("not")}
	if !managed {
		give, take = h.put("may", h.may), h.remove("may")
		return give, take, []*way{
			denied,
			{name: h.kind + "'s inline policy deleted", shut: take, reopen: give},
			{name: h.kind + "'s inline policy replaced", shut: h.put("may", mayLook), reopen: give},
		}
	}
	m, arn := f.m, managedARN(h.name)
	f.must(inTurn(
		done(m, iamapi.CreatePolicy, &iamapi.CreatePolicyRequest{PolicyName: h.name, PolicyDocument: mayDescribe}),
		done(m, iamapi.CreatePolicyVersion, &iamapi.CreatePolicyVersionRequest{PolicyArn: arn, PolicyDocument: mayNotDescribe}),
	)())
	inForce := func(id string) func() error {
		return done(m, iamapi.SetDefaultPolicyVersion, &iamapi.SetDefaultPolicyVersionRequest{PolicyArn: arn, VersionId: id})
	}
	made := ""
	return h.attach(arn), h.detach(arn), []*way{
		denied,
		{name: h.kind + "'s managed policy detached", shut: h.detach(arn), reopen: h.attach(arn)},
		{name: h.kind + "'s managed policy's default version set", shut: inForce("v2"), reopen: inForce("v1")},
		{name: h.kind + "'s managed policy given a new default version", shut: func() error {
			out, err := awsclient.Do(context.Background(), m.root, iamapi.CreatePolicyVersion, &iamapi.CreatePolicyVersionRequest{PolicyArn: arn, PolicyDocument: mayLook, SetAsDefault: new(true)})
			if err == nil {
				made = *out.PolicyVersion.VersionId
			}
			return err
		}, reopen: inTurn(inForce("v1"), func() error {
			return done(m, iamapi.DeletePolicyVersion, &iamapi.DeletePolicyVersionRequest{PolicyArn: arn, VersionId: made})()
		})},
	}
}
