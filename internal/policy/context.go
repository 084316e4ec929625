package policy

import (
	"slices"
	"strings"
)

// Context holds the condition keys of a request with their values. Keys are
// lower case, as Set writes them: AWS's key names are case-insensitive. What
// stands in brackets, a thing's attribute name, keeps its case.
type Context map[string][]string

// Set gives key its values; none removes it.
func (c Context) Set(key string, values ...string) {
	if len(values) == 0 {
		delete(c, fold(key))
		return
	}
	c[fold(key)] = values
}

// NeedsContext reports whether what d decides can depend on the context of a
// request: whether it has a condition, or a variable in a resource. Where it
// doesn't, the context need not be made.
func (d *Document) NeedsContext() bool { return len(d.keys) > 0 }

// LooksAt reports whether what d decides can depend on a condition key that
// begins with prefix, such as s3:ExistingObjectTag/: in a condition, or as a
// variable. Where it doesn't, what is behind the key need not be looked up.
func (d *Document) LooksAt(prefix string) bool {
	prefix = fold(prefix)
	return slices.ContainsFunc(d.keys, func(key string) bool { return strings.HasPrefix(key, prefix) })
}

// keys answers the condition keys that the statement looks at, folded.
func (s *statement) keys() (all []string) {
	named := func(v *variable) { all = append(all, v.key) }
	for i := range s.resources {
		s.resources[i].variables(named)
	}
	for i := range s.conditions {
		all = append(all, s.conditions[i].key)
		s.conditions[i].variables(named)
	}
	return all
}

func fold(key string) string {
	if i := strings.IndexByte(key, '['); i >= 0 {
		return strings.ToLower(key[:i]) + key[i:]
	}
	return strings.ToLower(key)
}
