package awswire

import (
	"encoding/base64"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// appendJSON encodes v. Absent members are left out; empty lists and maps are
// there, since clients read them without asking.
func appendJSON(b []byte, n *node, v reflect.Value) []byte {
	switch n.kind {
	case kindString:
		return appendString(b, v.String())
	case kindBool:
		return strconv.AppendBool(b, v.Bool())
	case kindInteger:
		return strconv.AppendInt(b, v.Int(), 10)
	case kindFloat:
		return strconv.AppendFloat(b, v.Float(), 'g', -1, 64)
	case kindTime:
		return appendEpoch(b, v.Interface().(Time))
	case kindBlob:
		return append(base64.StdEncoding.AppendEncode(append(b, '"'), v.Bytes()), '"')
	case kindList:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, n.element, v.Index(i))
		}
		return append(b, ']')
	case kindMap:
		b = append(b, '{')
		for i, key := range sortedKeys(v) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, key.String()), ':')
			b = appendJSON(b, n.element, v.MapIndex(key))
		}
		return append(b, '}')
	default:
		return appendObject(b, n, v)
	}
}

// appendObject encodes the body members of a structure.
func appendObject(b []byte, n *node, v reflect.Value) []byte {
	b = append(b, '{')
	first := true
	for i := range n.fields {
		f := &n.fields[i]
		value, ok := f.of(v)
		if !ok || f.location != "" {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(appendString(b, f.wire), ':')
		b = appendJSON(b, f.node, value)
	}
	return append(b, '}')
}

// appendEpoch writes seconds, with a fraction where there are milliseconds.
func appendEpoch(b []byte, t Time) []byte {
	return strconv.AppendFloat(b, float64(t.UnixMilli())/1000, 'f', -1, 64)
}

const hexDigits = "0123456789abcdef"

func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r) // an invalid byte becomes U+FFFD
			i += size
			continue
		}
		i++
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// appendStrings encodes fields as further members of an object that has one already.
func appendStrings(b []byte, fields map[string]string) []byte {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		b = append(appendString(append(b, ','), name), ':')
		b = appendString(b, fields[name])
	}
	return b
}
