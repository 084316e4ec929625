package policy

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// pattern is compiled text: what is literal, what is a wildcard, and what the
// request fills in. Filled-in values are always literal: a * inside one is a
// star and nothing else.
type pattern struct {
	pieces   []piece
	fold     bool // compare ASCII letters without regard to case
	variable bool // some piece is a variable
}

type piece struct {
	kind     kind
	text     string // of a literal, or a variable's default
	key      string // of a variable, folded
	name     string // and as it was written
	defaults bool   // the variable has a default
}

type kind uint8

const (
	literal kind = iota
	star         // any characters, also none
	single       // any one character
	variable
)

// dialect says which characters of a text mean more than themselves.
type dialect struct {
	wildcards bool // * and ?
	variables bool // ${…}, with Version 2012-10-17 only
}

// compile cuts text up. It fails on a ${ that isn't a variable.
func compile(text string, d dialect) (pattern, error) {
	var p pattern
	for rest := text; rest != ""; {
		switch {
		case d.wildcards && rest[0] == '*':
			if n := len(p.pieces); n == 0 || p.pieces[n-1].kind != star {
				p.pieces = append(p.pieces, piece{kind: star})
			}
			rest = rest[1:]
		case d.wildcards && rest[0] == '?':
			p.pieces = append(p.pieces, piece{kind: single})
			rest = rest[1:]
		case d.variables && strings.HasPrefix(rest, "${"):
			v, length, err := readVariable(rest)
			if err != nil {
				return pattern{}, err
			}
			p.add(v)
			rest = rest[length:]
		default:
			n := 1 + strings.IndexAny(rest[1:], "*?$")
			if n == 0 {
				n = len(rest)
			}
			p.add(piece{text: rest[:n]})
			rest = rest[n:]
		}
	}
	return p, nil
}

func (p *pattern) add(next piece) {
	if n := len(p.pieces); next.kind == literal && n > 0 && p.pieces[n-1].kind == literal {
		p.pieces[n-1].text += next.text
		return
	}
	p.variable = p.variable || next.kind == variable
	p.pieces = append(p.pieces, next)
}

// readVariable reads the variable or escape at the beginning of text, which
// begins with "${", and answers how long it is.
//
//	${aws:username}  ${aws:PrincipalTag/team, 'nobody'}  ${*}  ${?}  ${$}
func readVariable(text string) (piece, int, error) {
	if len(text) > 3 && text[3] == '}' && strings.IndexByte("*?$", text[2]) >= 0 {
		return piece{text: text[2:3]}, 4, nil
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
		return piece{}, 0, errors.New("a policy variable is not well formed")
	}
	v := piece{kind: variable, key: fold(name), name: name}
	if text[i] == '}' {
		return v, i + 1, nil
	}
	fallback := strings.TrimLeft(text[i+1:], " ")
	quoted, ok := strings.CutPrefix(fallback, "'")
	end := strings.IndexByte(quoted, '\'')
	if !ok || end < 0 || !strings.HasPrefix(strings.TrimLeft(quoted[end+1:], " "), "}") {
		return piece{}, 0, errors.New("the default of a policy variable is not well formed")
	}
	v.defaults, v.text = true, quoted[:end]
	after := strings.TrimLeft(quoted[end+1:], " ")
	return v, len(text) - len(after) + 1, nil
}

// matches reports whether text matches a pattern without variables.
func (p *pattern) matches(text string) bool { return glob(p.pieces, text, p.fold) }

// match matches text, taking variables from the question; maybe says that a
// variable has no value.
func (p *pattern) match(q *question, text string) truth {
	if !p.variable {
		return truthOf(p.matches(text))
	}
	var room [16]piece
	pieces, ok := p.fill(q, room[:0])
	if !ok {
		return maybe
	}
	return truthOf(glob(pieces, text, p.fold))
}

// fill appends the pieces to to, with literal text for the variables; false
// when one has no value.
func (p *pattern) fill(q *question, to []piece) ([]piece, bool) {
	for _, next := range p.pieces {
		if next.kind == variable {
			value, ok := q.value(&next)
			if !ok {
				return nil, false
			}
			next = piece{text: value}
		}
		to = append(to, next)
	}
	return to, true
}

// longestIoTValue is how many characters a value may have that AWS IoT fills in.
const longestIoTValue = 1024

// value answers what a variable stands for. A key of several values has none:
// AWS fills in single-valued keys only.
func (q *question) value(v *piece) (string, bool) {
	values := q.Context[v.key]
	if len(values) == 0 {
		return v.text, v.defaults
	}
	value := values[0]
	if len(values) > 1 {
		return "", false
	}
	if q.grammar == IoT && (strings.ContainsAny(value, "*$+?#") || utf8.RuneCountInString(value) > longestIoTValue) {
		return "", false
	}
	return value, true
}

// glob matches text in time proportional to len(text) times the pattern's
// length: on a mismatch only the last star takes one character more.
func glob(pieces []piece, text string, fold bool) bool {
	i, at := 0, 0
	afterStar, starAt := -1, 0
	for {
		if i == len(pieces) {
			if at == len(text) {
				return true
			}
		} else {
			switch next := &pieces[i]; {
			case next.kind == star:
				i++
				if i == len(pieces) {
					return true
				}
				afterStar, starAt = i, at
				continue
			case next.kind == single && at < len(text):
				at += width(text[at:])
				i++
				continue
			case next.kind == literal && hasPrefix(text[at:], next.text, fold):
				at += len(next.text)
				i++
				continue
			}
		}
		if afterStar < 0 || starAt == len(text) {
			return false
		}
		starAt += width(text[starAt:])
		i, at = afterStar, starAt
	}
}

func width(text string) int {
	_, n := utf8.DecodeRuneInString(text)
	return n
}

func hasPrefix(text, prefix string, fold bool) bool {
	if len(text) < len(prefix) {
		return false
	}
	if !fold {
		return text[:len(prefix)] == prefix
	}
	for i := range len(prefix) {
		if lower(text[i]) != lower(prefix[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
