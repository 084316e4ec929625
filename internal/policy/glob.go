package policy

import (
	"strings"
	"unicode/utf8"
)

// matches reports whether text is what p means, with values for its variables.
//
// The stars cut p into segments. The first stands at the beginning of text,
// the last at its end, each of the others as near to the beginning as it is
// found behind the one before: if there is a way to match, there is that one.
// So each part of the text is looked at once for each segment that is searched
// in it, and q counts the steps.
func (p *pattern) matches(q *question, text string, values []string) bool {
	if q.over() {
		return false // whatever it comes to, the decision is made
	}
	q.spend(1)
	star := strings.IndexByte(p.code, anyText)
	if star < 0 {
		if p.plain {
			return p.code == text
		}
		rest, _, ok := begins(q, text, p.code, values)
		return ok && rest == ""
	}
	q.spend(1)
	last := strings.LastIndexByte(p.code, anyText)
	text, values, ok := begins(q, text, p.code[:star], values)
	if !ok {
		return false
	}
	if text, values, ok = ends(q, text, p.code[last+1:], values); !ok {
		return false
	}
	if last == star {
		return true
	}
	for between := p.code[star+1 : last]; between != ""; {
		segment, after, _ := strings.Cut(between, marks[:1])
		if text, values, ok = find(q, text, segment, values); !ok {
			return false
		}
		between = after
	}
	return true
}

// begins cuts what the segment means from the beginning of text, and what it
// filled in from values.
func begins(q *question, text, segment string, values []string) (string, []string, bool) {
	for segment != "" {
		q.spend(1)
		switch segment[0] {
		case anySingle:
			n := 1
			for n < len(segment) && segment[n] == anySingle {
				n++
			}
			q.spend(n / 4)
			if n > len(text) {
				return text, values, false
			}
			for range n {
				if text == "" {
					return text, values, false
				}
				text = text[width(text):]
			}
			segment = segment[n:]
		case filledIn:
			q.spend(len(values[0]) / 256)
			if !strings.HasPrefix(text, values[0]) {
				return text, values, false
			}
			text, values, segment = text[len(values[0]):], values[1:], segment[1:]
		default:
			n := literal(q, segment)
			if !strings.HasPrefix(text, segment[:n]) {
				return text, values, false
			}
			text, segment = text[n:], segment[n:]
		}
	}
	return text, values, true
}

// literal returns how many bytes of the segment come before its first mark.
func literal(q *question, segment string) int {
	for i := range len(segment) {
		if segment[i] >= filledIn {
			q.spend(i / 16)
			return i
		}
	}
	q.spend(len(segment) / 16)
	return len(segment)
}

// ends is begins from the other end of text and values.
func ends(q *question, text, segment string, values []string) (string, []string, bool) {
	for segment != "" {
		q.spend(1)
		switch last := len(segment) - 1; segment[last] {
		case anySingle:
			n := 1
			for n < len(segment) && segment[last-n] == anySingle {
				n++
			}
			q.spend(n / 4)
			if n > len(text) {
				return text, values, false
			}
			for range n {
				if text == "" {
					return text, values, false
				}
				_, size := utf8.DecodeLastRuneInString(text)
				text = text[:len(text)-size]
			}
			segment = segment[:len(segment)-n]
		case filledIn:
			value := values[len(values)-1]
			q.spend(len(value) / 256)
			if !strings.HasSuffix(text, value) {
				return text, values, false
			}
			text, values, segment = text[:len(text)-len(value)], values[:len(values)-1], segment[:last]
		default:
			from := last
			for from > 0 && segment[from-1] < filledIn {
				from--
			}
			q.spend((last - from) / 16)
			if !strings.HasSuffix(text, segment[from:]) {
				return text, values, false
			}
			text, segment = text[:len(text)-(len(segment)-from)], segment[:from]
		}
	}
	return text, values, true
}

// find cuts text after the first place where it has what the segment means.
func find(q *question, text, segment string, values []string) (string, []string, bool) {
	first := segment[:literal(q, segment)]
	stride := 32 // bytes that are searched in a step, when the text is made to be like first everywhere
	if len(first) > 16 {
		stride = 4
	}
	for !q.over() {
		if first != "" {
			i := strings.Index(text, first)
			if i < 0 {
				q.spend(1 + len(text)/stride)
				return text, values, false
			}
			q.spend(3 + i/stride)
			text = text[i:]
		}
		if rest, left, ok := begins(q, text[len(first):], segment[len(first):], values); ok {
			return rest, left, true
		}
		if text == "" {
			break
		}
		text = text[width(text):]
	}
	return text, values, false
}

func width(text string) int {
	if text[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(text)
	return n
}

// lower returns text with the ASCII letters in lower case: actions are compared
// without regard to their case.
func lower(text string) string {
	for i := range len(text) {
		if c := text[i]; 'A' <= c && c <= 'Z' {
			b := []byte(text)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return text
}
