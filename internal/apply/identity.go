package apply

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"muster/internal/awsapi/iamapi"
	"muster/internal/awsclient"
)

// user makes a user and gives it policies. It makes no access keys: their
// secrets would have to be kept somewhere.
func (c *caller) user(ctx context.Context, s *step, x user, paths map[string]string) error {
	found, err := awsclient.Do(ctx, c.Client, iamapi.GetUser, &iamapi.GetUserRequest{UserName: &x.Name})
	if refusedWith(err, noSuchEntity) {
		err = s.create(func() error {
			_, err := awsclient.Do(ctx, c.Client, iamapi.CreateUser, &iamapi.CreateUserRequest{UserName: x.Name, Path: given(x.Path)})
			return err
		})
	} else if err == nil {
		err = samePath("user", x.Path, value(value(found.User).Path))
	}
	if err != nil || s.foreseen() {
		return err
	}
	if err := c.inline(s, x.Inline, func(name string) (*string, error) {
		got, err := awsclient.Do(ctx, c.Client, iamapi.GetUserPolicy, &iamapi.GetUserPolicyRequest{UserName: x.Name, PolicyName: name})
		if err != nil {
			return nil, err
		}
		return got.PolicyDocument, nil
	}, func(name string, document text) error {
		_, err := awsclient.Do(ctx, c.Client, iamapi.PutUserPolicy, &iamapi.PutUserPolicyRequest{UserName: x.Name, PolicyName: name, PolicyDocument: string(document)})
		return err
	}); err != nil {
		return err
	}
	return c.managed(s, x.Managed, paths, func(marker *string) ([]iamapi.AttachedPolicy, *string, error) {
		page, err := awsclient.Do(ctx, c.Client, iamapi.ListAttachedUserPolicies, &iamapi.ListAttachedUserPoliciesRequest{UserName: x.Name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return page.AttachedPolicies, page.Marker, nil
	}, func(arn string) error {
		_, err := awsclient.Do(ctx, c.Client, iamapi.AttachUserPolicy, &iamapi.AttachUserPolicyRequest{UserName: x.Name, PolicyArn: arn})
		return err
	})
}

func (c *caller) role(ctx context.Context, s *step, x role, paths map[string]string) error {
	found, err := awsclient.Do(ctx, c.Client, iamapi.GetRole, &iamapi.GetRoleRequest{RoleName: x.Name})
	if refusedWith(err, noSuchEntity) {
		err = s.create(func() error {
			in := &iamapi.CreateRoleRequest{RoleName: x.Name, Path: given(x.Path), Description: given(x.Description), AssumeRolePolicyDocument: string(x.Trust)}
			if x.MaxSessionDuration != 0 {
				in.MaxSessionDuration = &x.MaxSessionDuration
			}
			_, err := awsclient.Do(ctx, c.Client, iamapi.CreateRole, in)
			return err
		})
	} else if err == nil {
		err = c.changeRole(ctx, s, x, value(found.Role))
	}
	if err != nil || s.foreseen() {
		return err
	}
	if err := c.inline(s, x.Inline, func(name string) (*string, error) {
		got, err := awsclient.Do(ctx, c.Client, iamapi.GetRolePolicy, &iamapi.GetRolePolicyRequest{RoleName: x.Name, PolicyName: name})
		if err != nil {
			return nil, err
		}
		return got.PolicyDocument, nil
	}, func(name string, document text) error {
		_, err := awsclient.Do(ctx, c.Client, iamapi.PutRolePolicy, &iamapi.PutRolePolicyRequest{RoleName: x.Name, PolicyName: name, PolicyDocument: string(document)})
		return err
	}); err != nil {
		return err
	}
	return c.managed(s, x.Managed, paths, func(marker *string) ([]iamapi.AttachedPolicy, *string, error) {
		page, err := awsclient.Do(ctx, c.Client, iamapi.ListAttachedRolePolicies, &iamapi.ListAttachedRolePoliciesRequest{RoleName: x.Name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return page.AttachedPolicies, page.Marker, nil
	}, func(arn string) error {
		_, err := awsclient.Do(ctx, c.Client, iamapi.AttachRolePolicy, &iamapi.AttachRolePolicyRequest{RoleName: x.Name, PolicyArn: arn})
		return err
	})
}

// changeRole changes the role itself, what it is to be trusted for first.
func (c *caller) changeRole(ctx context.Context, s *step, x role, now iamapi.Role) error {
	if err := samePath("role", x.Path, value(now.Path)); err != nil {
		return err
	}
	if !x.Trust.means(unescaped(now.AssumeRolePolicyDocument)) {
		err := s.change("trust", func() error {
			_, err := awsclient.Do(ctx, c.Client, iamapi.UpdateAssumeRolePolicy, &iamapi.UpdateAssumeRolePolicyRequest{RoleName: x.Name, PolicyDocument: string(x.Trust)})
			return err
		})
		if err != nil {
			return err
		}
	}
	// UpdateRole changes both: what the file doesn't name stays.
	in, changes := &iamapi.UpdateRoleRequest{RoleName: x.Name, Description: now.Description, MaxSessionDuration: now.MaxSessionDuration}, []string(nil)
	if x.Description != "" && x.Description != value(now.Description) {
		in.Description, changes = &x.Description, append(changes, "description")
	}
	if x.MaxSessionDuration != 0 && x.MaxSessionDuration != value(now.MaxSessionDuration) {
		in.MaxSessionDuration, changes = &x.MaxSessionDuration, append(changes, "maxSessionDuration")
	}
	return s.all(changes, func() error {
		_, err := awsclient.Do(ctx, c.Client, iamapi.UpdateRole, in)
		return err
	})
}

func samePath(kind, wanted, now string) error {
	if wanted != "" && wanted != now {
		return &plainError{fmt.Sprintf("the path of a %s can't be changed; it is %s", kind, now)}
	}
	return nil
}

// inline puts the inline policies that aren't there or differ.
func (c *caller) inline(s *step, wanted map[string]text, get func(name string) (*string, error), put func(name string, document text) error) error {
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		now, err := get(name)
		if err != nil && !refusedWith(err, noSuchEntity) {
			return err
		}
		if err == nil && wanted[name].means(unescaped(now)) {
			continue
		}
		if err := s.change("inline policy "+name, func() error { return put(name, wanted[name]) }); err != nil {
			return err
		}
	}
	return nil
}

// managed attaches the managed policies that aren't attached. One without an ARN
// is a policy of the account, of the path that it has in the files.
func (c *caller) managed(s *step, wanted []string, paths map[string]string, list func(marker *string) ([]iamapi.AttachedPolicy, *string, error), attach func(arn string) error) error {
	if len(wanted) == 0 {
		return nil
	}
	have := map[string]bool{}
	var marker *string
	for more := true; more; {
		page, next, err := list(marker)
		if err != nil {
			return err
		}
		for _, p := range page {
			have[value(p.PolicyArn)] = true
		}
		marker, more = next, next != nil
	}
	for _, name := range wanted {
		arn := c.arn("policy", paths[name], name)
		if have[arn] {
			continue
		}
		if err := s.change("managed policy "+name, func() error { return attach(arn) }); err != nil {
			return err
		}
	}
	return nil
}
