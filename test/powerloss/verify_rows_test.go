package powerloss_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
)

// verifyBuckets sees that a bucket that is there takes objects, and that one
// that is not there can be made.
func (w *world) verifyBuckets(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(w.buckets)) {
		b := w.buckets[name]
		if !b.touched() && !w.again() {
			continue
		}
		r, err := w.s3(ctx, "HEAD", name, "", nil, nil, nil)
		if err != nil {
			return err
		}
		steps := [][2]string{{"PUT", ""}, {"DELETE", ""}}
		switch r.status {
		case http.StatusOK:
			w.judge("bucket "+name, b, "there")
			steps = [][2]string{{"PUT", "object"}, {"GET", "object"}, {"DELETE", "object"}}
		case http.StatusNotFound:
			w.judge("bucket "+name, b, "")
		default:
			w.report(unreadable, "bucket %s: %v", name, r)
			continue
		}
		for _, step := range steps {
			if r, err = w.s3(ctx, step[0], name, step[1], nil, nil, nil); err != nil {
				return err
			}
			if r.status/100 != 2 {
				w.report(torn, "%s %s of bucket %s, which held %q: %v", step[0], step[1], name, b.value(), r)
			}
		}
	}
	return nil
}

func (w *world) verifyThings(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(w.things)) {
		if t := w.things[name]; t.touched() || w.again() {
			r, err := w.iot(ctx, "GET", "/things/"+name, nil, "")
			if err != nil {
				return err
			}
			switch r.status {
			case http.StatusOK:
				w.judge("thing "+name, t, "there")
			case http.StatusNotFound:
				w.judge("thing "+name, t, "")
			default:
				w.report(unreadable, "thing %s: %v", name, r)
			}
		}
	}
	return nil
}

func (w *world) verifyCertificates(ctx context.Context) error {
	for _, id := range w.certIDs {
		r, err := w.iot(ctx, "GET", "/certificates/"+id, nil, "")
		if err != nil {
			return err
		}
		var cert struct {
			CertificateDescription struct{ Status string }
		}
		if r.status != http.StatusOK || json.Unmarshal(r.body, &cert) != nil {
			w.report(unreadable, "certificate %s: %v", id, r)
			continue
		}
		w.judge("certificate "+id, w.certs[id], cert.CertificateDescription.Status)
	}
	return nil
}

// verifyOffline sees that what the stopped server kept can be read without it.
func (w *world) verifyOffline() error {
	said, good, err := w.offline()
	if err == nil && !good {
		w.report(torn, "objects verify says %s", said)
	}
	damage, deepErr := w.deep()
	for _, d := range damage {
		w.report(torn, "doctor --deep says %s", d)
	}
	return errors.Join(err, deepErr)
}

func (w *world) verifyHealth(ctx context.Context) error {
	broken, doubts, err := w.doctor(ctx)
	if err != nil {
		return err
	}
	for _, b := range broken {
		w.report(dead, "doctor: %s", b)
	}
	for _, d := range doubts {
		w.doubts[d]++
	}
	return nil
}
