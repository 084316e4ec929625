package iam

import "muster/internal/policy"

// ResourceTags sets the condition keys of a role, user or policy that is asked
// for, by its tags: aws:ResourceTag/ and IAM's own name for them.
func ResourceTags(c policy.Context, tags []Tag) {
	TagConditions(c, "aws:ResourceTag/", tags)
	TagConditions(c, "iam:ResourceTag/", tags)
}

// TagConditions sets a condition key for each tag: prefix, such as
// aws:RequestTag/, and the tag's key.
func TagConditions(c policy.Context, prefix string, tags []Tag) {
	for _, t := range tags {
		c.Set(prefix+t.Key, t.Value)
	}
}
