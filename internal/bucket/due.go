package bucket

import (
	"strings"
	"time"
)

// Due is when something is to be removed and by which rule; the zero value is
// for what stays.
type Due struct {
	At   time.Time
	Rule string // its ID
}

// Over reports whether it is to be removed now.
func (d Due) Over(now time.Time) bool { return !d.At.IsZero() && !now.Before(d.At) }

// Expiry returns when the newest version of a key, which was made at modified,
// is to be removed; where the bucket keeps versions, to get a delete marker.
func (c LifecycleConfiguration) Expiry(key string, modified time.Time) Due {
	return c.earliest(key, func(r LifecycleRule) time.Time { return r.expiry(modified) })
}

// Abort returns when an upload in parts that was begun at created is to be
// given up.
func (c LifecycleConfiguration) Abort(key string, created time.Time) Due {
	return c.earliest(key, func(r LifecycleRule) time.Time { return due(created, r.AbortDays) })
}

// earliest returns the first of what the rules about a key say.
func (c LifecycleConfiguration) earliest(key string, says func(LifecycleRule) time.Time) (first Due) {
	for _, r := range c.Rules {
		if at := says(r); r.Covers(key) && !at.IsZero() && (first.At.IsZero() || at.Before(first.At)) {
			first = Due{At: at, Rule: r.ID}
		}
	}
	return first
}

const day = 24 * time.Hour

// due returns the midnight at which what happened at since is that many days
// ago: as S3 does it, the next one after them. Without days it is never: zero.
func due(since time.Time, days int) time.Time {
	if days == 0 {
		return time.Time{}
	}
	t := since.UTC().AddDate(0, 0, days)
	if midnight := t.Truncate(day); midnight.Equal(t) {
		return t
	}
	return t.Truncate(day).AddDate(0, 0, 1)
}

// Covers reports whether the rule is about a key.
func (r LifecycleRule) Covers(key string) bool { return r.Enabled && strings.HasPrefix(key, r.Prefix) }

// expiry returns when the rule removes a newest version that was made at modified.
func (r LifecycleRule) expiry(modified time.Time) time.Time {
	if r.ExpireDays > 0 {
		return due(modified, r.ExpireDays)
	}
	return r.ExpireOn
}

// ExpiresMarker reports whether a delete marker that is the last version of
// its key is to be removed. A rule with days removes those as old, too.
func (r LifecycleRule) ExpiresMarker(modified, now time.Time) bool {
	return r.ExpireMarkers != nil && *r.ExpireMarkers || Due{At: r.expiry(modified)}.Over(now)
}

// ExpiresNoncurrent reports whether a version is to be removed that was the
// newest until since, and has newer ones above it beside the newest.
func (r LifecycleRule) ExpiresNoncurrent(since time.Time, newer int, now time.Time) bool {
	return newer >= r.NewerNoncurrent && Due{At: due(since, r.NoncurrentDays)}.Over(now)
}
