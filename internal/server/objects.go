package server

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"muster/internal/bucket"
	"muster/internal/index"
	"muster/internal/s3front"
	"muster/internal/secret"
	"muster/internal/sigv4"
)

// The variables that give the key of an external S3. They are no flags: what
// is on a command line, others on the machine can read.
const (
	s3KeyVariable    = "MUSTER_S3_ACCESS_KEY_ID"
	s3SecretVariable = "MUSTER_S3_SECRET_ACCESS_KEY"
)

// openObjects opens the object store and puts right what a crash left of its
// buckets.
func (s *Server) openObjects(ctx context.Context, x *index.Index) (err error) {
	var place bucket.Place
	if s.config.S3 == "" {
		place, err = s.embedObjects(ctx)
	} else {
		s.objects, err = s.externalObjects()
		place = s.objects
	}
	if err != nil {
		return err
	}
	s.buckets = bucket.New(s.db.Buckets(), place, x)
	if err := s.buckets.Repair(ctx); err != nil { // one bad bucket is no reason to keep all devices out
		s.log.Error("buckets left half made", "err", err)
	}
	return nil
}

func (s *Server) embedObjects(ctx context.Context) (*s3front.Embedded, error) {
	run := filepath.Join(s.config.Data, "run") // sockets of a process that was killed may lie here; the lock is ours
	if err := errors.Join(os.RemoveAll(run), os.MkdirAll(run, 0o700)); err != nil {
		return nil, err
	}
	embedded, err := s3front.OpenEmbedded(ctx, filepath.Join(s.config.Data, "s3"), run)
	if err != nil {
		return nil, err
	}
	s.objects, s.objectsDone = embedded.Store(), embedded.Done()
	s.undo = append(s.undo, embedded.Close)
	return embedded, nil
}

func (s *Server) externalObjects() (*s3front.Store, error) {
	u, err := url.Parse(s.config.S3)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, BadConfig{fmt.Errorf("--s3 is not the URL of an S3, such as https://s3.example.org")}
	}
	key, text := s.config.Getenv(s3KeyVariable), s.config.Getenv(s3SecretVariable)
	if key == "" || text == "" {
		return nil, BadConfig{fmt.Errorf("--s3 needs the key of that S3 in %s and %s", s3KeyVariable, s3SecretVariable)}
	}
	return s3front.NewStore(u, s.config.Region, sigv4.Credential{AccessKey: key, Secret: secret.New(text)}), nil
}
