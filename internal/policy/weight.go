package policy

import (
	"net/netip"
	"time"
	"unsafe"
)

// Weight returns about how many bytes of memory the document takes. They are
// some of its text's order, whatever it says: at most a few for each character.
func (d *Document) Weight() int {
	w := int(unsafe.Sizeof(*d)) + cap(d.keys)*word
	for i := range d.statements {
		w += d.statements[i].weight()
	}
	return w
}

// word is a string without its bytes.
const word = int(unsafe.Sizeof(""))

// text is a string that nothing else holds, allocated by itself.
func text(s string) int { return (len(s) + 15) / 16 * 16 }

func (s *statement) weight() int {
	w := int(unsafe.Sizeof(*s)) + text(s.sid) + patterns(s.actions)
	w += (cap(s.resources) - len(s.resources)) * int(unsafe.Sizeof(resource{}))
	for i := range s.resources {
		w += s.resources[i].weight()
	}
	if p := s.principals; p != nil {
		w += int(unsafe.Sizeof(*p))
		for _, a := range p.arns {
			w += word + text(string(a))
		}
		for _, name := range append(p.services, p.accounts...) {
			w += word + text(name)
		}
	}
	w += (cap(s.conditions) - len(s.conditions)) * int(unsafe.Sizeof(conditionOnAKey{}))
	for i := range s.conditions {
		w += s.conditions[i].weight()
	}
	return w
}

func (r *resource) weight() int {
	return int(unsafe.Sizeof(*r)) - int(unsafe.Sizeof(r.whole)) + r.whole.weight()
}

func (p *pattern) weight() int {
	w := int(unsafe.Sizeof(*p)) + text(p.code) + (cap(p.vars)-len(p.vars))*int(unsafe.Sizeof(variable{}))
	for i := range p.vars {
		v := &p.vars[i]
		w += int(unsafe.Sizeof(*v)) + text(v.text) + 2*text(v.name) // folded, too
	}
	return w
}

func patterns(all []pattern) int {
	w := (cap(all) - len(all)) * int(unsafe.Sizeof(pattern{}))
	for i := range all {
		w += all[i].weight()
	}
	return w
}

func (c *conditionOnAKey) weight() int {
	const list = 24 // a slice, which the interface points to
	w := int(unsafe.Sizeof(*c)) + 2*text(c.name)
	switch all := c.test.(type) {
	case texts:
		w += list + patterns(all)
	case textsNoCase:
		w += list + patterns(all)
	case booleans:
		w += list + patterns(all)
	case names:
		w += list
		for i := range all {
			w += all[i].weight()
		}
	case numbers:
		w += list + 8 + len(all.bounds)*int(unsafe.Sizeof(number{}))
	case dates:
		w += list + 8 + len(all.bounds)*int(unsafe.Sizeof(time.Time{}))
	case prefixes:
		w += list + len(all)*int(unsafe.Sizeof(netip.Prefix{}))
	case encoded:
		w += list
		for _, v := range all {
			w += word + text(v)
		}
	}
	return w
}
