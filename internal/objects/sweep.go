package objects

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Swept is what a sweep found.
type Swept struct {
	At      time.Time
	Files   int   // contents in files
	Orphans int   // files of at least a day that no row names
	Bytes   int64 // theirs
	Removed int   // orphans and temporary files
	// Held says why nothing was removed; "" if what was found was.
	Held string
}

const (
	orphanAge   = 24 * time.Hour
	mostOrphans = 1000 // that are removed without being asked
	fewOrphans  = 10   // that are removed even if they are more than one in a hundred
	// restored is the name of the note that the rows are older than the files:
	// what no row names may be what somebody wants back.
	restored = "restored"
)

// MarkRestored says that the rows were put back from an older copy: no sweep
// removes anything until one is told to.
func (o *Objects) MarkRestored(ctx context.Context) error {
	return o.rows.SetNote(ctx, restored, o.now().Format(time.RFC3339))
}

// Swept returns what the last sweep found.
func (o *Objects) Swept() Swept {
	o.swept.Lock()
	defer o.swept.Unlock()
	return o.swept.last
}

// Sweep removes files that no row names and that didn't change for a day.
// Where there are more of them than crashes leave, or the rows look older than
// the files, it removes nothing and says so, unless told to by agreed.
func (o *Objects) Sweep(ctx context.Context, agreed bool) (Swept, error) {
	o.sweeping.Lock()
	defer o.sweeping.Unlock()
	s := sweep{objects: o, before: o.now().Add(-orphanAge)}
	s.At = o.now()
	if err := o.files.Walk(ctx, func(f File) error { return s.see(ctx, f) }); err != nil {
		return Swept{}, fmt.Errorf("look for files without rows: %w", err)
	}
	if err := s.ask(ctx); err != nil {
		return Swept{}, err
	}
	if err := s.judge(ctx, agreed); err != nil {
		return Swept{}, err
	}
	if s.Held == "" {
		s.clear(ctx)
	} else {
		slog.WarnContext(ctx, "files without rows are left where they are", "files", s.Orphans, "bytes", s.Bytes, "why", s.Held)
	}
	o.swept.Lock()
	o.swept.last = s.Swept
	o.swept.Unlock()
	return s.Swept, nil
}

// sweep is a Sweep under way.
type sweep struct {
	Swept
	objects *Objects
	before  time.Time // what changed later is left alone
	batch   []File
	orphans []File
	temps   []File
	late    bool // an orphan is from after the newest row that was there at the start
}

// askAtOnce is how many files are compared with the rows together.
const askAtOnce = 500

// see takes note of a file.
func (s *sweep) see(ctx context.Context, f File) error {
	if f.Temporary {
		if f.Changed.Before(s.before) {
			s.temps = append(s.temps, f)
		}
		return nil
	}
	s.Files++
	if !f.Changed.Before(s.before) || s.objects.holds.wanted(f.ID) {
		return nil
	}
	if s.batch = append(s.batch, f); len(s.batch) < askAtOnce {
		return nil
	}
	return s.ask(ctx)
}

// ask finds those of the batch that no row names.
func (s *sweep) ask(ctx context.Context) error {
	if len(s.batch) == 0 {
		return nil
	}
	names, files := make([]ContentID, len(s.batch)), map[ContentID]File{}
	for i, f := range s.batch {
		names[i], files[f.ID] = f.ID, f
	}
	s.batch = s.batch[:0]
	unknown, err := s.objects.rows.Unknown(ctx, names)
	if err != nil {
		return err
	}
	for _, id := range unknown {
		f := files[id]
		s.orphans = append(s.orphans, f)
		s.Orphans++
		s.Bytes += f.Size
		// A crash leaves files about as old as the last row. Ones that came
		// later, and before this process, were acknowledged by rows that are gone.
		if f.Changed.After(s.objects.newestAt.Add(time.Minute)) && f.Changed.Before(s.objects.started) {
			s.late = true
		}
	}
	return nil
}

// judge decides whether what was found may go.
func (s *sweep) judge(ctx context.Context, agreed bool) error {
	if agreed {
		return s.objects.rows.SetNote(ctx, restored, "")
	}
	note, err := s.objects.rows.Note(ctx, restored)
	if err != nil {
		return err
	}
	if note == "" && s.late {
		if err := s.objects.MarkRestored(ctx); err != nil {
			return err
		}
	}
	switch {
	case note != "" || s.late:
		s.Held = "the rows are older than the files, as after a restore"
	case s.Orphans > mostOrphans:
		s.Held = fmt.Sprintf("there are more than %d", mostOrphans)
	case s.Orphans > max(fewOrphans, s.Files/100):
		s.Held = "they are more than one in a hundred"
	}
	return nil
}

// clear removes what was found.
func (s *sweep) clear(ctx context.Context) {
	for _, f := range s.orphans {
		if err := s.objects.files.Remove(f.ID); err != nil {
			slog.WarnContext(ctx, "a file without a row is left behind", "file", f.ID.String(), "err", err)
			continue
		}
		s.Removed++
	}
	for _, f := range s.temps {
		if err := s.objects.files.Discard(f); err != nil {
			slog.WarnContext(ctx, "a temporary file is left behind", "file", f.Path, "err", err)
			continue
		}
		s.Removed++
	}
}

// Run sweeps once a day and reads all contents once a month, until ctx ends.
func (o *Objects) Run(ctx context.Context) {
	wait := time.NewTimer(10 * time.Minute) // the start has other things to do
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
		}
		if o.now().Sub(o.Swept().At) >= orphanAge {
			if _, err := o.Sweep(ctx, false); err != nil && !errors.Is(err, context.Canceled) {
				slog.ErrorContext(ctx, "sweep of files without rows", "err", err)
			}
		}
		if err := o.scrubIfDue(ctx); err != nil && !errors.Is(err, context.Canceled) {
			slog.ErrorContext(ctx, "scrub of the contents of objects", "err", err)
		}
		wait.Reset(time.Hour)
	}
}
