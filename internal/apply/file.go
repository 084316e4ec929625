package apply

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxFile is the largest file that is read, in bytes.
const MaxFile = 64 << 20

// place is where a file names something.
type place struct {
	file string
	line int
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

// File is what one file names, of all its documents together.
type File struct {
	name  string
	parts []part
}

// part is one document, with the line of each item of its sections.
type part struct {
	document
	lines map[string][]int
}

func (p part) at(file, section string, i int) place { return place{file, p.lines[section][i]} }

// The types below are the form of the file: docs/apply.md explains each field.
// Their names are part of what is told about a field that isn't one of theirs.
type (
	document struct {
		Buckets      []bucket      `yaml:"buckets"`
		Policies     []policy      `yaml:"policies"`
		Users        []user        `yaml:"users"`
		Roles        []role        `yaml:"roles"`
		IoTPolicies  []iotPolicy   `yaml:"iotPolicies"`
		RoleAliases  []roleAlias   `yaml:"roleAliases"`
		ThingTypes   []thingType   `yaml:"thingTypes"`
		Things       []thing       `yaml:"things"`
		Certificates []certificate `yaml:"certificates"`
		DeviceFleets []deviceFleet `yaml:"deviceFleets"`
	}
	policy struct {
		Name        string `yaml:"name"`
		Path        string `yaml:"path"`
		Description string `yaml:"description"`
		Document    text   `yaml:"document"`
	}
	user struct {
		Name    string          `yaml:"name"`
		Path    string          `yaml:"path"`
		Inline  map[string]text `yaml:"inlinePolicies"`
		Managed []string        `yaml:"managedPolicies"`
	}
	role struct {
		Name               string          `yaml:"name"`
		Path               string          `yaml:"path"`
		Description        string          `yaml:"description"`
		MaxSessionDuration int32           `yaml:"maxSessionDuration"`
		Trust              text            `yaml:"trust"`
		Inline             map[string]text `yaml:"inlinePolicies"`
		Managed            []string        `yaml:"managedPolicies"`
	}
	iotPolicy struct {
		Name     string `yaml:"name"`
		Document text   `yaml:"document"`
	}
	roleAlias struct {
		Name     string `yaml:"name"`
		Role     string `yaml:"role"`
		Duration int32  `yaml:"credentialDurationSeconds"`
	}
	thingType struct {
		Name        string   `yaml:"name"`
		Description string   `yaml:"description"`
		Searchable  []string `yaml:"searchableAttributes"`
	}
	thing struct {
		Name       string            `yaml:"name"`
		Type       string            `yaml:"type"`
		Attributes map[string]string `yaml:"attributes"`
	}
	certificate struct {
		ID       string   `yaml:"id"`
		File     string   `yaml:"file"`
		Status   string   `yaml:"status"`
		Policies []string `yaml:"policies"`
		Things   []string `yaml:"things"`

		id string // given, or that of the file; Check finds it
	}
	deviceFleet struct {
		Name        string   `yaml:"name"`
		Role        string   `yaml:"role"`
		Output      string   `yaml:"output"`
		Description string   `yaml:"description"`
		Devices     []device `yaml:"devices"`
	}
	device struct {
		Name        string `yaml:"name"`
		Thing       string `yaml:"thing"`
		Description string `yaml:"description"`
	}
)

// Read reads a file: YAML, or JSON, one document or more. It fails with what is
// wrong and where; name is what the file is called there.
func Read(name string, r io.Reader) (File, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return File{}, fmt.Errorf("read %s: %w", name, err)
	}
	if len(raw) > MaxFile {
		return File{}, fmt.Errorf("%s is larger than %d MiB: make it several", name, MaxFile>>20)
	}
	if json.Valid(raw) {
		// JSON may be indented by tabs, YAML may not; strings have none in JSON.
		raw = bytes.ReplaceAll(raw, []byte("\t"), []byte(" "))
	}
	f := File{name: name}
	strict, nodes := yaml.NewDecoder(bytes.NewReader(raw)), yaml.NewDecoder(bytes.NewReader(raw))
	strict.KnownFields(true)
	for n := 1; ; n++ {
		var p part
		var node yaml.Node
		err := strict.Decode(&p.document)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = nodes.Decode(&node)
		}
		if err != nil {
			return File{}, fmt.Errorf("%s, document %d: %w", name, n, plain(err))
		}
		p.lines = lines(&node)
		f.parts = append(f.parts, p)
	}
	if len(f.parts) == 0 {
		return File{}, fmt.Errorf("%s names nothing", name)
	}
	return f, nil
}

// lines are those of the items of each section.
func lines(node *yaml.Node) map[string][]int {
	found := map[string][]int{}
	if node.Kind != yaml.DocumentNode || len(node.Content) != 1 || node.Content[0].Kind != yaml.MappingNode {
		return found
	}
	sections := node.Content[0].Content
	for i := 0; i+1 < len(sections); i += 2 {
		list := sections[i+1]
		if list.Kind == yaml.AliasNode {
			list = list.Alias
		}
		for _, item := range list.Content {
			found[sections[i].Value] = append(found[sections[i].Value], item.Line)
		}
	}
	return found
}

var unknownField = regexp.MustCompile(`field (\S+) not found in type apply\.(\w+)`)
var wrongKind = regexp.MustCompile(`cannot unmarshal !!(\w+)( .*)? into (\S+)$`)

// plain says what the library says in the words of the file.
func plain(err error) error {
	var several *yaml.TypeError
	if !errors.As(err, &several) {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var said []string
	for _, e := range several.Errors {
		if m := unknownField.FindStringSubmatch(e); m != nil {
			e = strings.Replace(e, m[0], fmt.Sprintf("%s %s has no field %q", article(m[2]), m[2], m[1]), 1)
		}
		if m := wrongKind.FindStringSubmatch(e); m != nil {
			found := map[string]string{"map": "a mapping", "seq": "a list", "str": "text"}[m[1]]
			if found == "" {
				found = "a value of the kind " + m[1]
			}
			wanted := strings.ReplaceAll(m[3], "apply.", "")
			if strings.HasPrefix(wanted, "map[") {
				wanted = "mapping"
			}
			if strings.HasPrefix(wanted, "[]") {
				wanted = "list"
			}
			e = strings.Replace(e, m[0], fmt.Sprintf("%s%s can't be a %s", found, m[2], wanted), 1)
		}
		said = append(said, e)
	}
	return errors.New(strings.Join(said, "; "))
}

func article(word string) string {
	if strings.ContainsAny(word[:1], "aeiou") {
		return "an"
	}
	return "a"
}
