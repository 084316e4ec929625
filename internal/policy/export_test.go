package policy

// Steps returns how many steps the decision takes.
func Steps(docs []Named, r *Request) int {
	q := ask(r, docs...)
	decide(docs, &q)
	return q.steps
}

// Limit returns how many it may take.
func Limit(docs []Named) int { return limit(docs) }
