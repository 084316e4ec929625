package objectstest

import (
	"fmt"
	"slices"
	"time"

	"muster/internal/objects"
)

func (w *walk) deleting(name, text, bucket string, all []objects.Deletion) step {
	return step{name: name, text: text, call: func(k objects.Keeper, id func(string) string) answer {
		mine := slices.Clone(all)
		for i := range mine {
			mine[i].Version = id(mine[i].Version)
		}
		done, err := k.Delete(w.ctx, bucket, mine)
		if err != nil {
			return answer{err: err}
		}
		a := answer{deleted: done}
		if len(done) == 1 && done[0].Err != nil {
			a.err = done[0].Err // so that it counts as refused
			a.deleted = nil
		}
		return a
	}}
}

func (w *walk) deleteStep() step {
	r := w.place()
	return w.deleting("Delete", show(r), r.Bucket, []objects.Deletion{{Key: r.Key}})
}

func (w *walk) deleteVersion() step {
	r := w.ref()
	if r.Version == "" {
		if k := w.kept(r); k != nil {
			r.Version = k.Version // the newest
		} else {
			r.Version = objects.NullVersion
		}
	}
	return w.deleting("Delete of a version", show(r), r.Bucket, []objects.Deletion{{Key: r.Key, Version: r.Version}})
}

func (w *walk) deleteMany() step {
	r := w.ref()
	all := []objects.Deletion{{Key: r.Key, Version: r.Version}}
	for range 1 + w.random.IntN(4) {
		next := w.ref()
		if w.model.buckets[next.Bucket] != nil && next.Bucket == r.Bucket {
			all = append(all, objects.Deletion{Key: next.Key, Version: next.Version})
		}
	}
	return w.deleting("Delete of several", fmt.Sprintf("%s %+v", show(r), all), r.Bucket, all)
}

func (w *walk) deleteOnCondition() step {
	r := w.object()
	r.Version = ""
	cond := objects.Conditions{IfMatch: w.etag(r)}
	return w.deleting("Delete on condition", fmt.Sprintf("%s %+v", show(r), cond), r.Bucket, []objects.Deletion{{Key: r.Key, Conditions: cond}})
}

func (w *walk) copying(name string, c objects.Copy, loose bool, change func(k objects.Keeper, id func(string) string, c *objects.Copy)) step {
	text := fmt.Sprintf("%s to %s %s", show(c.From), show(newest(c.Bucket, c.Key)), c.Checksum)
	return step{name: name, text: text, loose: loose, call: func(k objects.Keeper, id func(string) string) answer {
		mine := c
		mine.From.Version = id(c.From.Version)
		mine.Writer = "somebody"
		change(k, id, &mine)
		return one(k.Copy(w.ctx, mine))
	}}
}

func (w *walk) copyStep() step {
	to := w.place()
	c := newCopy(w.object(), to.Bucket, to.Key)
	if w.chance(30) {
		h := w.someHeaders()
		c.Headers = &h
	} else {
		c.StorageClass = pick(w, "", "STANDARD_IA")
	}
	if w.chance(30) {
		c.Tags, c.ReplaceTags = w.someTags(), true
	}
	c.Checksum = pick(w, "", "", "", "CRC32C", "SHA256")
	if w.chance(20) {
		c.Judge = denySecret
	}
	if c.Headers == nil && c.StorageClass == "" && c.From.Bucket == c.Bucket && c.From.Key == c.Key && c.From.Version == objects.NullVersion {
		c.StorageClass = "STANDARD_IA" // whether the null version may become itself is free
	}
	if c.From.Bucket == c.Bucket && c.From.Key == c.Key && c.Headers == nil && c.StorageClass == "" && c.Checksum != "" {
		c.StorageClass = "STANDARD_IA" // so is whether another checksum is a change
	}
	return w.copying("Copy", c, c.Judge != nil, func(objects.Keeper, func(string) string, *objects.Copy) {})
}

func (w *walk) copySelf() step {
	r := w.object()
	r.Version = ""
	c := newCopy(r, r.Bucket, r.Key)
	if w.chance(60) {
		c.Headers = &objects.Headers{Metadata: map[string]string{"step": fmt.Sprint(w.step)}}
	}
	return w.copying("Copy onto itself", c, false, func(objects.Keeper, func(string) string, *objects.Copy) {})
}

func (w *walk) copyOnCondition() step {
	from, to := w.object(), w.ref()
	to.Version = ""
	c := newCopy(from, to.Bucket, to.Key)
	c.StorageClass = "STANDARD_IA"
	which, offset := w.random.IntN(5), pick(w, -time.Second, 0)
	date := w.date(from, offset)
	switch which {
	case 0:
		c.FromConditions.IfMatch = w.etag(from)
	case 1:
		c.FromConditions.IfNoneMatch = w.etag(from)
	case 4:
		c.Conditions = pick(w, objects.Conditions{IfMatch: w.etag(to)}, objects.Conditions{IfNoneMatch: "*"})
	}
	return w.copying("Copy on condition", c, which == 4, func(k objects.Keeper, id func(string) string, c *objects.Copy) {
		switch which {
		case 2:
			c.FromConditions.IfModifiedSince = date(k, id)
		case 3:
			c.FromConditions.IfUnmodifiedSince = date(k, id)
		}
	})
}

func (w *walk) createUpload() step {
	r, headers, tags := w.place(), w.someHeaders(), w.someTags()
	kind := pick(w, append([]objects.Checksum{{}, {}, {}}, kinds()...)...)
	return step{name: "CreateUpload", text: fmt.Sprintf("%s %+v", show(r), kind), call: func(k objects.Keeper, _ func(string) string) answer {
		id, err := k.CreateUpload(w.ctx, objects.NewUpload{Bucket: r.Bucket, Key: r.Key, Headers: headers, Tags: tags, Checksum: kind, Writer: "somebody"})
		if err != nil {
			return answer{err: err}
		}
		return answer{begun: []objects.Upload{{Bucket: r.Bucket, Key: r.Key, ID: id}}}
	}}
}

// upload returns one that was begun, mostly one that is still under way.
func (w *walk) upload() (objects.Upload, *upload) {
	u := objects.Upload{Bucket: w.buckets[0], Key: "a", ID: "never begun"}
	if len(w.uploads) == 0 {
		return u, nil
	}
	for range 8 {
		u = pick(w, w.uploads...)
		if under := w.model.buckets[u.Bucket].uploads[u.ID]; under != nil {
			return u, under
		}
	}
	return u, nil
}

func algorithmOf(u *upload) string {
	if u == nil {
		return ""
	}
	return u.Checksum.Algorithm
}

func part(p objects.Part, err error) answer {
	if err != nil {
		return answer{err: err}
	}
	return answer{parts: []objects.Part{p}}
}

func (w *walk) putPart() step {
	u, under := w.upload()
	n := 1 + w.random.IntN(3)
	content := text(w.random.Uint64N(1<<20), w.MinPart+w.random.Int64N(50))
	if w.chance(n * n) { // seldom too small, and then rather the last
		content = w.content()
	}
	algorithm, value := algorithmOf(under), w.chance(50)
	return step{name: "PutPart", text: fmt.Sprintf("%v %d, %d bytes", u, n, len(content)), call: func(k objects.Keeper, id func(string) string) answer {
		p := objects.PutPart{Upload: objects.Upload{Bucket: u.Bucket, Key: u.Key, ID: id(u.ID)}, Number: n, Body: body(content)}
		p.Body.Checksum.Algorithm = algorithm
		if value && algorithm != "" {
			p.Body.Checksum.Value = checksumOf(algorithm, content)
		}
		return part(k.PutPart(w.ctx, p))
	}}
}

func (w *walk) copyPart() step {
	u, _ := w.upload()
	from, n := w.object(), 1+w.random.IntN(3)
	var r *objects.Range
	if k := w.kept(from); k != nil && k.Size > 0 && w.chance(60) {
		first := w.random.Int64N(k.Size)
		r = &objects.Range{First: first, Last: first + w.random.Int64N(k.Size-first+1)} // one byte too many at most
	}
	return step{name: "CopyPart", text: fmt.Sprintf("%v %d of %s %+v", u, n, show(from), r), loose: true, call: func(k objects.Keeper, id func(string) string) answer {
		c := objects.CopyPart{Upload: objects.Upload{Bucket: u.Bucket, Key: u.Key, ID: id(u.ID)}, Number: n, From: from, Range: r}
		c.From.Version = id(from.Version)
		return part(k.CopyPart(w.ctx, c))
	}}
}

func (w *walk) completing(name string, c objects.Completion, loose bool) step {
	return step{name: name, text: fmt.Sprintf("%v %+v, size %d, on %+v", c.Upload, c.Parts, c.Size, c.Conditions), loose: loose, call: func(k objects.Keeper, id func(string) string) answer {
		mine := c
		mine.ID = id(c.ID)
		return one(k.Complete(w.ctx, mine))
	}}
}

// completion names all parts of an upload, as it must be to become an object.
func (w *walk) completion() objects.Completion {
	u, under := w.upload()
	c := objects.Completion{Upload: u, Size: -1, Writer: "somebody", Parts: []objects.Part{{Number: 1, ETag: etagOf("none")}}}
	for try := 0; under != nil && len(under.parts) == 0 && try < 8; try++ {
		u, under = w.upload()
		c.Upload = u
	}
	if under == nil || len(under.parts) == 0 {
		return c
	}
	c.Parts = nil
	for _, p := range under.parts {
		c.Parts = append(c.Parts, objects.Part{Number: p.Number, ETag: `"` + p.ETag + `"`, Checksum: p.Checksum})
	}
	return c
}

func (w *walk) completeStep() step {
	c := w.completion()
	w.completed = append(w.completed, c)
	w.completed = w.completed[max(0, len(w.completed)-8):]
	return w.completing("Complete", c, false)
}

func (w *walk) completeWrong() step {
	c := w.completion()
	_, err := w.model.ListParts(w.ctx, c.Upload, 0, 10)
	switch w.random.IntN(4) {
	case 0:
		c.Size = 1_000_000_000
	case 1:
		c.Parts = append(c.Parts, c.Parts[0])
	case 2:
		c.Parts[0].ETag = etagOf("other")
	case 3:
		c.Parts = append(c.Parts, objects.Part{Number: 9, ETag: etagOf("none")})
	}
	s := w.completing("Complete otherwise", c, err == nil)
	s.wrong = true
	return s
}

func (w *walk) completeOnCondition() step {
	c := w.completion()
	c.Conditions = objects.Conditions{IfNoneMatch: "*"}
	if k := w.kept(newest(c.Bucket, c.Key)); k != nil && !k.Marker && w.chance(80) {
		c.Conditions = objects.Conditions{IfMatch: w.etag(newest(c.Bucket, c.Key))}
	}
	return w.completing("Complete on condition", c, true)
}

func (w *walk) completeAgain() step {
	if len(w.completed) == 0 {
		return w.completeStep()
	}
	return w.completing("Complete again", pick(w, w.completed...), false)
}

func (w *walk) abortStep() step {
	u, _ := w.upload()
	return step{name: "Abort", text: fmt.Sprint(u), call: func(k objects.Keeper, id func(string) string) answer {
		return answer{err: k.Abort(w.ctx, objects.Upload{Bucket: u.Bucket, Key: u.Key, ID: id(u.ID)})}
	}}
}

func (w *walk) listPartsStep() step {
	u, _ := w.upload()
	after, limit := w.random.IntN(3), 1+w.random.IntN(3)
	return step{name: "ListParts", text: fmt.Sprintf("%v after %d, %d", u, after, limit), call: func(k objects.Keeper, id func(string) string) answer {
		p, err := k.ListParts(w.ctx, objects.Upload{Bucket: u.Bucket, Key: u.Key, ID: id(u.ID)}, after, limit)
		if err != nil {
			return answer{err: err}
		}
		return answer{parts: p.Parts, infos: []objects.UploadInfo{p.Upload}, other: more(p)}
	}}
}
