// Package s3fronttest serves the S3 door over a database of its own: for the
// tests of the door, and of what speaks to one.
package s3fronttest

import (
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"muster/internal/bucket"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/objects"
	"muster/internal/s3front"
	"muster/internal/seal"
	"muster/internal/secret"
	"muster/internal/sigv4"
	"muster/internal/store/storetest"
	"muster/internal/sts"
)

// Door is a door that is served until the test ends.
type Door struct {
	*s3front.Front
	Server   *httptest.Server
	Sessions *sts.Service
}

// Root is the credential of a root user, by its access key.
func Root(accessKey string) sigv4.Credential {
	return sigv4.Credential{AccessKey: accessKey, Secret: secret.New("root-secret")}
}

// Open serves a door over the objects that keeper returns, which may keep them
// in dir. account returns whose root user has an access key; "" for nobody's.
func Open(t testing.TB, keeper func(dir string, master *seal.Master) objects.Keeper, account func(accessKey string) string) *Door {
	t.Helper()
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	dir := t.TempDir()
	x := index.New(10000)
	db := storetest.Open(t, dir, x)
	master, _, err := seal.Load(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	roles, kept := iam.New(db.IAM(), x), keeper(dir, master)
	sessions := sts.New(db.STS(), master, roles)
	sessions.RootKey = func(id string) (string, secret.String, bool) {
		whose := account(id)
		return whose, Root(id).Secret, whose != ""
	}
	front := &s3front.Front{Buckets: bucket.New(db.Buckets(), kept, x), IAM: roles, Objects: kept, Authenticate: sessions.Authenticate, Hostname: "muster.test", Encrypted: objects.Encrypted}
	d := &Door{Front: front, Server: httptest.NewServer(front), Sessions: sessions}
	t.Cleanup(d.Server.Close)
	return d
}
