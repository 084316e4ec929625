package s3front_test

import (
	"strings"
	"testing"
)

func TestBucketTagging(t *testing.T) {
	w := newConfigured(t)
	tags := `<Tagging><TagSet><Tag><Key>zebra</Key><Value>1</Value></Tag><Tag><Key>ant</Key><Value></Value></Tag></TagSet></Tagging>`
	if got := w.do(w.root, "PUT", "/photos?tagging", strings.Replace(tags, "<Tagging>", "<Tagging"+noNamespace+">", 1)); got.status != 204 {
		t.Fatalf("PUT: got %v, want 204", got)
	}
	if got := w.ok("GET", "/photos?tagging"); got.document() != tags {
		t.Errorf("GET: got %v, want %s", got, tags)
	}
	if got := w.ok("GET", objectInTest+"?tagging"); strings.Contains(got.body, "zebra") {
		t.Errorf("the tags of an object: got %v", got)
	}
	set := func(inner string) string { return "<Tagging><TagSet>" + inner + "</TagSet></Tagging>" }
	one := func(key, value string) string { return "<Tag><Key>" + key + "</Key><Value>" + value + "</Value></Tag>" }
	for name, tc := range map[string]struct{ body, code string }{
		"AWS's own":         {set(one("aws:x", "1")), "InvalidTag"},
		"one twice":         {set(one("a", "1") + one("a", "2")), "InvalidTag"},
		"51":                {set(strings.Repeat(one("a", "1"), 51)), "InvalidTag"},
		"no value":          {set("<Tag><Key>a</Key></Tag>"), "MalformedXML"},
		"two values":        {set("<Tag><Key>a</Key><Value>1</Value><Value>2</Value></Tag>"), "MalformedXML"},
		"no set":            {"<Tagging></Tagging>", "MalformedXML"},
		"something else":    {set("<Label/>"), "MalformedXML"},
		"no document":       {"tags", "MalformedXML"},
		"nothing":           {"", "MissingRequestBodyError"},
		"half a document":   {"<Tagging><TagSet>", "MalformedXML"},
		"too many elements": {set(strings.Repeat("<Tag/>", 600)), "MalformedXML"},
	} {
		if got := w.do(w.root, "PUT", "/photos?tagging", tc.body); got.status != 400 || got.code != tc.code {
			t.Errorf("PUT of %s: got %v, want 400 %s", name, got, tc.code)
		}
	}
	if got := w.ok("GET", "/photos?tagging"); got.document() != tags {
		t.Errorf("GET after refusals: got %v, want %s", got, tags)
	}
	for range 2 {
		if got := w.do(w.root, "DELETE", "/photos?tagging"); got.status != 204 {
			t.Errorf("DELETE: got %v, want 204", got)
		}
	}
	if got := w.do(w.root, "GET", "/photos?tagging"); got.code != "NoSuchTagSet" {
		t.Errorf("GET after DELETE: got %v, want NoSuchTagSet", got)
	}
}
