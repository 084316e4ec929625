package awswire

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// InvalidError is an input that breaks constraints of its model. Its text is
// that of AWS: "1 validation error detected: Value 'a b' at 'thingName' failed
// to satisfy constraint: Member must satisfy regular expression pattern: …".
type InvalidError struct{ violations []string }

func (e *InvalidError) Error() string {
	plural := "s"
	if len(e.violations) == 1 {
		plural = ""
	}
	return fmt.Sprintf("%d validation error%s detected: %s", len(e.violations), plural, strings.Join(e.violations, "; "))
}

// shownValue bounds how much of a refused value is shown back, in bytes.
const shownValue = 1024

// limits are the constraints of a shape.
type limits struct {
	min, max           *float64
	minRunes, maxRunes int // of a pattern whose count RE2 refuses
	pattern            *regexp.Regexp
	patternText        string
	enum               []string
	sensitive          bool
}

// newLimits panics on a pattern that doesn't compile; the generator refuses those.
func newLimits(s *shape) *limits {
	// On output-only shapes some types carry bounds that bind nobody.
	if s.Min == nil && s.Max == nil && s.Pattern == "" && s.Enum == nil && !s.Sensitive {
		return nil
	}
	l := &limits{
		min: s.Min, max: s.Max, minRunes: s.MinRunes, maxRunes: s.MaxRunes,
		patternText: s.Pattern, enum: s.Enum, sensitive: s.Sensitive,
	}
	if s.Pattern != "" {
		// Whole text, as Java matches(): the model may leave the anchors out.
		l.pattern = regexp.MustCompile("^(?:" + orDefault(s.RE2, s.Pattern) + ")$")
	}
	return l
}

// broken lists what v breaks, as AWS words it.
func (l *limits) broken(n *node, v reflect.Value) []string {
	if l == nil {
		return nil
	}
	var b []string
	switch n.kind {
	case kindString:
		text := v.String()
		b = l.length(b, utf8.RuneCountInString(text))
		if l.pattern != nil && !l.matches(text) {
			b = append(b, "Member must satisfy regular expression pattern: "+l.patternText)
		}
		if l.enum != nil && !slices.Contains(l.enum, text) {
			b = append(b, "Member must satisfy enum value set: ["+strings.Join(l.enum, ", ")+"]")
		}
	case kindInteger:
		b = l.value(b, float64(v.Int()))
	case kindFloat:
		b = l.value(b, v.Float())
	case kindBlob, kindList, kindMap:
		b = l.length(b, v.Len())
	}
	return b
}

func (l *limits) matches(text string) bool {
	n := utf8.RuneCountInString(text)
	return n >= l.minRunes && (l.maxRunes == 0 || n <= l.maxRunes) && l.pattern.MatchString(text)
}

func (l *limits) length(b []string, n int) []string {
	if l.max != nil && float64(n) > *l.max {
		b = append(b, "Member must have length less than or equal to "+number(*l.max))
	}
	if l.min != nil && float64(n) < *l.min {
		b = append(b, "Member must have length greater than or equal to "+number(*l.min))
	}
	return b
}

func (l *limits) value(b []string, x float64) []string {
	if l.max != nil && x > *l.max {
		b = append(b, "Member must have value less than or equal to "+number(*l.max))
	}
	if l.min != nil && x < *l.min {
		b = append(b, "Member must have value greater than or equal to "+number(*l.min))
	}
	return b
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// violations collects what an input breaks, the first mostViolations of it: an
// answer must not be longer than what it answers.
type violations []string

const mostViolations = 40

func (v *violations) full() bool { return len(*v) >= mostViolations }

// missing adds that a member which must be there isn't.
func (v *violations) missing(path string) {
	if !v.full() {
		*v = append(*v, "Value null at '"+path+"' failed to satisfy constraint: Member must not be null")
	}
}

func (v *violations) add(l *limits, value func() string, path, constraint string) {
	if v.full() {
		return
	}
	shown := ""
	if l == nil || !l.sensitive {
		text := value()
		if len(text) > shownValue {
			text = strings.ToValidUTF8(text[:shownValue], "") + "..."
		}
		shown = "'" + text + "' "
	}
	*v = append(*v, "Value "+shown+"at '"+path+"' failed to satisfy constraint: "+constraint)
}

// check judges v, a value that is there, and all below it. The members of
// structures are judged where they are decoded: only there is known which of
// them are absent.
func (n *node) check(v reflect.Value, path string, found *violations) {
	show := func() string { return display(v) }
	for _, constraint := range n.limits.broken(n, v) {
		found.add(n.limits, show, path, constraint)
	}
	switch n.kind {
	case kindList:
		for i := range v.Len() {
			if b := n.element.limits.broken(n.element, v.Index(i)); b != nil {
				found.add(n.element.limits, show, path, "Member must satisfy constraint: ["+strings.Join(b, ", ")+"]")
				return // AWS names the list once, however many elements are wrong
			}
		}
	case kindMap:
		for _, key := range sortedKeys(v) {
			if b := n.key.limits.broken(n.key, key); b != nil {
				found.add(n.key.limits, show, path, "Map keys must satisfy constraint: ["+strings.Join(b, ", ")+"]")
				return
			}
			if b := n.element.limits.broken(n.element, v.MapIndex(key)); b != nil {
				found.add(n.element.limits, show, path, "Map value must satisfy constraint: ["+strings.Join(b, ", ")+"]")
				return
			}
		}
	}
}

// display renders a value as Java prints it: lists in brackets, maps in braces.
func display(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return "java.nio.HeapByteBuffer[pos=0 lim=" + strconv.Itoa(v.Len()) + " cap=" + strconv.Itoa(v.Len()) + "]"
		}
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = display(v.Index(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case reflect.Map:
		parts := make([]string, 0, v.Len())
		for _, key := range sortedKeys(v) {
			parts = append(parts, key.String()+"="+display(v.MapIndex(key)))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case reflect.Struct:
		return v.Type().Name()
	default:
		return fmt.Sprint(v.Interface())
	}
}

func sortedKeys(v reflect.Value) []reflect.Value {
	byName := map[string]reflect.Value{}
	for _, k := range v.MapKeys() {
		byName[k.String()] = k
	}
	keys := make([]reflect.Value, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		keys = append(keys, byName[name])
	}
	return keys
}
