package oracle

import (
	"fmt"
	"iter"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// difference is one thing that two answers to a request say differently.
// Where is "outcome", "body", the name of a header, or the path of elements
// in a document; what isn't there is "absent".
type difference struct{ where, muster, gateway string }

func (d difference) String() string {
	return fmt.Sprintf("%s: muster %s, VersityGW %s", d.where, shorten(d.muster, 500), shorten(d.gateway, 500))
}

const absent = "absent"

// exchange is a request and both answers to it.
type exchange struct {
	*request        // without references, as muster was sent it
	muster, gateway *answer
	differences     []difference
	earlier         []*exchange // of the episode
	before          *answer     // muster's page before this one; nil if this isn't a further one
	// held are the keys, or versions, of the bucket, if both servers hold the same.
	held func(versions bool) ([]item, bool)
}

// names are what a server calls versions and uploads, and what they are called here.
type names map[string]string

// compare finds how the answers differ. Names that are met for the first time
// at the same place mean the same.
func compare(x *exchange, muster, gateway names) {
	x.introduce(muster, gateway)
	if a, b := x.muster.outcome(), x.gateway.outcome(); a != b {
		x.differences = []difference{{"outcome", a, b}}
		return // nothing else can be expected to be the same
	}
	a, b := x.muster.seen(muster), x.gateway.seen(gateway)
	for _, place := range slices.Sorted(keysOf(a, b)) {
		left, right := orAbsent(a, place), orAbsent(b, place)
		if left != right {
			x.differences = append(x.differences, difference{place, left, right})
		}
	}
}

// keysOf are the keys that are in one of the maps.
func keysOf[V any](a, b map[string]V) iter.Seq[string] {
	all := map[string]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return maps.Keys(all)
}

func orAbsent(m map[string]string, place string) string {
	if v, ok := m[place]; ok {
		return v
	}
	return absent
}

// introduce gives the names that are new in both answers, at the same place, a
// common one.
func (x *exchange) introduce(muster, gateway names) {
	a, b := x.muster.ids(), x.gateway.ids()
	n := 0
	for _, place := range slices.Sorted(keysOf(a, b)) {
		for i := range max(len(a[place]), len(b[place])) {
			common := fmt.Sprintf("%d.%d", x.id, n)
			n++
			if i < len(a[place]) {
				muster.add(a[place][i], common)
			}
			if i < len(b[place]) {
				gateway.add(b[place][i], common)
			}
		}
	}
}

func (n names) add(id, common string) {
	if _, ok := n[id]; !ok && id != "null" && id != "" {
		n[id] = common
	}
}

var idHeaders = []string{"X-Amz-Version-Id", "X-Amz-Copy-Source-Version-Id"}

var idElement = regexp.MustCompile(`/(VersionId|DeleteMarkerVersionId|UploadId|NextVersionIdMarker|VersionIdMarker|UploadIdMarker|NextUploadIdMarker)$`)

// ids are the version and upload ids of an answer by place, each in its order.
func (a *answer) ids() map[string][]string {
	ids := map[string][]string{}
	for _, name := range idHeaders {
		if id := a.header.Get(name); id != "" {
			ids[name] = append(ids[name], id)
		}
	}
	for _, l := range a.leaves {
		if idElement.MatchString(l.path) {
			ids[l.path] = append(ids[l.path], l.text)
		}
	}
	return ids
}

// comparedHeaders are those of HTTP that are compared, beside all of x-amz-*.
var comparedHeaders = []string{
	"Accept-Ranges", "Allow", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length",
	"Content-Range", "Content-Type", "Etag", "Expires", "Last-Modified",
}

// seen is an answer as it is compared: what it says at which place, with ids
// replaced by what they are called here, and dates by "date".
func (a *answer) seen(ids names) map[string]string {
	seen := map[string]string{}
	document := a.isXML()
	for name, values := range a.header {
		value := strings.Join(values, ", ")
		switch {
		case name == "X-Amz-Request-Id", name == "X-Amz-Id-2", name == "X-Amz-Bucket-Region":
			continue
		case slices.Contains(idHeaders, name):
			value = ids.of(value)
		case name == "Last-Modified":
			value = dateIn(value, http.TimeFormat)
		case name == "Content-Length" && !(a.reads() && a.status < 300):
			continue
		case strings.HasPrefix(name, "X-Amz-"):
		case !slices.Contains(comparedHeaders, name):
			continue
		}
		seen[name] = value
	}
	if !document {
		seen["body"] = strconv.Quote(string(a.content))
		return seen
	}
	if a.badXML != nil {
		seen["document"] = a.badXML.Error()
	}
	for _, l := range a.leaves {
		path, text := a.leaf(l, ids)
		if path == "" {
			continue
		}
		if before, ok := seen[path]; ok {
			text = before + " " + text
		}
		seen[path] = text
	}
	return seen
}

// faults are what is wrong with an answer whatever it is compared with.
func (a *answer) faults(ids names) []string {
	var faults []string
	if a.status >= 500 && a.status != http.StatusNotImplemented {
		faults = append(faults, a.outcome())
	}
	if a.badXML != nil {
		faults = append(faults, "no XML: "+a.badXML.Error())
	}
	for place, text := range a.seen(ids) {
		if strings.Contains(text, noDate) {
			faults = append(faults, place+": "+text)
		}
	}
	return faults
}

// reads reports whether an object's content was asked for.
func (a *answer) reads() bool { return a.request.op == "GetObject" || a.request.op == "HeadObject" }

// leaf is a leaf of a document as it is compared; its path is "" if it isn't.
func (a *answer) leaf(l leaf, ids names) (path, text string) {
	name := l.path[strings.LastIndexByte(l.path, '/')+1:]
	switch {
	case strings.HasPrefix(l.path, "Error/"): // the words are each server's own, the code is compared
		return "", ""
	case name == "ID" || name == "DisplayName": // an account's
		return l.path, "name"
	case idElement.MatchString(l.path):
		return l.path, strconv.Quote(ids.of(l.text))
	case name == "LastModified" || name == "Initiated" || name == "CreationDate":
		return l.path, dateIn(l.text, "2006-01-02T15:04:05.000Z", "2006-01-02T15:04:05Z")
	case name == "NextContinuationToken" || name == "ContinuationToken":
		return l.path, "token"
	case name == "Location" && strings.Contains(l.text, "://"):
		return l.path, "URL"
	}
	return l.path, strconv.Quote(l.text)
}

func (n names) of(id string) string {
	if common, ok := n[id]; ok {
		return common
	}
	return id
}

func dateIn(text string, layouts ...string) string {
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil && time.Since(at).Abs() < 24*time.Hour {
			return "date"
		}
	}
	return noDate + text
}

const noDate = "no date: "
