package bucket_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/bucket"
	"muster/internal/fault"
)

func manyTags(n int) []bucket.Tag {
	var tags []bucket.Tag
	for i := range n {
		tags = append(tags, bucket.Tag{Key: fmt.Sprintf("k%d", i), Value: "v"})
	}
	return tags
}

func TestTags(t *testing.T) {
	buckets, _, _ := newBuckets(t)
	if _, err := buckets.Create(t.Context(), east, "photos"); err != nil {
		t.Fatal(err)
	}
	if _, err := buckets.Tags(t.Context(), "photos"); !errors.Is(err, fault.NotFound) {
		t.Errorf("Tags of a new bucket: got %v, want %v", err, fault.NotFound)
	}
	for _, want := range [][]bucket.Tag{
		{{Key: "zebra", Value: "1"}, {Key: "ant", Value: ""}, {Key: "Ant", Value: "a+b=c@d/é _.:-"}},
		{{Key: strings.Repeat("k", 128), Value: strings.Repeat("é", 256)}, {Key: "something:aws:stuff", Value: "aws:x"}},
		manyTags(50),
	} {
		if err := buckets.SetTags(t.Context(), "photos", want); err != nil {
			t.Fatal(err)
		}
		if got, err := buckets.Tags(t.Context(), "photos"); err != nil || !cmp.Equal(got, want) {
			t.Errorf("Tags: got %v, %v, want %v", got, err, want)
		}
	}
	for name, bad := range map[string][]bucket.Tag{
		"51":                {},
		"no key":            {{Value: "v"}},
		"a long key":        {{Key: strings.Repeat("k", 129)}},
		"a long value":      {{Key: "k", Value: strings.Repeat("v", 257)}},
		"a comma":           {{Key: "a,b"}},
		"a bracket":         {{Key: "k", Value: "<b>"}},
		"no UTF-8":          {{Key: "k", Value: "\xff"}},
		"AWS's own":         {{Key: "aws:cloudformation:stack-name", Value: "v"}},
		"AWS's, upper case": {{Key: "AWS:x", Value: "v"}},
		"one key twice":     {{Key: "k", Value: "1"}, {Key: "k", Value: "2"}},
	} {
		if name == "51" {
			bad = manyTags(51)
		}
		if err := buckets.SetTags(t.Context(), "photos", bad); !errors.Is(err, fault.Invalid) {
			t.Errorf("SetTags of %s: got %v, want %v", name, err, fault.Invalid)
		}
	}
	if got, err := buckets.Tags(t.Context(), "photos"); err != nil || !cmp.Equal(got, manyTags(50)) {
		t.Errorf("Tags after refusals: got %v, %v, want those of before", got, err)
	}
	if err := buckets.SetTags(t.Context(), "photos", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := buckets.Tags(t.Context(), "photos"); !errors.Is(err, fault.NotFound) {
		t.Errorf("Tags after none were set: got %v, want %v", err, fault.NotFound)
	}
}
