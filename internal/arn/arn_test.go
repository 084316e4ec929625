package arn_test

import (
	"strings"
	"testing"

	"muster/internal/arn"
)

var east = arn.Scope{Account: "000000000000", Region: "us-east-1"}

func TestSplitRole(t *testing.T) {
	for _, tc := range []struct {
		name, arn, account, path, role string
		ok                             bool
	}{
		{"no path", "arn:aws:iam::000000000000:role/SageMakerFleet", "000000000000", "/", "SageMakerFleet", true},
		{"a path", "arn:aws:iam::000000000000:role/a/b/C", "000000000000", "/a/b/", "C", true},
		{"no name", "arn:aws:iam::000000000000:role/a/", "", "", "", false},
		{"another kind", "arn:aws:iam::000000000000:user/C", "", "", "", false},
		{"another service", "arn:aws:iot::000000000000:role/C", "", "", "", false},
		{"a region", "arn:aws:iam:us-east-1:000000000000:role/C", "", "", "", false},
		{"another partition", "arn:aws-cn:iam::000000000000:role/C", "", "", "", false},
		{"no ARN", "SageMakerFleet", "", "", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			account, path, role, ok := arn.SplitRole(arn.ARN(tc.arn))
			if account != tc.account || path != tc.path || role != tc.role || ok != tc.ok {
				t.Errorf("SplitRole(%q): got %q %q %q %v", tc.arn, account, path, role, ok)
			}
			if ok && arn.Role(account, path, role) != arn.ARN(tc.arn) {
				t.Errorf("Role does not give %q back", tc.arn)
			}
		})
	}
}

func TestIn(t *testing.T) {
	for _, tc := range []struct {
		name, arn, want string
		ok              bool
	}{
		{"in scope", "arn:aws:iot:us-east-1:000000000000:thing/a", "a", true},
		{"name with a colon", "arn:aws:iot:us-east-1:000000000000:thing/a:b", "a:b", true},
		{"another kind", "arn:aws:iot:us-east-1:000000000000:thinggroup/a", "", false},
		{"another region", "arn:aws:iot:eu-west-1:000000000000:thing/a", "", false},
		{"another account", "arn:aws:iot:us-east-1:111111111111:thing/a", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, ok := east.In(arn.ARN(tc.arn), "iot", "thing")
			if ok != tc.ok || ok && got != tc.want {
				t.Errorf("In(%q): got %q %v, want %q %v", tc.arn, got, ok, tc.want, tc.ok)
			}
		})
	}
}

func TestForms(t *testing.T) {
	for _, tc := range []struct {
		text            string
		region, account bool
	}{
		{"us-east-1", true, false},
		{"000000000000", true, true},
		{"", false, false},
		{"US-EAST-1", false, false},
		{"us_east", false, false},
		{"*", false, false},
		{"a:b", false, false},
		{"00000000000", true, false},
		{"00000000000\n", false, false},
		{"abcdefghijklmnopqrstuvwxyz-01234", true, false},
		{"abcdefghijklmnopqrstuvwxyz-012345", false, false},
	} {
		if region, account := arn.IsRegion(tc.text), arn.IsAccount(tc.text); region != tc.region || account != tc.account {
			t.Errorf("%q: got region %v, account %v, want %v, %v", tc.text, region, account, tc.region, tc.account)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("arn:aws:iot:us-east-1:000000000000:thing/a:b")
	f.Add("arn:::::")
	f.Add("arn:aws:iam::000000000000:role/service-role/a")
	f.Add("arn:aws:iam::aws:policy/a")
	f.Add("arn:aws:iam::000000000000:user//")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := arn.Parse(s)
		if err != nil {
			return
		}
		if again := "arn:" + p.Partition + ":" + p.Service + ":" + p.Region + ":" + p.Account + ":" + p.Resource; again != s {
			t.Errorf("Parse(%q) lost something: %q", s, again)
		}
		for kind, split := range map[string]struct {
			apart    func(arn.ARN) (account, path, name string, ok bool)
			together func(account, path, name string) arn.ARN
		}{
			"role": {arn.SplitRole, arn.Role}, "user": {arn.SplitUser, arn.User}, "policy": {arn.SplitManagedPolicy, arn.ManagedPolicy},
		} {
			account, path, name, ok := split.apart(arn.ARN(s))
			if ok && (split.together(account, path, name) != arn.ARN(s) || name == "" || strings.Contains(name, "/")) {
				t.Errorf("the %s %q is taken apart into %q, %q, %q", kind, s, account, path, name)
			}
		}
		scope := arn.Scope{Account: p.Account, Region: p.Region}
		if name, ok := scope.In(arn.ARN(s), "iot", "thing"); ok && scope.Thing(name) != arn.ARN(s) {
			t.Errorf("the thing %q is named %q", s, name)
		}
	})
}
