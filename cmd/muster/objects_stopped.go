package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/server"
)

// stoppedFlags are those of the commands that read the data of a server that
// doesn't run.
type stoppedFlags struct {
	data, masterKeyFile string
}

func (s *stoppedFlags) flags(cmd *cobra.Command) {
	s.data = server.Default().Data
	cmd.Flags().StringVar(&s.data, "data", s.data, "data directory of the stopped server")
	cmd.Flags().StringVar(&s.masterKeyFile, "master-key-file", "", "file of its master key, or - for standard input (default <data>/master.key)")
}

func (s *stoppedFlags) open(ctx context.Context) (*server.StoppedObjects, error) {
	key := s.masterKeyFile
	if key == "" {
		key = filepath.Join(s.data, "master.key")
	}
	return server.OpenStoppedObjects(ctx, s.data, key)
}

// progress tells who waits at a terminal how far something is.
type progress struct {
	to   io.Writer // nil for nobody
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
	if p.to == nil || time.Since(p.last) < progressEvery {
		return
	}
	p.last = time.Now()
	fmt.Fprintf(p.to, format+"\n", args...)
}
