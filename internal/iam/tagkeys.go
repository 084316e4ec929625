package iam

import "muster/internal/policy"

// TagConditions sets a condition key for each tag: prefix, such as
// aws:RequestTag/, and the tag's key.
func TagConditions(c policy.Context, prefix string, tags []Tag) {
	for _, t := range tags {
		c.Set(prefix+t.Key, t.Value)
	}
}
