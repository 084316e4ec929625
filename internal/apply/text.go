package apply

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// text is a policy document as JSON. In the file it is a mapping, or JSON in a
// string.
type text string

// maxDocument bounds a document, in bytes. IAM's largest has 10,240 characters
// beside white space; aliases of YAML can make much of little.
const maxDocument = 256 << 10

// UnmarshalYAML takes the node as it is written: YAML would read the version
// 2012-10-17 as a date, and an account with leading zeros as a number.
func (t *text) UnmarshalYAML(node *yaml.Node) error {
	var out bytes.Buffer
	if node.Kind == yaml.ScalarNode && node.Tag == "!!str" {
		if !json.Valid([]byte(node.Value)) {
			return fmt.Errorf("line %d: the text is no JSON; a document may be a mapping, too", node.Line)
		}
		*t = text(node.Value)
		return nil
	}
	if node.Kind != yaml.MappingNode && node.Kind != yaml.AliasNode {
		return fmt.Errorf("line %d: a document is a mapping, or JSON as text", node.Line)
	}
	if err := writeJSON(&out, node, 0); err != nil {
		return err
	}
	*t = text(out.String())
	return nil
}

// plainNumber is a number that JSON writes in the same way.
var plainNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

func writeJSON(out *bytes.Buffer, node *yaml.Node, depth int) error {
	if depth > 100 || out.Len() > maxDocument {
		return fmt.Errorf("line %d: the document is larger than %d KiB or deeper than 100", node.Line, maxDocument>>10)
	}
	switch node.Kind {
	case yaml.AliasNode:
		return writeJSON(out, node.Alias, depth+1)
	case yaml.SequenceNode:
		out.WriteByte('[')
		for i, n := range node.Content {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := writeJSON(out, n, depth+1); err != nil {
				return err
			}
		}
		out.WriteByte(']')
		return nil
	case yaml.MappingNode:
		return writeObject(out, node, depth)
	}
	switch {
	case node.Tag == "!!null":
		out.WriteString("null")
	case node.Tag == "!!bool" && (node.Value == "true" || node.Value == "false"),
		(node.Tag == "!!int" || node.Tag == "!!float") && plainNumber.MatchString(node.Value):
		out.WriteString(node.Value)
	default:
		return writeString(out, node.Value)
	}
	return nil
}

func writeObject(out *bytes.Buffer, node *yaml.Node, depth int) error {
	out.WriteByte('{')
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			return fmt.Errorf("line %d: a key of a document must be text", key.Line)
		}
		if seen[key.Value] {
			return fmt.Errorf("line %d: the key %q is there twice", key.Line, key.Value)
		}
		seen[key.Value] = true
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeString(out, key.Value); err != nil {
			return err
		}
		out.WriteByte(':')
		if err := writeJSON(out, node.Content[i+1], depth+1); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

// writeString writes < and > as they are: documents are counted in characters.
func writeString(out *bytes.Buffer, s string) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return err
	}
	out.Truncate(out.Len() - 1) // the line's end
	return nil
}

// means reports whether two documents are the same JSON, however they are
// spaced and whatever the order of their keys.
func (t text) means(other string) bool {
	a, aErr := decoded(string(t))
	b, bErr := decoded(other)
	return aErr == nil && bErr == nil && reflect.DeepEqual(a, b)
}

func decoded(document string) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader([]byte(document)))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}
