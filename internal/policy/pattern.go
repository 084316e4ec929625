package policy

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// pattern is compiled text: what is literal, what is a wildcard, and what the
// request fills in. Filled-in values are always literal: a * inside one is a
// star and nothing else.
//
// It takes as many bytes as the text it is made of: marks stand in it for what
// isn't literal, bytes that no UTF-8 text holds, as documents are. What a
// request fills in may hold any bytes and never becomes part of a code.
type pattern struct {
	code  string
	vars  []variable // one for each mark of a variable, in their order
	plain bool       // there is neither a variable nor a single
}

// The marks. A run of wildcards is written as its singles and then one star:
// "*?*?" asks for two characters or more, as "??*" does.
const (
	anyText   = 0xFF // *: any characters, also none
	anySingle = 0xFE // ?: any one character
	filledIn  = 0xFD // ${…}
)

const marks = "\xff\xfe\xfd"

type variable struct {
	key      string // folded
	name     string // as it was written
	text     string // the default
	defaults bool   // it has one
}

// dialect says which characters of a text mean more than themselves.
type dialect struct {
	wildcards bool // * and ?
	variables bool // ${…}, with Version 2012-10-17 only
}

func (d dialect) special() string {
	switch {
	case d.wildcards && d.variables:
		return "*?$"
	case d.wildcards:
		return "*?"
	case d.variables:
		return "$"
	}
	return ""
}

// compile cuts text up. It fails on a ${ that isn't a variable.
func compile(text string, d dialect) (pattern, error) {
	special := d.special()
	if !strings.ContainsAny(text, special) {
		return pattern{code: text, plain: true}, nil
	}
	p := pattern{plain: true}
	var code strings.Builder
	code.Grow(len(text))
	for rest := text; rest != ""; {
		switch {
		case d.wildcards && (rest[0] == '*' || rest[0] == '?'):
			run := rest[:len(rest)-len(strings.TrimLeft(rest, "*?"))]
			for range strings.Count(run, "?") {
				code.WriteByte(anySingle)
				p.plain = false
			}
			if strings.Contains(run, "*") {
				code.WriteByte(anyText)
			}
			rest = rest[len(run):]
		case d.variables && strings.HasPrefix(rest, "${"):
			v, escaped, length, err := readVariable(rest)
			if err != nil {
				return pattern{}, err
			}
			if escaped != "" {
				code.WriteString(escaped)
			} else {
				code.WriteByte(filledIn)
				p.vars, p.plain = append(p.vars, v), false
			}
			rest = rest[length:]
		default:
			n := 1 + strings.IndexAny(rest[1:], special)
			if n == 0 {
				n = len(rest)
			}
			code.WriteString(rest[:n])
			rest = rest[n:]
		}
	}
	p.code = code.String()
	return p, nil
}

// readVariable reads the variable or escape at the beginning of text, which
// begins with "${", and returns how long it is.
//
//	${aws:username}  ${aws:PrincipalTag/team, 'nobody'}  ${*}  ${?}  ${$}
func readVariable(text string) (v variable, escaped string, length int, err error) {
	if len(text) > 3 && text[3] == '}' && strings.IndexByte("*?$", text[2]) >= 0 {
		return v, text[2:3], 4, nil
	}
	// A thing's attribute may have a comma in its name, inside brackets.
	i, depth := 2, 0
	for ; i < len(text) && text[i] != '}' && (text[i] != ',' || depth > 0); i++ {
		switch text[i] {
		case '[':
			depth++
		case ']':
			depth--
		}
	}
	name := strings.TrimSpace(text[2:min(i, len(text))])
	if i == len(text) || name == "" || strings.ContainsAny(name, "${*?'") {
		return v, "", 0, errors.New("a policy variable is not well formed")
	}
	v = variable{key: fold(name), name: name}
	if text[i] == '}' {
		return v, "", i + 1, nil
	}
	fallback := strings.TrimLeft(text[i+1:], " ")
	quoted, ok := strings.CutPrefix(fallback, "'")
	end := strings.IndexByte(quoted, '\'')
	if !ok || end < 0 || !strings.HasPrefix(strings.TrimLeft(quoted[end+1:], " "), "}") {
		return v, "", 0, errors.New("the default of a policy variable is not well formed")
	}
	v.defaults, v.text = true, quoted[:end]
	after := strings.TrimLeft(quoted[end+1:], " ")
	return v, "", len(text) - len(after) + 1, nil
}

// match matches text, taking variables from the question; maybe says that a
// variable has no value.
func (p *pattern) match(q *question, text string) truth {
	if len(p.vars) == 0 {
		return truthOf(p.matches(q, text, nil))
	}
	var room [16]string
	values, ok := p.values(q, room[:0])
	if !ok {
		return maybe
	}
	return truthOf(p.matches(q, text, values))
}

// values appends those of the variables to to; false when one has none.
func (p *pattern) values(q *question, to []string) ([]string, bool) {
	for i := range p.vars {
		value, ok := q.value(&p.vars[i])
		if !ok {
			return nil, false
		}
		to = append(to, value)
	}
	return to, true
}

// filled returns the text that a pattern without wildcards stands for; false
// when a variable has no value.
func (p *pattern) filled(q *question) (string, bool) {
	if p.plain {
		return p.code, true
	}
	values, ok := p.values(q, nil)
	if !ok {
		return "", false
	}
	var b strings.Builder
	for code := p.code; code != ""; {
		n := strings.IndexByte(code, filledIn)
		if n < 0 {
			n = len(code)
		}
		b.WriteString(code[:n])
		if code = code[n:]; code != "" {
			b.WriteString(values[0])
			values, code = values[1:], code[1:]
		}
	}
	q.spend(6 + b.Len()/64)
	return b.String(), true
}

// longestIoTValue is how many characters a value may have that AWS IoT fills in.
const longestIoTValue = 1024

// value returns what a variable stands for. A key of several values has none:
// AWS fills in single-valued keys only.
func (q *question) value(v *variable) (string, bool) {
	q.spend(4)
	values := q.Context[v.key]
	if len(values) == 0 {
		return v.text, v.defaults
	}
	value := values[0]
	if len(values) > 1 {
		return "", false
	}
	if q.grammar == IoT {
		if len(value) > longestIoTValue*utf8.UTFMax {
			return "", false
		}
		q.spend(len(value) / 8)
		if strings.ContainsAny(value, "*$+?#") || utf8.RuneCountInString(value) > longestIoTValue {
			return "", false
		}
	}
	return value, true
}
