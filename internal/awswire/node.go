package awswire

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

type kind int

const (
	kindString kind = iota
	kindBool
	kindInteger // int32 and int64
	kindFloat
	kindTime
	kindBlob
	kindList
	kindMap
	kindStructure
)

var kinds = map[string]kind{
	"string": kindString, "boolean": kindBool, "integer": kindInteger, "long": kindInteger,
	"float": kindFloat, "double": kindFloat, "timestamp": kindTime, "blob": kindBlob,
	"list": kindList, "map": kindMap, "structure": kindStructure,
}

// node is a shape of the model bound to the Go type that holds its values.
type node struct {
	kind   kind
	typ    reflect.Type // never a pointer
	limits *limits      // nil without constraints

	element *node // of lists and maps
	key     *node // of maps

	// Wire names below a list or map in Query and XML.
	elementName, keyName string

	fields []field        // of structures, in the order of their names
	byName map[string]int // wire name of a body member → index in fields
}

// field is a member of a structure.
type field struct {
	*node
	member   string // as the model writes it
	wire     string // name in the body, query string or header
	path     string // as AWS's validation errors name it
	location string // "" for the body
	index    int    // in the Go structure
	required bool
	pointer  bool // the Go field is a pointer
}

type binding struct {
	shape string
	typ   reflect.Type
}

type binder struct {
	model *model
	nodes map[binding]*node // what is bound already; shapes may be recursive
}

func (b *binder) bind(name string, t reflect.Type) *node {
	key := binding{name, t}
	if n := b.nodes[key]; n != nil {
		return n
	}
	s := b.model.Shapes[name]
	if s == nil {
		panic(fmt.Sprintf("awswire: the model has no shape %s", name))
	}
	k, ok := kinds[s.Type]
	if !ok {
		panic(fmt.Sprintf("awswire: shape %s has the unknown type %s", name, s.Type))
	}
	n := &node{kind: k, typ: t, limits: newLimits(s)}
	b.nodes[key] = n
	switch k {
	case kindList:
		n.element = b.bind(s.Member.Shape, t.Elem())
		n.elementName = orDefault(s.Member.LocationName, "member")
	case kindMap:
		n.key, n.element = b.bind(s.Key.Shape, t.Key()), b.bind(s.Value.Shape, t.Elem())
		n.keyName, n.elementName = orDefault(s.Key.LocationName, "key"), orDefault(s.Value.LocationName, "value")
	case kindStructure:
		b.bindFields(n, name, s)
	}
	return n
}

func (b *binder) bindFields(n *node, name string, s *shape) {
	n.byName = map[string]int{}
	for _, member := range slices.Sorted(maps.Keys(s.Members)) {
		r := s.Members[member]
		f, ok := n.typ.FieldByName(strings.ToUpper(member[:1]) + member[1:])
		if !ok {
			panic(fmt.Sprintf("awswire: %v has no field for %s.%s", n.typ, name, member))
		}
		pointer := f.Type.Kind() == reflect.Pointer
		t := f.Type
		if pointer {
			t = t.Elem()
		}
		if r.Location == "" {
			n.byName[orDefault(r.LocationName, member)] = len(n.fields)
		}
		n.fields = append(n.fields, field{
			node:   b.bind(r.Shape, t),
			member: member, wire: orDefault(r.LocationName, member), path: strings.ToLower(member[:1]) + member[1:],
			location: r.Location, index: f.Index[0],
			required: slices.Contains(s.Required, member), pointer: pointer,
		})
	}
}

// of answers the Go field of v that holds f's value; ok is false when the
// value is absent.
func (f *field) of(v reflect.Value) (value reflect.Value, ok bool) {
	value = v.Field(f.index)
	switch {
	case f.pointer:
		return value.Elem(), !value.IsNil()
	case f.kind == kindList || f.kind == kindMap || f.kind == kindBlob:
		return value, !value.IsNil()
	default:
		return value, true
	}
}

// make answers the place in v where f's value goes.
func (f *field) make(v reflect.Value) reflect.Value {
	value := v.Field(f.index)
	if !f.pointer {
		return value
	}
	value.Set(reflect.New(f.typ))
	return value.Elem()
}

func orDefault(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}
