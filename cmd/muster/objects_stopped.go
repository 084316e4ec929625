package main

import (
	"context"
	"path/filepath"

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
