package policy

import (
	"maps"
	"slices"
)

// Missing answers the condition keys and variables that docs ask for and r's
// context has no value for: of the statements about r's action and, as far as
// can be told without them, its resource. They are written as the policies
// write them, each once, in alphabetical order.
//
// A key that may be absent, as of Null or an operator with IfExists, and a
// variable with a default are not missing.
func Missing(docs []Named, r *Request) []string {
	q := ask(r, docs...)
	return (&missing{question: &q, names: map[string]string{}}).of(docs)
}

// missing gathers names by their folded form.
type missing struct {
	*question
	names map[string]string
}

func (m *missing) of(docs []Named) []string {
	for _, named := range docs {
		m.question.grammar = named.Document.grammar
		for i := range named.Document.statements {
			m.statement(&named.Document.statements[i])
		}
	}
	return slices.Sorted(maps.Values(m.names))
}

func (m *missing) add(key, name string) {
	if _, ok := m.names[key]; !ok {
		m.names[key] = name
	}
}

func (m *missing) statement(s *statement) {
	if s.matchesAction(m.question) == s.notActions {
		return
	}
	matched := no
	for i := range s.resources {
		matched = matched.or(s.resources[i].match(m.question, &m.target))
	}
	if len(s.resources) > 0 && (s.notResources && matched == yes || !s.notResources && matched == no) {
		return // it is about something else
	}
	for i := range s.resources {
		if s.resources[i].match(m.question, &m.target) == maybe {
			m.resource(&s.resources[i])
		}
	}
	for i := range s.conditions {
		m.condition(&s.conditions[i])
	}
}

func (m *missing) condition(c *conditionOnAKey) {
	if c.test == nil {
		return
	}
	if len(m.Context[c.key]) == 0 && !c.ifExists {
		m.add(c.key, c.name)
	}
	c.variables(m.variable)
}

func (m *missing) resource(r *resource) { r.variables(m.variable) }

func (m *missing) variable(v *variable) {
	if _, ok := m.value(v); !ok {
		m.add(v.key, v.name)
	}
}

// variables calls each with every variable in the values of the condition.
func (c *conditionOnAKey) variables(each func(*variable)) {
	switch all := c.test.(type) {
	case texts:
		variables(all, each)
	case textsNoCase:
		variables(all, each)
	case booleans:
		variables(all, each)
	case names:
		for i := range all {
			all[i].variables(each)
		}
	}
}

func (r *resource) variables(each func(*variable)) {
	variables([]pattern{r.whole}, each)
}

func variables(all []pattern, each func(*variable)) {
	for i := range all {
		for j := range all[i].vars {
			each(&all[i].vars[j])
		}
	}
}
