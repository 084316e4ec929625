package externals3_test

import (
	"log/slog"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"

	"muster/internal/bucket"
	"muster/internal/externals3"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/objects"
	"muster/internal/objects/objectstest"
	"muster/internal/s3front"
	"muster/internal/seal"
	"muster/internal/secret"
	"muster/internal/sigv4"
	"muster/internal/store"
	"muster/internal/sts"
)

const (
	region  = "us-east-1"
	account = "000000000000"
)

var credential = sigv4.Credential{AccessKey: "AKIAROOT", Secret: secret.New("root-secret")}

// muster returns the address of a second Muster, of which only the S3 door and
// what it stands on is there, over objects in memory.
func muster(t *testing.T) *url.URL {
	t.Helper()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	dir := t.TempDir()
	x := index.New(10000)
	db, err := store.Open(t.Context(), filepath.Join(dir, "muster.db"), x)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	master, _, err := seal.Load(filepath.Join(dir, "master.key"))
	must(t, err)
	roles := iam.New(db.IAM(), x)
	service := sts.New(db.STS(), master, roles)
	service.RootKey = func(id string) (string, secret.String, bool) {
		return account, credential.Secret, id == credential.AccessKey
	}
	model := objectstest.NewModel()
	model.MinPart = minPart
	door := httptest.NewServer(&s3front.Front{
		Buckets: bucket.New(db.Buckets(), model, x), IAM: roles, Objects: model, Authenticate: service.Authenticate, Hostname: "muster.test", Encrypted: "AES256",
	})
	t.Cleanup(door.Close)
	return mustURL(t, door.URL)
}

const minPart = 1000

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	must(t, err)
	return u
}

// Another Muster as the store keeps all that a Keeper promises, but for what S3
// has no words for.
func TestConformance(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) objects.Keeper {
		return externals3.New(muster(t), region, credential)
	}, objectstest.Options{MinPart: minPart, Without: without})
}

var without = map[string]string{
	"headers keep the spaces at their ends":                                       "a header's value begins and ends with no space (RFC 9110, section 5.5)",
	"a read of a version says whether it is the newest":                           "the answer to a read of a version doesn't say it",
	"the null version is replaced while versioning is suspended, the others stay": "the answer to a write has no version id then, so it doesn't say that the bucket has versions",
	"a removal of what must be as it was read is refused once it changed":         "S3 has no such condition: it is refused as not built",
}
