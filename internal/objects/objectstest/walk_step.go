package objectstest

import (
	"crypto/md5"
	"fmt"
	"time"

	"muster/internal/objects"
)

// step is one operation: call does it with a Keeper whose ids id returns.
type step struct {
	name, text string
	call       func(k objects.Keeper, id func(string) string) answer
	loose      bool // several things may be wrong with it, and which is told is free
	wrong      bool // it is made to be refused: that counts as success
}

// next returns a random step. What needs something to be there comes often
// enough to find it.
func (w *walk) next() step {
	makers := []struct {
		weight int
		make   func() step
	}{
		{14, w.putStep}, {3, w.putOnCondition}, {3, w.putBroken}, {8, w.getStep}, {4, w.getRange}, {3, w.getPart}, {4, w.getOnCondition}, {2, w.getJudged},
		{3, w.attributesStep}, {6, w.deleteStep}, {6, w.deleteVersion}, {3, w.deleteMany}, {2, w.deleteOnCondition},
		{6, w.copyStep}, {2, w.copyOnCondition}, {2, w.copySelf}, {5, w.listStep}, {5, w.listVersionsStep}, {2, w.listUploadsStep},
		{3, w.tagsStep}, {4, w.setTagsStep}, {3, w.versioningStep}, {4, w.createUpload}, {8, w.putPart}, {3, w.copyPart},
		{6, w.completeStep}, {2, w.completeWrong}, {2, w.completeOnCondition}, {2, w.completeAgain}, {1, w.abortStep}, {2, w.listPartsStep}, {2, w.bucketStep},
	}
	total := 0
	for _, m := range makers {
		total += m.weight
	}
	at := w.random.IntN(total)
	for _, m := range makers {
		if at -= m.weight; at < 0 {
			return m.make()
		}
	}
	panic("unreachable")
}

func pick[T any](w *walk, all ...T) T { return all[w.random.IntN(len(all))] }

func (w *walk) chance(percent int) bool { return w.random.IntN(100) < percent }

func (w *walk) content() string {
	size := pick(w, 0, 1, 5, 100, 1000, 16_383, 16_384, 16_385, 40_000, 70_000)
	return text(w.random.Uint64N(1<<20), int64(size))
}

func (w *walk) someTags() []objects.Tag {
	return pick(w, nil, nil, class("open"), class("secret"), []objects.Tag{{Key: "z", Value: "1"}, {Key: "a", Value: "2"}})
}

func (w *walk) someHeaders() objects.Headers {
	return pick(w, objects.Headers{}, objects.Headers{ContentType: "text/plain"}, everyHeader(), objects.Headers{StorageClass: "GLACIER_IR", Metadata: map[string]string{"step": fmt.Sprint(w.step)}})
}

// place returns a bucket and a key in it.
func (w *walk) place() objects.Ref { return newest(pick(w, w.buckets...), pick(w, w.keys...)) }

// ref returns an object, mostly one that is there, and sometimes one version of it.
func (w *walk) ref() objects.Ref {
	r := w.place()
	for try := 0; try < 5 && w.kept(r) == nil; try++ {
		r = w.place()
	}
	switch all := w.model.buckets[r.Bucket].versions[r.Key]; {
	case w.chance(50):
	case len(all) > 0 && w.chance(85):
		r.Version = pick(w, all...).Version
	case len(w.given) > 0 && w.chance(70):
		r.Version = pick(w, w.given...).Version
	default:
		r.Version = objects.NullVersion
	}
	return r
}

// object returns an object that is there, or any if none is found.
func (w *walk) object() objects.Ref {
	r := w.ref()
	for range 10 {
		if k := w.kept(r); k != nil && !k.Marker {
			break
		}
		r = w.ref()
	}
	return r
}

func (w *walk) kept(r objects.Ref) *kept { return w.model.buckets[r.Bucket].find(r.Key, r.Version) }

// etag returns a header that names an ETag: of r, or of something else.
func (w *walk) etag(r objects.Ref) string {
	if k := w.kept(r); k != nil && w.chance(60) {
		return pick(w, `"`+k.ETag+`"`, k.ETag, `"other", "`+k.ETag+`"`, `W/"`+k.ETag+`"`)
	}
	return `"` + etagOf("other") + `"`
}

// date returns a date about that of r, by the clock of k.
func (w *walk) date(r objects.Ref, offset time.Duration) func(k objects.Keeper, id func(string) string) time.Time {
	return func(k objects.Keeper, id func(string) string) time.Time {
		r.Version = id(r.Version)
		f, err := k.Head(w.ctx, objects.Read{Ref: r})
		if err != nil {
			return time.Time{}
		}
		return f.Modified.UTC().Truncate(time.Second).Add(offset)
	}
}

func show(r objects.Ref) string {
	return fmt.Sprintf("%s %q %s", r.Bucket[len(r.Bucket)-1:], r.Key, r.Version)
}

func one(o objects.Object, err error) answer {
	if err != nil {
		return answer{err: err}
	}
	// What a write returns beside these is free.
	return answer{objects: []objects.Object{{Ref: o.Ref, Versioned: o.Versioned, Size: o.Size, ETag: o.ETag, Modified: o.Modified, Checksum: o.Checksum, Parts: o.Parts, SourceVersion: o.SourceVersion}}}
}

func (w *walk) putStep() step {
	r, content, headers, tags := w.place(), w.content(), w.someHeaders(), w.someTags()
	algorithm := pick(w, append([]string{"", "", ""}, algorithms...)...)
	value, trailer, sum := w.chance(50), w.chance(30), w.chance(30)
	return step{name: "Put", text: fmt.Sprintf("%s %d bytes %s", show(r), len(content), algorithm), call: func(k objects.Keeper, _ func(string) string) answer {
		p := objects.Put{Bucket: r.Bucket, Key: r.Key, Headers: headers, Tags: tags, Body: body(content), Writer: "somebody"}
		p.Body.Checksum.Algorithm = algorithm
		switch {
		case algorithm == "":
		case trailer:
			p.Body.Trailer = func() string { return checksumOf(algorithm, content) }
		case value:
			p.Body.Checksum.Value = checksumOf(algorithm, content)
		}
		if sum {
			s := md5.Sum([]byte(content))
			p.Body.MD5 = s[:]
		}
		return one(k.Put(w.ctx, p))
	}}
}

func (w *walk) putOnCondition() step {
	r, content := w.ref(), w.content()
	r.Version = ""
	cond := objects.Conditions{IfNoneMatch: "*"}
	if w.chance(60) {
		cond = objects.Conditions{IfMatch: w.etag(r)}
	}
	deny := w.chance(50)
	return step{name: "Put on condition", text: fmt.Sprintf("%s %+v", show(r), cond), call: func(k objects.Keeper, _ func(string) string) answer {
		p := newPut(r.Bucket, r.Key, content)
		p.Conditions = cond
		if deny {
			p.Judge = denySecret
		}
		return one(k.Put(w.ctx, p))
	}, loose: deny}
}

func denySecret(tags []objects.Tag) error { return (&deny{}).judge(tags) }

func (w *walk) putBroken() step {
	r, content := w.ref(), w.content()+"x"
	at, how := w.random.IntN(len(content)+1), w.random.IntN(5)
	return step{name: "Put of a broken body", text: fmt.Sprintf("%s way %d, at %d of %d", show(r), how, at, len(content)), call: func(k objects.Keeper, _ func(string) string) answer {
		p := newPut(r.Bucket, r.Key, content)
		switch how {
		case 0:
			p.Body.Reader = breaking(content, at)
		case 1:
			p.Body.Size++
		case 2:
			p.Body.Size--
		case 3:
			p.Body.MD5 = make([]byte, 16)
		case 4:
			p.Body.Checksum = objects.Checksum{Algorithm: "CRC32", Value: checksumOf("CRC32", content+"y")}
		}
		return one(k.Put(w.ctx, p))
	}, wrong: true}
}

func (w *walk) tagsStep() step {
	ref, judged := w.ref(), w.chance(30)
	return step{name: "Tags", text: show(ref), call: func(k objects.Keeper, id func(string) string) answer {
		var judge objects.Judge
		if judged {
			judge = denySecret
		}
		o, err := k.Tags(w.ctx, versionOf(ref.Bucket, ref.Key, id(ref.Version)), judge)
		if err != nil {
			return answer{err: err}
		}
		return answer{objects: []objects.Object{{Ref: o.Ref, Versioned: o.Versioned, Tags: o.Tags, Modified: o.Modified, ETag: o.ETag}}}
	}}
}

func (w *walk) setTagsStep() step {
	ref, tags := w.ref(), w.someTags()
	return step{name: "SetTags", text: fmt.Sprintf("%s %v", show(ref), tags), call: func(k objects.Keeper, id func(string) string) answer {
		o, err := k.SetTags(w.ctx, versionOf(ref.Bucket, ref.Key, id(ref.Version)), tags, nil)
		if err != nil {
			return answer{err: err}
		}
		return answer{objects: []objects.Object{{Ref: o.Ref, Versioned: o.Versioned, Modified: o.Modified}}}
	}}
}

func (w *walk) versioningStep() step {
	b := pick(w, w.buckets...)
	v := pick(w, objects.Enabled, objects.Enabled, objects.Suspended)
	return step{name: "SetVersioning", text: b[len(b)-1:] + " " + string(v), call: func(k objects.Keeper, _ func(string) string) answer {
		if b == w.buckets[0] && w.step < w.Steps/2 {
			return answer{} // it stays without versions for the first half
		}
		return answer{err: k.SetVersioning(w.ctx, b, v)}
	}}
}

func (w *walk) bucketStep() step {
	extra := w.buckets[0] + "-extra" // it never holds anything
	b := pick(w, append([]string{extra, extra, extra, extra}, w.buckets...)...)
	if b == extra && w.chance(50) {
		return step{name: "MakeBucket", text: b, call: func(k objects.Keeper, _ func(string) string) answer {
			return answer{err: k.MakeBucket(w.ctx, b)}
		}}
	}
	return step{name: "RemoveBucket", text: b, call: func(k objects.Keeper, _ func(string) string) answer {
		if err := k.RemoveBucket(w.ctx, b); err != nil || b == extra {
			return answer{err: err}
		}
		return answer{err: k.MakeBucket(w.ctx, b)} // it was empty, and is new now
	}}
}
