package objects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Scrubbed is what reading all contents found.
type Scrubbed struct {
	Began    time.Time
	Ended    time.Time // zero while it isn't done
	After    int64     // id of the content that was read last
	Contents int64
	Bytes    int64
	Damaged  int64 // missing, or not what was written
}

const (
	scrubEvery = 30 * 24 * time.Hour
	scrubNote  = "scrub"
	scrubChunk = 64 // contents between two notes of how far it is
)

// Scrubbed returns what the last scrub found, or the one under way has found
// so far.
func (o *Objects) Scrubbed(ctx context.Context) (Scrubbed, error) {
	text, err := o.rows.Note(ctx, scrubNote)
	if err != nil || text == "" {
		return Scrubbed{}, err
	}
	var s Scrubbed
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return Scrubbed{}, fmt.Errorf("read how far the scrub is: %w", err)
	}
	return s, nil
}

// Damaged returns how many contents were found damaged since the start, by
// reads and scrubs.
func (o *Objects) Damaged() int64 { return o.damaged.Load() }

// scrubIfDue goes on with a scrub that was broken off, or begins one a month
// after the last.
func (o *Objects) scrubIfDue(ctx context.Context) error {
	last, err := o.Scrubbed(ctx)
	if err != nil {
		return err
	}
	if !last.Ended.IsZero() && o.now().Sub(last.Ended) < scrubEvery {
		return nil
	}
	_, err = o.Scrub(ctx)
	return err
}

// Scrub reads all contents, slowly, and counts those that are damaged. It goes
// on where one was broken off.
func (o *Objects) Scrub(ctx context.Context) (Scrubbed, error) {
	s, err := o.Scrubbed(ctx)
	if err != nil {
		return s, err
	}
	if s.Began.IsZero() || !s.Ended.IsZero() {
		s = Scrubbed{Began: o.now()}
	}
	for s.Ended.IsZero() {
		all, err := o.rows.Contents(ctx, s.After, scrubChunk)
		if err != nil {
			return s, err
		}
		for _, c := range all {
			if err := o.scrub(ctx, c, &s); err != nil {
				return s, err
			}
		}
		if len(all) < scrubChunk {
			s.Ended = o.now()
		}
		text, err := json.Marshal(s)
		if err != nil {
			return s, err
		}
		if err := o.rows.SetNote(ctx, scrubNote, string(text)); err != nil {
			return s, err
		}
	}
	return s, nil
}

// scrub reads one content. It fails only when it must stop.
func (o *Objects) scrub(ctx context.Context, c Content, s *Scrubbed) error {
	s.After = c.ID
	if c.Kind == OfParts {
		return nil // its segments are contents too
	}
	rate := o.ScrubRate
	if rate == 0 {
		rate = 16 << 20
	}
	err := o.readThrough(ctx, c, rate)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		there, lookErr := o.rows.HasContent(ctx, c.ID)
		if lookErr != nil || !there { // removed while it was read
			return lookErr
		}
		s.Damaged++
		o.damaged.Add(1)
		slog.ErrorContext(ctx, "a content is damaged", "content", c.Name.String(), "id", c.ID, "err", err)
	}
	s.Contents++
	s.Bytes += c.Size
	return nil
}

// readThrough reads all of a content, at most rate bytes a second; 0 for as fast
// as it can. It fails where the content isn't what was written.
func (o *Objects) readThrough(ctx context.Context, c Content, rate int64) error {
	body, err := o.open(ctx, c, 0, c.Size)
	if err != nil {
		return err
	}
	defer body.Close()
	read := int64(0)
	for {
		n, err := io.CopyN(io.Discard, body, 1<<20)
		read += n
		wait := time.Duration(0)
		if rate > 0 {
			wait = time.Duration(float64(n) / float64(rate) * float64(time.Second))
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if read != c.Size {
		return fmt.Errorf("%w: it has %d bytes instead of %d", ErrDamaged, read, c.Size)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	if d < time.Millisecond {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
