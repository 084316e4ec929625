package objectstest

import (
	"fmt"
	"strings"
	"time"

	"muster/internal/objects"
)

// reading returns the answer to a read by Get or by Head.
func (w *walk) reading(k objects.Keeper, r objects.Read, head bool) answer {
	var f *objects.Found
	var content string
	var err error
	if head {
		f, err = k.Head(w.ctx, r)
	} else {
		f, content, err = read(w.ctx, k, r)
	}
	if err != nil {
		return answer{err: err}
	}
	return answer{objects: []objects.Object{f.Object}, found: []span{{f.First, f.Length, f.Partial, f.PartChecksum, content}}}
}

func (w *walk) readStep(name string, ref objects.Ref, more string, change func(k objects.Keeper, id func(string) string, r *objects.Read)) step {
	head := w.chance(30)
	return step{name: name, text: fmt.Sprintf("%s %s head %v", show(ref), more, head), call: func(k objects.Keeper, id func(string) string) answer {
		r := objects.Read{Ref: ref}
		r.Version = id(ref.Version)
		change(k, id, &r)
		return w.reading(k, r, head)
	}}
}

func (w *walk) getStep() step {
	return w.readStep("Get", w.ref(), "", func(objects.Keeper, func(string) string, *objects.Read) {})
}

func (w *walk) getRange() step {
	ref := w.object()
	size := int64(10)
	if k := w.kept(ref); k != nil {
		size = k.Size
	}
	first := w.random.Int64N(size + 2)
	r := pick(w, objects.Range{First: first, Last: -1}, objects.Range{First: first, Last: first + w.random.Int64N(size+2)}, objects.Range{Suffix: 1 + first})
	if r.Suffix > 0 && size == 0 {
		r = objects.Range{First: 0, Last: -1} // whether an empty object has a last byte is free
	}
	ifRange := ""
	if w.chance(40) {
		ifRange = w.etag(ref)
		if !strings.HasPrefix(ifRange, `"`) || strings.Contains(ifRange, ",") {
			ifRange = `W/"x"`
		}
	}
	return w.readStep("Get of a range", ref, fmt.Sprintf("%+v if %s", r, ifRange), func(_ objects.Keeper, _ func(string) string, read *objects.Read) {
		read.Range, read.IfRange = &r, ifRange
	})
}

func (w *walk) getPart() step {
	ref := w.object()
	for try := 0; try < 10 && (w.kept(ref) == nil || w.kept(ref).Parts == 0); try++ {
		ref = w.object()
	}
	if k := w.kept(ref); k != nil && k.Size == 0 {
		return w.getStep() // what part 1 of an empty object is, is free
	}
	n := 1 + w.random.IntN(4)
	return w.readStep("Get of a part", ref, fmt.Sprint("part ", n), func(_ objects.Keeper, _ func(string) string, r *objects.Read) { r.Part = n })
}

func (w *walk) getOnCondition() step {
	ref := w.object()
	var c objects.Conditions
	var date func(k objects.Keeper, id func(string) string) time.Time
	offset := pick(w, -time.Hour, -time.Second, 0)
	which := w.random.IntN(6)
	switch which {
	case 0, 4:
		c.IfMatch = w.etag(ref)
	case 1, 5:
		c.IfNoneMatch = pick(w, w.etag(ref), "*")
	}
	if which >= 2 {
		date = w.date(ref, offset)
	}
	return w.readStep("Get on condition", ref, fmt.Sprintf("%+v, date %d by %v", c, which, offset), func(k objects.Keeper, id func(string) string, r *objects.Read) {
		r.Conditions = c
		switch which {
		case 2, 5:
			r.Conditions.IfModifiedSince = date(k, id)
		case 3, 4:
			r.Conditions.IfUnmodifiedSince = date(k, id)
		}
	})
}

func (w *walk) getJudged() step {
	return w.readStep("Get under a judge", w.ref(), "", func(_ objects.Keeper, _ func(string) string, r *objects.Read) { r.Judge = denySecret })
}

func (w *walk) attributesStep() step {
	ref, after, limit := w.object(), w.random.IntN(3), 1+w.random.IntN(4)
	return step{name: "Attributes", text: fmt.Sprintf("%s after %d, %d", show(ref), after, limit), call: func(k objects.Keeper, id func(string) string) answer {
		r := objects.Read{Ref: ref}
		r.Version = id(ref.Version)
		a, err := k.Attributes(w.ctx, r, after, limit)
		if err != nil {
			return answer{err: err}
		}
		o := a.Object
		o.Headers, o.Tags = objects.Headers{}, nil
		if w.Wire && o.Checksum.Algorithm == "" {
			return answer{objects: []objects.Object{o}} // S3 lists only parts that have checksums
		}
		return answer{objects: []objects.Object{o}, parts: dateless(a.Parts.Parts), total: a.Parts.Total, other: more(a.Parts)}
	}}
}

func more(p objects.Parts) string {
	if !p.More {
		return "the last page"
	}
	return fmt.Sprint("more after ", p.NextPart)
}

// dateless leaves the dates of parts out, which need not be kept.
func dateless(all []objects.Part) []objects.Part {
	for i := range all {
		all[i].Modified = time.Time{}
	}
	return all
}
