package policy

import (
	"encoding/base64"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// comparison tells whether a value of the request matches one of the policy's.
// Maybe says that one of the two can't be read as what the operator compares.
type comparison interface {
	matches(q *question, value string) truth
}

// compile compiles the policy's values. Variables stand only where AWS takes
// them: in strings, ARNs and booleans.
func (op operator) compile(values []string, d dialect) (comparison, error) {
	d.wildcards = op.family == like || op.family == arns
	read := func(v string) (pattern, error) { return compile(v, d) }
	switch op.family {
	case strict, like:
		all, err := each(values, read)
		return texts(all), err
	case noCase:
		all, err := each(values, read)
		return textsNoCase(all), err
	case arns:
		all, err := each(values, func(v string) (resource, error) { return compileARN(v, d) })
		return names(all), err
	case boolean:
		all, err := each(values, func(v string) (pattern, error) { return compileBool(v, d) })
		return booleans(all), err
	case numeric:
		all, err := each(values, parseNumber)
		return numbers{all, op.accept}, err
	case date:
		all, err := each(values, parseDate)
		return dates{all, op.accept}, err
	case address:
		all, err := each(values, parsePrefix)
		return prefixes(all), err
	default:
		all, err := each(values, checkBase64)
		return encoded(all), err
	}
}

func each[V any](values []string, read func(string) (V, error)) ([]V, error) {
	all := make([]V, len(values))
	for i, v := range values {
		var err error
		if all[i], err = read(v); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// texts are strings and, for the Like operators, patterns. One whose variable
// has no value matches nothing, so that its negation holds, as in AWS.
type texts []pattern

func (c texts) matches(q *question, value string) truth {
	for i := range c {
		if c[i].match(q, value) == yes {
			return yes
		}
	}
	return no
}

// textsNoCase are strings compared without regard to case.
type textsNoCase []pattern

func (c textsNoCase) matches(q *question, value string) truth {
	for i := range c {
		if want, ok := c[i].fill(q, nil); ok && strings.EqualFold(join(want), value) {
			return yes
		}
	}
	return no
}

func join(pieces []piece) string {
	if len(pieces) == 1 {
		return pieces[0].text
	}
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.text)
	}
	return b.String()
}

// names are ARN patterns. A malformed one leaves the answer open.
type names []resource

func (c names) matches(q *question, value string) truth {
	t := splitTarget(value)
	matched := no
	for i := range c {
		m := c[i].match(q, &t)
		if m == maybe && c[i].form != inDoubt {
			m = no // a variable without a value
		}
		matched = matched.or(m)
	}
	return matched
}

// booleans are "true" and "false" or variables that stand for them.
type booleans []pattern

func compileBool(text string, d dialect) (pattern, error) {
	p, err := compile(strings.ToLower(text), d)
	if err == nil && !p.variable && join(p.pieces) != "true" && join(p.pieces) != "false" {
		err = errors.New("it must be true or false")
	}
	p.fold = true
	return p, err
}

func (c booleans) matches(q *question, value string) truth {
	if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
		return maybe
	}
	return texts(c).matches(q, value)
}

type numbers struct {
	bounds []number
	accept func(order int) bool
}

func (c numbers) matches(_ *question, value string) truth {
	n, err := parseNumber(value)
	if err != nil {
		return maybe
	}
	return truthOf(slices.ContainsFunc(c.bounds, func(b number) bool { return c.accept(n.compare(b)) }))
}

type dates struct {
	bounds []time.Time
	accept func(order int) bool
}

func (c dates) matches(_ *question, value string) truth {
	t, err := parseDate(value)
	if err != nil {
		return maybe
	}
	return truthOf(slices.ContainsFunc(c.bounds, func(b time.Time) bool { return c.accept(t.Compare(b)) }))
}

// prefixes are ranges of addresses. An IPv4 address written as IPv6 is IPv4.
type prefixes []netip.Prefix

func (c prefixes) matches(_ *question, value string) truth {
	a, err := netip.ParseAddr(value)
	if err != nil {
		return maybe
	}
	a = a.Unmap().WithZone("")
	return truthOf(slices.ContainsFunc(c, func(p netip.Prefix) bool { return p.Contains(a) }))
}

// encoded is base64, compared as it is written.
type encoded []string

func checkBase64(text string) (string, error) {
	_, err := base64.StdEncoding.DecodeString(text)
	return text, err
}

func (c encoded) matches(_ *question, value string) truth {
	return truthOf(slices.Contains(c, value))
}
