package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"muster/internal/bucket"
	"muster/internal/index"
	"muster/internal/seal"
	"muster/internal/server"
	"muster/internal/store"
)

// before keeps a bucket in data that no server has seen yet, as a version of
// before its name was reserved did.
func before(t *testing.T, c *server.Config, account, name string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(c.Data, 0o700))
	_, _, err := seal.Load(filepath.Join(c.Data, "master.key"))
	must(err)
	db, err := store.Open(context.Background(), filepath.Join(c.Data, "muster.db"), index.New(1))
	must(err)
	_, _, err = db.Buckets().InsertBucket(context.Background(), bucket.Bucket{Name: name, Account: account, Region: "us-east-1", Created: time.Now(), Pending: true})
	must(err)
	must(db.Close())
}

func TestDoctorNamesReservedBuckets(t *testing.T) {
	for _, tc := range []struct {
		sick
		serve func(*server.Config)
	}{
		{sick{"none", nil, "bucket names", fine, "none", ""}, func(c *server.Config) { before(t, c, c.Account, "consoles") }},
		{sick{"one", nil, "bucket names", doubt, "the path of bucket metrics is Muster's own", "another name"}, func(c *server.Config) { before(t, c, c.Account, "metrics") }},
		{sick{"another account's", nil, "bucket names", doubt, "bucket crl", "another name"}, func(c *server.Config) { before(t, c, "999999999999", "crl") }},
		{sick{"a key that is another", func(t *testing.T, p *patient) {
			err := os.WriteFile(filepath.Join(p.data, "root-credentials"), []byte("[default]\naws_access_key_id = another\naws_secret_access_key = another-secret\n"), 0o600)
			if err != nil {
				t.Fatal(err)
			}
		}, "bucket names", doubt, "can't tell: GET /console?location is answered 403", "log"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.look(t, newPatient(t, tc.serve)) })
	}
}
