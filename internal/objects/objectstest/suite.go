// Package objectstest holds what every objects.Keeper must do: a suite of
// promises (Run), the simplest Keeper that keeps them (Model), and a walk of
// random operations that compares a Keeper with the Model after each (Random).
//
// It knows no store. Behaviour is that of the S3 User Guide (versioning,
// conditional requests, multipart uploads, checking object integrity) and of the
// S3 API Reference, in the words of package objects.
package objectstest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/objects"
)

// Options say what is known of the store under test.
type Options struct {
	// MinPart is the least size that the store asks of a part but the last;
	// 5 MiB when 0. A store that can be told a small one makes the suite fast.
	MinPart int64
	// Without holds the names of promises that the store need not keep, each
	// with the reason.
	Without map[string]string
	// Race is how long each race is run. When 0, the environment says it: as
	// MUSTER_RACE=10s, or by MUSTER_NIGHT=1 for a minute. Else it is a fraction of
	// a second.
	Race time.Duration
}

func (o Options) minPart() int64 {
	if o.MinPart == 0 {
		return defaultMinPart
	}
	return o.MinPart
}

func (o Options) race() time.Duration {
	said, err := time.ParseDuration(os.Getenv("MUSTER_RACE"))
	switch {
	case o.Race != 0:
		return o.Race
	case err == nil:
		return said
	case Night():
		return time.Minute
	}
	return 250 * time.Millisecond
}

// Night reports whether the tests may take long.
func Night() bool { return os.Getenv("MUSTER_NIGHT") == "1" }

// A Promise is one thing that every Keeper must do.
type Promise struct {
	Name  string
	check func(c *check)
}

// Promises returns all of them.
func Promises() []Promise {
	return slices.Concat(bucketPromises, versionPromises, readPromises, bodyPromises, checksumPromises, conditionPromises, keyPromises,
		listPromises, deletePromises, copyPromises, tagPromises, judgePromises, uploadPromises, completePromises, racing())
}

// racing returns the promises to several clients at once.
func racing() []Promise { return slices.Concat(racePromises, readRacePromises, uploadRacePromises) }

// Run checks all promises, each as a subtest. They share the store that open
// returns, in buckets of their own. Short tests, as under the race detector,
// leave out what is promised to one client alone.
func Run(t *testing.T, open func(t *testing.T) objects.Keeper, o Options) {
	t.Helper()
	all := Promises()
	for name := range o.Without {
		if !slices.ContainsFunc(all, func(p Promise) bool { return p.Name == name }) {
			t.Errorf("the store need not keep the promise %q, but there is none of that name", name)
		}
	}
	if testing.Short() {
		all = racing()
	}
	keeper := open(t)
	for _, p := range all {
		t.Run(p.Name, func(t *testing.T) {
			if why, out := o.Without[p.Name]; out {
				t.Skip(why)
			}
			if err := p.Check(t.Context(), keeper, o); err != nil {
				t.Error(err)
			}
		})
	}
}

// Check returns what is wrong when the keeper does not keep the promise.
func (p Promise) Check(ctx context.Context, keeper objects.Keeper, o Options) (err error) {
	c := &check{ctx: ctx, Keeper: keeper, options: o}
	defer func() {
		switch broken := recover().(type) {
		case nil:
		case brokenPromise:
			err = broken
		default:
			panic(broken)
		}
	}()
	p.check(c)
	return nil
}

// brokenPromise unwinds the check of a promise. The checks are written with it
// instead of a testing.T, so that a test can see a broken Keeper being caught.
type brokenPromise struct{ text string }

func (b brokenPromise) Error() string { return b.text }

// fatalf ends the check of the promise.
func (c *check) fatalf(format string, args ...any) {
	panic(brokenPromise{where() + fmt.Sprintf(format, args...)})
}

// where returns the lines that led to a failure, without those of the helpers.
func where() string {
	var lines []string
	pcs := make([]uintptr, 20)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, "Promise.Check") || !more {
			break
		}
		if file := filepath.Base(frame.File); file != "check.go" && strings.Contains(frame.Function, "objectstest") {
			lines = append(lines, fmt.Sprintf("%s:%d", file, frame.Line))
		}
	}
	return strings.Join(lines, " < ") + ": "
}
