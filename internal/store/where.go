package store

import (
	"fmt"
	"strconv"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/page"
)

// where gathers the conditions of a query and their arguments. A condition
// says ? for its arguments, which become $1, $2 and so on.
type where struct {
	conditions []string
	args       []any
}

// scoped begins the conditions of what a scope holds.
func scoped(scope arn.Scope) *where {
	w := new(where)
	w.and("account = ?", scope.Account)
	w.and("region = ?", scope.Region)
	return w
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
// of columns, which together must be unique under the other conditions.
func (w *where) after(p page.Request, columns ...string) error {
	key, err := page.Key(p.Token, len(columns))
	if err != nil || key == nil {
		return err
	}
	last := make([]any, len(key))
	for i, part := range key {
		last[i] = part
	}
	w.past(p, columns, last...)
	return nil
}

// afterMade is after in the order of creation, and of column among those made
// at once.
func (w *where) afterMade(p page.Request, column string) error {
	key, err := page.Key(p.Token, 2)
	if err != nil || key == nil {
		return err
	}
	created, err := strconv.ParseInt(key[0], 10, 64)
	if err != nil {
		return fault.Invalid.Errorf("the pagination token is not valid")
	}
	w.past(p, []string{"created", column}, created, key[1])
	return nil
}

// past asks for what follows last in the order of columns.
func (w *where) past(p page.Request, columns []string, last ...any) {
	sign := " > "
	if p.Descending {
		sign = " < "
	}
	w.and("("+strings.Join(columns, ", ")+")"+sign+"(?"+strings.Repeat(", ?", len(columns)-1)+")", last...)
}

// String is the condition as it follows WHERE.
func (w *where) String() string { return strings.Join(w.conditions, " AND ") }

// page completes a query for one item more than the page holds, for page.Cut,
// in the order of columns. Its arguments are those of w.
func (w *where) page(query string, p page.Request, columns ...string) string {
	direction := ""
	if p.Descending {
		direction = " DESC"
	}
	w.args = append(w.args, p.Limit+1)
	return fmt.Sprintf("%s WHERE %s ORDER BY %s%s LIMIT $%d", query, w, strings.Join(columns, direction+", "), direction, len(w.args))
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
