package externals3

import (
	"strings"

	"muster/internal/objects"
)

// obeyed are the names of metadata by which stores are told to do something
// other than to keep it. A client that may only write one object could do more
// through them than its policies allow, so they are refused whichever store it
// is. What is not known to be obeyed is passed on, that of the SDKs' encryption
// clients (x-amz-key, x-amz-iv, …) too.
var obeyed = []struct {
	part    string
	inside  bool // anywhere in the name, else at its beginning
	becomes string
}{
	{"snowball", true, "MinIO, RustFS and what is made of them unpack the body, a tar, into keys that are named inside it; RustFS takes any vendor's name before -snowball-prefix"},
	{"minio-", false, "MinIO's own"},
	{"x-minio-", false, "MinIO's own: what it keeps of an object inside, and of replicas"},
	{"rustfs-", false, "RustFS's own, such as the layout of an object on its disks"},
	{"x-rustfs-", false, "RustFS's own"},
	{"rgw", false, "Ceph's gateway: version id and date of a replica"},
	{"x-rgw-", false, "Ceph's gateway: objects that lie in another cloud"},
	{"scal-", false, "Scality's CloudServer: the place where the object is stored, its version id, and what its lifecycle does"},
	{"x-scal-", false, "Scality's CloudServer: the date of the object"},
}

// checkMetadata refuses a name that some store obeys. Stores read it without
// looking at case, those behind a CGI or WSGI with _ for -.
func checkMetadata(name string) error {
	plain := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "_", "-")
	for strings.HasPrefix(plain, metaPrefix) {
		plain = strings.TrimPrefix(plain, metaPrefix)
	}
	for _, o := range obeyed {
		if strings.HasPrefix(plain, o.part) || o.inside && strings.Contains(plain, o.part) {
			return refused(objects.NotBuilt, "Metadata named %q is not passed on: there are object stores that obey it instead of keeping it.", metaPrefix+name)
		}
	}
	return nil
}
