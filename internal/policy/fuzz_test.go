package policy_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"muster/internal/arn"
	"muster/internal/policy"
)

// A document is refused or decides, and decides the same thing each time.
func FuzzParse(f *testing.F) {
	f.Add(all, 0, "s3:GetObject", "arn:aws:s3:::b/k", "aws:username", "bob")
	f.Add(with(`{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::b/${aws:username, 'x'}/${*}"}`), 0, "s3:GetObject", "arn:aws:s3:::b/k", "aws:username", "*")
	f.Add(with(`{"Effect":"Deny","NotPrincipal":{"AWS":"*"},"Action":"sts:*"}`), 1, "sts:AssumeRole", "", "", "")
	f.Add(with(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAllValues:NumericLessThanIfExists":{"a:b":[1,"2"]},"DateLessThan":{"a:b":"2026"},"IpAddress":{"a:b":"::/0"},"ArnLike":{"a:b":"arn:*"}}}`), 2, "a", "b", "a:b", "3")
	f.Add(`{"Effect":"Deny","effect":"Allow"}`, 2, "", "", "", "")
	f.Fuzz(func(t *testing.T, text string, grammar int, action, resource, key, value string) {
		g := policy.Grammar(uint(grammar) % 3)
		doc, err := policy.Parse(text, g)
		if err != nil {
			return
		}
		c := policy.Context{}
		c.Set(key, value)
		r := policy.Request{Action: action, Resource: resource, Context: c, Principal: policy.Principal{Account: "000000000000", ARNs: []arn.ARN{arn.ARN(resource)}}}
		first := doc.Decide(&r)
		again, err := policy.Parse(text, g)
		if err != nil {
			t.Fatalf("parsed once, then: %v", err)
		}
		for _, d := range []*policy.Document{doc, again} {
			if diff := cmp.Diff(first, d.Decide(&r)); diff != "" {
				t.Errorf("decided otherwise the second time:\n%s", diff)
			}
		}
	})
}

// matches is the definition of a wildcard pattern, in quadratic space.
func matches(pattern, text []rune) bool {
	row := make([]bool, len(text)+1) // row[j]: the pattern so far matches text[:j]
	row[0] = true
	for _, p := range pattern {
		next := make([]bool, len(row))
		next[0] = p == '*' && row[0]
		for j, c := range text {
			if p == '*' {
				next[j+1] = row[j+1] || next[j]
			} else {
				next[j+1] = row[j] && (p == '?' || p == c)
			}
		}
		row = next
	}
	return row[len(text)]
}

func FuzzGlob(f *testing.F) {
	for _, seed := range [][2]string{
		{"a*b?c", "axxbyc"}, {"*a*a*a", "aaaaab"}, {"*??", "€"}, {"**", ""}, {"?", ""}, {"*ab", "aab"}, {"a**?b", "acb"}, {"*$?{*", "a$b{"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if pattern == "" || !utf8.ValidString(pattern) || !utf8.ValidString(text) {
			return
		}
		quoted, err := json.Marshal(pattern)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := policy.Parse(`{"Statement":{"Effect":"Allow","Action":"*","Resource":`+string(quoted)+`}}`, policy.IoT)
		if err != nil {
			t.Fatalf("Parse of %q: %v", pattern, err)
		}
		got := doc.Decide(&policy.Request{Action: "a", Resource: text}).Verdict == policy.Allow
		if want := matches([]rune(pattern), []rune(text)); got != want {
			t.Errorf("%q against %q: got %v, want %v", pattern, text, got, want)
		}
	})
}

// Random patterns and texts of few letters, which match often, with variables
// that hold wildcards of their own.
func TestGlobAgainstItsDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(n int, from ...string) (s string) {
		for range random.IntN(n + 1) {
			s += from[random.IntN(len(from))]
		}
		return s
	}
	matched := 0
	for range 20_000 {
		value := pick(3, "a", "b", "*", "?", "é")
		pattern := pick(8, "a", "b", "?", "*", "é", "V") // V for the variable
		text := pick(8, "a", "b", "é", "*")
		if pattern == "" {
			continue
		}
		var want []rune
		for _, r := range pattern {
			switch r {
			case 'V':
				// In the definition, a star and ? of the value are letters that no wildcard is.
				want = append(want, []rune(strings.NewReplacer("*", "\x01", "?", "\x02").Replace(value))...)
			default:
				want = append(want, r)
			}
		}
		quoted, _ := json.Marshal(strings.ReplaceAll(pattern, "V", "${aws:username}"))
		c := policy.Context{}
		c.Set("aws:username", value)
		c.Set("s3:prefix", text)
		doc := parse(t, policy.Identity, policy.Version2012, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"s3:prefix":`+string(quoted)+`}}}`)
		got := doc.Decide(&policy.Request{Action: "a", Resource: "*", Context: c}).Verdict == policy.Allow
		if matches(want, []rune(strings.ReplaceAll(text, "*", "\x01"))) != got {
			t.Fatalf("%q against %q with V=%q: got %v", pattern, text, value, got)
		}
		if got {
			matched++
		}
	}
	if matched < 500 {
		t.Errorf("only %d matched", matched)
	}
}

// What a request fills in may hold any bytes: none of them is a wildcard, also
// not those that stand for wildcards in a compiled pattern.
func TestFilledInBytesAreLiteral(t *testing.T) {
	doc := parse(t, policy.Identity, policy.Version2012, `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/x?"}`)
	for _, value := range []string{"\xff", "\xfe", "\xfd", "\xfe\xff"} {
		c := policy.Context{}
		c.Set("aws:username", value)
		for _, tc := range []struct {
			name string
			want policy.Verdict
		}{{value, allow}, {"a", silent}, {"", silent}, {"aa", silent}} {
			r := policy.Request{Action: "a", Resource: "arn:aws:s3:::b/" + tc.name + "/x\xff", Context: c}
			if got := doc.Decide(&r).Verdict; got != tc.want {
				t.Errorf("%q filled in, asked for %q: got %v, want %v", value, tc.name, got, tc.want)
			}
		}
	}
}

// A pattern of many stars against a text it almost matches takes no longer
// than pattern times text.
func TestManyStars(t *testing.T) {
	pattern := strings.Repeat("*a", 1000) + "*b"
	doc := parse(t, policy.IoT, policy.Version2012, `{"Effect":"Allow","Action":"*","Resource":"`+pattern+`"}`)
	if got := doc.Decide(&policy.Request{Action: "a", Resource: strings.Repeat("a", 20_000)}); got.Verdict != silent {
		t.Errorf("Decide: got %v, want %v", got.Verdict, silent)
	}
}

func BenchmarkDecide(b *testing.B) {
	docs := []policy.Named{
		{Name: "device", Document: parse(b, policy.Identity, policy.Version2012,
			`{"Effect":"Allow","Action":["s3:PutObject","s3:GetBucketLocation"],"Resource":["arn:aws:s3:::*SageMaker*","arn:aws:s3:::*sagemaker*"]},`+
				`{"Effect":"Allow","Action":["iot:CreateRoleAlias","iot:DescribeRoleAlias"],"Resource":"arn:aws:iot:*:*:rolealias/SageMakerEdge*"}`)},
		{Name: "own", Document: parse(b, policy.Identity, policy.Version2012,
			`{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}}},`+
				`{"Effect":"Allow","Action":"s3:*Object","Resource":"arn:aws:s3:::fleet/${credentials-iot:ThingName}/*"}`)},
	}
	r := policy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::fleet/pump-7/model/a.bin", Context: context(values{
		"aws:SourceIp": {"10.1.2.3"}, "credentials-iot:ThingName": {"pump-7"},
	})}
	b.ReportAllocs()
	for b.Loop() {
		if policy.Decide(docs, &r).Verdict != policy.Allow {
			b.Fatal("not allowed")
		}
	}
}
