package apply

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/awsclient"
)

// caller is the client, and what it knows of itself.
type caller struct {
	*awsclient.Client
	dry     bool
	account string
}

// item is one thing to be so. converge makes it so, beginning anew each time it
// is called.
type item struct {
	kind, name string
	at         place
	converge   func(ctx context.Context, s *step) error
	// many are the results of an item that stands for more than one, by name.
	many int
}

type stage []item

func (s *stage) add(kind, name string, at place, converge func(ctx context.Context, s *step) error) {
	*s = append(*s, item{kind: kind, name: name, at: at, converge: converge})
}

func (s stage) size() int {
	n := 0
	for _, i := range s {
		n += max(1, i.many)
	}
	return n
}

// step notes what was done for one item, or would be.
type step struct {
	dry     bool
	created bool
	changes []string
	several []Result          // of an item that stands for more than one
	settled map[string]Action // of those, what an earlier attempt did
}

// create makes the item itself.
func (s *step) create(do func() error) error {
	if s.dry {
		s.created = true
		return nil
	}
	err := do()
	s.created = s.created || err == nil
	return err
}

// change makes a part of the item so. Of an item that is new it goes without
// saying.
func (s *step) change(what string, do func() error) error {
	if !s.dry {
		if err := do(); err != nil {
			return err
		}
	}
	if !s.created {
		s.changes = append(s.changes, what)
	}
	return nil
}

// foreseen reports whether the item would only now be made: then there is
// nothing to compare its parts with.
func (s *step) foreseen() bool { return s.dry && s.created }

func (s *step) action() Action {
	switch {
	case s.created:
		return Create
	case len(s.changes) > 0:
		return Change
	}
	return Same
}

// pool works through stages.
type pool struct {
	run    *Run
	caller *caller
	of     int
	done   atomic.Int64
}

// stage works through the items of s, and returns their results in their order
// and how many were left out.
func (p *pool) stage(ctx context.Context, s stage) (results []Result, notTried int) {
	found := make([][]Result, len(s))
	next := make(chan int)
	var failures atomic.Int64
	var workers sync.WaitGroup
	for range max(1, min(p.run.Parallel, len(s))) {
		workers.Go(func() {
			for i := range next {
				if failures.Load() >= maxFailures && !p.run.DryRun || ctx.Err() != nil {
					continue
				}
				found[i] = p.item(ctx, s[i])
				if found[i][0].Action == Failed {
					failures.Add(1)
				}
				done := p.done.Add(int64(max(1, s[i].many)))
				if p.run.Progress != nil {
					p.run.Progress(s[i].kind, int(done), p.of)
				}
			}
		})
	}
	for i := range s {
		next <- i
	}
	close(next)
	workers.Wait()
	for i := range found {
		if found[i] == nil {
			notTried += max(1, s[i].many)
		}
		results = append(results, found[i]...)
	}
	return results, notTried
}

// item converges one item, and again when the server was too busy or away.
func (p *pool) item(ctx context.Context, i item) []Result {
	s := &step{dry: p.run.DryRun}
	err := i.converge(ctx, s)
	for attempt := 0; attempt < 6 && passing(ctx, err); attempt++ {
		if !sleep(ctx, attempt) {
			break
		}
		err = i.converge(ctx, s)
	}
	result := Result{Kind: i.kind, Name: i.name, Action: s.action(), Changes: s.changes, File: i.at.file, Line: i.at.line}
	if err != nil {
		result.Action, result.Error = Failed, err.Error()
		return []Result{result}
	}
	if i.many > 0 {
		return s.several
	}
	return []Result{result}
}

// passing reports whether err is one that a later attempt may not have: the
// network's, or the server's when it has too much to do.
func passing(ctx context.Context, err error) bool {
	var refused *awsclient.Error
	var mine *plainError
	switch {
	case err == nil || ctx.Err() != nil || errors.As(err, &mine):
		return false
	case errors.As(err, &refused):
		return refused.Status == 429 || refused.Status >= 500 && refused.Status != 501 || refused.Code == "ThrottlingException" || refused.Code == "SlowDown"
	}
	return true
}

// sleep waits twice as long with each attempt, from 0.1 s on, and reports
// whether ctx is still there.
func sleep(ctx context.Context, attempt int) bool {
	most := 100 * time.Millisecond << attempt
	select {
	case <-ctx.Done():
		return false
	case <-time.After(most/2 + rand.N(most/2)):
		return true
	}
}

// plainError is a refusal of this package, not of the server.
type plainError struct{ text string }

func (e *plainError) Error() string { return e.text }

// refusedWith reports whether err is a refusal with one of these codes.
func refusedWith(err error, codes ...string) bool {
	var refused *awsclient.Error
	if !errors.As(err, &refused) {
		return false
	}
	for _, c := range codes {
		if refused.Code == c {
			return true
		}
	}
	return false
}

// value is what p points to; the zero value when it points nowhere.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// given is a pointer to text; nil for none.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
