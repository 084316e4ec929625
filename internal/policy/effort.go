package policy

// A step is what it takes to hold one short pattern against one short text,
// some ten nanoseconds. What takes longer counts as several.
//
// An ordinary decision is one under ten managed policies, each of the kind that
// AWS publishes and of the 6144 characters that one may have; it takes about
// OrdinarySteps. No document may make a decision take more than ten times as
// long as an ordinary one of its size, or seven times the steps, since some take
// longer than others: what would is denied, since nobody knows what it would
// have come to.
const (
	OrdinarySteps = 3_600
	MaxSteps      = 7 * OrdinarySteps // more only where there are more than 61,440 characters

	charactersPerStep = 20 // of ordinary documents
)

// limit returns how many steps a decision under docs may take.
func limit(docs []Named) int {
	size := 0
	for i := range docs {
		size += docs[i].Document.size
	}
	return max(MaxSteps, 7*size/charactersPerStep)
}

func (q *question) spend(steps int) { q.steps += steps }

// over reports whether the question has taken more steps than it may.
func (q *question) over() bool { return q.steps > q.limit }
