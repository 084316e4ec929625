package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/internal/fault"
)

// MaxIoT is how long an AWS IoT policy may be, in characters as Length counts
// them. The quotas of IAM are IAM's to know.
const MaxIoT = 2048

// Versions of the language. Policies that name neither are of version 2008.
const (
	Version2008 = "2008-10-17"
	Version2012 = "2012-10-17" // knows variables
)

// Length counts the characters of a document as AWS's quotas do: without
// white space.
func Length(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// Parse reads and compiles a document. It fails with fault.Malformed, naming
// the place, when any part isn't understood: a repeated or unknown key, an
// unknown operator, a value that can't be compared. Sizes are not judged.
func Parse(text string, g Grammar) (*Document, error) {
	if err := checkText(text, g); err != nil {
		return nil, fault.Malformed.Errorf("%v", err)
	}
	root, err := readJSON(text)
	if err != nil {
		return nil, fault.Malformed.Errorf("%v", err)
	}
	p := parser{doc: &Document{grammar: g, size: len(text)}, text: text, at: Position{1, 1}}
	if err := p.document(&root); err != nil {
		return nil, err
	}
	for i := range p.doc.statements {
		p.doc.keys = append(p.doc.keys, p.doc.statements[i].keys()...)
	}
	slices.Sort(p.doc.keys)
	p.doc.keys = slices.Clip(slices.Compact(p.doc.keys))
	p.doc.statements = slices.Clip(p.doc.statements)
	return p.doc, nil
}

func checkText(text string, g Grammar) error {
	if !utf8.ValidString(text) {
		return errSyntax
	}
	if g == IoT {
		return nil
	}
	if !strings.HasPrefix(text, "{") {
		return errSyntax
	}
	for _, r := range text {
		if (r < ' ' && r != '\t' && r != '\n' && r != '\r') || r > 'ÿ' {
			return fmt.Errorf("The policy holds a character that is not allowed: %U.", r)
		}
	}
	return nil
}

// parser turns a tree into the document it builds.
type parser struct {
	doc    *Document
	text   string
	at     Position // of offset in text
	offset int64
	sids   map[string]bool
}

// malformed refuses the document for what stands at place.
func malformed(place, format string, args ...any) error {
	return fault.Malformed.Errorf("%s (at %s)", fmt.Sprintf(format, args...), place)
}

func (p *parser) document(n *node) error {
	if n.shape != anObject {
		return fault.Malformed.Errorf("%v", errSyntax)
	}
	var statements *node
	for i := range n.members {
		switch m := &n.members[i]; m.name {
		case "Version":
			if m.value.shape != aString || m.value.text != Version2008 && m.value.text != Version2012 {
				return malformed("Version", "The policy version must be %q or %q.", Version2012, Version2008)
			}
			p.doc.version = m.value.text
		case "Id":
			if m.value.shape != aString {
				return malformed("Id", "The policy id must be a string.")
			}
		case "Statement":
			statements = &m.value
		default:
			return malformed(m.name, "Unknown field %s.", m.name)
		}
	}
	if statements == nil {
		return malformed("Statement", "Missing required field Statement.")
	}
	list := statements.list()
	if len(list) == 0 {
		return malformed("Statement", "The policy must contain a statement.")
	}
	begin := statements.begin
	for i := range list {
		place := "Statement"
		if statements.shape == anArray {
			place = fmt.Sprintf("Statement[%d]", i)
		}
		s, err := p.statement(&list[i], place)
		if err != nil {
			return err
		}
		s.start, s.end = p.position(begin), p.position(list[i].end)
		begin = list[i].end
		p.doc.statements = append(p.doc.statements, s)
	}
	return nil
}

func (p *parser) dialect() dialect {
	return dialect{wildcards: true, variables: p.doc.version == Version2012}
}

func (p *parser) statement(n *node, place string) (statement, error) {
	if n.shape != anObject {
		return statement{}, malformed(place, "A statement must be an object, not %s.", n.shape)
	}
	var s statement
	has := map[string]bool{}
	for i := range n.members {
		m := &n.members[i]
		has[m.name] = true
		if err := p.element(&s, m, place+"."+m.name); err != nil {
			return statement{}, err
		}
	}
	return s, p.complete(&s, has, place)
}

// element reads one member of a statement.
func (p *parser) element(s *statement, m *member, place string) (err error) {
	switch m.name {
	case "Sid":
		return p.sid(s, &m.value, place)
	case "Effect":
		switch {
		case m.value.shape == aString && m.value.text == "Allow":
			s.effect = Allow
		case m.value.shape == aString && m.value.text == "Deny":
			s.effect = Deny
		default:
			return malformed(place, `Effect must be "Allow" or "Deny".`)
		}
	case "Action", "NotAction":
		s.notActions = m.name == "NotAction"
		s.actions, err = p.actions(&m.value, place)
	case "Resource", "NotResource":
		if p.doc.grammar == Trust {
			return malformed(place, "Has prohibited field %s", m.name)
		}
		s.notResources = m.name == "NotResource"
		s.resources, err = p.resources(&m.value, place)
	case "Principal", "NotPrincipal":
		if p.doc.grammar != Trust {
			return malformed(place, "Policy document should not specify a principal.")
		}
		s.principals, err = compilePrincipals(&m.value, place)
		if err == nil {
			s.principals.not = m.name == "NotPrincipal"
		}
	case "Condition":
		s.conditions, err = p.conditions(&m.value, place)
	default:
		return malformed(place, "Unknown field %s.", m.name)
	}
	return err
}

// complete refuses a statement that lacks an element or says two things.
func (p *parser) complete(s *statement, has map[string]bool, place string) error {
	switch {
	case !has["Effect"]:
		return malformed(place, "Missing required field Effect")
	case has["Action"] && has["NotAction"]:
		return malformed(place, "A statement has either Action or NotAction.")
	case !has["Action"] && !has["NotAction"]:
		return malformed(place, "Policy statement must contain actions.")
	case has["Resource"] && has["NotResource"]:
		return malformed(place, "A statement has either Resource or NotResource.")
	case p.doc.grammar != Trust && !has["Resource"] && !has["NotResource"]:
		return malformed(place, "Policy statement must contain resources.")
	case has["Principal"] && has["NotPrincipal"]:
		return malformed(place, "A statement has either Principal or NotPrincipal.")
	case p.doc.grammar == Trust && !has["Principal"] && !has["NotPrincipal"]:
		return malformed(place, "Missing required field Principal")
	case has["NotPrincipal"] && s.effect == Allow:
		return malformed(place, "NotPrincipal is not supported with Effect Allow.")
	}
	return nil
}

var sidForm = regexp.MustCompile(`^[0-9A-Za-z]*$`)

func (p *parser) sid(s *statement, n *node, place string) error {
	if n.shape != aString {
		return malformed(place, "A statement id must be a string.")
	}
	s.sid = n.text
	if p.doc.grammar == IoT || n.text == "" {
		return nil
	}
	if !sidForm.MatchString(n.text) {
		return malformed(place, "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
	}
	if p.sids[n.text] {
		return malformed(place, "Statement IDs (SID) in a single policy must be unique.")
	}
	if p.sids == nil {
		p.sids = map[string]bool{}
	}
	p.sids[n.text] = true
	return nil
}

// eachText goes through a string or a list of at least one, each with its
// place.
func eachText(n *node, place string, each func(text, place string) error) error {
	list := n.list()
	if len(list) == 0 {
		return malformed(place, "The list must not be empty.")
	}
	for i := range list {
		at := place
		if n.shape == anArray {
			at = fmt.Sprintf("%s[%d]", place, i)
		}
		if list[i].shape != aString || list[i].text == "" {
			return malformed(at, "The value must be a string that is not empty.")
		}
		if err := each(list[i].text, at); err != nil {
			return err
		}
	}
	return nil
}

var actionForm = regexp.MustCompile(`^(\*|[A-Za-z0-9-]+):[A-Za-z0-9_*?-]+$`)

func (p *parser) actions(n *node, place string) (actions []pattern, err error) {
	err = eachText(n, place, func(text, at string) error {
		switch {
		case p.doc.grammar == Trust && !strings.HasPrefix(strings.ToLower(text), "sts:"):
			return malformed(at, "AssumeRole policy may only specify STS AssumeRole actions.")
		case p.doc.grammar == IoT || text == "*":
		case !strings.Contains(text, ":"):
			return malformed(at, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
		case strings.Count(text, ":") > 1:
			return malformed(at, "Actions/Condition can contain only one colon.")
		case !actionForm.MatchString(text):
			return malformed(at, "Action %q is not valid.", text)
		}
		action, err := compile(lower(text), dialect{wildcards: true})
		actions = append(actions, action)
		return err
	})
	return actions, err
}

func (p *parser) resources(n *node, place string) (resources []resource, err error) {
	err = eachText(n, place, func(text, at string) error {
		r, err := compileResource(text, p.doc.grammar, p.dialect())
		if err != nil {
			return malformed(at, "%v", err)
		}
		resources = append(resources, r)
		return nil
	})
	return resources, err
}
