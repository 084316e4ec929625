package policy

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Position is a place in a document's text, both numbers from 1.
type Position struct{ Line, Column int }

// Match is a statement that is meant for a request.
//
// Start is where AWS's simulator says a statement starts: after whatever
// stands before it, the bracket that opens the list of statements or the end
// of the statement before; alone, after its own opening bracket. End is after
// its closing bracket.
type Match struct {
	Effect     Verdict // Allow or Deny
	Statement  int     // its place in the document, from 0
	Sid        string
	Start, End Position
}

// Explanation is what policies say about a request, and why.
type Explanation struct {
	Decision
	Matched [][]Match // of each policy, the statements that are meant for the request
	Missing []string  // see Missing
	Steps   int       // that it took, and what it takes to tell others of it
}

// stepsToTell is what it takes to write a statement or key to whoever asked.
const stepsToTell = 100

// Explain is Decide with its reasons. It is Costly, too, when they are what
// would take too long.
func Explain(docs []Named, r *Request) Explanation {
	q := ask(r, docs...)
	e := Explanation{Decision: decide(docs, &q), Matched: make([][]Match, len(docs))}
	why := ask(r, docs...)
	why.limit *= 3 // it goes through all statements where a decision may end early, and again for what is missing
	for i, named := range docs {
		e.Matched[i] = named.Document.matches(&why)
		e.Steps += stepsToTell * len(e.Matched[i])
	}
	e.Missing = (&missing{question: &why, names: map[string]string{}}).of(docs)
	e.Costly = e.Costly || why.over()
	e.Steps += q.steps + why.steps + stepsToTell*len(e.Missing)
	return e
}

// Matches returns all statements that are meant for r, in their order; Decide
// tells what comes of them.
func (d *Document) Matches(r *Request) []Match {
	q := ask(r, Named{Document: d})
	return d.matches(&q)
}

func (d *Document) matches(q *question) (all []Match) {
	q.grammar = d.grammar
	for i := range d.statements {
		s := &d.statements[i]
		if applies, _ := s.applies(q); applies && !q.over() {
			all = append(all, Match{Effect: s.effect, Statement: i, Sid: s.sid, Start: s.start, End: s.end})
		}
	}
	return all
}

// Says returns what the statements come to.
func Says(matched []Match) Verdict {
	said := Silent
	for _, m := range matched {
		said = max(said, m.Effect) // a Deny wins
	}
	return said
}

// Has reports whether there is a value for key.
func (c Context) Has(key string) bool { return len(c[fold(key)]) > 0 }

// position is the place at an offset into the text, which is not before the
// one asked for last: the text is gone through once.
func (p *parser) position(offset int64) Position {
	for _, r := range p.text[p.offset:offset] {
		if p.at.Column++; r == '\n' {
			p.at = Position{Line: p.at.Line + 1, Column: 1}
		}
	}
	p.offset = offset
	return p.at
}

// CheckValue refuses text that is no value of the type, one of those IAM's
// simulator knows: string, numeric, boolean, ip, binary and date.
func CheckValue(kind, text string) error {
	var err error
	switch kind {
	case "string":
	case "numeric":
		_, err = parseNumber(text)
	case "boolean":
		if !strings.EqualFold(text, "true") && !strings.EqualFold(text, "false") {
			err = errors.New("it must be true or false")
		}
	case "ip":
		_, err = netip.ParseAddr(text)
	case "binary":
		_, err = base64.StdEncoding.DecodeString(text)
	case "date":
		_, err = parseDate(text)
	default:
		err = errors.New("there is no such type")
	}
	if err != nil {
		return fmt.Errorf("%q is no value of type %s: %w", text, kind, err)
	}
	return nil
}
