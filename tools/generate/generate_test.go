package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTranslate(t *testing.T) {
	for _, tc := range []struct {
		name, pattern string
		want          string // the RE2 form, "" where it is the pattern itself
		matches, not  string
	}{
		{"nothing to do", `[a-z]+`, "", "abc", "ABC"},
		{"a class in brackets", `[\p{Graph}\x20]*`, `[\x21-\x7E\x20]*`, "a b!", "a\tb"},
		{"a class alone", `\p{Upper}+`, `[A-Z]+`, "ABC", "abc"},
		{"a class RE2 has", `[\p{L}\p{N}]*`, "", "é1", "!"},
		{"code points", `[\u0020-\u00FF]+`, `[\x{0020}-\x{00FF}]+`, "aÿ", "Ā"},
		{"an escaped slash", `a\/b`, `a/b`, "a/b", "a"},
		{"a count within RE2's", `[a-z]{1,1000}`, "", "a", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &shape{Type: "string", Pattern: tc.pattern}
			if err := s.translate(); err != nil {
				t.Fatal(err)
			}
			if s.RE2 != tc.want {
				t.Errorf("re2: got %q, want %q", s.RE2, tc.want)
			}
			re := regexp.MustCompile("^(?:" + firstOf(s.RE2, s.Pattern) + ")$")
			if !re.MatchString(tc.matches) || re.MatchString(tc.not) {
				t.Errorf("%q: matches %q: %v, %q: %v", re, tc.matches, re.MatchString(tc.matches), tc.not, re.MatchString(tc.not))
			}
		})
	}
}

func TestCountsBecomeLengths(t *testing.T) {
	for _, tc := range []struct {
		pattern  string
		min, max int
		re2      string
	}{
		{`[\s\S]{1,2048}`, 1, 2048, `[\s\S]*`},
		{`^\w{0,4096}$`, 0, 4096, `\w*`},
		{`.{1024,}`, 1024, 0, `.*`},
		{`[a-z]{1500}`, 1500, 1500, `[a-z]*`},
	} {
		s := &shape{Type: "string", Pattern: tc.pattern}
		if err := s.translate(); err != nil || s.MinRunes != tc.min || s.MaxRunes != tc.max || s.RE2 != tc.re2 {
			t.Errorf("%s: got %d to %d of %s, %v", tc.pattern, s.MinRunes, s.MaxRunes, s.RE2, err)
		}
	}
}

func TestPatternsThatNeedAHand(t *testing.T) {
	for name, pattern := range map[string]string{
		"looks ahead":                  `(?!aws:).+`,
		"looks behind":                 `.+(?<!-)`,
		"a possessive repetition":      `a++`,
		"a back-reference":             `(a)\1`,
		"a large count among others":   `[a-z]{1,2000}/[a-z]+`,
		"a code point of five digits":  `[\u10000-\u10FFFF]`,
		"a class nobody has a form of": `\p{IsSomething}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := &shape{Type: "string", Pattern: pattern}
			if err := s.translate(); err == nil || !strings.Contains(err.Error(), "overlay") {
				t.Errorf("got %q, %v, want an error", s.RE2, err)
			}
			s = &shape{Type: "string", Pattern: pattern, RE2: "by hand"}
			if err := s.translate(); err != nil || s.RE2 != "by hand" {
				t.Errorf("with re2: got %q, %v", s.RE2, err)
			}
		})
	}
}

const base = `{"metadata":{"protocol":"rest-json"},
"operations":{"Get":{"name":"Get","http":{"method":"GET","requestUri":"/"},"input":{"shape":"In"},"documentation":"<p>"},
 "Other":{"name":"Other","http":{"method":"GET","requestUri":"/o"},"input":{"shape":"Odd"}}},
"shapes":{"In":{"type":"structure","required":["a"],"members":{"a":{"shape":"Text"},"b":{"shape":"Text"}}},
 "Text":{"type":"string","max":5},"Odd":{"type":"structure","members":{"c":{"shape":"Text","jsonvalue":true}}}}}`

const over = `{"operations":{"New":{"name":"New","http":{"method":"PUT","requestUri":"/n"}}},
"shapes":{"In":{"members":{"c":{"shape":"Mode"}}},"Text":{"max":7},"Mode":{"type":"string","enum":["ON"]}}}`

func loadTest(t *testing.T) *model {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"base": base, "over": over} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m, err := load(filepath.Join(dir, "base"), filepath.Join(dir, "over"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestOverlayAndTrim(t *testing.T) {
	m := loadTest(t)
	if err := m.trim([]string{"Get"}); err != nil {
		t.Fatal(err)
	}
	text, err := m.text()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"metadata":{"protocol":"rest-json"},
"operations":{
"Get":{"name":"Get","http":{"method":"GET","requestUri":"/"},"input":{"shape":"In"}},
"New":{"name":"New","http":{"method":"PUT","requestUri":"/n"}},
"Other":{"name":"Other","http":{"method":"GET","requestUri":"/o"}}},
"shapes":{
"In":{"type":"structure","required":["a"],"members":{"a":{"shape":"Text"},"b":{"shape":"Text"},"c":{"shape":"Mode"}}},
"Mode":{"type":"string","enum":["ON"]},
"Text":{"type":"string","max":7}}}
`
	if string(text) != want {
		t.Errorf("model:\ngot  %s\nwant %s", text, want)
	}
	src, err := m.source("testapi", "a test")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"Get = awswire.Op[In, awswire.Empty]{Service: Service, Name: \"Get\"}",
		"A string // required", "B *string", "C *string",
	} {
		if !strings.Contains(string(src), line) {
			t.Errorf("source lacks %q:\n%s", line, src)
		}
	}
}

func TestWhatCanNotBeGenerated(t *testing.T) {
	for name, operation := range map[string]string{"a trait nobody knows": "Other", "no such operation": "Never"} {
		t.Run(name, func(t *testing.T) {
			if err := loadTest(t).trim([]string{operation}); err == nil {
				t.Error("got a model, want an error")
			}
		})
	}
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
