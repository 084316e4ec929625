package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// node is a value of a JSON document, read so that nothing gets lost: members
// in order, names as they are spelt, numbers as they are written.
type node struct {
	shape   shape
	text    string   // of a string, number or boolean
	items   []node   // of an array
	members []member // of an object; no name twice

	// Of an array or object: the offsets after its opening bracket and after
	// its closing one.
	begin, end int64
}

type member struct {
	name  string
	value node
}

type shape string

const (
	aNull    shape = "null"
	aBoolean shape = "a boolean"
	aNumber  shape = "a number"
	aString  shape = "a string"
	anArray  shape = "a list"
	anObject shape = "an object"
)

// deepest is how far values may be nested; a policy needs six.
const deepest = 16

var errSyntax = errors.New("Syntax errors in policy.")

// readJSON reads exactly one value.
func readJSON(text string) (node, error) {
	if !json.Valid([]byte(text)) {
		return node{}, errSyntax
	}
	tokens := json.NewDecoder(strings.NewReader(text))
	tokens.UseNumber()
	return readValue(tokens, 1)
}

func readValue(tokens *json.Decoder, depth int) (node, error) {
	token, err := tokens.Token()
	if err != nil || depth > deepest {
		return node{}, errSyntax
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return readObject(tokens, depth)
		}
		return readArray(tokens, depth)
	case string:
		return node{shape: aString, text: v}, nil
	case json.Number:
		return node{shape: aNumber, text: v.String()}, nil
	case bool:
		return node{shape: aBoolean, text: fmt.Sprint(v)}, nil
	default:
		return node{shape: aNull}, nil
	}
}

func readObject(tokens *json.Decoder, depth int) (node, error) {
	n := node{shape: anObject, begin: tokens.InputOffset()}
	seen := map[string]bool{}
	for tokens.More() {
		token, err := tokens.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return node{}, errSyntax
		}
		if seen[name] {
			return node{}, fmt.Errorf("Duplicate key %q in policy.", name)
		}
		seen[name] = true
		value, err := readValue(tokens, depth+1)
		if err != nil {
			return node{}, err
		}
		n.members = append(n.members, member{name, value})
	}
	_, err := tokens.Token()
	n.end = tokens.InputOffset()
	return n, err
}

func readArray(tokens *json.Decoder, depth int) (node, error) {
	n := node{shape: anArray, begin: tokens.InputOffset()}
	for tokens.More() {
		value, err := readValue(tokens, depth+1)
		if err != nil {
			return node{}, err
		}
		n.items = append(n.items, value)
	}
	_, err := tokens.Token()
	n.end = tokens.InputOffset()
	return n, err
}

// list answers the elements of an array, or the value alone: the language
// takes one value wherever it takes several.
func (n *node) list() []node {
	if n.shape == anArray {
		return n.items
	}
	return []node{*n}
}
