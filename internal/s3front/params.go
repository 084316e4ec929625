package s3front

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"muster/internal/objects"
	"muster/internal/sigv4"
)

// params are a query's parameters, each there once.
type params map[string]string

// paramClasses are all query parameters of S3's operations, see there. Those
// that tell operations apart are refused, by the name of the operation, where
// none that is built takes them: else a request to lock an object would
// overwrite it. Those that only shape an answer are ignored by operations that
// don't have them, as by S3. So is every name that S3 doesn't have: the S3 User
// Guide promises it of x-*, for marks in logs, and clients send others.
var paramClasses = map[string]class{
	"abac": refused, "accelerate": refused, "acl": refused, "analytics": refused, "attributes": refused, "cors": refused, "delete": refused, "encryption": refused,
	"intelligent-tiering": refused, "inventory": refused, "legal-hold": refused, "lifecycle": refused, "list-type": refused, "location": refused, "logging": refused,
	"metadataConfiguration": refused, "metadataInventoryTable": refused, "metadataJournalTable": refused, "metadataTable": refused, "metrics": refused,
	"notification": refused, "object-lock": refused, "ownershipControls": refused, "partNumber": refused, "policy": refused, "policyStatus": refused,
	"publicAccessBlock": refused, "renameObject": refused, "replication": refused, "requestPayment": refused, "restore": refused, "retention": refused,
	"select": refused, "select-type": refused, "session": refused, "tagging": refused, "torrent": refused, "uploadId": refused, "uploads": refused,
	"versionId": refused, "versioning": refused, "versions": refused, "website": refused,

	"bucket-region": ignored, "continuation-token": ignored, "delimiter": ignored, "encoding-type": ignored, "fetch-owner": ignored, "id": ignored,
	"key-marker": ignored, "marker": ignored, "max-buckets": ignored, "max-directory-buckets": ignored, "max-keys": ignored, "max-parts": ignored,
	"max-uploads": ignored, "part-number-marker": ignored, "prefix": ignored, "start-after": ignored, "upload-id-marker": ignored, "version-id-marker": ignored,
	"response-cache-control": ignored, "response-content-disposition": ignored, "response-content-encoding": ignored,
	"response-content-language": ignored, "response-content-type": ignored, "response-expires": ignored,
}

// paramClass is what becomes of a parameter in a request of the operation.
func (op *operation) paramClass(name string) class {
	if slices.Contains(op.with, name) || slices.Contains(op.may, name) {
		return obeyed
	}
	return orElse(paramClasses[name], ignored)
}

// query splits the query: what the request is asked with, and what presigned
// URLs carry there for headers. What only signs, or only helps to read logs,
// is in neither.
func (r *request) query() (given params, headers url.Values, err error) {
	q, err := sigv4.Query(r.Request)
	if err != nil {
		return nil, nil, err
	}
	version2 := q.Has("AWSAccessKeyId")
	given, headers = params{}, url.Values{}
	for name, values := range q {
		lower := strings.ToLower(name)
		switch {
		case lower == "awsaccesskeyid", lower == "expires" && version2, lower == "signature", lower == "x-id", version2 && (lower == "content-md5" || lower == "content-type"):
			continue // what a URL of Version 2 says of a type is for its holder to send
		case strings.HasPrefix(lower, "x-amz-"):
			headers[name] = values
			continue
		case strings.HasPrefix(lower, "x-"):
			continue
		}
		if len(values) > 1 {
			return nil, nil, badArgument(name, values[1], "The query parameter "+name+" is there more than once.")
		}
		given[name] = values[0]
	}
	return given, headers, nil
}

// unheeded are the parameters of presigned URLs that S3 takes as signed and
// no more: the SDKs write the checksum of no body into the URL, where they
// can't know the one that will be sent.
func unheeded(name string) bool {
	switch name {
	case "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-signature", "x-amz-security-token", "x-amz-content-sha256", "x-amz-sdk-checksum-algorithm":
		return true
	case "x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type":
		return false
	}
	return strings.HasPrefix(name, "x-amz-checksum-")
}

// hoist makes a header of what presigned URLs carry as a parameter: SDKs put
// x-amz-* headers there, and S3 reads them as such.
func (r *request) hoist(name string, values []string) error {
	if unheeded(strings.ToLower(name)) {
		return nil
	}
	header := http.CanonicalHeaderKey(name)
	if len(values) > 1 || r.Header[header] != nil {
		return refusal(http.StatusBadRequest, "InvalidArgument", name+" is there more than once.")
	}
	if strings.ContainsFunc(name+values[0], unicode.IsControl) {
		return badArgument(name, values[0], "The value of "+name+" can't be that of a header.")
	}
	r.Header[header] = values
	return nil
}

// checkParams refuses values that no request can mean.
func (r *request) checkParams() error {
	for name, value := range r.params {
		switch {
		case name == "versionId" && value == "":
			return badArgument(name, value, "Version id cannot be the empty string")
		case name == "versionId" && !isVersionID(value):
			return badVersion(value)
		case name == "uploadId" && value == "":
			return badArgument(name, value, "This operation requires an upload id")
		case name == "list-type" && value != "2":
			return badArgument(name, value, "Invalid List Type specified in Request")
		case name == "encoding-type" && value != "" && !strings.EqualFold(value, "url"):
			return badArgument(name, value, "Invalid Encoding Method specified in Request")
		case strings.HasPrefix(name, "response-") && strings.ContainsFunc(value, unicode.IsControl):
			return badArgument(name, value, "The value of "+name+" can't be that of a header.")
		case r.op.paramClass(name) == obeyed && !validText(value):
			return badArgument(name, value, "The value of "+name+" is not UTF-8.")
		}
	}
	return nil
}

// isVersionID reports whether a store may have given this id: by the S3 User
// Guide it is text of at most 1024 bytes. Answers repeat it in a header, which
// can't hold a control character.
func isVersionID(id string) bool {
	return len(id) <= 1024 && validText(id) && !strings.ContainsFunc(id, unicode.IsControl)
}

func badVersion(id string) *Error {
	e := refusals[objects.BadVersion]
	return badArgument("versionId", id, e.Message)
}

// number reads a parameter or header that is a number of things, such as
// max-keys; byDefault when it isn't there, and no more than that.
func number(name, value string, byDefault int) (int, error) {
	if value == "" {
		return byDefault, nil
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < 0 {
		return 0, badArgument(name, value, "Argument "+name+" must be an integer between 0 and 2147483647")
	}
	return min(int(n), byDefault), nil
}
