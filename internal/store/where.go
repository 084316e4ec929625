package store

import (
	"fmt"
	"strings"

	"muster/internal/arn"
	"muster/internal/page"
)

// where gathers the conditions of a query and their arguments. A condition
// says ? for its arguments, which become $1, $2 and so on.
type where struct {
	conditions []string
	args       []any
}

// and adds a condition.
func (w *where) and(condition string, args ...any) {
	for _, a := range args {
		w.args = append(w.args, a)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(w.args)), 1)
	}
	w.conditions = append(w.conditions, condition)
}

// prefix asks that column begins with text; with an index, by a range of it.
func (w *where) prefix(column, text string) {
	if text == "" {
		return
	}
	w.and(column+" >= ?", text)
	if next, ok := beyond(text); ok {
		w.and(column+" < ?", next)
	}
}

// after asks for what follows the last item of the page before, in the order
// of column, which must be unique under the other conditions.
func (w *where) after(column string, p page.Request) error {
	key, err := page.Key(p.Token, 1)
	if err != nil || key == nil {
		return err
	}
	if p.Descending {
		w.and(column+" < ?", key[0])
	} else {
		w.and(column+" > ?", key[0])
	}
	return nil
}

// inScope begins a list of what a scope holds, ordered by name.
func inScope(scope arn.Scope, p page.Request) (*where, error) {
	w := new(where)
	w.and("account = ?", scope.Account)
	w.and("region = ?", scope.Region)
	return w, w.after("name", p)
}

// String is the condition as it follows WHERE.
func (w *where) String() string { return strings.Join(w.conditions, " AND ") }

// page completes a query for one item more than the page holds, for page.Cut.
// Its arguments are those of w.
func (w *where) page(query, column string, p page.Request) string {
	order := column
	if p.Descending {
		order += " DESC"
	}
	w.args = append(w.args, p.Limit+1)
	return fmt.Sprintf("%s WHERE %s ORDER BY %s LIMIT $%d", query, w, order, len(w.args))
}

// beyond is the smallest text greater than every text that begins with prefix,
// in the order of bytes; ok is false when there is none.
func beyond(prefix string) (next string, ok bool) {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xff {
			b[i]++
			return string(b[:i+1]), true
		}
	}
	return "", false
}
