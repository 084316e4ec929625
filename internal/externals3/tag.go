package externals3

import (
	"context"
	"encoding/xml"
	"errors"
	"net/http"

	"muster/internal/objects"
)

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// Tags returns the object with its tags.
func (s *Store) Tags(ctx context.Context, o objects.Ref, judge objects.Judge) (objects.Object, error) {
	if judge == nil {
		return s.readTags(ctx, o)
	}
	then, err := s.judged(ctx, o, judge)
	switch {
	case err != nil:
		return objects.Object{}, err
	case then.missing != nil:
		return objects.Object{}, then.missing
	}
	return then.Object, nil
}

func (s *Store) readTags(ctx context.Context, ref objects.Ref) (objects.Object, error) {
	c := call{method: http.MethodGet, ref: ref, query: params{"tagging": ""}}
	resp, err := s.do(ctx, c)
	if errors.Is(err, errNoTags) {
		return objectOf(ref, http.Header{}), nil
	}
	if err != nil {
		return objects.Object{}, err
	}
	o := objectOf(ref, resp.Header)
	err = eachChild(resp, c, maxSmall, "Tagging", func(e *element) error {
		if e.name() != "TagSet" {
			return nil
		}
		e.done = true
		for {
			start, err := nextStart(e.d)
			if err != nil || start == nil {
				return err
			}
			var t objects.Tag
			if err := e.d.DecodeElement(&t, start); err != nil {
				return err
			}
			if o.Tags = append(o.Tags, t); len(o.Tags) > maxTags {
				return errors.New("there are too many tags")
			}
		}
	})
	return o, err
}

type tagging struct {
	XMLName xml.Name      `xml:"http://s3.amazonaws.com/doc/2006-03-01/ Tagging"`
	Tags    []objects.Tag `xml:"TagSet>Tag"`
}

// SetTags replaces all tags of one version of an object.
func (s *Store) SetTags(ctx context.Context, o objects.Ref, tags []objects.Tag, judge objects.Judge) (objects.Object, error) {
	unlock, err := s.holdForTags(ctx, &o, judge)
	if err != nil {
		return objects.Object{}, err
	}
	defer unlock()
	c := call{method: http.MethodDelete, ref: o, query: params{"tagging": ""}}
	if len(tags) > 0 {
		data, err := xml.Marshal(tagging{Tags: tags})
		if err != nil {
			return objects.Object{}, err
		}
		c.method, c.body = http.MethodPut, document(data)
	}
	h, err := s.simple(ctx, c)
	if err != nil {
		return objects.Object{}, err
	}
	done := objectOf(o, h)
	done.Tags = tags
	return done, nil
}

// holdForTags takes hold of a key whose object may get other tags, and lets o
// name the version that was judged, where there are versions.
func (s *Store) holdForTags(ctx context.Context, o *objects.Ref, judge objects.Judge) (unlock func(), err error) {
	if judge == nil {
		return s.keys.lock(ctx, *o)
	}
	then, err := s.judged(ctx, *o, judge)
	if err != nil {
		return nil, err
	}
	now, unlock, err := s.hold(ctx, *o, judge, then)
	switch {
	case err != nil:
		return nil, err
	case now.missing != nil:
		unlock()
		return nil, now.missing
	case now.Versioned:
		o.Version = now.Version
	}
	return unlock, nil
}
