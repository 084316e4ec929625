package server

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/minio/crc64nvme"

	"muster/internal/bucket"
	"muster/internal/content"
	"muster/internal/externals3"
	"muster/internal/index"
	"muster/internal/objects"
	"muster/internal/seal"
	"muster/internal/secret"
	"muster/internal/sigv4"
	"muster/internal/store"
)

// The variables that give the key of an external S3. They are no flags: what
// is on a command line, others on the machine can read.
const (
	s3KeyVariable    = "MUSTER_S3_ACCESS_KEY_ID"
	s3SecretVariable = "MUSTER_S3_SECRET_ACCESS_KEY"
)

func objectsFile(data string) string { return filepath.Join(data, "objects.db") }
func contentDir(data string) string  { return filepath.Join(data, "content") }

// openObjects opens what keeps the objects and puts right what a crash left of
// its buckets.
func (s *Server) openObjects(ctx context.Context, x *index.Index, master *seal.Master) (err error) {
	if s.config.S3 == "" {
		err = s.ownObjects(ctx, master)
	} else {
		err = s.externalObjects()
	}
	if err != nil {
		return err
	}
	s.buckets = bucket.New(s.db.Buckets(), s.objects, x)
	if external, ok := s.objects.(*externals3.Store); ok {
		s.buckets.Vacant = external.Vacant
	}
	if err := s.buckets.Repair(ctx); err != nil { // one bad bucket is no reason to keep all devices out
		s.log.Error("buckets left half made", "err", err)
	}
	return nil
}

// ownObjects opens Muster's own store of objects.
func (s *Server) ownObjects(ctx context.Context, master *seal.Master) error {
	if err := RefuseOldObjects(s.config.Data); err != nil {
		return err
	}
	files, err := content.Open(contentDir(s.config.Data))
	if err != nil {
		return err
	}
	db, err := store.OpenObjects(ctx, objectsFile(s.config.Data))
	if err != nil {
		return err
	}
	s.undo = append(s.undo, db.Close)
	db.StandOn(s.disk)
	if s.own, err = objects.New(ctx, db.Rows(), files, master); err != nil {
		return err
	}
	if s.fileDisk, err = s.diskOf(contentDir(s.config.Data)); err != nil {
		return err
	}
	s.own.Disk, s.own.FileDisk = s.disk, s.fileDisk
	s.own.DefaultQuota = objects.QuotaOf(s.config.S3BucketBytes, s.config.S3BucketObjects)
	s.own.CRC64NVME = func() hash.Hash { return crc64nvme.New() }
	s.objects = s.own
	return nil
}

// RefuseOldObjects fails where objects lie in the layout of the first store,
// which nothing reads any more. It was never part of a release.
func RefuseOldObjects(data string) error {
	old := filepath.Join(data, "s3")
	found := errors.New("a file")
	err := filepath.WalkDir(old, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case d.Type().IsRegular() && !strings.HasPrefix(path, filepath.Join(old, "sidecar")+string(filepath.Separator)):
			return found
		}
		return nil
	})
	switch {
	case errors.Is(err, found):
		return fmt.Errorf("%s holds objects as an earlier build kept them: serve this data with that build, copy each bucket out with `aws s3 sync s3://BUCKET DIR`, move %s away, serve with this one and sync them back; versions, tags and dates don't come along", old, old)
	case err != nil:
		return fmt.Errorf("look for objects of an earlier build: %w", err)
	}
	return nil
}

func (s *Server) externalObjects() error {
	u, err := url.Parse(s.config.S3)
	if err != nil {
		return BadConfig{err} // check has read it before
	}
	key, text := s.config.Getenv(s3KeyVariable), s.config.Getenv(s3SecretVariable)
	if key == "" || text == "" {
		return BadConfig{fmt.Errorf("--s3 needs the key of that S3 in %s and %s", s3KeyVariable, s3SecretVariable)}
	}
	external := externals3.New(u, s.config.Region, sigv4.Credential{AccessKey: key, Secret: secret.New(text)})
	external.Adopt = s.config.S3AdoptBuckets
	s.objects = external
	return nil
}
