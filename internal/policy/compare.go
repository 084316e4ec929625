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
	q.spend(len(c) / 4)
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
		want, ok := c[i].filled(q)
		q.spend(2 + min(len(want), len(value))/8)
		if ok && strings.EqualFold(want, value) {
			return yes
		}
	}
	return no
}

// names are ARN patterns. A malformed one leaves the answer open.
type names []resource

func (c names) matches(q *question, value string) truth {
	q.spend(4 + len(value)/128)
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
	if err == nil && p.plain && p.code != "true" && p.code != "false" {
		err = errors.New("it must be true or false")
	}
	return p, err
}

func (c booleans) matches(q *question, value string) truth {
	if value = lower(value); value != "true" && value != "false" {
		return maybe
	}
	return textsNoCase(c).matches(q, value)
}

type numbers struct {
	bounds []number
	accept func(order int) bool
}

func (c numbers) matches(q *question, value string) truth {
	q.spend(4 + len(value)/8)
	n, err := parseNumber(value)
	if err != nil {
		return maybe
	}
	q.spend(len(c.bounds) / 4)
	return truthOf(slices.ContainsFunc(c.bounds, func(b number) bool { return c.accept(n.compare(b)) }))
}

type dates struct {
	bounds []time.Time
	accept func(order int) bool
}

func (c dates) matches(q *question, value string) truth {
	t, err := q.date(value)
	if err != nil {
		return maybe
	}
	q.spend(1 + len(c.bounds)/4)
	return truthOf(slices.ContainsFunc(c.bounds, func(b time.Time) bool { return c.accept(t.Compare(b)) }))
}

// date reads a date of the request, which is mostly the one it read before: the
// time that it is.
func (q *question) date(text string) (time.Time, error) {
	q.spend(1)
	if text != q.dated.text || text == "" {
		q.dated.text = text
		q.dated.time, q.dated.err = parseDate(text)
		q.spend(30)
		if q.dated.err != nil {
			q.spend(100)
		}
	}
	return q.dated.time, q.dated.err
}

// prefixes are ranges of addresses. An IPv4 address written as IPv6 is IPv4.
type prefixes []netip.Prefix

func (c prefixes) matches(q *question, value string) truth {
	q.spend(4 + len(value)/32 + len(c)/2)
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

func (c encoded) matches(q *question, value string) truth {
	q.spend(1 + len(c)/4)
	return truthOf(slices.Contains(c, value))
}
