package objectstest_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/internal/objects"
)

// mutants are ways to be wrong, most of them seen in stores that exist.
var mutants = []struct {
	name    string
	promise string // that is broken
	race    bool   // the walk, which does one thing at a time, can't see it
	change  func(m *mutant)
}{
	{name: "a put takes the version below with it", promise: "every put in a versioned bucket is a version of its own", change: func(m *mutant) {
		m.put = func(p objects.Put) (objects.Object, error) {
			old, _ := m.Model.Head(ctx, objects.Read{Ref: objects.Ref{Bucket: p.Bucket, Key: p.Key}})
			o, err := m.Model.Put(ctx, p)
			if err == nil && old != nil && old.Version != objects.NullVersion {
				m.Model.Delete(ctx, p.Bucket, []objects.Deletion{{Key: p.Key, Version: old.Version}})
			}
			return o, err
		}
	}},
	{name: "If-Match of a put is ignored", promise: "a write obeys its conditions", change: func(m *mutant) {
		m.put = func(p objects.Put) (objects.Object, error) {
			p.Conditions.IfMatch = ""
			return m.Model.Put(ctx, p)
		}
	}},
	{name: "If-None-Match sees an object in a delete marker", promise: "a condition of a write looks at the newest version, and sees no object in a delete marker", change: func(m *mutant) {
		m.put = func(p objects.Put) (objects.Object, error) {
			l, _ := m.Model.ListVersions(ctx, objects.List{Bucket: p.Bucket, Prefix: p.Key, Max: 1})
			if p.Conditions.IfNoneMatch != "" && len(l.Objects) > 0 && l.Objects[0].Key == p.Key {
				return objects.Object{}, &objects.Refused{Refusal: objects.Precondition, Condition: "If-None-Match"}
			}
			return m.Model.Put(ctx, p)
		}
	}},
	{name: "If-None-Match is looked at before the write", promise: "of those that put where nothing is, exactly one wins", race: true, change: func(m *mutant) {
		m.put = func(p objects.Put) (objects.Object, error) {
			_, err := m.Model.Head(ctx, objects.Read{Ref: objects.Ref{Bucket: p.Bucket, Key: p.Key}})
			if err == nil && p.Conditions.IfNoneMatch != "" {
				return objects.Object{}, &objects.Refused{Refusal: objects.Precondition, Condition: "If-None-Match"}
			}
			time.Sleep(time.Millisecond)
			p.Conditions = objects.Conditions{}
			return m.Model.Put(ctx, p)
		}
	}},
	{name: "If-Match is looked at before the write", promise: "of those that exchange what they read, none overwrites another", race: true, change: func(m *mutant) {
		m.put = func(p objects.Put) (objects.Object, error) {
			f, err := m.Model.Head(ctx, objects.Read{Ref: objects.Ref{Bucket: p.Bucket, Key: p.Key}})
			if err == nil && p.Conditions.IfMatch != "" && p.Conditions.IfMatch != `"`+f.ETag+`"` {
				return objects.Object{}, &objects.Refused{Refusal: objects.Precondition, Condition: "If-Match"}
			}
			time.Sleep(time.Millisecond)
			p.Conditions = objects.Conditions{}
			return m.Model.Put(ctx, p)
		}
	}},
	{name: "a body cut short is kept", promise: "a body that breaks off at any byte replaces nothing", change: func(m *mutant) {
		m.put = func(p objects.Put) (objects.Object, error) {
			arrived, _ := io.ReadAll(p.Body.Reader)
			p.Body = objects.Body{Reader: bytes.NewReader(arrived), Size: int64(len(arrived))}
			return m.Model.Put(ctx, p)
		}
	}},
	{name: "a body is not read to its end", promise: "a body that fails after its last byte replaces nothing", change: func(m *mutant) {
		m.put = func(p objects.Put) (objects.Object, error) {
			p.Body.Reader = io.LimitReader(p.Body.Reader, p.Body.Size)
			return m.Model.Put(ctx, p)
		}
	}},
	{name: "a part cut short is kept", promise: "a body that breaks off at any byte replaces nothing", race: true, change: func(m *mutant) {
		m.putPart = func(p objects.PutPart) (objects.Part, error) {
			arrived, _ := io.ReadAll(p.Body.Reader)
			p.Body = objects.Body{Reader: bytes.NewReader(arrived), Size: int64(len(arrived))}
			return m.Model.PutPart(ctx, p)
		}
	}},
	{name: "Content-MD5 is ignored", promise: "a body that is not what its MD5 says replaces nothing", change: func(m *mutant) {
		m.put = func(p objects.Put) (objects.Object, error) {
			p.Body.MD5 = nil
			return m.Model.Put(ctx, p)
		}
	}},
	{name: "a checksum is believed", promise: "a body that is not what its checksum says replaces nothing", change: func(m *mutant) {
		m.put = func(p objects.Put) (objects.Object, error) {
			p.Body.Checksum.Value, p.Body.Trailer = "", nil
			return m.Model.Put(ctx, p)
		}
	}},
	{name: "a trailer is ignored", promise: "a checksum that comes after the body is checked as one before", race: true, change: func(m *mutant) {
		m.put = func(p objects.Put) (objects.Object, error) {
			p.Body.Trailer = nil
			return m.Model.Put(ctx, p)
		}
	}},
	{name: "dates are compared below the second", promise: "dates of conditions are whole seconds", change: func(m *mutant) {
		m.read = func(r objects.Read, next func(context.Context, objects.Read) (*objects.Found, error)) (*objects.Found, error) {
			if c := &r.Conditions; !c.IfModifiedSince.IsZero() {
				c.IfModifiedSince = c.IfModifiedSince.Add(-time.Nanosecond)
			}
			return next(ctx, r)
		}
	}},
	{name: "a 304 says nothing of the object", promise: "what has not changed is named where a read is refused", change: func(m *mutant) {
		m.read = func(r objects.Read, next func(context.Context, objects.Read) (*objects.Found, error)) (*objects.Found, error) {
			f, err := next(ctx, r)
			if errors.Is(err, objects.NotModified) {
				return nil, objects.NotModified
			}
			return f, err
		}
	}},
	{name: "If-Range is dropped", promise: "If-Range lets a range count only where the object is the same", change: func(m *mutant) {
		m.read = func(r objects.Read, next func(context.Context, objects.Read) (*objects.Found, error)) (*objects.Found, error) {
			r.IfRange = ""
			return next(ctx, r)
		}
	}},
	{name: "a range is one byte short", promise: "a range gives exactly its bytes", change: func(m *mutant) {
		m.read = func(r objects.Read, next func(context.Context, objects.Read) (*objects.Found, error)) (*objects.Found, error) {
			if r.Range != nil && r.Range.Last > r.Range.First {
				shorter := *r.Range
				shorter.Last--
				r.Range = &shorter
			}
			return next(ctx, r)
		}
	}},
	{name: "a large object is wrong at its end", promise: "a large object is read right at any place", change: func(m *mutant) {
		m.read = func(r objects.Read, next func(context.Context, objects.Read) (*objects.Found, error)) (*objects.Found, error) {
			f, err := next(ctx, r)
			if err == nil && f.Body != nil && f.First+f.Length > 60_000 {
				all, _ := io.ReadAll(f.Body)
				all[len(all)-1] ^= 1
				f.Body = io.NopCloser(bytes.NewReader(all))
			}
			return f, err
		}
	}},
	{name: "a page of one version never ends", promise: "every list of versions is what the model lists, at every page size", change: func(m *mutant) {
		m.versions = func(l objects.List) (objects.Listed, error) {
			p, err := m.Model.ListVersions(ctx, l)
			if l.Max == 1 && p.More {
				p.Next, p.NextID = l.After, l.AfterID
			}
			return p, err
		}
	}},
	{name: "the versions of a key that spans two pages are cut", promise: "every list of versions is what the model lists, at every page size", change: func(m *mutant) {
		m.versions = func(l objects.List) (objects.Listed, error) {
			l.AfterID = ""
			return m.Model.ListVersions(ctx, l)
		}
	}},
	{name: "a list that is full says there is more", promise: "every list is what the model lists", change: func(m *mutant) {
		m.list = func(l objects.List) (objects.Listed, error) {
			p, err := m.Model.List(ctx, l)
			if n := len(p.Objects); n == l.Max && !p.More {
				p.More, p.Next = true, p.Objects[n-1].Key
			}
			return p, err
		}
	}},
	{name: "a folder comes again on the next page", promise: "a folder counts once however much is in it", change: func(m *mutant) {
		m.list = func(l objects.List) (objects.Listed, error) {
			if l.Delimiter != "" && strings.HasSuffix(l.After, l.Delimiter) {
				l.After = strings.TrimSuffix(l.After, l.Delimiter)
			}
			return m.Model.List(ctx, l)
		}
	}},
	{name: "keys are in the order of UTF-16", promise: "keys are listed in the order of their bytes", race: true, change: func(m *mutant) {
		m.list = func(l objects.List) (objects.Listed, error) {
			p, err := m.Model.List(ctx, l)
			slices.SortStableFunc(p.Objects, func(x, y objects.Object) int {
				return cmp.Compare(strings.ReplaceAll(x.Key, "\uffff", "\U0010ffff\U0010ffff"), strings.ReplaceAll(y.Key, "\uffff", "\U0010ffff\U0010ffff"))
			})
			return p, err
		}
	}},
	{name: "a delete marker is in the list", promise: "delete markers are in no list of objects", change: func(m *mutant) {
		m.list = func(l objects.List) (objects.Listed, error) {
			p, err := m.Model.ListVersions(ctx, l)
			p.Objects = slices.DeleteFunc(p.Objects, func(o objects.Object) bool { return !o.Newest })
			return p, err
		}
	}},
	{name: "a page that begins after a removed version skips its key", promise: "versions removed while they are listed hide none of the others", change: func(m *mutant) {
		m.versions = func(l objects.List) (objects.Listed, error) {
			if l.AfterID != "" {
				if _, err := m.Model.Head(ctx, objects.Read{Ref: objects.Ref{Bucket: l.Bucket, Key: l.After, Version: l.AfterID}}); errors.Is(err, objects.NoVersion) {
					l.AfterID = ""
				}
			}
			return m.Model.ListVersions(ctx, l)
		}
	}},
	{name: "uploads of one key page on by the key alone", promise: "uploads of one key are apart, and listed from the oldest to the newest", change: func(m *mutant) {
		m.uploads = func(l objects.List) (objects.Uploads, error) {
			l.AfterID = ""
			return m.Model.ListUploads(ctx, l)
		}
	}},
	{name: "keys with empty segments are refused", promise: "every key of 1 to 1024 bytes is a key, and no two are the same", change: func(m *mutant) {
		m.put = func(p objects.Put) (objects.Object, error) {
			if strings.Contains(p.Key, "//") {
				return objects.Object{}, objects.NotBuilt
			}
			return m.Model.Put(ctx, p)
		}
	}},
	{name: "keys are cleaned as paths are", promise: "every key of 1 to 1024 bytes is a key, and no two are the same", change: func(m *mutant) {
		m.put = func(p objects.Put) (objects.Object, error) {
			p.Key = strings.ReplaceAll(p.Key, "//", "/")
			return m.Model.Put(ctx, p)
		}
	}},
	{name: "an object goes away when its folder is removed", promise: "a key and one below it live side by side", change: func(m *mutant) {
		m.remove = func(bucket string, all []objects.Deletion) ([]objects.Deleted, error) {
			done, err := m.Model.Delete(ctx, bucket, all)
			for _, d := range all {
				p, _ := m.Model.List(ctx, objects.List{Bucket: bucket, Prefix: d.Key + "/", Max: 10})
				for _, o := range p.Objects {
					m.Model.Delete(ctx, bucket, []objects.Deletion{{Key: o.Key}})
				}
			}
			return done, err
		}
	}},
	{name: "removing what is not there makes no marker", promise: "removing a key that never was makes a delete marker where there are versions", change: func(m *mutant) {
		m.remove = func(bucket string, all []objects.Deletion) ([]objects.Deleted, error) {
			var done []objects.Deleted
			for _, d := range all {
				if _, err := m.Model.Head(ctx, objects.Read{Ref: objects.Ref{Bucket: bucket, Key: d.Key}}); errors.Is(err, objects.NoObject) && d.Version == "" {
					done = append(done, objects.Deleted{Key: d.Key})
					continue
				}
				one, err := m.Model.Delete(ctx, bucket, []objects.Deletion{d})
				if err != nil {
					return nil, err
				}
				done = append(done, one...)
			}
			return done, nil
		}
	}},
	{name: "one removal in many is forgotten", promise: "clients that remove the same versions all succeed", race: true, change: func(m *mutant) {
		var once sync.Once
		m.remove = func(bucket string, all []objects.Deletion) ([]objects.Deleted, error) {
			done, err := m.Model.Delete(ctx, bucket, all)
			if len(all) > 10 {
				once.Do(func() { done[3].Err = errors.New("no such file") })
			}
			return done, err
		}
	}},
	{name: "an upload is refused while something is removed beside it", promise: "uploads beside removals under one prefix are never refused", race: true, change: func(m *mutant) {
		var removing sync.Mutex
		m.remove = func(bucket string, all []objects.Deletion) ([]objects.Deleted, error) {
			removing.Lock()
			defer removing.Unlock()
			time.Sleep(time.Millisecond)
			return m.Model.Delete(ctx, bucket, all)
		}
		m.put = func(p objects.Put) (objects.Object, error) {
			if !removing.TryLock() {
				return objects.Object{}, objects.Conflict
			}
			removing.Unlock()
			return m.Model.Put(ctx, p)
		}
	}},
	{name: "a put and a removal at once lose a version", promise: "puts and removals of one key lose no acknowledged version", race: true, change: func(m *mutant) {
		var last struct {
			sync.Mutex
			at  time.Time
			put objects.Object
		}
		m.put = func(p objects.Put) (objects.Object, error) {
			o, err := m.Model.Put(ctx, p)
			last.Lock()
			last.at, last.put = time.Now(), o
			last.Unlock()
			return o, err
		}
		m.remove = func(bucket string, all []objects.Deletion) ([]objects.Deleted, error) {
			done, err := m.Model.Delete(ctx, bucket, all)
			last.Lock()
			defer last.Unlock()
			if time.Since(last.at) < time.Millisecond && last.put.Bucket == bucket && all[0].Version == "" {
				m.Model.Delete(ctx, bucket, []objects.Deletion{{Key: last.put.Key, Version: last.put.Version}})
			}
			return done, err
		}
	}},
	{name: "a read beside an overwrite mixes two objects", promise: "a read beside overwrites is one object, whole", race: true, change: mixTwoObjects},
	{name: "a read beside an overwrite mixes two objects of parts", promise: "a read of an object of parts beside others that replace it is one object, whole", race: true, change: mixTwoObjects},
	{name: "tags are sorted", promise: "tags are replaced, removed and kept in their order", change: func(m *mutant) {
		m.setTags = func(r objects.Ref, tags []objects.Tag, judge objects.Judge) (objects.Object, error) {
			tags = slices.SortedFunc(slices.Values(tags), func(x, y objects.Tag) int { return cmp.Compare(x.Key, y.Key) })
			return m.Model.SetTags(ctx, r, tags, judge)
		}
	}},
	{name: "setting tags makes the object new", promise: "tags belong to one version", change: func(m *mutant) {
		m.setTags = func(r objects.Ref, tags []objects.Tag, judge objects.Judge) (objects.Object, error) {
			if _, err := m.Model.SetTags(ctx, r, tags, judge); err != nil {
				return objects.Object{}, err
			}
			return m.Model.Copy(ctx, objects.Copy{From: r, Bucket: r.Bucket, Key: r.Key, StorageClass: "STANDARD", Tags: tags, ReplaceTags: true})
		}
	}},
	{name: "a change of tags is judged once", promise: "what changed while it was judged is judged again before it is changed", race: true, change: func(m *mutant) {
		m.setTags = func(r objects.Ref, tags []objects.Tag, judge objects.Judge) (objects.Object, error) {
			return m.Model.SetTags(ctx, r, tags, once(judge))
		}
	}},
	{name: "a read is judged once", promise: "what changed while it was judged is judged again before it is read", race: true, change: func(m *mutant) {
		m.read = func(r objects.Read, next func(context.Context, objects.Read) (*objects.Found, error)) (*objects.Found, error) {
			r.Judge = once(r.Judge)
			return next(ctx, r)
		}
	}},
	{name: "what is not there is told before the judge is asked", promise: "a judge of what is not there is asked before that is told", change: func(m *mutant) {
		m.read = func(r objects.Read, next func(context.Context, objects.Read) (*objects.Found, error)) (*objects.Found, error) {
			judge := r.Judge
			if r.Judge = nil; judge != nil {
				if _, err := m.Model.Head(ctx, objects.Read{Ref: r.Ref}); err != nil {
					return nil, objects.NoObject
				}
				r.Judge = judge
			}
			return next(ctx, r)
		}
	}},
	{name: "the target of a put is not judged", promise: "a judge of the object that is there is asked where If-Match names ETags", race: true, change: func(m *mutant) {
		m.put = func(p objects.Put) (objects.Object, error) {
			p.Judge = nil
			return m.Model.Put(ctx, p)
		}
	}},
	{name: "a copy onto itself does nothing", promise: "a copy onto itself needs a change, or a version that is named", change: func(m *mutant) {
		m.copy = func(c objects.Copy) (objects.Object, error) {
			if c.From.Bucket == c.Bucket && c.From.Key == c.Key && c.From.Version == "" {
				f, err := m.Model.Head(ctx, objects.Read{Ref: c.From})
				if err != nil {
					return objects.Object{}, err
				}
				return f.Object, nil
			}
			return m.Model.Copy(ctx, c)
		}
	}},
	{name: "a copy keeps the storage class", promise: "a copy has content, headers and tags of its source", change: func(m *mutant) {
		m.copy = func(c objects.Copy) (objects.Object, error) {
			if f, err := m.Model.Head(ctx, objects.Read{Ref: c.From}); err == nil && c.Headers == nil && c.StorageClass == "" {
				c.Headers = &f.Headers
			}
			return m.Model.Copy(ctx, c)
		}
	}},
	{name: "a copy's source is not said to be meant", promise: "a copy of what is not there is refused as of the source", change: func(m *mutant) {
		m.copy = func(c objects.Copy) (objects.Object, error) {
			o, err := m.Model.Copy(ctx, c)
			if errors.Is(err, objects.NoObject) {
				err = objects.NoObject
			}
			return o, err
		}
	}},
	{name: "parts are put in order", promise: "parts that are named out of order are refused", change: func(m *mutant) {
		m.complete = func(c objects.Completion) (objects.Object, error) {
			c.Parts = slices.SortedFunc(slices.Values(c.Parts), func(x, y objects.Part) int { return x.Number - y.Number })
			c.Parts = slices.CompactFunc(c.Parts, func(x, y objects.Part) bool { return x.Number == y.Number })
			return m.Model.Complete(ctx, c)
		}
	}},
	{name: "the size that was said is ignored", promise: "an object of another size than was said is refused", change: func(m *mutant) {
		m.complete = func(c objects.Completion) (objects.Object, error) {
			c.Size = -1
			return m.Model.Complete(ctx, c)
		}
	}},
	{name: "an upload completed again is refused", promise: "an upload completed again returns the same object", change: func(m *mutant) {
		var done sync.Map
		m.complete = func(c objects.Completion) (objects.Object, error) {
			if _, again := done.Load(c.ID); again {
				return objects.Object{}, objects.NoUpload
			}
			o, err := m.Model.Complete(ctx, c)
			if err == nil {
				done.Store(c.ID, true)
			}
			return o, err
		}
	}},
	{name: "a completed upload can be aborted", promise: "of completing and aborting an upload exactly one wins", race: true, change: func(m *mutant) {
		m.abort = func(u objects.Upload) error {
			m.Model.Abort(ctx, u)
			return nil
		}
	}},
	{name: "the checksum that an upload asks for is forgotten", promise: "an object of parts has a checksum of its parts or of the whole", change: func(m *mutant) {
		m.newUpload = func(u objects.NewUpload) (string, error) {
			u.Checksum = objects.Checksum{}
			return m.Model.CreateUpload(ctx, u)
		}
	}},
	{name: "headers of an upload are forgotten", promise: "an object of parts has the tags that its upload was begun with", change: func(m *mutant) {
		m.newUpload = func(u objects.NewUpload) (string, error) {
			u.Headers = objects.Headers{}
			return m.Model.CreateUpload(ctx, u)
		}
	}},
	{name: "a bucket is removed with what is in it", promise: "a bucket that holds anything is not removed", change: func(m *mutant) {
		m.bucket = func(name string) error {
			all, _ := m.Model.ListVersions(ctx, objects.List{Bucket: name, Max: 1000})
			for _, o := range all.Objects {
				m.Model.Delete(ctx, name, []objects.Deletion{{Key: o.Key, Version: o.Version}})
			}
			return m.Model.RemoveBucket(ctx, name)
		}
	}},
}

// mixTwoObjects reads the headers of one object and the body of the next.
func mixTwoObjects(m *mutant) {
	m.read = func(r objects.Read, next func(context.Context, objects.Read) (*objects.Found, error)) (*objects.Found, error) {
		f, err := next(ctx, r)
		if err != nil || f.Body == nil {
			return f, err
		}
		time.Sleep(time.Millisecond)
		r.Version = ""
		late, err := next(ctx, r)
		if err != nil {
			return nil, err
		}
		f.Body, f.Length = late.Body, late.Length
		return f, nil
	}
}
