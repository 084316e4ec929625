package awswire

// What the model leaves open is taken to be at most this.
const (
	openRunes    = 8 << 10 // of a text
	openElements = 500     // of a list or map
	escapedRune  = 6       // bytes of a character as \u1234, and nearly as %E6%BC%A2
	frame        = 64      // bytes of names and marks around a value
)

// BodySize returns how many bytes the body of a request for the operation may
// have: those of the longest input that its model allows, fully escaped.
func (o Op[In, Out]) BodySize() int64 {
	n := o.codec().in
	if n == nil {
		return 0
	}
	return n.size(map[*node]bool{})
}

// size is the size of the longest value of n. One inside of itself counts once.
func (n *node) size(above map[*node]bool) int64 {
	if above[n] {
		return 0
	}
	above[n] = true
	defer delete(above, n)
	switch n.kind {
	case kindString, kindBlob:
		return frame + escapedRune*n.most(openRunes)
	case kindList:
		return frame + n.most(openElements)*n.element.size(above)
	case kindMap:
		return frame + n.most(openElements)*(n.key.size(above)+n.element.size(above))
	case kindStructure:
		all := int64(frame)
		for i := range n.fields {
			if n.fields[i].location == "" {
				all += n.fields[i].size(above)
			}
		}
		return all
	default:
		return frame
	}
}

// most is the length that the model allows, or open where it doesn't say.
func (n *node) most(open int64) int64 {
	switch {
	case n.limits == nil:
		return open
	case n.limits.max != nil:
		return int64(*n.limits.max)
	case n.limits.enum != nil:
		return frame
	}
	return open
}
