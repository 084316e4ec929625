package bucket

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"
	"unicode/utf8"

	"muster/internal/fault"
)

// LifecycleRule says when objects whose keys begin with Prefix are removed. A
// number of days that is 0 is an action that the rule doesn't have.
type LifecycleRule struct {
	ID      string
	Enabled bool
	Prefix  string
	Form    PrefixForm

	ExpireDays      int       // the newest version, since it was made
	ExpireOn        time.Time // the newest version, from that midnight on; zero for never
	ExpireMarkers   *bool     // delete markers that are a key's last version; nil when the rule doesn't say
	NoncurrentDays  int       // other versions, since one was put over them
	NewerNoncurrent int       // how many newer ones of those are kept beside
	AbortDays       int       // uploads in parts, since they were begun
}

// PrefixForm is how a rule names its prefix, so that it is read as it was written.
type PrefixForm string

// The forms.
const (
	EmptyFilter  PrefixForm = "filter"        // a Filter with nothing in it: all keys
	FilterPrefix PrefixForm = "filter-prefix" // the Prefix of a Filter
	RulePrefix   PrefixForm = "prefix"        // a Prefix beside the ID, as in S3's first version of this
)

// LifecycleConfiguration is what a bucket has of it.
type LifecycleConfiguration struct {
	Rules []LifecycleRule
	// TransitionMinimum is x-amz-transition-default-minimum-object-size: kept and
	// read back. Nothing is ever moved to another storage class.
	TransitionMinimum string
}

// Values of LifecycleConfiguration.TransitionMinimum.
const (
	MinimumForAll     = "all_storage_classes_128K" // the default
	MinimumVaries     = "varies_by_storage_class"
	mostLifecycles    = 1000
	longestPrefix     = 1024 // bytes
	lifecycleIDLength = 36
)

// Lifecycle returns a bucket's rules, which nobody may change. It fails with
// fault.NotFound when there are none.
func (b *Buckets) Lifecycle(ctx context.Context, name string) (LifecycleConfiguration, error) {
	return known[LifecycleConfiguration](ctx, b, name, Lifecycle)
}

// SetLifecycle keeps rules in place of those that the bucket has, and gives an
// ID to those without. It fails with fault.Malformed for rules that break S3's
// schema, and with fault.Invalid for others that can't be: the field "argument"
// names the element at fault where it is one's value.
func (b *Buckets) SetLifecycle(ctx context.Context, name string, c LifecycleConfiguration) (LifecycleConfiguration, error) {
	c.Rules = append([]LifecycleRule(nil), c.Rules...)
	for i := range c.Rules {
		if c.Rules[i].ID == "" {
			c.Rules[i].ID = newRuleID()
		}
	}
	if c.TransitionMinimum == "" {
		c.TransitionMinimum = MinimumForAll
	}
	if err := CheckLifecycle(c); err != nil {
		return c, err
	}
	return c, b.set(ctx, name, Lifecycle, c)
}

// newRuleID returns an ID as S3 makes them: 48 characters.
func newRuleID() string {
	id := make([]byte, lifecycleIDLength)
	rand.Read(id)
	return base64.RawURLEncoding.EncodeToString(id)
}

// badValue refuses the value of an element.
func badValue(argument, format string, args ...any) error {
	return fault.Invalid.Errorf(format, args...).With("argument", argument)
}

// CheckLifecycle refuses rules that a bucket can't have.
func CheckLifecycle(c LifecycleConfiguration) error {
	switch {
	case c.TransitionMinimum != MinimumForAll && c.TransitionMinimum != MinimumVaries:
		return fault.Invalid.Errorf("Invalid TransitionDefaultMinimumObjectSize found: %s", c.TransitionMinimum)
	case len(c.Rules) == 0 || len(c.Rules) > mostLifecycles:
		return malformed("a lifecycle configuration has 1 to %d rules", mostLifecycles)
	}
	ids := map[string]bool{}
	for _, r := range c.Rules {
		if err := r.check(); err != nil {
			return err
		}
		if ids[r.ID] {
			return badValue("ID", "Rule ID must be unique. Found same ID for more than one rule")
		}
		ids[r.ID] = true
	}
	return checkForms(c.Rules)
}

func (r LifecycleRule) check() error {
	expires := r.ExpireDays != 0 || !r.ExpireOn.IsZero()
	switch {
	case utf8.RuneCountInString(r.ID) > longestID:
		return badValue("ID", "ID length should not exceed allowed limit of %d", longestID)
	case len(r.Prefix) > longestPrefix:
		return fault.Invalid.Errorf("The maximum size of a prefix is %d.", longestPrefix)
	case r.Form == EmptyFilter && r.Prefix != "":
		return malformed("a filter that has a prefix isn't empty")
	case r.ExpireDays != 0 && !r.ExpireOn.IsZero():
		return malformed("an expiration has Days or Date")
	case expires && r.ExpireMarkers != nil:
		return malformed("an expiration of delete markers has neither Days nor Date")
	case !expires && r.ExpireMarkers == nil && r.NoncurrentDays == 0 && r.AbortDays == 0:
		return fault.Invalid.Errorf("At least one action needs to be specified in a rule")
	case r.ExpireDays < 0:
		return NotPositive("Days", "Expiration")
	case !r.ExpireOn.Equal(r.ExpireOn.UTC().Truncate(day)):
		return badValue("Date", "'Date' must be at midnight GMT")
	case r.NoncurrentDays < 0:
		return NotPositive("NoncurrentDays", "NoncurrentVersionExpiration")
	case r.NewerNoncurrent != 0 && r.NoncurrentDays == 0:
		return malformed("NewerNoncurrentVersions goes with NoncurrentDays")
	case r.NewerNoncurrent < 0:
		return NotPositive("NewerNoncurrentVersions", "NoncurrentVersionExpiration")
	case r.AbortDays < 0:
		return NotPositive("DaysAfterInitiation", "AbortIncompleteMultipartUpload")
	}
	return nil
}

// NotPositive refuses a number of an action that is 0 or less.
func NotPositive(element, action string) error {
	return badValue(element, "'%s' for %s action must be a positive integer", element, action)
}

// checkForms refuses rules of both forms together, and of the first form what
// it never could say: two prefixes that overlap, and NewerNoncurrentVersions.
func checkForms(rules []LifecycleRule) error {
	first := rules[0].Form == RulePrefix
	for i, r := range rules {
		switch {
		case first && r.Form != RulePrefix:
			return fault.Invalid.Errorf("Filter element can only be used in Lifecycle V2.")
		case !first && r.Form == RulePrefix:
			return fault.Invalid.Errorf("Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.")
		case first && r.NewerNoncurrent > 0:
			return fault.Invalid.Errorf("NewerNoncurrentVersions element can only be used in Lifecycle V2.")
		}
		for _, other := range rules[:i] {
			if !first || !strings.HasPrefix(r.Prefix, other.Prefix) && !strings.HasPrefix(other.Prefix, r.Prefix) {
				continue
			}
			if action := sharedAction(r, other); action != "" {
				return fault.Invalid.Errorf("Found overlapping prefixes '%s' and '%s' for same action type '%s'", other.Prefix, r.Prefix, action)
			}
		}
	}
	return nil
}

func sharedAction(a, b LifecycleRule) string {
	expires := func(r LifecycleRule) bool { return r.ExpireDays > 0 || !r.ExpireOn.IsZero() || r.ExpireMarkers != nil }
	switch {
	case expires(a) && expires(b):
		return "Expiration"
	case a.NoncurrentDays > 0 && b.NoncurrentDays > 0:
		return "NoncurrentVersionExpiration"
	case a.AbortDays > 0 && b.AbortDays > 0:
		return "AbortIncompleteMultipartUpload"
	}
	return ""
}
