package awswire

import (
	"encoding/base64"
	"math"
	"reflect"
	"strconv"
	"time"
)

// Bounds of a JSON document, beside that of its size. No input of the APIs
// nests deeper than 8, or has as many values.
const (
	maxDepth   = 16
	mostValues = 10_000 // members and elements of a request
)

// jsonReader decodes JSON straight into bound structures. It is stricter than
// encoding/json where leniency would let a document mean two things: keys are
// case-sensitive and may not come twice. Unknown members are skipped, and null
// is absent.
type jsonReader struct {
	text  []byte
	at    int
	depth int
	most  int // values; 0 for any number, as of an answer
	count int // of them so far
	found *violations
}

// document reads the body, an object, into v; seen holds what is bound from elsewhere.
func (d *jsonReader) document(n *node, v reflect.Value, seen []byte) error {
	d.space()
	if d.word("null") {
		return d.end()
	}
	if err := d.object(n, v, "", seen); err != nil {
		return err
	}
	return d.end()
}

// value reads the value of n, which isn't null, into place.
func (d *jsonReader) value(n *node, place reflect.Value, path string) error {
	c := d.peek()
	switch {
	case n.kind == kindStructure:
		if c != '{' {
			return d.fail("Unexpected field type: a structure was expected")
		}
		seen := make([]byte, len(n.fields))
		if err := d.object(n, place, path+".", seen); err != nil {
			return err
		}
		n.complete(place, seen, path+".", d.found)
		return nil
	case n.kind == kindList:
		return d.list(n, place, path)
	case n.kind == kindMap:
		return d.entries(n, place, path)
	case c == '{':
		return d.fail("Start of structure or map found where not expected.")
	case c == '[':
		return d.fail("Start of list found where not expected")
	default:
		return d.scalar(n, place, c)
	}
}

func (d *jsonReader) scalar(n *node, place reflect.Value, c byte) error {
	switch {
	case c == '"':
		text, err := d.string()
		if err != nil {
			return err
		}
		switch n.kind {
		case kindString:
			place.SetString(text)
			return nil
		case kindBlob:
			data, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return d.fail("A blob is not base64")
			}
			place.SetBytes(data)
			return nil
		case kindTime:
			t, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				return d.fail("STRING_VALUE can not be converted to a Timestamp")
			}
			place.Set(reflect.ValueOf(Time{t.UTC()}))
			return nil
		}
		return d.fail("STRING_VALUE can not be converted to " + n.javaName())
	case c == 't' && d.word("true"), c == 'f' && d.word("false"):
		if n.kind == kindBool {
			place.SetBool(c == 't')
			return nil
		}
		return d.fail(map[byte]string{'t': "TRUE", 'f': "FALSE"}[c] + "_VALUE can not be converted to " + n.javaName())
	default:
		text, err := d.number()
		if err != nil {
			return err
		}
		return d.setNumber(n, place, text)
	}
}

func (d *jsonReader) setNumber(n *node, place reflect.Value, text string) error {
	switch n.kind {
	case kindInteger:
		x, err := strconv.ParseInt(text, 10, n.typ.Bits())
		if err != nil {
			// 1.0 and 1e2 are whole numbers too.
			f, ferr := strconv.ParseFloat(text, 64)
			if ferr != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 || place.OverflowInt(int64(f)) {
				return d.fail("NUMBER_VALUE can not be converted to " + n.javaName())
			}
			x = int64(f)
		}
		place.SetInt(x)
		return nil
	case kindFloat:
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return d.fail("NUMBER_VALUE can not be converted to a Double")
		}
		place.SetFloat(x)
		return nil
	case kindTime:
		t, err := parseEpoch(text)
		if err != nil {
			return d.fail("NUMBER_VALUE can not be converted to a Timestamp")
		}
		place.Set(reflect.ValueOf(Time{t}))
		return nil
	default:
		return d.fail("NUMBER_VALUE can not be converted to " + n.javaName())
	}
}

// object reads the members of a structure. path ends with a dot or is empty.
func (d *jsonReader) object(n *node, v reflect.Value, path string, seen []byte) error {
	return d.members(func(name string) error {
		i, known := n.byName[name]
		if !known {
			return d.skip()
		}
		f := &n.fields[i]
		if seen[i] != absent {
			return d.fail("Duplicate field '" + name + "'")
		}
		if d.peek() == 'n' && d.word("null") {
			seen[i] = null
			return nil
		}
		seen[i] = present
		return d.value(f.node, f.make(v), path+f.path)
	})
}

func (d *jsonReader) list(n *node, place reflect.Value, path string) error {
	list := reflect.MakeSlice(n.typ, 0, 4)
	err := d.items(func() error {
		if d.peek() == 'n' {
			return d.fail("A list holds null")
		}
		list = reflect.Append(list, reflect.Zero(n.typ.Elem()))
		i := list.Len() - 1
		return d.value(n.element, list.Index(i), path+"."+strconv.Itoa(i+1)+".member")
	})
	place.Set(list)
	return err
}

func (d *jsonReader) entries(n *node, place reflect.Value, path string) error {
	if d.peek() != '{' {
		return d.fail("Unexpected field type: a map was expected")
	}
	entries := reflect.MakeMap(n.typ)
	given := map[string]bool{}
	err := d.members(func(name string) error {
		if given[name] {
			return d.fail("Duplicate field '" + short(name) + "'")
		}
		given[name] = true
		if d.peek() == 'n' && d.word("null") {
			return nil
		}
		value := reflect.New(n.typ.Elem()).Elem()
		if err := d.value(n.element, value, path+"."+name+".member"); err != nil {
			return err
		}
		entries.SetMapIndex(reflect.ValueOf(name), value)
		return nil
	})
	place.Set(entries)
	return err
}

// parseEpoch reads epoch seconds with a fraction, to the millisecond.
func parseEpoch(text string) (time.Time, error) {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return time.Time{}, err
	}
	if math.IsNaN(seconds) || math.Abs(seconds) > 1e12 {
		return time.Time{}, strconv.ErrRange
	}
	return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC(), nil
}
