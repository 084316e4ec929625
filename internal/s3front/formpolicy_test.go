package s3front

import (
	"encoding/base64"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"
)

var formDay = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

const formConditions = `{"bucket": "photos"}, ["starts-with", "$key", "user/ana/"], ["eq", "$acl", "private"], ["starts-with", "$Content-Type", "image/"], ["content-length-range", 1, 10], {"x-amz-meta-uuid": "14365123651274"}`

var formFields = map[string]string{
	"bucket": "photos", "key": "user/ana/cat.jpg", "acl": "private", "content-type": "image/jpeg", "x-amz-meta-uuid": "14365123651274",
	"policy": "p", "x-amz-signature": "s", "x-ignore-me": "y",
}

func formDocument(conditions string) string {
	return base64.StdEncoding.EncodeToString([]byte(`{"expiration": "2026-11-28T13:00:00.000Z", "conditions": [` + conditions + `]}`))
}

func TestFormPolicyDecides(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(map[string]string)
		at     time.Duration
		want   string // in the refusal; "" is allowed
	}{
		{"as allowed", func(map[string]string) {}, 0, ""},
		{"at the end", func(map[string]string) {}, time.Hour, "expired"},
		{"another bucket", func(f map[string]string) { f["bucket"] = "other" }, 0, `["eq","$bucket","photos"]`},
		{"no bucket", func(f map[string]string) { delete(f, "bucket") }, 0, "$bucket"},
		{"another key", func(f map[string]string) { f["key"] = "user/bob/cat.jpg" }, 0, "$key"},
		{"no key", func(f map[string]string) { delete(f, "key") }, 0, "$key"},
		{"another type", func(f map[string]string) { f["content-type"] = "text/html" }, 0, "$Content-Type"},
		{"two types, one of which is another", func(f map[string]string) { f["content-type"] = "image/jpeg, text/html" }, 0, "$Content-Type"},
		{"two types that are allowed", func(f map[string]string) { f["content-type"] = "image/jpeg,image/png" }, 0, ""},
		{"other metadata", func(f map[string]string) { f["x-amz-meta-uuid"] = "1" }, 0, "$x-amz-meta-uuid"},
		{"more metadata", func(f map[string]string) { f["x-amz-meta-more"] = "1" }, 0, "Extra input fields: x-amz-meta-more"},
		{"tags that nobody allowed", func(f map[string]string) { f["tagging"] = "<Tagging/>" }, 0, "Extra input fields: tagging"},
		{"another redirect", func(f map[string]string) { f["success_action_redirect"] = "https://evil.example" }, 0, "Extra input fields"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := parseFormPolicy(formDocument(formConditions))
			if err != nil {
				t.Fatal(err)
			}
			fields := maps.Clone(formFields)
			tc.change(fields)
			err = p.check(fields, formDay.Add(tc.at))
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestFormPolicySizes(t *testing.T) {
	p, err := parseFormPolicy(formDocument(`["content-length-range", 1, 10], ["content-length-range", 0, 8]`))
	if err != nil {
		t.Fatal(err)
	}
	for size, want := range map[int64]string{0: "EntityTooSmall", 1: "", 8: "", 9: "EntityTooLarge", 11: "EntityTooLarge"} {
		var refused *Error
		if err := p.checkSize(size); want == "" && err != nil || want != "" && (!errors.As(err, &refused) || refused.Code != want) {
			t.Errorf("%d bytes: got %v, want %q", size, err, want)
		}
	}
}

func TestFormPoliciesThatCannotBeRead(t *testing.T) {
	for name, document := range map[string]string{
		"nothing": ``, "no object": `[]`, "broken off": `{"expiration": "2026-11-28T13:00:00Z"`, "more behind it": `{"expiration": "2026-11-28T13:00:00Z", "conditions": []}{}`,
		"no expiration": `{"conditions": []}`, "no conditions": `{"expiration": "2026-11-28T13:00:00Z"}`, "a date that is none": `{"expiration": "soon", "conditions": []}`,
		"expiration twice":               `{"expiration": "2020-01-01T00:00:00Z", "expiration": "2099-01-01T00:00:00Z", "conditions": []}`,
		"conditions twice":               `{"expiration": "2026-11-28T13:00:00Z", "conditions": [], "conditions": []}`,
		"a member nobody knows":          `{"expiration": "2026-11-28T13:00:00Z", "conditions": [], "Conditions": []}`,
		"a kind nobody knows":            `{"expiration": "2026-11-28T13:00:00Z", "conditions": [["ends-with", "$key", "x"]]}`,
		"a condition on no field":        `{"expiration": "2026-11-28T13:00:00Z", "conditions": [["eq", "key", "x"]]}`,
		"a value that is no text":        `{"expiration": "2026-11-28T13:00:00Z", "conditions": [{"key": 7}]}`,
		"a list that is too short":       `{"expiration": "2026-11-28T13:00:00Z", "conditions": [["eq", "$key"]]}`,
		"a size below zero":              `{"expiration": "2026-11-28T13:00:00Z", "conditions": [["content-length-range", -1, 5]]}`,
		"a size that ends before it is":  `{"expiration": "2026-11-28T13:00:00Z", "conditions": [["content-length-range", 6, 5]]}`,
		"more conditions than are taken": `{"expiration": "2026-11-28T13:00:00Z", "conditions": [` + strings.Repeat(`{"key": "x"},`, maxFormConditions) + `{"key": "x"}]}`,
	} {
		var refused *Error
		if _, err := parseFormPolicy(base64.StdEncoding.EncodeToString([]byte(document))); !errors.As(err, &refused) || refused.Code != "InvalidPolicyDocument" {
			t.Errorf("%s: got %v, want InvalidPolicyDocument", name, err)
		}
	}
	if _, err := parseFormPolicy("%%%"); err == nil {
		t.Error("what is no base64 was read")
	}
}

// What a policy says decides: a form that it allows has no field without a
// condition that the field meets.
func FuzzFormPolicy(f *testing.F) {
	f.Add(formConditions, "key", "user/ana/cat.jpg")
	f.Add(`["starts-with", "$x", ""]`, "x", "y")
	f.Add(`{"a": "b", "a": "c"}`, "a", "b")
	f.Fuzz(func(t *testing.T, conditions, field, value string) {
		p, err := parseFormPolicy(formDocument(conditions))
		if err != nil {
			return
		}
		field = strings.ToLower(field)
		if p.check(map[string]string{field: value}, formDay) != nil {
			return
		}
		covered := false
		for _, c := range p.conditions {
			if c.field == field {
				covered = true
				if !c.begins && c.value != value || c.begins && !strings.HasPrefix(value, c.value) && c.field != "content-type" {
					t.Errorf("%s=%q was allowed by %s", field, value, c.text)
				}
			}
		}
		if !covered && field != "policy" && field != "x-amz-signature" && field != "signature" && field != "awsaccesskeyid" && field != "file" && !strings.HasPrefix(field, "x-ignore-") {
			t.Errorf("%s was allowed without a condition", field)
		}
	})
}
