package sts

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/policy"
)

// The limits of what AssumeRole takes beside the role, see "IAM and AWS STS
// quotas". What a token can hold is asked when it is sealed.
const (
	maxSessionPolicy = 2048 // characters of policy and ARNs together
	maxPolicyARNs    = 10
)

// validLimits asks whether the session policies and tags can be meant.
func (a *Ask) validLimits() error {
	size := len([]rune(a.Policy))
	for _, p := range a.PolicyARNs {
		size += len(p)
		if _, _, _, ok := arn.SplitManagedPolicy(p); !ok {
			return fault.Invalid.Errorf("ARN %s is not valid.", p)
		}
	}
	switch {
	case size > maxSessionPolicy:
		return fault.Invalid.Errorf("The session policies have %d characters, of which %d are possible.", size, maxSessionPolicy)
	case len(a.PolicyARNs) > maxPolicyARNs:
		return fault.Invalid.Errorf("There are %d policy ARNs, of which %d are possible.", len(a.PolicyARNs), maxPolicyARNs)
	}
	return a.validTags()
}

func (a *Ask) validTags() error {
	if err := iam.CheckTags(a.Tags); err != nil {
		return err
	}
	for _, key := range a.Transitive {
		if !slices.ContainsFunc(a.Tags, sameKey(key)) {
			return fault.Invalid.Errorf("The specified transitive tag key must be included in the requested tags.")
		}
	}
	return nil
}

// sameKey finds a tag by its key: keys are told apart without regard to case.
func sameKey(key string) func(iam.Tag) bool {
	return func(t iam.Tag) bool { return strings.EqualFold(t.Key, key) }
}

// compacted is the policy without white space between its parts, as it is
// sealed. What isn't JSON stays, for the parser to refuse.
func compacted(document string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(document)) != nil {
		return document
	}
	return b.String()
}

// limits answers the session policies of a session as they are now; nil when
// it has none. It fails with a kind when one is gone: what it denied must not
// be allowed for that.
func (s *Service) limits(ctx context.Context, session *Session) ([]policy.Named, error) {
	var all []policy.Named
	if session.Policy != "" {
		doc, err := s.roles.Compiled(session.RoleID, session.Policy)
		if err != nil {
			return nil, err
		}
		all = append(all, policy.Named{Name: "session policy", Document: doc})
	}
	for _, a := range session.PolicyARNs {
		doc, err := s.roles.InForce(ctx, session.Account, session.RoleID, a)
		if err != nil {
			return nil, err
		}
		all = append(all, policy.Named{Name: string(a), Document: doc})
	}
	return all, nil
}

// inherited are the tags that come from the sessions above, which made them
// transitive.
func (s *Session) inherited() []iam.Tag {
	if s.Parent == nil {
		return nil
	}
	tags := s.Parent.inherited()
	for _, t := range s.Parent.Tags {
		if slices.ContainsFunc(s.Parent.Transitive, func(key string) bool { return strings.EqualFold(key, t.Key) }) {
			tags = append(tags, t)
		}
	}
	return tags
}

// tags are all tags of the session.
func (s *Session) tags() []iam.Tag { return append(s.inherited(), s.Tags...) }

// keys are the condition keys of the AssumeRole that made the session.
func (s *Session) keys() policy.Context {
	keys := policy.Context{}
	keys.Set("sts:RoleSessionName", s.SessionName)
	if s.ExternalID != "" {
		keys.Set("sts:ExternalId", s.ExternalID)
	}
	var names []string
	for _, t := range s.Tags {
		keys.Set("aws:RequestTag/"+t.Key, t.Value)
		names = append(names, t.Key)
	}
	keys.Set("aws:TagKeys", names...)
	transitive := slices.Clone(s.Transitive)
	for _, t := range s.inherited() {
		transitive = append(transitive, t.Key)
	}
	keys.Set("sts:TransitiveTagKeys", transitive...)
	return keys
}
