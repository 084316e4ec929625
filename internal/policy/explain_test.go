package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/policy"
)

// The positions are those that AWS's simulator gives for the same texts in the
// examples of the AWS CLI.
func TestMatches(t *testing.T) {
	at := func(line, column int) policy.Position { return policy.Position{Line: line, Column: column} }
	const (
		alone = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}`
		list  = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": \"*\",\n      \"Resource\": \"*\"\n    }\n  ]\n}"
		three = `{"Id":"é","Statement":[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}, {"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*"}]}`
	)
	for _, tc := range []struct {
		name, document, action string
		context                values
		want                   []policy.Match
	}{
		{"alone", alone, "dynamodb:CreateBackup", values{"aws:CurrentTime": {"2019-04-25T11:00:00Z"}},
			[]policy.Match{{Effect: allow, Start: at(1, 38), End: at(1, 167)}}},
		{"alone, too early", alone, "dynamodb:CreateBackup", values{"aws:CurrentTime": {"2018-04-25T11:00:00Z"}}, nil},
		{"in a list", list, "s3:GetObject", nil, []policy.Match{{Effect: allow, Start: at(3, 17), End: at(8, 6)}}},
		{"one after another", three, "iam:GetRole", nil, []policy.Match{
			{Effect: allow, Sid: "a", Start: at(1, 24), End: at(1, 80)},
			{Effect: deny, Statement: 2, Start: at(1, 131), End: at(1, 177)},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			doc, err := policy.Parse(tc.document, policy.Identity)
			if err != nil {
				t.Fatal(err)
			}
			got := doc.Matches(&policy.Request{Action: tc.action, Resource: "*", Context: context(tc.context)})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCheckValue(t *testing.T) {
	for _, tc := range []struct {
		kind      string
		good, bad []string
	}{
		{"string", []string{"", "x"}, nil},
		{"numeric", []string{"1", "-2.5", "1e3"}, []string{"", "x", "0x10"}},
		{"boolean", []string{"true", "False"}, []string{"", "yes", "1"}},
		{"ip", []string{"10.0.0.1", "2001:db8::1"}, []string{"", "10.0.0.0/8", "localhost"}},
		{"binary", []string{"", "QmluYXJ5"}, []string{"?"}},
		{"date", []string{"2026-01-01T00:00:00Z", "1609459200"}, []string{"", "tomorrow"}},
		{"stringList", nil, []string{"x"}},
	} {
		for _, text := range tc.good {
			if err := policy.CheckValue(tc.kind, text); err != nil {
				t.Errorf("%s %q: %v", tc.kind, text, err)
			}
		}
		for _, text := range tc.bad {
			if err := policy.CheckValue(tc.kind, text); err == nil {
				t.Errorf("%s %q was taken", tc.kind, text)
			}
		}
	}
}
