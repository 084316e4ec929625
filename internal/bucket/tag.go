package bucket

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"muster/internal/fault"
)

// Tag is a tag of a bucket.
type Tag struct{ Key, Value string }

// What S3 allows of a bucket's tags; see "Using cost allocation S3 bucket tags"
// in the S3 User Guide.
const (
	mostTags     = 50
	longestKey   = 128 // characters
	longestValue = 256
)

var tagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// Tags returns a bucket's tags in the order in which they were set. It fails
// with fault.NotFound when there are none.
func (b *Buckets) Tags(ctx context.Context, name string) ([]Tag, error) {
	return get[[]Tag](ctx, b, name, Tagging)
}

// SetTags replaces all tags of a bucket; none removes them. It fails with
// fault.Invalid for tags that a bucket can't have.
func (b *Buckets) SetTags(ctx context.Context, name string, tags []Tag) error {
	if err := checkTags(tags); err != nil {
		return err
	}
	if len(tags) == 0 {
		return b.Unset(ctx, name, Tagging)
	}
	return b.set(ctx, name, Tagging, tags)
}

func checkTags(tags []Tag) error {
	if len(tags) > mostTags {
		return fault.Invalid.Errorf("Bucket tag count cannot be greater than %d", mostTags)
	}
	seen := map[string]bool{}
	for _, t := range tags {
		switch n := utf8.RuneCountInString(t.Key); {
		case n == 0 || n > longestKey || !utf8.ValidString(t.Key) || !tagText.MatchString(t.Key):
			return fault.Invalid.Errorf("The TagKey you have provided is invalid")
		case utf8.RuneCountInString(t.Value) > longestValue || !utf8.ValidString(t.Value) || !tagText.MatchString(t.Value):
			return fault.Invalid.Errorf("The TagValue you have provided is invalid")
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return fault.Invalid.Errorf("System tags cannot be added/updated by requester")
		case seen[t.Key]:
			return fault.Invalid.Errorf("Cannot provide multiple Tags with the same key")
		}
		seen[t.Key] = true
	}
	return nil
}
