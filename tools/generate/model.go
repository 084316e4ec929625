package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// model is an api-2.json file. Its traits stay generic, so that what is
// written is what was read.
type model struct {
	Metadata   traits               `json:"metadata"`
	Operations map[string]operation `json:"operations"`
	Shapes     map[string]*shape    `json:"shapes"`

	inputs map[string]bool // shapes reachable from an input
	errs   map[string]bool // shapes that are errors
}

type traits = map[string]json.RawMessage

type operation struct {
	Name   string `json:"name"`
	HTTP   traits `json:"http"`
	Input  traits `json:"input,omitempty"`
	Output traits `json:"output,omitempty"`
	Errors []ref  `json:"errors,omitempty"`
}

type ref struct {
	Shape        string `json:"shape"`
	Location     string `json:"location,omitempty"`
	LocationName string `json:"locationName,omitempty"`

	// Without effect on the wire as Muster speaks it.
	Box               bool   `json:"box,omitempty"`
	IdempotencyToken  bool   `json:"idempotencyToken,omitempty"`
	Deprecated        bool   `json:"deprecated,omitempty"`
	DeprecatedMessage string `json:"deprecatedMessage,omitempty"`
}

type shape struct {
	Type     string          `json:"type"`
	Required []string        `json:"required,omitempty"`
	Members  map[string]ref  `json:"members,omitempty"`
	Member   *ref            `json:"member,omitempty"`
	Key      *ref            `json:"key,omitempty"`
	Value    *ref            `json:"value,omitempty"`
	Enum     []string        `json:"enum,omitempty"`
	Min      *float64        `json:"min,omitempty"`
	Max      *float64        `json:"max,omitempty"`
	Pattern  string          `json:"pattern,omitempty"`
	RE2      string          `json:"re2,omitempty"`
	MinRunes int             `json:"minRunes,omitempty"` // a repetition RE2 can't count, see translate
	MaxRunes int             `json:"maxRunes,omitempty"`
	Error    json.RawMessage `json:"error,omitempty"`

	Exception  bool `json:"exception,omitempty"`
	Fault      bool `json:"fault,omitempty"`
	Sensitive  bool `json:"sensitive,omitempty"`
	Box        bool `json:"box,omitempty"`
	Deprecated bool `json:"deprecated,omitempty"`
}

// raw is a model whose parts are not judged yet: only the shapes that
// implemented operations reach must be fully understood.
type raw struct {
	Metadata   traits            `json:"metadata"`
	Operations map[string]traits `json:"operations"`
	Shapes     map[string]traits `json:"shapes"`
}

// load reads a model and merges its overlay, if it has one. Without a path the
// overlay is the whole model.
func load(path, overlay string) (*model, error) {
	var base, over raw
	if path == "" {
		path, overlay = overlay, ""
	}
	if err := readJSON(path, &base); err != nil {
		return nil, err
	}
	if overlay != "" {
		if err := readJSON(overlay, &over); err != nil {
			return nil, err
		}
	}
	merge(base.Operations, over.Operations)
	if err := mergeMembers(base.Shapes, over.Shapes); err != nil {
		return nil, err
	}
	merge(base.Shapes, over.Shapes)
	m := &model{Metadata: base.Metadata, Operations: map[string]operation{}, Shapes: map[string]*shape{}}
	for name, t := range base.Operations {
		var op operation
		if err := convert(t, &op, false); err != nil {
			return nil, fmt.Errorf("operation %s: %w", name, err)
		}
		m.Operations[name] = op
	}
	for name, t := range base.Shapes {
		m.Shapes[name] = &shape{}
		// Strictness comes in trim, for the shapes that are kept.
		if err := convert(t, m.Shapes[name], true); err != nil {
			m.Shapes[name] = &shape{Type: "unknown: " + err.Error()}
		}
	}
	return m, nil
}

func merge(base, over map[string]traits) {
	for name, t := range over {
		if base[name] == nil {
			base[name] = traits{}
		}
		maps.Copy(base[name], t)
	}
}

// mergeMembers completes the overlay's structures with the members they leave alone.
func mergeMembers(base, over map[string]traits) error {
	for name, t := range over {
		if base[name]["members"] == nil || t["members"] == nil {
			continue
		}
		members := traits{}
		for _, source := range []json.RawMessage{base[name]["members"], t["members"]} {
			if err := json.Unmarshal(source, &members); err != nil {
				return fmt.Errorf("shape %s: %w", name, err)
			}
		}
		t["members"], _ = json.Marshal(members)
	}
	return nil
}

// trim keeps the shapes that the implemented operations reach, and of the
// other operations name and route.
func (m *model) trim(implemented []string) error {
	reached := map[string]*shape{}
	m.inputs, m.errs = map[string]bool{}, map[string]bool{}
	for _, name := range implemented {
		op, ok := m.Operations[name]
		if !ok {
			return fmt.Errorf("no operation %s", name)
		}
		if op.Input != nil {
			if err := m.walk(shapeOf(op.Input), m.inputs, reached); err != nil {
				return err
			}
		}
		if op.Output != nil {
			if err := m.walk(shapeOf(op.Output), map[string]bool{}, reached); err != nil {
				return err
			}
		}
		for _, e := range op.Errors {
			m.errs[e.Shape] = true
			if err := m.walk(e.Shape, map[string]bool{}, reached); err != nil {
				return err
			}
		}
	}
	for name, op := range m.Operations {
		if !slices.Contains(implemented, name) {
			m.Operations[name] = operation{Name: op.Name, HTTP: op.HTTP}
		}
	}
	m.Shapes = reached
	return nil
}

func (m *model) walk(name string, seen map[string]bool, reached map[string]*shape) error {
	if seen[name] {
		return nil
	}
	seen[name] = true
	s := m.Shapes[name]
	if s == nil {
		return fmt.Errorf("no shape %s", name)
	}
	if reached[name] == nil {
		reached[name] = s
		if err := s.translate(); err != nil {
			return fmt.Errorf("shape %s: %w", name, err)
		}
	}
	for _, member := range slices.Sorted(maps.Keys(s.Members)) {
		if err := m.walk(s.Members[member].Shape, seen, reached); err != nil {
			return fmt.Errorf("%s.%s: %w", name, member, err)
		}
	}
	for _, r := range []*ref{s.Member, s.Key, s.Value} {
		if r == nil {
			continue
		}
		if err := m.walk(r.Shape, seen, reached); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func shapeOf(r traits) (name string) {
	json.Unmarshal(r["shape"], &name)
	return name
}
