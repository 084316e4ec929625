package s3front

import (
	"encoding/xml"
	"net/http"
	"time"

	"muster/internal/bucket"
)

// lifecycleShape is that of a thousand rules with prefixes of 1024 bytes.
var lifecycleShape = shape{bytes: 2 << 20, elements: 20 * 1000, depth: 6}

// transitionMinimum is a header of requests and answers.
const transitionMinimum = "X-Amz-Transition-Default-Minimum-Object-Size"

// lifecycleIn is a rule as it is sent. What would make a rule remove less than
// the others would have it do is there to be refused.
type lifecycleIn struct {
	ID         single[string]
	Prefix     single[string]
	Status     single[string]
	Filter     single[lifecycleFilter]
	Expiration single[struct {
		Date    single[string]
		Days    single[int]
		Markers single[bool] `xml:"ExpiredObjectDeleteMarker"`
		Other   []unheard    `xml:",any"`
	}]
	Noncurrent single[struct {
		Days  single[int] `xml:"NoncurrentDays"`
		Newer single[int] `xml:"NewerNoncurrentVersions"`
		Other []unheard   `xml:",any"`
	}] `xml:"NoncurrentVersionExpiration"`
	Abort single[struct {
		Days  single[int] `xml:"DaysAfterInitiation"`
		Other []unheard   `xml:",any"`
	}] `xml:"AbortIncompleteMultipartUpload"`
	Transitions           []struct{} `xml:"Transition"`
	NoncurrentTransitions []struct{} `xml:"NoncurrentVersionTransition"`
	Other                 []unheard  `xml:",any"`
}

type lifecycleFilter struct {
	Prefix  single[string]
	Tag     *struct{}
	Larger  *struct{} `xml:"ObjectSizeGreaterThan"`
	Smaller *struct{} `xml:"ObjectSizeLessThan"`
	And     *struct{}
	Other   []unheard `xml:",any"`
}

// unbuilt names what Muster doesn't do of the filter; "" for nothing.
func (f lifecycleFilter) unbuilt() string {
	switch {
	case f.And != nil:
		return "And"
	case f.Tag != nil:
		return "Tag"
	case f.Larger != nil:
		return "ObjectSizeGreaterThan"
	case f.Smaller != nil:
		return "ObjectSizeLessThan"
	}
	return ""
}

func (f *Front) putLifecycle(w *answer, r *request) error {
	if !f.ObeysLifecycle {
		return notHere(r)
	}
	var in struct {
		XMLName xml.Name      `xml:"LifecycleConfiguration"`
		Rules   []lifecycleIn `xml:"Rule"`
		Other   []unheard     `xml:",any"`
	}
	if _, err := f.readXML(r, lifecycleShape, &in); err != nil {
		return err
	}
	if err := refuseUnheard(in.Other); err != nil {
		return err
	}
	c := bucket.LifecycleConfiguration{TransitionMinimum: r.Header.Get(transitionMinimum)}
	for i := range in.Rules {
		rule, err := in.Rules[i].read(r)
		if err != nil {
			return configError(r, err)
		}
		c.Rules = append(c.Rules, rule)
	}
	kept, err := f.Buckets.SetLifecycle(r.Context(), r.target.bucket, c)
	if err != nil {
		return configError(r, err)
	}
	w.Header().Set(transitionMinimum, kept.TransitionMinimum)
	return done(w, http.StatusOK)
}

// read reads a rule. What depends on more than the form of the document is the
// room's to refuse.
func (in *lifecycleIn) read(r *request) (bucket.LifecycleRule, error) {
	out := bucket.LifecycleRule{ID: in.ID.or(""), Enabled: in.Status.or("") == "Enabled"}
	switch {
	case len(in.Transitions) > 0:
		return out, notBuilt(r.op.name + " with Transition")
	case len(in.NoncurrentTransitions) > 0:
		return out, notBuilt(r.op.name + " with NoncurrentVersionTransition")
	case len(in.Other) > 0, in.Status.or("") != "Enabled" && in.Status.or("") != "Disabled":
		return out, errMalformed
	}
	if err := in.readFilter(r, &out); err != nil {
		return out, err
	}
	return out, in.readActions(&out)
}

func (in *lifecycleIn) readFilter(r *request, out *bucket.LifecycleRule) error {
	if in.Filter.v == nil && in.Prefix.v != nil {
		out.Form, out.Prefix = bucket.RulePrefix, *in.Prefix.v
		return nil
	}
	if in.Filter.v == nil || in.Prefix.v != nil || len(in.Filter.v.Other) > 0 {
		return errMalformed
	}
	if what := in.Filter.v.unbuilt(); what != "" {
		return notBuilt(r.op.name + " with a Filter by " + what)
	}
	out.Form = bucket.EmptyFilter
	if prefix := in.Filter.v.Prefix.v; prefix != nil {
		out.Form, out.Prefix = bucket.FilterPrefix, *prefix
	}
	return nil
}

func (in *lifecycleIn) readActions(out *bucket.LifecycleRule) (err error) {
	if e := in.Expiration.v; e != nil {
		if e.Days.v == nil && e.Date.v == nil && e.Markers.v == nil || len(e.Other) > 0 {
			return errMalformed
		}
		out.ExpireMarkers = e.Markers.v
		if out.ExpireDays, err = positive(e.Days, "Days", "Expiration"); err != nil {
			return err
		}
		if e.Date.v != nil {
			if out.ExpireOn, err = time.Parse(time.RFC3339, *e.Date.v); err != nil || out.ExpireOn.IsZero() {
				return errMalformed
			}
			out.ExpireOn = out.ExpireOn.UTC()
		}
	}
	if n := in.Noncurrent.v; n != nil {
		if n.Days.v == nil || len(n.Other) > 0 {
			return errMalformed
		}
		if out.NoncurrentDays, err = positive(n.Days, "NoncurrentDays", "NoncurrentVersionExpiration"); err != nil {
			return err
		}
		if out.NewerNoncurrent, err = positive(n.Newer, "NewerNoncurrentVersions", "NoncurrentVersionExpiration"); err != nil {
			return err
		}
	}
	if a := in.Abort.v; a != nil {
		if a.Days.v == nil || len(a.Other) > 0 {
			return errMalformed
		}
		out.AbortDays, err = positive(a.Days, "DaysAfterInitiation", "AbortIncompleteMultipartUpload")
	}
	return err
}

// mostDays is the largest number that S3's schema has.
const mostDays = 1<<31 - 1

// positive returns a number of an action, or 0 where it isn't there.
func positive(n single[int], element, action string) (int, error) {
	switch {
	case n.v == nil:
		return 0, nil
	case *n.v > mostDays:
		return 0, errMalformed
	case *n.v <= 0:
		return 0, bucket.NotPositive(element, action)
	}
	return *n.v, nil
}

// lifecycleOut is a rule as it is read.
type lifecycleOut struct {
	ID         string
	Filter     *lifecycleFilterOut
	Prefix     *string
	Status     string
	Expiration *lifecycleExpiration
	Noncurrent *lifecycleNoncurrent `xml:"NoncurrentVersionExpiration"`
	Abort      *lifecycleAbort      `xml:"AbortIncompleteMultipartUpload"`
}

type lifecycleFilterOut struct{ Prefix *string }

type lifecycleExpiration struct {
	Date    string `xml:",omitempty"`
	Days    int    `xml:",omitempty"`
	Markers *bool  `xml:"ExpiredObjectDeleteMarker"`
}

type lifecycleNoncurrent struct {
	Newer int `xml:"NewerNoncurrentVersions,omitempty"`
	Days  int `xml:"NoncurrentDays"`
}

type lifecycleAbort struct {
	Days int `xml:"DaysAfterInitiation"`
}

func (f *Front) getLifecycle(w *answer, r *request) error {
	if !f.ObeysLifecycle {
		return notHere(r)
	}
	c, err := f.Buckets.Lifecycle(r.Context(), r.target.bucket)
	if err != nil {
		return orNotConfigured(r, err, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
	}
	out := struct {
		XMLName xml.Name       `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LifecycleConfiguration"`
		Rules   []lifecycleOut `xml:"Rule"`
	}{}
	for _, rule := range c.Rules {
		out.Rules = append(out.Rules, writeRule(rule))
	}
	w.Header().Set(transitionMinimum, c.TransitionMinimum)
	return answerXML(w, out)
}

func writeRule(r bucket.LifecycleRule) lifecycleOut {
	out := lifecycleOut{ID: r.ID, Status: map[bool]string{true: "Enabled", false: "Disabled"}[r.Enabled]}
	switch r.Form {
	case bucket.RulePrefix:
		out.Prefix = &r.Prefix
	case bucket.FilterPrefix:
		out.Filter = &lifecycleFilterOut{&r.Prefix}
	default:
		out.Filter = &lifecycleFilterOut{}
	}
	if r.ExpireDays > 0 || !r.ExpireOn.IsZero() || r.ExpireMarkers != nil {
		out.Expiration = &lifecycleExpiration{Days: r.ExpireDays, Markers: r.ExpireMarkers}
		if !r.ExpireOn.IsZero() {
			out.Expiration.Date = xmlTime(r.ExpireOn)
		}
	}
	if r.NoncurrentDays > 0 {
		out.Noncurrent = &lifecycleNoncurrent{Days: r.NoncurrentDays, Newer: r.NewerNoncurrent}
	}
	if r.AbortDays > 0 {
		out.Abort = &lifecycleAbort{Days: r.AbortDays}
	}
	return out
}

func (f *Front) deleteLifecycle(w *answer, r *request) error {
	if !f.ObeysLifecycle {
		return notHere(r)
	}
	return unset(bucket.Lifecycle)(f, w, r)
}
