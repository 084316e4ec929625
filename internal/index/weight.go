package index

import "reflect"

// Weighed is what says how much it takes: bytes of memory that are held by it
// and by nothing else, roughly. What it shares with others weighs nothing.
type Weighed interface{ Weight() int }

// absenceBytes is what an absence takes: an error with its sentence.
const absenceBytes = 256

// weigh is for values without a weight of their own what can be seen from
// outside: text, lists of text, the size of anything else.
func weigh(v any) int {
	switch v := v.(type) {
	case nil:
		return 0
	case Weighed:
		return v.Weight()
	case string:
		return 16 + len(v)
	case []string:
		n := 24
		for _, text := range v {
			n += 16 + len(text)
		}
		return n
	}
	return int(reflect.TypeOf(v).Size())
}
