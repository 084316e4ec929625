package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// progress tells who waits at a terminal how far something is. Several may tell
// it at once.
type progress struct {
	to io.Writer // nil for nobody

	mu   sync.Mutex
	last time.Time
}

const progressEvery = 2 * time.Second

func newProgress(out io.Writer) *progress {
	f, ok := out.(*os.File)
	if !ok {
		return &progress{}
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &progress{}
	}
	return &progress{to: out, last: time.Now()}
}

func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.to == nil || time.Since(p.last) < progressEvery {
		return
	}
	p.last = time.Now()
	fmt.Fprintf(p.to, format+"\n", args...)
}
