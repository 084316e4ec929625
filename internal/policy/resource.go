package policy

import (
	"errors"
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
	form  resourceForm
	whole pattern
	parts [components]pattern
}

type resourceForm uint8

const (
	everything resourceForm = iota // "*"
	inWhole                        // matched as one string
	inParts                        // matched component by component
	inDoubt                        // not an ARN: nobody knows what is meant
)

var errNotARN = errors.New(`must be in ARN format or "*"`)

// compileResource compiles an element of Resource or NotResource. AWS IoT
// matches the whole string; IAM keeps the components apart, so that a star
// before the resource part crosses no colon.
func compileResource(text string, g Grammar, d dialect) (resource, error) {
	if text == "*" {
		return resource{form: everything}, nil
	}
	p, err := compile(text, d)
	if err != nil {
		return resource{}, err
	}
	if g == IoT {
		return resource{form: inWhole, whole: p}, nil
	}
	parts, ok := p.split()
	if !ok || !strings.HasPrefix(text, "arn:") {
		return resource{}, errNotARN
	}
	return resource{form: inParts, parts: parts}, nil
}

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
	if len(p.pieces) == 1 && p.variable {
		return resource{form: inWhole, whole: p}, nil
	}
	if parts, ok := p.split(); ok {
		return resource{form: inParts, parts: parts}, nil
	}
	return resource{form: inDoubt}, nil
}

// split cuts the pattern at its first five literal colons.
func (p *pattern) split() (parts [components]pattern, ok bool) {
	n := 0
	for _, next := range p.pieces {
		for next.kind == literal && n < components-1 {
			before, after, found := strings.Cut(next.text, ":")
			if !found {
				break
			}
			if before != "" {
				parts[n].add(piece{text: before})
			}
			n++
			next.text = after
		}
		if next.kind != literal || next.text != "" {
			parts[n].add(next)
		}
	}
	return parts, n == components-1
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
	matched := yes
	for i := components - 1; i >= 0 && matched != no; i-- {
		matched = matched.and(r.parts[i].match(q, t.parts[i]))
	}
	return matched
}
