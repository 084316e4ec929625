package policy

import "strings"

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

func fold(key string) string {
	if i := strings.IndexByte(key, '['); i >= 0 {
		return strings.ToLower(key[:i]) + key[i:]
	}
	return strings.ToLower(key)
}
