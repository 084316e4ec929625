package sts_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/policy"
	"muster/internal/sts"
)

func allowing(effect, action string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":%q,"Action":%q,"Resource":"*"}}`, effect, action)
}

func TestSessionPoliciesOnlyTakeAway(t *testing.T) {
	const (
		own      = arn.ARN("arn:aws:iam::000000000000:policy/own")
		readOnly = arn.ARN("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
	)
	for _, tc := range []struct {
		name string
		ask  sts.Ask
		want map[string]error
	}{
		{"none", sts.Ask{}, map[string]error{"s3:GetObject": nil, "s3:PutObject": nil, "iot:CreateThing": fault.Denied}},
		{"inline", sts.Ask{Policy: allowing("Allow", "s3:GetObject")},
			map[string]error{"s3:GetObject": nil, "s3:PutObject": fault.Denied, "iot:CreateThing": fault.Denied}},
		{"more than the role has", sts.Ask{Policy: allowing("Allow", "*")},
			map[string]error{"s3:GetObject": nil, "s3:PutObject": nil, "iot:CreateThing": fault.Denied}},
		{"only a denial", sts.Ask{Policy: allowing("Deny", "s3:GetObject")},
			map[string]error{"s3:GetObject": fault.Denied, "s3:PutObject": fault.Denied}},
		{"AWS's own", sts.Ask{PolicyARNs: []arn.ARN{readOnly}}, map[string]error{"s3:GetObject": nil, "s3:PutObject": fault.Denied}},
		{"the account's", sts.Ask{PolicyARNs: []arn.ARN{own}}, map[string]error{"s3:GetObject": fault.Denied, "s3:PutObject": nil}},
		{"together they allow", sts.Ask{PolicyARNs: []arn.ARN{own, readOnly}}, map[string]error{"s3:GetObject": nil, "s3:PutObject": nil}},
		{"a denial among them wins", sts.Ask{Policy: allowing("Deny", "s3:Put*"), PolicyARNs: []arn.ARN{own, readOnly}},
			map[string]error{"s3:GetObject": nil, "s3:PutObject": fault.Denied}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.role(t, "target", trusting(byRoot))
			w.put(t, "target", "p", allowing("Allow", "s3:*"))
			_, err := w.roles.CreatePolicy(t.Context(), iam.ManagedPolicy{Account: account, Name: "own"}, allowing("Allow", "s3:PutObject"))
			must(t, err)
			made, err := w.assume(t, w.root(t), "target", tc.ask)
			must(t, err)
			c, err := w.as(t, made.Credential)
			must(t, err)
			for action, want := range tc.want {
				check(t, action, w.roles.Authorize(t.Context(), c, action, "*", nil), want)
			}
		})
	}
}

func TestTheRefusalNamesTheSessionPolicy(t *testing.T) {
	w := newWorld(t)
	w.role(t, "target", trusting(byRoot))
	w.put(t, "target", "p", allowing("Allow", "s3:*"))
	for document, want := range map[string]string{
		allowing("Allow", "s3:GetObject"): " because no session policy allows the s3:PutObject action",
		allowing("Deny", "s3:PutObject"):  " with an explicit deny in a session policy",
	} {
		made, err := w.assume(t, w.root(t), "target", sts.Ask{Policy: document})
		must(t, err)
		c, err := w.as(t, made.Credential)
		must(t, err)
		if err := w.roles.Authorize(t.Context(), c, "s3:PutObject", "*", nil); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want …%s", err, want)
		}
	}
}

// A managed policy that limits a session counts as it is now, and its going
// ends the session.
func TestASessionPolicyIsLookedAtNow(t *testing.T) {
	w := newWorld(t)
	w.role(t, "target", trusting(byRoot))
	w.put(t, "target", "p", allowing("Allow", "s3:*"))
	p, err := w.roles.CreatePolicy(t.Context(), iam.ManagedPolicy{Account: account, Name: "own"}, allowing("Allow", "s3:GetObject"))
	must(t, err)
	made, err := w.assume(t, w.root(t), "target", sts.Ask{PolicyARNs: []arn.ARN{p.ARN()}})
	must(t, err)
	if _, err := w.as(t, made.Credential); err != nil {
		t.Fatal(err)
	}
	must(t, w.roles.DeletePolicy(t.Context(), account, p.ARN()))
	_, err = w.as(t, made.Credential)
	check(t, "the session", err, sts.ErrWithdrawn)
}

// A session's limits hold for the sessions it asks for, also where the role's
// trust policy names its role.
func TestALimitedSessionAssumesNoMore(t *testing.T) {
	for _, tc := range []struct {
		name, trust, limit string
		want               error
	}{
		{"by account, allowed", trusting(byRoot), identity("Allow"), nil},
		{"by account, not allowed", trusting(byRoot), allowing("Allow", "s3:*"), fault.Denied},
		{"named, allowed", trusting(byAsker), identity("Allow"), nil},
		{"named, not allowed", trusting(byAsker), allowing("Allow", "s3:*"), fault.Denied},
		{"named, denied", trusting(byAsker), identity("Deny"), fault.Denied},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.role(t, "asker", trusting(byRoot))
			w.put(t, "asker", "p", allowing("Allow", "*"))
			w.role(t, "target", tc.trust)
			first, err := w.assume(t, w.root(t), "asker", sts.Ask{Policy: tc.limit})
			must(t, err)
			second, err := w.assume(t, w.caller(t, first.AccessKeyID, first.SessionToken.Reveal()), "target", sts.Ask{})
			check(t, "AssumeRole", err, tc.want)
			if err != nil {
				return
			}
			if c, err := w.as(t, second.Credential); err != nil || c.Limits != nil {
				t.Errorf("the second session: got %+v, %v; a limit isn't handed on", c, err)
			}
		})
	}
}

func TestWhatLimitsASessionIsRefused(t *testing.T) {
	w := newWorld(t)
	w.role(t, "target", trusting(byRoot))
	many := make([]arn.ARN, 11)
	for i := range many {
		many[i] = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
	}
	for _, tc := range []struct {
		name string
		ask  sts.Ask
		want error
	}{
		{"no JSON", sts.Ask{Policy: "x"}, fault.Malformed},
		{"a key twice", sts.Ask{Policy: `{"Statement":{"Effect":"Deny","effect":"Allow","Action":"*","Resource":"*"}}`}, fault.Malformed},
		{"a trust policy", sts.Ask{Policy: trusting(byRoot)}, fault.Malformed},
		{"too long", sts.Ask{Policy: allowing("Allow", "s3:"+strings.Repeat("a", 2048))}, fault.Invalid},
		{"long by white space, which counts", sts.Ask{Policy: allowing("Allow", "s3:*") + strings.Repeat(" ", 2048)}, fault.Invalid},
		{"no policy's ARN", sts.Ask{PolicyARNs: []arn.ARN{targetARN}}, fault.Invalid},
		{"no such policy", sts.Ask{PolicyARNs: []arn.ARN{"arn:aws:iam::000000000000:policy/none"}}, fault.Invalid},
		{"another account's policy", sts.Ask{PolicyARNs: []arn.ARN{"arn:aws:iam::111111111111:policy/none"}}, fault.Invalid},
		{"eleven policies", sts.Ask{PolicyARNs: many}, fault.Invalid},
		{"ten policies", sts.Ask{PolicyARNs: many[:10]}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := w.assume(t, w.root(t), "target", tc.ask)
			check(t, "AssumeRole", err, tc.want)
		})
	}
}

func tagTrusting(condition string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{%s},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":%s}]}`, byRoot, condition)
}

func TestTagsOfASession(t *testing.T) {
	team := []iam.Tag{{Key: "Team", Value: "pumps"}}
	for _, tc := range []struct {
		name, trust string
		tags        []iam.Tag
		want        error
	}{
		{"tags, and the trust policy allows them", tagTrusting(`{}`), team, nil},
		{"tags, and the trust policy doesn't", trusting(byRoot), team, fault.Denied},
		{"the tag it asks for", tagTrusting(`{"StringEquals":{"aws:RequestTag/team":"pumps"}}`), team, nil},
		{"another than it asks for", tagTrusting(`{"StringEquals":{"aws:RequestTag/team":"wells"}}`), team, fault.Denied},
		{"none, where it asks for one", tagTrusting(`{"StringEquals":{"aws:RequestTag/team":"pumps"}}`), nil, fault.Denied},
		{"a key it doesn't allow", tagTrusting(`{"ForAllValues:StringEquals":{"aws:TagKeys":["Site"]}}`), team, fault.Denied},
		{"a reserved key", tagTrusting(`{}`), []iam.Tag{{Key: "aws:x", Value: "y"}}, fault.Invalid},
		{"a key twice", tagTrusting(`{}`), []iam.Tag{{Key: "a"}, {Key: "A"}}, fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.role(t, "target", tc.trust)
			w.put(t, "target", "p", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:PrincipalTag/team}/*"}}`)
			made, err := w.assume(t, w.root(t), "target", sts.Ask{Tags: tc.tags})
			check(t, "AssumeRole", err, tc.want)
			if err != nil {
				return
			}
			c, err := w.as(t, made.Credential)
			must(t, err)
			check(t, "its team's", w.roles.Authorize(t.Context(), c, "s3:GetObject", "arn:aws:s3:::pumps/a", nil), nil)
			check(t, "another's", w.roles.Authorize(t.Context(), c, "s3:GetObject", "arn:aws:s3:::wells/a", nil), fault.Denied)
		})
	}
}

// Who may become a role may hang on its tags, as they are now: a session ends
// with the tag that allowed it.
func TestTheTagsOfARoleDecideWhoBecomesIt(t *testing.T) {
	const (
		all  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"},`
		only = `{"Version":"2012-10-17","Statement":[`
		tag  = `"Action":"sts:*","Resource":"*","Condition":{"StringEquals":{"%s":"field"}}}]}`
	)
	for _, key := range []string{"aws:ResourceTag/team", "iam:ResourceTag/Team"} {
		tagged := fmt.Sprintf(tag, key)
		for _, tc := range []struct {
			name, trust, own   string
			without, other, is error
		}{
			{"the asker's policy allows it", given(byRoot, `{}`), only + `{"Effect":"Allow",` + tagged, fault.Denied, fault.Denied, nil},
			{"the asker's policy denies it", given(byRoot, `{}`), all + `{"Effect":"Deny",` + tagged, nil, nil, fault.Denied},
			{"it denies even who is named", given(byAsker, `{}`), only + `{"Effect":"Deny",` + tagged, nil, nil, fault.Denied},
			{"the trust policy allows it", given(byAsker, `{"StringEquals":{"`+key+`":"field"}}`), "", fault.Denied, fault.Denied, nil},
			{"the trust policy denies the others", given(byAsker, `{"StringNotEquals":{"`+key+`":"field"}}`), "", nil, nil, fault.Denied},
		} {
			t.Run(key+" "+tc.name, func(t *testing.T) {
				w := newWorld(t)
				w.role(t, "asker", trusting(byRoot))
				w.role(t, "target", tc.trust)
				if tc.own != "" {
					w.put(t, "asker", "p", tc.own)
				}
				asker, err := w.assume(t, w.root(t), "asker", sts.Ask{})
				must(t, err)
				var made []sts.Assumed
				for _, step := range []struct {
					value string
					want  error
				}{{"", tc.without}, {"plant", tc.other}, {"field", tc.is}} {
					if step.value != "" {
						must(t, w.roles.Tag(t.Context(), iam.RoleNamed(account, "target"), []iam.Tag{{Key: "team", Value: step.value}}))
					}
					c, err := w.as(t, asker.Credential)
					must(t, err)
					s, err := w.assume(t, c, "target", sts.Ask{})
					check(t, "tagged "+step.value, err, step.want)
					if err == nil {
						made = append(made, s)
					}
				}
				if tc.is == nil {
					must(t, w.roles.Untag(t.Context(), iam.RoleNamed(account, "target"), []string{"team"}))
				}
				for _, s := range made {
					_, err := w.as(t, s.Credential)
					check(t, "a session from before", err, sts.ErrWithdrawn)
				}
			})
		}
	}
}

func TestTransitiveTagsGoDownTheChain(t *testing.T) {
	w := newWorld(t)
	w.role(t, "asker", tagTrusting(`{}`))
	w.put(t, "asker", "p", allowing("Allow", "sts:*"))
	w.role(t, "target", tagTrusting(`{}`))
	w.put(t, "target", "p", allowing("Allow", "sts:*"))
	w.role(t, "untagged", trusting(byRoot))
	first, err := w.assume(t, w.root(t), "asker", sts.Ask{
		Tags: []iam.Tag{{Key: "Team", Value: "pumps"}, {Key: "Site", Value: "north"}}, Transitive: []string{"team"},
	})
	must(t, err)
	asker := w.caller(t, first.AccessKeyID, first.SessionToken.Reveal())
	if _, err := w.assume(t, asker, "untagged", sts.Ask{}); !errors.Is(err, fault.Denied) {
		t.Errorf("a role that takes no tags: got %v", err)
	}
	if _, err := w.assume(t, asker, "target", sts.Ask{Tags: []iam.Tag{{Key: "TEAM", Value: "wells"}}}); !errors.Is(err, fault.Invalid) {
		t.Errorf("another value: got %v", err)
	}
	second, err := w.assume(t, asker, "target", sts.Ask{Tags: []iam.Tag{{Key: "Shift", Value: "late"}}})
	must(t, err)
	third, err := w.assume(t, w.caller(t, second.AccessKeyID, second.SessionToken.Reveal()), "asker", sts.Ask{})
	must(t, err)
	for i, tc := range []struct {
		cred sts.Credential
		want policy.Context
	}{
		{first.Credential, policy.Context{"team": {"pumps"}, "site": {"north"}, "shift": nil}},
		{second.Credential, policy.Context{"team": {"pumps"}, "site": nil, "shift": {"late"}}},
		{third.Credential, policy.Context{"team": {"pumps"}, "site": nil, "shift": nil}},
	} {
		c, err := w.as(t, tc.cred)
		must(t, err)
		for key, want := range tc.want {
			if got := c.Context["aws:principaltag/"+key]; strings.Join(got, ",") != strings.Join(want, ",") {
				t.Errorf("session %d, tag %s: got %v, want %v", i+1, key, got, want)
			}
		}
	}
	must(t, w.roles.UpdateTrust(t.Context(), account, "target", trusting(byRoot)))
	_, err = w.as(t, second.Credential)
	check(t, "when tags are no longer trusted", err, sts.ErrWithdrawn)
}

func TestATokenHasAnEnd(t *testing.T) {
	w := newWorld(t)
	w.role(t, "target", tagTrusting(`{}`))
	tags := func(n int) (all []iam.Tag) {
		for i := range n {
			all = append(all, iam.Tag{Key: fmt.Sprint(i), Value: strings.Repeat("v", 200)})
		}
		return all
	}
	long := allowing("Allow", "s3:"+strings.Repeat("a", 1900))
	if made, err := w.assume(t, w.root(t), "target", sts.Ask{Policy: long, Tags: tags(3)}); err != nil || len(made.SessionToken.Reveal()) > 4096 || made.Packed < 50 {
		t.Errorf("a long policy and tags: got %d %%, %v", made.Packed, err)
	}
	_, err := w.assume(t, w.root(t), "target", sts.Ask{Policy: long, Tags: tags(20)})
	check(t, "more", err, fault.LimitExceeded)
}
