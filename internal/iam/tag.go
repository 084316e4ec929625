package iam

import (
	"cmp"
	"slices"
	"strings"

	"muster/internal/fault"
	"muster/internal/page"
)

// MaxTags is how many tags a role, a user, a policy or a session can have.
const MaxTags = 50

// Tag is a label of a role, a user, a policy or a session. Keys are told apart
// without regard to case.
type Tag struct{ Key, Value string }

// checkTags asks whether tags can be given together. It fails with
// fault.Invalid. Rules are those of "Tagging IAM resources" in the IAM User
// Guide.
func checkTags(tags []Tag) error {
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		key := strings.ToLower(t.Key)
		switch {
		case t.Key == "" || len([]rune(t.Key)) > 128 || len([]rune(t.Value)) > 256:
			return fault.Invalid.Errorf("A tag has a key of 1 to 128 and a value of at most 256 characters.")
		case strings.HasPrefix(key, "aws:"):
			return fault.Invalid.Errorf("Tag keys beginning with aws: are reserved.")
		case seen[key]:
			return fault.Invalid.Errorf("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[key] = true
	}
	return nil
}

// withTags answers tags with more put in place of those of the same keys, by
// key. It fails with fault.Invalid, or with fault.LimitExceeded when there
// would be too many.
func withTags(tags, more []Tag) ([]Tag, error) {
	if err := checkTags(more); err != nil {
		return nil, err
	}
	keys := make([]string, len(more))
	for i, t := range more {
		keys[i] = t.Key
	}
	all := append(withoutTags(tags, keys), more...)
	if len(all) > MaxTags {
		return nil, overQuota("TagsPerResource", MaxTags)
	}
	slices.SortFunc(all, func(a, b Tag) int { return cmp.Compare(a.Key, b.Key) })
	return all, nil
}

// withoutTags answers tags without those of the keys.
func withoutTags(tags []Tag, keys []string) []Tag {
	var left []Tag
	for _, t := range tags {
		if !slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, t.Key) }) {
			left = append(left, t)
		}
	}
	return left
}

// CheckTags asks whether the tags can stand on one thing together. It fails
// with fault.Invalid or fault.LimitExceeded.
func CheckTags(tags []Tag) error {
	_, err := withTags(nil, tags)
	return err
}

// pageOfTags is a page of tags that are in the order of their keys.
func pageOfTags(tags []Tag, r page.Request) (page.Page[Tag], error) {
	after, err := page.Key(r.Token, 1)
	if err != nil {
		return page.Page[Tag]{}, err
	}
	return page.Rest(tags, after, r.Limit, func(t Tag) string { return t.Key }), nil
}
