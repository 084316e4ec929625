package policy

import (
	"fmt"
	"slices"
	"strings"
)

// conditionOnAKey is one line of a Condition: an operator, a key, and the
// values of which one must match.
type conditionOnAKey struct {
	key      string // folded
	name     string // as it was written
	set      quantifier
	ifExists bool
	negated  bool
	test     comparison // nil for Null
	absent   bool       // Null: holds when the key is absent
	present  bool       // Null: holds when the key is there
}

// quantifier says how several values of a request are taken together.
type quantifier uint8

const (
	together quantifier = iota
	forAll
	forAny
)

// holds reports whether the condition is met.
//
// A key that is absent, or has no values, meets a negated operator and no
// positive one; ForAllValues is met by nothing at all, ForAnyValue is not. AWS
// has called values that are all empty nothing at all, too, and says so no
// more: where that makes a difference, the engine can't tell.
func (c *conditionOnAKey) holds(q *question) truth {
	q.spend(2)
	values := q.Context[c.key]
	if c.test == nil {
		return truthOf(len(values) == 0 && c.absent || len(values) > 0 && c.present)
	}
	if len(values) == 0 {
		return truthOf(c.ifExists || c.set == forAll || c.set == together && c.negated)
	}
	// Every value must pass, or some: a negated operator refuses any match.
	every := c.set == forAll || c.set == together && c.negated
	held := truthOf(every)
	for _, value := range values {
		if q.over() {
			return maybe
		}
		passes := c.test.matches(q, value)
		if c.negated {
			passes = passes.not()
		}
		if every {
			held = held.and(passes)
		} else {
			held = held.or(passes)
		}
	}
	if c.set != together && held == truthOf(c.set == forAny) && !slices.ContainsFunc(values, func(v string) bool { return v != "" }) {
		return maybe
	}
	return held
}

func (p *parser) conditions(n *node, place string) ([]conditionOnAKey, error) {
	if n.shape != anObject {
		return nil, malformed(place, "Condition must be an object, not %s.", n.shape)
	}
	var all []conditionOnAKey
	for i := range n.members {
		m := &n.members[i]
		at := place + "." + m.name
		base, op, ok := readOperator(m.name)
		if !ok {
			return nil, malformed(at, "Invalid Condition type : %s.", m.name)
		}
		if m.value.shape != anObject {
			return nil, malformed(at, "A condition must be an object of keys and values, not %s.", m.value.shape)
		}
		for j := range m.value.members {
			k := &m.value.members[j]
			c := base
			if err := p.condition(&c, op, k, at+"."+k.name); err != nil {
				return nil, err
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// condition reads a key and its values.
func (p *parser) condition(c *conditionOnAKey, op operator, m *member, place string) error {
	if p.doc.grammar != IoT {
		switch colons := strings.Count(m.name, ":"); {
		case colons == 0:
			return malformed(place, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
		case strings.HasPrefix(m.name, ":"):
			return malformed(place, "The condition key %q is not valid.", m.name)
		}
	}
	c.key, c.name = fold(m.name), m.name
	values, err := scalars(&m.value, place)
	if err != nil {
		return err
	}
	if op.family == null {
		for _, v := range values {
			c.absent = c.absent || v == "true"
			c.present = c.present || v == "false"
			if v != "true" && v != "false" {
				return malformed(place, `Null takes "true" or "false", not %q.`, v)
			}
		}
		return nil
	}
	c.test, err = op.compile(values, p.dialect())
	if err != nil {
		return malformed(place, "The condition value is not valid: %v.", err)
	}
	return nil
}

// scalars answers the values of a condition as text: a string, number or
// boolean, or a list of at least one.
func scalars(n *node, place string) ([]string, error) {
	list := n.list()
	if len(list) == 0 {
		return nil, malformed(place, "The list must not be empty.")
	}
	values := make([]string, len(list))
	for i := range list {
		switch list[i].shape {
		case aString, aNumber, aBoolean:
			values[i] = list[i].text
		default:
			return nil, malformed(fmt.Sprintf("%s[%d]", place, i), "A condition value can't be %s.", list[i].shape)
		}
	}
	return values, nil
}
