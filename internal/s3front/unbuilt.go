package s3front

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// unbuilt is an operation of S3 that Muster knows by name and doesn't do.
type unbuilt struct {
	name   string // as in the API Reference
	method string
	target kind
	with   string // the query parameters that tell it from others, by spaces
}

// unbuiltOperations are the rest of the API Reference. Those of S3's other
// endpoints (directory buckets' lists, Object Lambda) can't be asked for here.
// It decides nothing: what no entry of operations matches is refused, named or
// not.
var unbuiltOperations = []unbuilt{
	{"CreateBucketMetadataConfiguration", "POST", onBucket, "metadataConfiguration"},
	{"CreateBucketMetadataTableConfiguration", "POST", onBucket, "metadataTable"},
	{"CreateSession", "GET", onBucket, "session"},
	{"DeleteBucketAnalyticsConfiguration", "DELETE", onBucket, "analytics"},
	{"DeleteBucketIntelligentTieringConfiguration", "DELETE", onBucket, "intelligent-tiering"},
	{"DeleteBucketInventoryConfiguration", "DELETE", onBucket, "inventory"},
	{"DeleteBucketMetadataConfiguration", "DELETE", onBucket, "metadataConfiguration"},
	{"DeleteBucketMetadataTableConfiguration", "DELETE", onBucket, "metadataTable"},
	{"DeleteBucketMetricsConfiguration", "DELETE", onBucket, "metrics"},
	{"GetBucketAbac", "GET", onBucket, "abac"},
	{"GetBucketAnalyticsConfiguration", "GET", onBucket, "analytics id"},
	{"GetBucketIntelligentTieringConfiguration", "GET", onBucket, "intelligent-tiering id"},
	{"GetBucketInventoryConfiguration", "GET", onBucket, "inventory id"},
	{"GetBucketMetadataConfiguration", "GET", onBucket, "metadataConfiguration"},
	{"GetBucketMetadataTableConfiguration", "GET", onBucket, "metadataTable"},
	{"GetBucketMetricsConfiguration", "GET", onBucket, "metrics id"},
	{"GetObjectLegalHold", "GET", onObject, "legal-hold"},
	{"GetObjectRetention", "GET", onObject, "retention"},
	{"GetObjectTorrent", "GET", onObject, "torrent"},
	{"ListBucketAnalyticsConfigurations", "GET", onBucket, "analytics"},
	{"ListBucketIntelligentTieringConfigurations", "GET", onBucket, "intelligent-tiering"},
	{"ListBucketInventoryConfigurations", "GET", onBucket, "inventory"},
	{"ListBucketMetricsConfigurations", "GET", onBucket, "metrics"},
	{"PutBucketAbac", "PUT", onBucket, "abac"},
	{"PutBucketAccelerateConfiguration", "PUT", onBucket, "accelerate"},
	{"PutBucketAnalyticsConfiguration", "PUT", onBucket, "analytics"},
	{"PutBucketIntelligentTieringConfiguration", "PUT", onBucket, "intelligent-tiering"},
	{"PutBucketInventoryConfiguration", "PUT", onBucket, "inventory"},
	{"PutBucketLogging", "PUT", onBucket, "logging"},
	{"PutBucketMetricsConfiguration", "PUT", onBucket, "metrics"},
	{"PutBucketNotificationConfiguration", "PUT", onBucket, "notification"},
	{"PutBucketPolicy", "PUT", onBucket, "policy"},
	{"PutBucketReplication", "PUT", onBucket, "replication"},
	{"PutBucketRequestPayment", "PUT", onBucket, "requestPayment"},
	{"PutBucketWebsite", "PUT", onBucket, "website"},
	{"PutObjectLegalHold", "PUT", onObject, "legal-hold"},
	{"PutObjectLockConfiguration", "PUT", onBucket, "object-lock"},
	{"PutObjectRetention", "PUT", onObject, "retention"},
	{"RenameObject", "PUT", onObject, "renameObject"},
	{"RestoreObject", "POST", onObject, "restore"},
	{"SelectObjectContent", "POST", onObject, "select"},
	{"UpdateBucketMetadataInventoryTableConfiguration", "PUT", onBucket, "metadataInventoryTable"},
	{"UpdateBucketMetadataJournalTableConfiguration", "PUT", onBucket, "metadataJournalTable"},
	{"UpdateObjectEncryption", "PUT", onObject, "encryption"},
}

// Unbuilt are the names of the operations that are refused by name, in order.
func Unbuilt() []string {
	var names []string
	for _, op := range unbuiltOperations {
		names = append(names, op.name)
	}
	return names
}

// nameUnbuilt answers the operation that is not built and that a request asks
// for; "" when no entry is like it. Parameters beside those that tell
// operations apart don't matter.
func nameUnbuilt(method string, on kind, given params) string {
	name, most := "", -1
	for _, op := range unbuiltOperations {
		with := strings.Fields(op.with)
		missing := func(p string) bool { _, ok := given[p]; return !ok }
		if op.method != method || op.target != on || len(with) <= most || slices.ContainsFunc(with, missing) {
			continue
		}
		if len(with) == 0 && len(given.known()) > 0 {
			continue
		}
		name, most = op.name, len(with)
	}
	return name
}

// known are the names of those parameters that S3 has, in order.
func (p params) known() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p)), func(name string) bool { return paramClasses[name] == unknown })
}

// notImplemented refuses what no entry of operations matches, by the name of
// the operation where it has one.
func (r *request) notImplemented() *Error {
	what := nameUnbuilt(r.Method, r.target.kind(), r.params)
	if what == "" {
		what = r.Method + " of " + map[kind]string{onService: "the service", onBucket: "a bucket", onObject: "an object"}[r.target.kind()]
		if r.Header.Get("X-Amz-Copy-Source") != "" {
			what += " with x-amz-copy-source"
		}
		if known := r.params.known(); len(known) > 0 {
			what += " with the query parameters " + strings.Join(known, ", ")
		}
	}
	return notBuilt(what)
}

func notBuilt(what string) *Error {
	return refusal(http.StatusNotImplemented, "NotImplemented", what+" is not implemented by Muster")
}

// asks names the operation that a request asks for, whoever sent it and
// whether it may or not: for the record of those that were refused before
// their operation was found. "" when it can't be told.
func (f *Front) asks(r *request) string {
	t, err := readTarget(f.hostBucket(r.Host), r.URL.Path)
	if err != nil {
		return ""
	}
	given, amz, err := r.query()
	if err != nil {
		return ""
	}
	copies := r.Header.Get("X-Amz-Copy-Source") != ""
	for name := range amz {
		copies = copies || strings.EqualFold(name, "x-amz-copy-source")
	}
	if op := find(r.Method, t.kind(), given, copies); op != nil {
		return op.name
	}
	return nameUnbuilt(r.Method, t.kind(), given)
}
