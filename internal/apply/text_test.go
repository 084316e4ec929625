package apply

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// A document in YAML is the JSON that it looks like.
func TestDocuments(t *testing.T) {
	for _, tc := range []struct{ name, yaml, want string }{
		{"a date", "Version: 2012-10-17", `{"Version":"2012-10-17"}`},
		{"an account with zeros", "AWS: 000000000000", `{"AWS":"000000000000"}`},
		{"an account without", "AWS: 123456789012", `{"AWS":123456789012}`},
		{"a quoted one", `AWS: "123456789012"`, `{"AWS":"123456789012"}`},
		{"words that are booleans", "a: true\nb: no\nc: True\nd: ~", `{"a":true,"b":"no","c":"True","d":null}`},
		{"numbers that JSON lacks", "a: 0x10\nb: .inf\nc: 1_000\nd: 1.5\ne: -2", `{"a":"0x10","b":".inf","c":"1_000","d":1.5,"e":-2}`},
		{"a wildcard and a variable", `Resource: "arn:aws:s3:::b/${aws:userid}/*<>&"`, `{"Resource":"arn:aws:s3:::b/${aws:userid}/*<>&"}`},
		{"lists and mappings", "Statement:\n  - {Effect: Allow, Action: ['a:b', 'c:*']}", `{"Statement":[{"Effect":"Allow","Action":["a:b","c:*"]}]}`},
		{"JSON as text", `'{"Version":  "2012-10-17"}'`, `{"Version":  "2012-10-17"}`},
		{"an anchor", "a: &x {b: c}\nd: *x", `{"a":{"b":"c"},"d":{"b":"c"}}`},
	} {
		var got text
		if err := yaml.Unmarshal([]byte(tc.yaml), &got); err != nil || string(got) != tc.want {
			t.Errorf("%s: got %s, %v, want %s", tc.name, got, err, tc.want)
		}
	}
	// Nine times nine times nine…: what is small in the file isn't.
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'z'; c++ {
		before := string(c - 1)
		bomb += string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+before+", ", 9), ", ") + "]\n"
	}
	var got text
	if err := yaml.Unmarshal([]byte(bomb), &got); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("a bomb: got %d bytes, %v", len(got), err)
	}
	if err := yaml.Unmarshal([]byte("a: &a [*a]"), &got); err == nil {
		t.Errorf("an anchor in itself: got %s", got)
	}
}

func TestDocumentsMeanTheSame(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":[2,3]}`, ` { "b" : [2, 3], "a": 1 }`, true},
		{`{"a":[2,3]}`, `{"a":[3,2]}`, false}, // the order of a list may matter to a reader
		{`{"a":"1"}`, `{"a":1}`, false},
		{`{"a":12345678901234567890}`, `{"a":12345678901234567891}`, false},
		{`{}`, ``, false},
		{`{"a":"\u003c"}`, `{"a":"<"}`, true},
	} {
		if got := text(tc.a).means(tc.b); got != tc.want {
			t.Errorf("%s and %s: got %v, want %v", tc.a, tc.b, got, tc.want)
		}
	}
}

func TestSpareVersion(t *testing.T) {
	for _, tc := range []struct {
		name string
		all  []version
		want string
	}{
		{"place is left", []version{{"1", false}, {"2", false}, {"3", false}, {"4", true}}, ""},
		{"the oldest", []version{{"10", true}, {"9", false}, {"8", false}, {"7", false}, {"6", false}}, "6"},
		{"the oldest is in force", []version{{"v1", true}, {"v9", false}, {"v10", false}, {"v11", false}, {"v3", false}}, "v3"},
	} {
		if got := spareVersion(tc.all); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

// A role is made after those that it trusts.
func TestWaves(t *testing.T) {
	trust := func(arn string) text {
		return text(`{"Statement":[{"Principal":{"AWS":["` + arn + `"]},"Condition":{"StringLike":{"a":"arn:aws:iam::1:role/last"}}}]}`)
	}
	trusts := map[string]text{
		"last": trust("arn:aws:iam::1:role/ops/middle"), "middle": trust("arn:aws:iam::1:role/first"), "first": trust("arn:aws:iam::1:root"), "alone": trust("arn:aws:iam::1:role/elsewhere-first"),
		"self": trust("arn:aws:iam::1:role/self"),
	}
	var roles stage
	for _, name := range []string{"last", "middle", "first", "alone", "self"} {
		roles = append(roles, item{name: name})
	}
	var got []string
	for _, s := range waves(roles, trusts) {
		var names []string
		for _, i := range s {
			names = append(names, i.name)
		}
		got = append(got, strings.Join(names, " "))
	}
	if want := "first alone self|middle|last"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	ring := map[string]text{"a": trust("arn:aws:iam::1:role/b"), "b": trust("arn:aws:iam::1:role/a")}
	if got := waves(stage{{name: "a"}, {name: "b"}}, ring); len(got) != 1 || len(got[0]) != 2 {
		t.Errorf("a ring: got %v, want both at once", got)
	}
}
