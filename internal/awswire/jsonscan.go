package awswire

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

func (d *jsonReader) fail(reason string) error { return &SerializationError{Reason: reason} }

func (d *jsonReader) end() error {
	if d.space(); d.at < len(d.text) {
		return d.fail("Unexpected text after the end of the document")
	}
	return nil
}

func (d *jsonReader) space() {
	for d.at < len(d.text) {
		switch d.text[d.at] {
		case ' ', '\t', '\r', '\n':
			d.at++
		default:
			return
		}
	}
}

// peek answers the next byte after white space, 0 at the end.
func (d *jsonReader) peek() byte {
	d.space()
	if d.at == len(d.text) {
		return 0
	}
	return d.text[d.at]
}

func (d *jsonReader) take(c byte) bool {
	if d.peek() != c {
		return false
	}
	d.at++
	return true
}

func (d *jsonReader) word(w string) bool {
	if !bytes.HasPrefix(d.text[d.at:], []byte(w)) {
		return false
	}
	d.at += len(w)
	return true
}

// another counts a member or element.
func (d *jsonReader) another() error {
	if d.count++; d.most > 0 && d.count > d.most {
		return d.fail("The document holds too many values")
	}
	return nil
}

// members calls each for every key of an object, with the reader at its value.
func (d *jsonReader) members(each func(name string) error) error {
	if !d.take('{') {
		return d.fail("Expected the start of a structure")
	}
	if d.depth++; d.depth > maxDepth {
		return d.fail("The document is nested too deeply")
	}
	defer func() { d.depth-- }()
	if d.take('}') {
		return nil
	}
	for {
		if d.peek() != '"' {
			return d.fail("Expected a member's name")
		}
		name, err := d.string()
		if err != nil {
			return err
		}
		if !d.take(':') {
			return d.fail("Expected ':' after a member's name")
		}
		if err := d.another(); err != nil {
			return err
		}
		if err := each(name); err != nil {
			return err
		}
		if d.take(',') {
			continue
		}
		if d.take('}') {
			return nil
		}
		return d.fail("Expected ',' or '}' in a structure")
	}
}

// items calls each for every element of an array, with the reader at it.
func (d *jsonReader) items(each func() error) error {
	if !d.take('[') {
		return d.fail("Unexpected field type: a list was expected")
	}
	if d.depth++; d.depth > maxDepth {
		return d.fail("The document is nested too deeply")
	}
	defer func() { d.depth-- }()
	if d.take(']') {
		return nil
	}
	for {
		if err := d.another(); err != nil {
			return err
		}
		if err := each(); err != nil {
			return err
		}
		if d.take(',') {
			continue
		}
		if d.take(']') {
			return nil
		}
		return d.fail("Expected ',' or ']' in a list")
	}
}

// skip passes over a value nobody asked for; it must be well-formed all the same.
func (d *jsonReader) skip() error {
	switch c := d.peek(); c {
	case '{':
		return d.members(func(string) error { return d.skip() })
	case '[':
		return d.items(d.skip)
	case '"':
		_, err := d.string()
		return err
	case 't', 'f', 'n':
		if d.word("true") || d.word("false") || d.word("null") {
			return nil
		}
		return d.fail("Unexpected text in the document")
	default:
		_, err := d.number()
		return err
	}
}

// number reads by JSON's grammar, which is narrower than strconv's.
func (d *jsonReader) number() (string, error) {
	d.space()
	start := d.at
	digits := func() bool {
		from := d.at
		for d.at < len(d.text) && d.text[d.at] >= '0' && d.text[d.at] <= '9' {
			d.at++
		}
		return d.at > from
	}
	next := func(set string) bool {
		if d.at < len(d.text) && bytes.IndexByte([]byte(set), d.text[d.at]) >= 0 {
			d.at++
			return true
		}
		return false
	}
	next("-")
	ok := next("0") || digits()
	if ok && next(".") {
		ok = digits()
	}
	if ok && next("eE") {
		next("+-")
		ok = digits()
	}
	if !ok {
		return "", d.fail("Unexpected text in the document")
	}
	return string(d.text[start:d.at]), nil
}

func (d *jsonReader) string() (string, error) {
	d.at++ // the quote
	start := d.at
	for i := start; i < len(d.text); i++ {
		switch c := d.text[i]; {
		case c == '"':
			d.at = i + 1
			if raw := d.text[start:i]; utf8.Valid(raw) {
				return string(raw), nil
			}
			return "", d.fail("The document is not UTF-8")
		case c == '\\':
			d.at = i
			return d.escaped(append([]byte(nil), d.text[start:i]...))
		case c < 0x20:
			return "", d.fail("A string holds a control character")
		}
	}
	return "", d.fail("A string doesn't end")
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped reads on from the first backslash of a string.
func (d *jsonReader) escaped(text []byte) (string, error) {
	for d.at < len(d.text) {
		c := d.text[d.at]
		d.at++
		switch {
		case c == '"':
			if !utf8.Valid(text) {
				return "", d.fail("The document is not UTF-8")
			}
			return string(text), nil
		case c < 0x20:
			return "", d.fail("A string holds a control character")
		case c != '\\':
			text = append(text, c)
			continue
		}
		if d.at == len(d.text) {
			break
		}
		c = d.text[d.at]
		d.at++
		if c != 'u' {
			plain, ok := escapes[c]
			if !ok {
				return "", d.fail("A string holds an unknown escape")
			}
			text = append(text, plain)
			continue
		}
		r, err := d.rune()
		if err != nil {
			return "", err
		}
		text = utf8.AppendRune(text, r)
	}
	return "", d.fail("A string doesn't end")
}

// rune reads the four digits of a \u escape, and the second half of a surrogate pair.
func (d *jsonReader) rune() (rune, error) {
	first, ok := d.hex4()
	if !ok {
		return 0, d.fail("A string holds an unknown escape")
	}
	if !utf16.IsSurrogate(first) {
		return first, nil
	}
	if d.word(`\u`) {
		if second, ok := d.hex4(); ok {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				return r, nil
			}
		}
	}
	return 0, d.fail("A string holds half a character")
}

func (d *jsonReader) hex4() (rune, bool) {
	if len(d.text)-d.at < 4 {
		return 0, false
	}
	var r rune
	for _, c := range d.text[d.at : d.at+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	d.at += 4
	return r, true
}
