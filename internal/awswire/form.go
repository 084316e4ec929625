package awswire

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a Query request, beside that of its size.
const (
	maxParameters = 10_000
	maxParts      = 10     // of a parameter's name, between its dots
	maxPlaces     = 20_000 // in the tree that the names span
)

// parsePairs reads name=value pairs; unescape decides what '+' means.
func parsePairs(raw string, unescape func(string) (string, error)) (url.Values, error) {
	if strings.Count(raw, "&") >= maxParameters {
		return nil, &SerializationError{Reason: "There are too many parameters"}
	}
	form := url.Values{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		n, nameErr := unescape(name)
		v, valueErr := unescape(value)
		if nameErr != nil || valueErr != nil {
			return nil, &SerializationError{Reason: "The query string contains a syntax error"}
		}
		form[n] = append(form[n], v)
	}
	return form, nil
}

// formNode is a place in the tree that the dotted names of a Query request span.
type formNode struct {
	text  *string // the value given to this very name
	below map[string]*formNode
}

func newFormNode(form url.Values) (*formNode, error) {
	root, places := &formNode{}, 0
	for name, values := range form {
		n := root
		for _, part := range strings.SplitN(name, ".", maxParts+1) {
			if n.below == nil {
				n.below = map[string]*formNode{}
			}
			if n.below[part] == nil {
				if places++; places > maxPlaces {
					return nil, &SerializationError{Reason: "There are too many parameters"}
				}
				n.below[part] = &formNode{}
			}
			n = n.below[part]
		}
		n.text = &values[0]
	}
	return root, nil
}

func (p *formNode) structure(n *node, v reflect.Value, path string, found *violations) error {
	seen := make([]byte, len(n.fields))
	for i := range n.fields {
		f := &n.fields[i]
		at := p.below[f.wire]
		if at == nil {
			continue
		}
		seen[i] = present
		if err := at.value(f.node, f.make(v), path+f.path, found); err != nil {
			return err
		}
	}
	n.complete(v, seen, path, found)
	return nil
}

func (p *formNode) value(n *node, place reflect.Value, path string, found *violations) error {
	switch n.kind {
	case kindStructure:
		return p.structure(n, place, path+".", found)
	case kindList:
		items, err := p.numbered(n.elementName)
		if err != nil {
			return err
		}
		list := reflect.MakeSlice(n.typ, len(items), len(items))
		for i, item := range items {
			if err := item.value(n.element, list.Index(i), path+"."+strconv.Itoa(i+1)+".member", found); err != nil {
				return err
			}
		}
		place.Set(list)
		return nil
	case kindMap:
		return p.entries(n, place, path, found)
	default:
		if p.text == nil {
			return &SerializationError{Reason: "Unexpected structure, list or map in place of " + n.javaName()}
		}
		return n.setText(place, *p.text)
	}
}

func (p *formNode) entries(n *node, place reflect.Value, path string, found *violations) error {
	items, err := p.numbered("entry")
	if err != nil {
		return err
	}
	entries := reflect.MakeMap(n.typ)
	for _, item := range items {
		key, value := item.below[n.keyName], item.below[n.elementName]
		if key == nil || key.text == nil || value == nil {
			return &SerializationError{Reason: "A map entry has no key or no value"}
		}
		k := reflect.ValueOf(*key.text)
		if entries.MapIndex(k).IsValid() {
			return &SerializationError{Reason: "A map holds a key twice"}
		}
		e := reflect.New(n.typ.Elem()).Elem()
		if err := value.value(n.element, e, path+"."+*key.text+".member", found); err != nil {
			return err
		}
		entries.SetMapIndex(k, e)
	}
	place.Set(entries)
	return nil
}

// numbered answers what stands below name.1, name.2, … in the order of the
// numbers. An empty list is sent as the list's own name without a value.
func (p *formNode) numbered(name string) ([]*formNode, error) {
	items := p.below[name]
	if items == nil {
		if p.text == nil || *p.text != "" {
			return nil, &SerializationError{Reason: "Unexpected text in place of a list or map"}
		}
		return nil, nil
	}
	byNumber := map[int]*formNode{}
	numbers := make([]int, 0, len(items.below))
	for text, item := range items.below {
		number, err := strconv.Atoi(text)
		if err != nil || number < 1 || strconv.Itoa(number) != text {
			return nil, &SerializationError{Reason: fmt.Sprintf("'%s' is not the number of a list element", short(text))}
		}
		byNumber[number] = item
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	ordered := make([]*formNode, len(numbers))
	for i, number := range numbers {
		ordered[i] = byNumber[number]
	}
	return ordered, nil
}

// setForm is the client's side: it writes v below prefix.
func setForm(form url.Values, prefix string, n *node, v reflect.Value) {
	switch n.kind {
	case kindStructure:
		for i := range n.fields {
			f := &n.fields[i]
			if value, ok := f.of(v); ok {
				setForm(form, join(prefix, f.wire), f.node, value)
			}
		}
	case kindList:
		if v.Len() == 0 {
			form.Set(prefix, "")
		}
		for i := range v.Len() {
			setForm(form, prefix+"."+n.elementName+"."+strconv.Itoa(i+1), n.element, v.Index(i))
		}
	case kindMap:
		for i, key := range sortedKeys(v) {
			entry := prefix + ".entry." + strconv.Itoa(i+1) + "."
			form.Set(entry+n.keyName, key.String())
			setForm(form, entry+n.elementName, n.element, v.MapIndex(key))
		}
	default:
		form.Set(prefix, n.text(v))
	}
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}
