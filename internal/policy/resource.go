package policy

import (
	"fmt"
	"slices"
	"strings"
)

// components is how many an ARN has; the last may hold colons itself.
const components = 6

// target is a name that ARN patterns are matched against.
type target struct {
	text  string
	parts [components]string
	arn   bool // it has all six components
}

func splitTarget(text string) target {
	t := target{text: text}
	rest := text
	for i := range components - 1 {
		part, after, found := strings.Cut(rest, ":")
		if !found {
			return t
		}
		t.parts[i], rest = part, after
	}
	t.parts[components-1], t.arn = rest, true
	return t
}

// resource is a pattern for ARNs.
type resource struct {
	whole pattern
	cuts  [components - 1]uint32 // where the colons between the components stand in the code
	form  resourceForm
}

type resourceForm uint8

const (
	everything resourceForm = iota // "*"
	inWhole                        // matched as one string
	inParts                        // matched component by component
	inDoubt                        // not an ARN: nobody knows what is meant
)

// compileResource compiles an element of Resource or NotResource. AWS IoT
// matches the whole string; IAM keeps the components apart, so that a star
// before the resource part crosses no colon.
func compileResource(text string, g Grammar, d dialect) (resource, error) {
	if text == "*" {
		return resource{form: everything}, nil
	}
	p, err := compile(text, d)
	if err != nil {
		return resource{}, fmt.Errorf("Resource %s: %w.", text, err)
	}
	if g == IoT {
		return resource{form: inWhole, whole: p}, nil
	}
	r := resource{form: inParts, whole: p}
	if !r.cut() || !strings.HasPrefix(text, "arn:") {
		return resource{}, fmt.Errorf(`Resource %s must be in ARN format or "*".`, text)
	}
	return r, r.checkARN(text)
}

// The kinds of resources of IAM, and those of S3 that lie in a region: see the
// Service Authorization Reference.
var (
	iamKinds = []string{"user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/", "sms-mfa/",
		"saml-provider/", "oidc-provider/", "report/", "access-report/"}
	regionalS3 = []string{"accesspoint/", "job/", "storage-lens/", "storage-lens-group/", "async-request/", "access-grants/"}
)

// checkARN refuses, as AWS does, the name of something that can't be: a typo would
// otherwise allow or deny nothing, and nobody would be told.
func (r *resource) checkARN(text string) error {
	var parts [components]pattern
	for i, vars := 0, r.whole.vars; i < components; i++ {
		parts[i].code = r.code(i)
		n := strings.Count(parts[i].code, marks[2:])
		parts[i].vars, vars = vars[:n], vars[n:]
	}
	partition, service := &parts[1], &parts[2]
	if !partition.is("aws") && !partition.is("*") {
		return fmt.Errorf("Partition %q is not valid for resource %q.", strings.Split(text, ":")[1], text)
	}
	name, exact := service.exact()
	if !exact || name == "" {
		return fmt.Errorf("Resource vendor must be fully qualified and cannot contain regexes.")
	}
	regionless := parts[3].is("") || parts[3].is("*")
	begins := func(with string) bool { return parts[5].begins(with) }
	switch name {
	case "iam":
		if !regionless {
			return fmt.Errorf("IAM resource %s cannot contain region information.", text)
		}
		if !parts[5].is("*") && !slices.ContainsFunc(iamKinds, begins) {
			return fmt.Errorf(`IAM resource path must either be "*" or start with %s.`, strings.Join(iamKinds, ", "))
		}
	case "s3":
		if !regionless && !slices.ContainsFunc(regionalS3, begins) {
			return fmt.Errorf("Resource %s can not contain region information.", text)
		}
	}
	return nil
}

// exact returns the one text that p matches, if it is only one.
func (p *pattern) exact() (text string, ok bool) {
	for i := range len(p.code) {
		if p.code[i] >= filledIn {
			return "", false
		}
	}
	return p.code, true
}

// is reports whether p is the pattern text, which is a literal, or a star alone.
func (p *pattern) is(text string) bool {
	if text == "*" {
		return p.code == marks[:1]
	}
	return p.code == text
}

// begins reports whether all that p matches begins with text.
func (p *pattern) begins(text string) bool { return strings.HasPrefix(p.code, text) }

// compileARN compiles the value of an ARN condition. A single variable stands
// for the whole ARN; anything else that isn't six components is in doubt.
func compileARN(text string, d dialect) (resource, error) {
	if text == "*" {
		return resource{form: everything}, nil
	}
	p, err := compile(text, d)
	if err != nil {
		return resource{}, err
	}
	if p.code == marks[2:] {
		return resource{form: inWhole, whole: p}, nil
	}
	r := resource{form: inParts, whole: p}
	if !r.cut() {
		return resource{form: inDoubt}, nil
	}
	return r, nil
}

// cut finds the first five literal colons.
func (r *resource) cut() bool {
	n := 0
	for i := 0; i < len(r.whole.code) && n < len(r.cuts); i++ {
		if r.whole.code[i] == ':' {
			r.cuts[n] = uint32(i)
			n++
		}
	}
	return n == len(r.cuts)
}

// code returns that of a component.
func (r *resource) code(i int) string {
	from, to := 0, len(r.whole.code)
	if i > 0 {
		from = int(r.cuts[i-1]) + 1
	}
	if i < len(r.cuts) {
		to = int(r.cuts[i])
	}
	return r.whole.code[from:to]
}

// match matches a name; maybe says that a variable has no value or the
// pattern is in doubt.
func (r *resource) match(q *question, t *target) truth {
	switch r.form {
	case everything:
		return yes
	case inWhole:
		return r.whole.match(q, t.text)
	case inDoubt:
		return maybe
	}
	if !t.arn {
		return no
	}
	matched, vars := yes, r.whole.vars
	// From behind, since what ARNs differ in most is their last component.
	for i := components - 1; i >= 0 && matched != no; i-- {
		part := pattern{code: r.code(i), plain: r.whole.plain}
		if len(vars) > 0 {
			n := len(vars) - strings.Count(part.code, marks[2:])
			part.vars, vars = vars[n:], vars[:n]
		}
		matched = matched.and(part.match(q, t.parts[i]))
	}
	return matched
}
