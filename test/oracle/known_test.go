package oracle

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// known is a difference that is meant to be: where VersityGW does something
// else than S3. It explains a difference when all that is set of it fits.
type known struct {
	name            string         // what S3 does
	op              *regexp.Regexp // the operation, whole
	where           *regexp.Regexp // as in difference, whole
	muster, gateway *regexp.Regexp // what they say, whole
	when            func(x *exchange, d difference) bool
	// diverges is set where the two don't hold the same after such a write, and
	// diverged where they didn't hold the same before: the episode ends.
	diverges, diverged bool
	rare               bool   // it needn't be seen in a night
	source             string // where it is written or recorded what S3 does
}

// whole compiles a pattern that must match all of a text.
func whole(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?s)\A(?:` + pattern + `)\z`) }

// explain returns the known difference that d is, or nil.
func explain(x *exchange, d difference) *known {
	for i := range knownDifferences {
		k := &knownDifferences[i]
		if fits(k.op, x.op) && fits(k.where, d.where) && fits(k.muster, d.muster) && fits(k.gateway, d.gateway) && (k.when == nil || k.when(x, d)) {
			return k
		}
	}
	return nil
}

func fits(pattern *regexp.Regexp, text string) bool {
	return pattern == nil || pattern.MatchString(text)
}

var outcome = whole("outcome")

// notAFile reports whether key names no file of its own, so that VersityGW,
// whose objects are files, can't keep it as S3 does.
func notAFile(key string) bool {
	segment := func(s string) bool { return s == "" || s == "." || s == ".." || len(s) > 255 }
	if key == "" { // a bucket's own
		return false
	}
	return len(key) > 1000 || slices.ContainsFunc(strings.Split(key, "/"), segment)
}

// sameInAnotherOrder reports whether both say the same words.
func sameInAnotherOrder(_ *exchange, d difference) bool { return sameWords(d) }

// sameWords reports whether both say the same words, in whatever order, when
// some are left out.
func sameWords(d difference, without ...string) bool {
	return slices.Equal(slices.Sorted(slices.Values(words(d.muster, without...))), slices.Sorted(slices.Values(words(d.gateway, without...))))
}

// words are the words of what is said at a place, without some.
func words(said string, without ...string) []string {
	return slices.DeleteFunc(strings.Fields(said), func(w string) bool { return w == absent || slices.Contains(without, w) })
}

// unescaped is s as it was before encoding-type=url.
func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// compares reports whether a request has a header whose name has that in it.
func (r *request) compares(name string) bool {
	return slices.ContainsFunc(r.headers, func(h pair) bool { return strings.Contains(strings.ToLower(h.name), name) })
}

// copied reports whether the episode has copied an object.
func (x *exchange) copied() bool {
	return x.op == "CopyObject" || slices.ContainsFunc(x.earlier, func(e *exchange) bool { return e.op == "CopyObject" && e.muster.status == http.StatusOK })
}

// copiedRange reports whether the episode has made a part of some bytes of an
// object.
func (x *exchange) copiedRange() bool {
	return slices.ContainsFunc(append(slices.Clone(x.earlier), x), func(e *exchange) bool {
		return e.op == "UploadPartCopy" && e.compares("copy-source-range") && e.muster.status == http.StatusOK
	})
}

// hasFullChecksum reports whether an upload of the key was begun with a checksum
// of the full object.
func (x *exchange) hasFullChecksum() bool {
	return slices.ContainsFunc(x.earlier, func(e *exchange) bool {
		algorithm, _ := e.header("x-amz-checksum-algorithm")
		typ, _ := e.header("x-amz-checksum-type")
		return e.op == "CreateMultipartUpload" && e.key == x.key && (typ == "FULL_OBJECT" || algorithm == "CRC64NVME")
	})
}

// replacedByItself reports whether an object was copied onto itself with new
// headers: this one, or one that it was copied of.
func (x *exchange) replacedByItself() bool {
	return slices.ContainsFunc(x.earlier, func(e *exchange) bool {
		directive, _ := e.header("x-amz-metadata-directive")
		return e.op == "CopyObject" && directive == "REPLACE" && e.key == e.copiedKey() && e.muster.status == http.StatusOK
	})
}

// isFolder reports whether the episode has put a key that begins with this one
// and a slash.
func (x *exchange) isFolder() bool {
	return slices.ContainsFunc(x.earlier, func(e *exchange) bool { return strings.HasPrefix(e.key, x.key+"/") && e.writes() })
}

// removedVersion reports whether a version of the key was removed by its id.
func (x *exchange) removedVersion() bool {
	return slices.ContainsFunc(x.earlier, func(e *exchange) bool {
		_, named := e.param("versionId")
		return e.op == "DeleteObject" && e.key == x.key && named || e.op == "DeleteObjects" && strings.Contains(e.body, "<Key>"+escapeXML(x.key)+"</Key><VersionId>")
	})
}

// deletedLast reports whether the last change of the key was its deletion.
func (x *exchange) deletedLast() bool {
	for _, e := range slices.Backward(x.earlier) {
		switch {
		case e.muster.status >= 300:
		case e.op == "DeleteObjects" && strings.Contains(e.body, "<Key>"+escapeXML(x.key)+"</Key>"):
			return true
		case e.key == x.key && e.op == "DeleteObject":
			return true
		case e.key == x.key && slices.Contains([]string{"PutObject", "CopyObject", "CompleteMultipartUpload"}, e.op):
			return false
		}
	}
	return false
}

// copySource is the source of a copy.
func (r *request) copySource() string {
	source, _ := r.header("x-amz-copy-source")
	return source
}

// copiedKey is the key of a copy's source, or one that is a plain file's.
func (r *request) copiedKey() string {
	source, _, _ := strings.Cut(strings.TrimPrefix(r.copySource(), "/"), "?versionId=")
	if _, key, ok := strings.Cut(source, "/"); ok {
		if plain, err := url.PathUnescape(key); err == nil {
			return plain
		}
	}
	return "plain"
}

// namesVersion reports whether the request names that version, of its key or
// of its source.
func (r *request) namesVersion(id string) bool {
	version, _ := r.param("versionId")
	marker, _ := r.param("version-id-marker")
	return version == id || marker == id || strings.HasSuffix(r.copySource(), "?versionId="+id)
}
