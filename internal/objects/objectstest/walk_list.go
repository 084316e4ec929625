package objectstest

import (
	"context"
	"errors"
	"fmt"

	"muster/internal/objects"
)

// lists returns a random list to ask for.
func (w *walk) lists() objects.List {
	return objects.List{
		Bucket: pick(w, w.buckets...), Prefix: pick(w, "", "", "", "a", "a/", "a//", "dir", "/", "b😀", "none"),
		Delimiter: pick(w, "", "", "/", "/", "/b"), After: pick(w, append([]string{"", "", "", "a/b/", "b", "zz"}, w.keys...)...),
		Max: pick(w, 1, 2, 3, 1000),
	}
}

// pages follows a list to its end.
func (w *walk) pages(l objects.List, list func(context.Context, objects.List) (objects.Listed, error)) answer {
	var a answer
	for range 3000 {
		p, err := list(w.ctx, l)
		if err != nil {
			return answer{err: err}
		}
		a.objects, a.prefixes = append(a.objects, p.Objects...), append(a.prefixes, p.Prefixes...)
		a.pages = append(a.pages, len(p.Objects), len(p.Prefixes))
		if !p.More {
			return a
		}
		l.After, l.AfterID = p.Next, p.NextID
	}
	return answer{err: errors.New("the list does not end")}
}

// bare leaves out what lists of objects need not say.
func bare(a answer) answer {
	for i, o := range a.objects {
		a.objects[i] = objects.Object{Ref: o.Ref, Size: o.Size, ETag: o.ETag, Modified: o.Modified, Marker: o.Marker, Newest: o.Newest, Headers: objects.Headers{StorageClass: o.Headers.StorageClass}}
		a.objects[i].Checksum = objects.Checksum{Algorithm: o.Checksum.Algorithm, Type: o.Checksum.Type}
	}
	return a
}

func (w *walk) listStep() step {
	l := w.lists()
	return step{name: "List", text: fmt.Sprintf("%+v", l), call: func(k objects.Keeper, _ func(string) string) answer {
		a := bare(w.pages(l, k.List))
		for i := range a.objects {
			a.objects[i].Version, a.objects[i].Newest = "", false // said where versions were asked for
		}
		return a
	}}
}

func (w *walk) listVersionsStep() step {
	l := w.lists()
	if r, ok := w.border(); ok && w.chance(60) {
		l.Bucket, l.After, l.AfterID = r.Bucket, r.Key, r.Version
		l.Delimiter = "" // a page of a list with one never ends among the versions of a folder's key
	}
	return step{name: "ListVersions", text: fmt.Sprintf("%+v", l), call: func(k objects.Keeper, id func(string) string) answer {
		mine := l
		mine.AfterID = id(l.AfterID)
		return bare(w.pages(mine, k.ListVersions))
	}}
}

// border returns a version that a page may begin after: one that is there, or
// was removed while a newer one was there that still is. Else its place may be
// that of a newer one by now: then this is listed twice, which is no harm.
func (w *walk) border() (objects.Ref, bool) {
	for try := 0; try < 10 && len(w.given) > 0; try++ {
		r := pick(w, w.given...)
		if w.kept(r) != nil {
			return r, true
		}
		for _, k := range w.model.buckets[r.Bucket].versions[r.Key] {
			if k.serial > w.model.serials[r.Version] && k.serial <= w.removed[r] {
				return r, true
			}
		}
	}
	return objects.Ref{}, false
}

func (w *walk) listUploadsStep() step {
	l := w.lists()
	if u, _ := w.upload(); u.ID != "never begun" && w.chance(50) {
		l.Bucket, l.After, l.AfterID = u.Bucket, u.Key, u.ID
		l.Delimiter = ""
	}
	return step{name: "ListUploads", text: fmt.Sprintf("%+v", l), call: func(k objects.Keeper, id func(string) string) answer {
		mine := l
		mine.AfterID = id(l.AfterID)
		return w.uploadPages(mine, k)
	}}
}

func (w *walk) uploadPages(l objects.List, k objects.Keeper) answer {
	var a answer
	for range 3000 {
		p, err := k.ListUploads(w.ctx, l)
		if err != nil {
			return answer{err: err}
		}
		a.infos, a.prefixes = append(a.infos, p.Uploads...), append(a.prefixes, p.Prefixes...)
		a.pages = append(a.pages, len(p.Uploads), len(p.Prefixes))
		if !p.More {
			return a
		}
		l.After, l.AfterID = p.Next, p.NextID
	}
	return answer{err: errors.New("the list does not end")}
}

// everything compares all that both hold.
func (w *walk) everything() error {
	for _, b := range w.buckets {
		for name, all := range map[string]func(k objects.Keeper) answer{
			"Versioning": func(k objects.Keeper) answer {
				v, err := k.Versioning(w.ctx, b)
				return answer{err: err, other: string(v)}
			},
			"List":         func(k objects.Keeper) answer { return bare(w.pages(objects.List{Bucket: b, Max: 7}, k.List)) },
			"ListVersions": func(k objects.Keeper) answer { return bare(w.pages(objects.List{Bucket: b, Max: 7}, k.ListVersions)) },
			"ListUploads":  func(k objects.Keeper) answer { return w.uploadPages(objects.List{Bucket: b, Max: 7}, k) },
		} {
			if err := w.compareAll(name, func(k objects.Keeper, _ func(string) string) answer {
				a := all(k)
				if name == "List" {
					for i := range a.objects {
						a.objects[i].Version, a.objects[i].Newest = "", false
					}
				}
				return a
			}); err != nil {
				return fmt.Errorf("bucket %s: %w", b, err)
			}
		}
		for key, versions := range w.model.buckets[b].versions {
			for _, v := range versions {
				if err := w.compareAll("Get of "+show(v.Ref), func(k objects.Keeper, id func(string) string) answer {
					return w.reading(k, objects.Read{Ref: versionOf(b, key, id(v.Version))}, false)
				}); err != nil {
					return err
				}
			}
		}
		for id, u := range w.model.buckets[b].uploads {
			if err := w.compareAll("ListParts of "+id, func(k objects.Keeper, real func(string) string) answer {
				p, err := k.ListParts(w.ctx, objects.Upload{Bucket: b, Key: u.Key, ID: real(id)}, 0, 10_000)
				return answer{err: err, parts: p.Parts}
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walk) compareAll(what string, call func(k objects.Keeper, id func(string) string) answer) error {
	want := call(w.model, func(id string) string { return id })
	got := call(w.real, w.ids.real)
	if err := w.compare(got, want, false); err != nil {
		return fmt.Errorf("comparing everything: %s: %w", what, err)
	}
	return nil
}
