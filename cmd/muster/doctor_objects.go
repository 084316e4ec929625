package main

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"muster/internal/awsapi/adminapi"
	"muster/internal/awsclient"
	"muster/internal/seal"
	"muster/internal/server"
)

// readSince is how long ago all contents should have been read through: the
// server does so once a month.
const readSince = 60 * 24 * time.Hour

// checkContent looks at the folder of the objects' contents, and for objects
// of the layout that no server reads any more.
func (d *doctor) checkContent() {
	if err := server.RefuseOldObjects(d.config.Data); err != nil {
		d.fail("object store", "do so before the next start", "%v", err)
	}
	const check = "content directory"
	dir := filepath.Join(d.config.Data, "content")
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return // there are none, or they are in an external S3
	case err != nil:
		d.fail(check, "run this as the user of the server", "%v", err)
	case !info.IsDir():
		d.fail(check, "restore it from your copy", "%s is not a directory", dir)
	case info.Mode().Perm()&0o077 != 0:
		d.fail(check, "chmod 700 "+dir, "%s has mode %04o: others may look into it", dir, info.Mode().Perm())
	default:
		d.ok(check, "%s, mode %04o", dir, info.Mode().Perm())
	}
}

// checkKeptObjects looks into the database of objects that no server holds.
func (d *doctor) checkKeptObjects(ctx context.Context) {
	const check = "objects"
	err := server.ExamineObjects(ctx, d.config.Data, d.masterKeyFile())
	if server.Running(d.config.Data) {
		return // one was started meanwhile, and wrote what was being read
	}
	switch {
	case errors.Is(err, server.ErrRowsGone):
		d.fail(check, "restore objects.db from your copy before the next start", "%s is gone, and there are contents of objects that only it can name", filepath.Join(d.config.Data, "objects.db"))
	case errors.Is(err, fs.ErrNotExist):
		return // there are none, or they are in an external S3
	case errors.Is(err, server.NotExamined):
		d.warn(check, "read it whole with --deep, and the objects with `muster objects verify`", "%v", err)
	case errors.Is(err, seal.ErrWrongKey):
		d.fail(check, "restore the master key that the data were made with, or name its file with --master-key-file", "the master key is another: %v", err)
	case err != nil:
		d.fail(check, "restore objects.db from your copy, or install the version of Muster that wrote it", "the database of objects can't be used: %v", err)
	default:
		d.ok(check, "their database is whole; `muster objects verify` reads their contents")
	}
}

// checkObjects asks the server what it found when it looked at the objects.
func (d *doctor) checkObjects(ctx context.Context, client *http.Client) {
	c, err := d.asRoot(client)
	if err != nil {
		return // said of the root key
	}
	if _, err := os.Stat(filepath.Join(d.config.Data, "objects.db")); errors.Is(err, fs.ErrNotExist) {
		return // they are in an external S3
	}
	found, err := awsclient.Do(ctx, c, adminapi.GetObjectStore, &adminapi.GetObjectStoreRequest{})
	if err != nil {
		d.warn("objects", "look at the server's log, and at the signed request", "can't tell: %v", err)
		return
	}
	d.judgeObjects(found)
}

func (d *doctor) judgeObjects(found *adminapi.GetObjectStoreResponse) {
	const check = "objects"
	if found.Damaged == nil { // something else answers in the server's place
		d.warn(check, "look at the server's log", "the server doesn't say what it knows of them")
		return
	}
	damaged := *found.Damaged
	if s := found.Scrub; s != nil {
		damaged = max(damaged, given(s.Damaged))
	}
	before := len(d.found)
	if damaged > 0 {
		d.fail(check, "look for \"damaged\" in the server's log; stop the server and name them with `muster objects verify`, then restore them from your copy", "%d contents of objects are damaged or missing", damaged)
	}
	if s := found.Sweep; s != nil && s.Held != nil {
		d.warn(check, "be sure that none of them is wanted back, then `muster objects remove-orphans`", "%d files without objects are left where they are: %s", given(s.Orphans), *s.Held)
	}
	if s := found.Scrub; s != nil {
		at := s.Began
		if s.Ended != nil {
			at = s.Ended
		}
		if at != nil && d.now().Sub(at.Time) > readSince {
			d.warn(check, "let the server run, or stop it and run `muster objects verify`", "not all contents were read since %s", at.UTC().Format(time.RFC3339))
		}
	}
	if len(d.found) == before {
		d.ok(check, "no content is known to be damaged")
	}
}

// given returns a number that an answer should have; 0 where it has none.
func given(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}
