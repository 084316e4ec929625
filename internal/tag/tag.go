// Package tag knows the rules by which AWS labels resources with keys and
// values: how many there may be, which keys are reserved, and what giving and
// taking them does.
//
// Keys are compared here without regard to the case of their letters, since
// condition keys such as aws:ResourceTag/team are: two that a policy couldn't
// tell apart are never kept together. The rest is that of the AWS IoT Developer
// Guide, "Tagging your AWS IoT resources".
package tag

import (
	"maps"
	"strings"
	"unicode/utf8"

	"muster/internal/fault"
)

// Most is how many tags a resource has at most.
const Most = 50

// The longest keys and values, in characters.
const (
	longestKey   = 128
	longestValue = 256
)

// reserved begins the keys that only AWS gives.
const reserved = "aws:"

// Put answers tags with more put in place of those of the same keys. Neither
// is changed. It fails with fault.Invalid for a key that is empty, too long or
// reserved, for a value too long, and for keys that differ only in case; with
// fault.LimitExceeded when there would be more than Most.
func Put(tags, more map[string]string) (map[string]string, error) {
	all := make(map[string]string, len(tags)+len(more))
	maps.Copy(all, tags)
	spelled := make(map[string]string, len(all))
	for key := range all {
		spelled[strings.ToLower(key)] = key
	}
	for key, value := range more {
		if err := check(key, value); err != nil {
			return nil, err
		}
		folded := strings.ToLower(key)
		if has, ok := spelled[folded]; ok && has != key {
			return nil, fault.Invalid.Errorf("Duplicate tag keys found: %s", key)
		}
		spelled[folded] = key
		all[key] = value
	}
	if len(all) > Most {
		return nil, fault.LimitExceeded.Errorf("A resource has at most %d tags", Most)
	}
	return all, nil
}

func check(key, value string) error {
	switch n := utf8.RuneCountInString(key); {
	case n == 0 || n > longestKey:
		return fault.Invalid.Errorf("A tag's key has 1 to %d characters", longestKey)
	case utf8.RuneCountInString(value) > longestValue:
		return fault.Invalid.Errorf("The value of tag %s has more than %d characters", key, longestValue)
	case strings.HasPrefix(strings.ToLower(key), reserved):
		return fault.Invalid.Errorf("Tag keys that begin with %s are reserved: %s", reserved, key)
	}
	return nil
}

// Drop answers tags without those of the keys; that one isn't there is no
// matter. tags is not changed.
func Drop(tags map[string]string, keys []string) map[string]string {
	left := maps.Clone(tags)
	for _, key := range keys {
		delete(left, key)
	}
	return left
}
