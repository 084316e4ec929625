package policy

// truth is the answer of one part of a statement. Maybe says that the engine
// can't tell; it falls to the side that permits less.
type truth int

const (
	no truth = iota
	maybe
	yes
)

func (a truth) and(b truth) truth { return min(a, b) }
func (a truth) or(b truth) truth  { return max(a, b) }
func (a truth) not() truth        { return yes - a }

// decides reports whether a statement of the effect matches.
func (a truth) decides(effect Verdict) bool {
	return a == yes || a == maybe && effect == Deny
}

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}
