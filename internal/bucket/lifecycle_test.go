package bucket_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/bucket"
	"muster/internal/fault"
)

func lifecycle(rules ...bucket.LifecycleRule) bucket.LifecycleConfiguration {
	return bucket.LifecycleConfiguration{Rules: rules, TransitionMinimum: bucket.MinimumForAll}
}

func rule(id, prefix string, days int) bucket.LifecycleRule {
	return bucket.LifecycleRule{ID: id, Enabled: true, Prefix: prefix, Form: bucket.FilterPrefix, ExpireDays: days}
}

// first is rule in S3's first form.
func first(id, prefix string, days int) bucket.LifecycleRule {
	r := rule(id, prefix, days)
	r.Form = bucket.RulePrefix
	return r
}

func changed(r bucket.LifecycleRule, change func(*bucket.LifecycleRule)) bucket.LifecycleRule {
	change(&r)
	return r
}

var (
	yes, no  = true, false
	midnight = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
)

func TestCheckLifecycle(t *testing.T) {
	type r = bucket.LifecycleRule
	var many []r
	for i := range 1001 {
		many = append(many, rule(fmt.Sprint(i), "p", 1))
	}
	for _, tc := range []struct {
		name     string
		rules    []r
		want     error
		argument string
	}{
		{"one", []r{rule("a", "logs/", 1)}, nil, ""},
		{"a thousand", many[:1000], nil, ""},
		{"more", many, fault.Malformed, ""},
		{"none", nil, fault.Malformed, ""},
		{"every action", []r{changed(rule("a", "", 1), func(r *r) { r.NoncurrentDays, r.NewerNoncurrent, r.AbortDays = 30, 5, 7 })}, nil, ""},
		{"a date", []r{changed(rule("a", "", 0), func(r *r) { r.ExpireOn = midnight })}, nil, ""},
		{"markers only", []r{changed(rule("a", "", 0), func(r *r) { r.ExpireMarkers = &no })}, nil, ""},
		{"overlapping filters", []r{rule("a", "", 1), rule("b", "a/", 2)}, nil, ""},
		{"first form", []r{first("a", "a/", 1), first("b", "b/", 2)}, nil, ""},
		{"first form, overlapping in other actions", []r{first("a", "", 1), changed(first("b", "b/", 0), func(r *r) { r.AbortDays = 2 })}, nil, ""},

		{"no action", []r{rule("a", "", 0)}, fault.Invalid, ""},
		{"a long ID", []r{rule(strings.Repeat("i", 256), "", 1)}, fault.Invalid, "ID"},
		{"one ID twice", []r{rule("a", "a", 1), rule("b", "b", 1), rule("a", "c", 1)}, fault.Invalid, "ID"},
		{"a long prefix", []r{rule("a", strings.Repeat("p", 1025), 1)}, fault.Invalid, ""},
		{"an empty filter that isn't", []r{changed(rule("a", "p", 1), func(r *r) { r.Form = bucket.EmptyFilter })}, fault.Malformed, ""},
		{"days and a date", []r{changed(rule("a", "", 1), func(r *r) { r.ExpireOn = midnight })}, fault.Malformed, ""},
		{"days and markers", []r{changed(rule("a", "", 1), func(r *r) { r.ExpireMarkers = &no })}, fault.Malformed, ""},
		{"a date and markers", []r{changed(rule("a", "", 0), func(r *r) { r.ExpireOn, r.ExpireMarkers = midnight, &yes })}, fault.Malformed, ""},
		{"not midnight", []r{changed(rule("a", "", 0), func(r *r) { r.ExpireOn = midnight.Add(time.Second) })}, fault.Invalid, "Date"},
		{"midnight elsewhere", []r{changed(rule("a", "", 0), func(r *r) { r.ExpireOn = time.Date(2030, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600)) })}, fault.Invalid, "Date"},
		{"negative days", []r{rule("a", "", -1)}, fault.Invalid, "Days"},
		{"negative noncurrent days", []r{changed(rule("a", "", 1), func(r *r) { r.NoncurrentDays = -1 })}, fault.Invalid, "NoncurrentDays"},
		{"negative newer versions", []r{changed(rule("a", "", 1), func(r *r) { r.NoncurrentDays, r.NewerNoncurrent = 1, -1 })}, fault.Invalid, "NewerNoncurrentVersions"},
		{"newer versions without days", []r{changed(rule("a", "", 1), func(r *r) { r.NewerNoncurrent = 1 })}, fault.Malformed, ""},
		{"negative days of uploads", []r{changed(rule("a", "", 1), func(r *r) { r.AbortDays = -1 })}, fault.Invalid, "DaysAfterInitiation"},
		{"a filter after the first form", []r{first("a", "a", 1), rule("b", "b", 1)}, fault.Invalid, ""},
		{"the first form after a filter", []r{rule("a", "a", 1), first("b", "b", 1)}, fault.Invalid, ""},
		{"newer versions in the first form", []r{changed(first("a", "", 1), func(r *r) { r.NoncurrentDays, r.NewerNoncurrent = 1, 1 })}, fault.Invalid, ""},
		{"the first form, overlapping", []r{first("a", "a/", 1), first("b", "b/", 1), first("c", "a/b", 1)}, fault.Invalid, ""},
		{"the first form, overlapping the other way", []r{first("a", "a/b", 1), first("b", "", 1)}, fault.Invalid, ""},
		{"the first form, overlapping for uploads", []r{changed(first("a", "a", 1), func(r *r) { r.AbortDays = 1 }), changed(first("b", "", 0), func(r *r) { r.AbortDays = 2 })}, fault.Invalid, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := bucket.CheckLifecycle(lifecycle(tc.rules...))
			if !errors.Is(err, tc.want) {
				t.Fatalf("CheckLifecycle: got %v, want %v", err, tc.want)
			}
			if err != nil && fault.Of(err).Fields["argument"] != tc.argument {
				t.Errorf("argument: got %q, want %q", fault.Of(err).Fields["argument"], tc.argument)
			}
		})
	}
	c := lifecycle(rule("a", "", 1))
	c.TransitionMinimum = "128K"
	if err := bucket.CheckLifecycle(c); !errors.Is(err, fault.Invalid) {
		t.Errorf("an unknown minimum: got %v, want %v", err, fault.Invalid)
	}
}

func TestLifecycleIsReadAsItWasSet(t *testing.T) {
	buckets, _, _ := newBuckets(t)
	if _, err := buckets.Create(t.Context(), east, "photos"); err != nil {
		t.Fatal(err)
	}
	if _, err := buckets.Lifecycle(t.Context(), "photos"); !errors.Is(err, fault.NotFound) {
		t.Errorf("Lifecycle of a new bucket: got %v, want %v", err, fault.NotFound)
	}
	given := bucket.LifecycleConfiguration{Rules: []bucket.LifecycleRule{
		changed(rule("", "a", 1), func(r *bucket.LifecycleRule) { r.Enabled = false }),
		changed(rule("b", "", 0), func(r *bucket.LifecycleRule) { r.Form, r.ExpireOn = bucket.EmptyFilter, midnight }),
		changed(rule("c", "c", 0), func(r *bucket.LifecycleRule) { r.ExpireMarkers, r.NoncurrentDays, r.NewerNoncurrent = &yes, 3, 2 }),
	}}
	kept, err := buckets.SetLifecycle(t.Context(), "photos", given)
	if err != nil {
		t.Fatal(err)
	}
	if given.Rules[0].ID != "" {
		t.Errorf("SetLifecycle changed what it was given: %v", given.Rules[0])
	}
	if id := kept.Rules[0].ID; !regexp.MustCompile(`^[\w-]{48}$`).MatchString(id) {
		t.Errorf("ID of a rule without: got %q", id)
	}
	want := given
	want.TransitionMinimum = bucket.MinimumForAll
	want.Rules[0].ID = kept.Rules[0].ID
	for range 2 {
		if got, err := buckets.Lifecycle(t.Context(), "photos"); err != nil || !cmp.Equal(got, want) || !cmp.Equal(kept, want) {
			t.Errorf("Lifecycle: got %v, %v, want %v", got, err, want)
		}
		if _, err := buckets.SetLifecycle(t.Context(), "photos", lifecycle()); !errors.Is(err, fault.Malformed) {
			t.Errorf("SetLifecycle of no rules: got %v, want %v", err, fault.Malformed)
		}
	}
	if names, err := buckets.Configured(t.Context(), bucket.Lifecycle); err != nil || !cmp.Equal(names, []string{"photos"}) {
		t.Errorf("Configured: got %v, %v", names, err)
	}
}

func expires(r bucket.LifecycleRule, made, now time.Time) bool {
	r.Enabled = true
	return lifecycle(r).Expiry("a", made).Over(now)
}

func aborts(r bucket.LifecycleRule, created, now time.Time) bool {
	return lifecycle(r).Abort("a", created).Over(now)
}

func TestLifecycleDays(t *testing.T) {
	made := time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC) // the example of the S3 User Guide
	on := func(day, hour, minute int) time.Time { return time.Date(2024, 1, day, hour, minute, 0, 0, time.UTC) }
	days := bucket.LifecycleRule{Enabled: true, ExpireDays: 3, NoncurrentDays: 3, NewerNoncurrent: 2, AbortDays: 3}
	for _, tc := range []struct {
		name string
		got  bool
		want bool
	}{
		{"before the days are over", expires(days, made, on(18, 10, 30)), false},
		{"before the midnight after them", expires(days, made, on(18, 23, 59)), false},
		{"at that midnight", expires(days, made, on(19, 0, 0)), true},
		{"made at midnight", expires(days, on(15, 0, 0), on(18, 0, 0)), true},
		{"made at midnight, a minute before", expires(days, on(15, 0, 0), on(17, 23, 59)), false},
		{"made elsewhere", expires(days, made.In(time.FixedZone("", -8*3600)), on(18, 23, 59)), false},
		{"no days", expires(bucket.LifecycleRule{Enabled: true, AbortDays: 1}, made, on(30, 0, 0)), false},
		{"more days than there will be", expires(bucket.LifecycleRule{ExpireDays: 1<<31 - 1}, made, midnight), false},
		{"before the date", expires(bucket.LifecycleRule{ExpireOn: midnight}, made, midnight.Add(-1)), false},
		{"on the date", expires(bucket.LifecycleRule{ExpireOn: midnight}, midnight, midnight), true},
		{"a marker", bucket.LifecycleRule{ExpireMarkers: &yes}.ExpiresMarker(made, made), true},
		{"a marker that stays", bucket.LifecycleRule{ExpireMarkers: &no}.ExpiresMarker(made, midnight), false},
		{"a marker that is as old", days.ExpiresMarker(made, on(19, 0, 0)), true},
		{"a marker that isn't", days.ExpiresMarker(made, on(18, 0, 0)), false},
		{"markers only, an object", expires(bucket.LifecycleRule{ExpireMarkers: &yes}, made, midnight), false},
		{"a version with newer ones", days.ExpiresNoncurrent(made, 2, on(19, 0, 0)), true},
		{"a version with too few", days.ExpiresNoncurrent(made, 1, on(19, 0, 0)), false},
		{"a version that is too new", days.ExpiresNoncurrent(made, 2, on(18, 0, 0)), false},
		{"an upload", aborts(days, made, on(19, 0, 0)), true},
		{"an upload that is too new", aborts(days, made, on(18, 23, 0)), false},
		{"an upload without a rule", aborts(rule("a", "", 1), made, midnight), false},
		{"a key", rule("a", "logs/", 1).Covers("logs/a"), true},
		{"another key", rule("a", "logs/", 1).Covers("log"), false},
		{"any key", rule("a", "", 1).Covers("x"), true},
		{"a disabled rule", changed(rule("a", "", 1), func(r *bucket.LifecycleRule) { r.Enabled = false }).Covers("x"), false},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %v, want %v", tc.name, tc.got, tc.want)
		}
	}
}

// Of several rules about a key the earliest decides, and is named.
func TestLifecycleDue(t *testing.T) {
	made := time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC)
	on := func(day int) time.Time { return time.Date(2024, 1, day, 0, 0, 0, 0, time.UTC) }
	off := changed(rule("off", "", 1), func(r *bucket.LifecycleRule) { r.Enabled = false })
	dated := changed(rule("dated", "", 0), func(r *bucket.LifecycleRule) { r.ExpireOn = on(18) })
	abort := changed(rule("abort", "logs/", 0), func(r *bucket.LifecycleRule) { r.AbortDays = 1 })
	for _, tc := range []struct {
		name  string
		key   string
		rules []bucket.LifecycleRule
		want  bucket.Due
		abort bucket.Due
	}{
		{"no rule", "logs/a", nil, bucket.Due{}, bucket.Due{}},
		{"a rule", "logs/a", []bucket.LifecycleRule{rule("a", "logs/", 3)}, bucket.Due{At: on(19), Rule: "a"}, bucket.Due{}},
		{"a rule about others", "log", []bucket.LifecycleRule{rule("a", "logs/", 3), abort}, bucket.Due{}, bucket.Due{}},
		{"a rule that is off", "logs/a", []bucket.LifecycleRule{off, rule("a", "", 5)}, bucket.Due{At: on(21), Rule: "a"}, bucket.Due{}},
		{"the second is earlier", "logs/a", []bucket.LifecycleRule{rule("a", "", 3), rule("b", "logs/", 2)}, bucket.Due{At: on(18), Rule: "b"}, bucket.Due{}},
		{"the date is earlier", "logs/a", []bucket.LifecycleRule{rule("a", "", 3), dated, abort}, bucket.Due{At: on(18), Rule: "dated"}, bucket.Due{At: on(17), Rule: "abort"}},
		{"both at once", "logs/a", []bucket.LifecycleRule{rule("a", "", 2), dated}, bucket.Due{At: on(18), Rule: "a"}, bucket.Due{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := lifecycle(tc.rules...).Expiry(tc.key, made); got != tc.want {
				t.Errorf("Expiry: got %v, want %v", got, tc.want)
			}
			if got := lifecycle(tc.rules...).Abort(tc.key, made); got != tc.abort {
				t.Errorf("Abort: got %v, want %v", got, tc.abort)
			}
		})
	}
}
