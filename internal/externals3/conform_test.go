package externals3_test

import (
	"net/url"
	"testing"

	"muster/internal/externals3"
	"muster/internal/objects"
	"muster/internal/objects/objectstest"
	"muster/internal/s3front/s3fronttest"
	"muster/internal/seal"
)

const (
	region  = "us-east-1"
	account = "000000000000"
)

var credential = s3fronttest.Root("AKIAROOT")

// muster returns the address of a second Muster, of which only the S3 door and
// what it stands on is there, over objects in memory.
func muster(t *testing.T) *url.URL {
	t.Helper()
	model := objectstest.NewModel()
	model.MinPart = minPart
	keeper := func(string, *seal.Master) objects.Keeper { return model }
	door := s3fronttest.Open(t, keeper, func(accessKey string) string {
		if accessKey == credential.AccessKey {
			return account
		}
		return ""
	})
	return mustURL(t, door.Server.URL)
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
