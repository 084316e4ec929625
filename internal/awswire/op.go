package awswire

import (
	"fmt"
	"reflect"
	"time"
)

// Op is an operation with its Go types. Its methods are the two sides of its wire.
type Op[In, Out any] struct {
	Service *Service
	Name    string
}

// Empty is the input or output of an operation that has none.
type Empty struct{}

// Time is a timestamp: epoch seconds with milliseconds in JSON, ISO 8601 in XML.
type Time struct{ time.Time }

// At wraps t for an output.
func At(t time.Time) *Time { return &Time{t} }

// codec is an operation bound to the Go types of its input and output.
type codec struct {
	op      *operation
	in, out *node // nil where the operation has none
}

func (o Op[In, Out]) codec() *codec {
	if c, ok := o.Service.codecs.Load(o.Name); ok {
		return c.(*codec)
	}
	m := o.Service.model()
	op := m.Operations[o.Name]
	if op == nil {
		panic(fmt.Sprintf("awswire: the model has no operation %s", o.Name))
	}
	c := &codec{op: op}
	b := binder{model: m, nodes: map[binding]*node{}}
	if op.Input != nil {
		c.in = b.bind(op.Input.Shape, reflect.TypeFor[In]())
	}
	if op.Output != nil {
		c.out = b.bind(op.Output.Shape, reflect.TypeFor[Out]())
	}
	o.Service.codecs.Store(o.Name, c)
	return c
}

// Check binds the operation to its Go types, and panics if they don't fit the
// model or a pattern of the model can't be compiled.
func (o Op[In, Out]) Check() { o.codec() }
