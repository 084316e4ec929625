package objectstest

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/fault"
	"muster/internal/objects"
)

// answer is what an operation returned, whichever it was.
type answer struct {
	err      error
	objects  []objects.Object
	found    []span
	deleted  []objects.Deleted
	prefixes []string
	pages    []int // how many each page of a list had
	parts    []objects.Part
	total    int
	begun    []objects.Upload
	infos    []objects.UploadInfo
	other    string
}

// span is what was read of an object.
type span struct {
	First, Length int64
	Partial       bool
	Part          objects.Checksum
	Content       string
}

// names maps the model's ids and dates to the real ones.
type names struct {
	toReal, toModel map[string]string
	dates           map[string]time.Time
}

func newNames() names {
	return names{map[string]string{}, map[string]string{}, map[string]time.Time{}}
}

// real returns the real id; one that both don't know stays as it is.
func (n names) real(id string) string {
	if r, ok := n.toReal[id]; ok {
		return r
	}
	return id
}

// same fails unless real is the id that stands for the model's, which it
// learns where neither was seen before.
func (n names) same(real, model string) error {
	if model == "" || model == objects.NullVersion || real == "" || real == objects.NullVersion {
		if real != model {
			return fmt.Errorf("id %q, want one like %q", real, model)
		}
		return nil
	}
	knownReal, ok := n.toReal[model]
	knownModel, taken := n.toModel[real]
	switch {
	case !ok && !taken:
		n.toReal[model], n.toModel[real] = real, model
		return nil
	case knownReal != real:
		return fmt.Errorf("id %q, which stands for %q, want that of %q: %q", real, knownModel, model, knownReal)
	}
	return nil
}

// sameDate fails unless the date of what is named is the one it had before.
func (n names) sameDate(what string, real, model time.Time) error {
	if real.IsZero() != model.IsZero() {
		return fmt.Errorf("date %v, want one like %v", real, model)
	}
	what += model.Format(time.RFC3339)
	real = real.UTC().Truncate(time.Millisecond)
	if before, ok := n.dates[what]; ok && !before.Equal(real) {
		return fmt.Errorf("%s has date %v, had %v before", what, real, before)
	}
	n.dates[what] = real
	return nil
}

// compare fails unless the real answer is the model's, with other ids and dates.
// A loose one may be refused for another reason than the model says.
func (w *walk) compare(got, want answer, loose bool) error {
	if err := w.sameRefusal(got.err, want.err, loose); err != nil {
		return err
	}
	if len(got.objects) != len(want.objects) || len(got.begun) != len(want.begun) || len(got.infos) != len(want.infos) || len(got.deleted) != len(want.deleted) || len(got.parts) != len(want.parts) {
		return differ(got, want)
	}
	for i := range got.objects {
		if err := w.sameObject(&got.objects[i], &want.objects[i]); err != nil {
			return fmt.Errorf("object %d of %d: %w", i+1, len(got.objects), err)
		}
	}
	for i := range got.deleted {
		if err := w.sameDeleted(&got.deleted[i], &want.deleted[i]); err != nil {
			return fmt.Errorf("deletion %d of %d: %w", i+1, len(got.deleted), err)
		}
	}
	for i := range got.begun {
		if err := w.ids.same(got.begun[i].ID, want.begun[i].ID); err != nil {
			return err
		}
		got.begun[i].ID = want.begun[i].ID
	}
	for i := range got.infos {
		g, m := &got.infos[i], &want.infos[i]
		if w.Wire && g.Created.IsZero() {
			m.Created = g.Created // not said where parts are listed
		}
		if err := errors.Join(w.ids.same(g.ID, m.ID), w.ids.sameDate("upload "+m.ID, g.Created, m.Created)); err != nil {
			return err
		}
		g.ID, g.Created, g.Checksum = m.ID, m.Created, known(g.Checksum, m.Checksum)
	}
	for i := range got.parts {
		if w.Wire && want.parts[i].SourceVersion == "" && got.parts[i].SourceVersion == objects.NullVersion {
			got.parts[i].SourceVersion = ""
		}
		if err := w.ids.same(got.parts[i].SourceVersion, want.parts[i].SourceVersion); err != nil {
			return fmt.Errorf("source: %w", err)
		}
		w.samePart(&got.parts[i], want.parts[i])
	}
	for i := range got.found {
		if i < len(want.found) {
			got.found[i].Part = known(got.found[i].Part, want.found[i].Part)
			got.found[i].Part.Type, want.found[i].Part.Type = "", ""
		}
	}
	got.err, want.err = nil, nil
	return differ(got, want)
}

// samePart leaves out of a part what a store need not say of it.
func (w *walk) samePart(got *objects.Part, want objects.Part) {
	if got.Modified.IsZero() == want.Modified.IsZero() || want.Modified.IsZero() || w.Wire {
		got.Modified = want.Modified
	}
	if got.ETag == "" {
		got.ETag = want.ETag
	}
	got.Checksum = known(got.Checksum, want.Checksum)
	got.Checksum.Type, got.SourceVersion = want.Checksum.Type, want.SourceVersion
}

func differ(got, want answer) error {
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(answer{}, span{})); diff != "" {
		return fmt.Errorf("other than the model (-want +got):\n%s", diff)
	}
	return nil
}

// known leaves a checksum out that nobody asked for: a store may compute one.
func known(got, want objects.Checksum) objects.Checksum {
	if want.Algorithm == "" {
		return objects.Checksum{}
	}
	return got
}

func (w *walk) sameRefusal(got, want error, loose bool) error {
	if (got == nil) != (want == nil) {
		return fmt.Errorf("got error %v, want %v", got, want)
	}
	if want == nil || loose {
		return nil
	}
	for _, kind := range []error{
		objects.NoBucket, objects.NoObject, objects.NoVersion, objects.IsMarker, objects.NoUpload, objects.Precondition, objects.NotModified,
		objects.OutOfRange, objects.NoPart, objects.BadPart, objects.PartOrder, objects.PartTooSmall, objects.BadDigest, objects.BadChecksum, objects.BadSize,
		objects.SelfCopy, fault.InUse, fault.Invalid, errBroken, errDenied,
	} {
		if errors.Is(want, kind) {
			if !errors.Is(got, kind) {
				return fmt.Errorf("got error %v, want %v", got, want)
			}
			return w.sameCondition(got, want)
		}
	}
	return nil // the body was of another size: any error does
}

func (w *walk) sameCondition(got, want error) error {
	var g, m *objects.Refused
	errors.As(got, &g)
	errors.As(want, &m)
	if m == nil {
		return nil
	}
	switch {
	case g == nil:
		return fmt.Errorf("got %v, want it refused with details: %+v", got, m)
	case errors.Is(want, objects.Precondition) && g.Condition != m.Condition:
		return fmt.Errorf("refused because of %q, want %q", g.Condition, m.Condition)
	case g.Source != m.Source:
		return fmt.Errorf("refused as of the source: %v, want %v", g.Source, m.Source)
	case w.Wire && !errors.Is(want, objects.NotModified):
		return nil // what was found is not said
	case m.Object != nil && !m.Source && !errors.Is(want, objects.Precondition) && !errors.Is(want, objects.NoPart) && (g.Object == nil || g.Object.Key != m.Object.Key || g.Object.ETag != m.Object.ETag || g.Object.Marker != m.Object.Marker):
		return fmt.Errorf("refused with object %+v, want %+v", g.Object, m.Object)
	}
	return nil
}

// sameObject compares what can't be the same, and then makes it the same.
func (w *walk) sameObject(got, want *objects.Object) error {
	if w.Wire {
		unsaid(got, want)
	}
	if err := errors.Join(w.ids.same(got.Version, want.Version), w.ids.same(got.SourceVersion, want.SourceVersion)); err != nil {
		return err
	}
	what := fmt.Sprintf("%s %q %s ", want.Bucket, want.Key, want.Version)
	if err := w.ids.sameDate(what, got.Modified, want.Modified); err != nil {
		return err
	}
	got.Version, got.SourceVersion, got.Modified, got.Encrypted = want.Version, want.SourceVersion, want.Modified, ""
	got.Checksum = known(got.Checksum, want.Checksum)
	if len(got.Tags) == 0 && len(want.Tags) == 0 {
		got.Tags, want.Tags = nil, nil
	}
	if len(got.Headers.Metadata) == 0 && len(want.Headers.Metadata) == 0 {
		got.Headers.Metadata, want.Headers.Metadata = nil, nil
	}
	return nil
}

// unsaid leaves out what S3's wire doesn't say.
func unsaid(got, want *objects.Object) {
	if got.Modified.IsZero() {
		want.Modified = got.Modified
	}
	got.Modified = got.Modified.Truncate(time.Second)
	if !got.Newest {
		want.Newest = false
	}
	if !got.Versioned {
		want.Versioned = false // a write's answer has no id while versioning is suspended
	}
	if got.Size == 0 {
		want.Size = 0
	}
	if got.Parts == 0 {
		want.Parts = 0
	}
	if got.ETag == "" {
		want.ETag = "" // not said where tags are read
	}
	if want.Headers.ContentType == "" {
		got.Headers.ContentType = "" // one is made up
	}
	if want.SourceVersion == "" && got.SourceVersion == objects.NullVersion {
		got.SourceVersion = "" // as it was asked for
	}
	if got.Checksum.Algorithm == "" {
		want.Checksum = got.Checksum // not said where a range is read
	}
	if len(got.Tags) == 0 {
		want.Tags = nil // a read says how many there are
	}
}

func (w *walk) sameDeleted(got, want *objects.Deleted) error {
	if err := w.sameRefusal(got.Err, want.Err, false); err != nil {
		return err
	}
	if err := errors.Join(w.ids.same(got.MarkerVersion, want.MarkerVersion), w.ids.same(got.Version, want.Version)); err != nil {
		return err
	}
	got.MarkerVersion, got.Version = want.MarkerVersion, want.Version
	if want.Err != nil || w.Wire {
		got.Versioned = want.Versioned
	}
	got.Err, want.Err = nil, nil
	return nil
}
