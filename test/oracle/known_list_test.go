package oracle

import (
	"slices"
)

// Where it is written what S3 does.
const (
	api   = "Amazon S3 API Reference, "
	guide = "Amazon S3 User Guide, "
	// recorded are answers of S3 itself, which the tests of LocalStack were
	// written from and are compared with.
	recorded = "recorded from S3 in github.com/localstack/localstack, tests/aws/services/s3/"
)

// knownDifferences are all that may be, and say what S3 does. The first that
// fits is taken.
var knownDifferences = slices.Concat(departures, knownOfObjects, knownOfReads, knownOfVersions, knownOfLists, knownOfUploads)

// departures are where Muster does something else than S3, knowingly. Their
// sources say what S3 does.
var departures = []known{
	{
		name:  "a copy keeps the parts of its source: its content is shared, and not written anew",
		where: whole("Etag|.*/ETag|X-Amz-Checksum-.*|(CopyObjectResult|GetObjectAttributesResponse)/Checksum.*"), muster: whole(`.*-\d+"?.*|"?COMPOSITE"?`),
		when:   func(x *exchange, d difference) bool { return x.copied() && x.gateway.status < 300 && !sameWords(d) },
		source: guide + "Checking object integrity for data uploads in Amazon S3: a copy is written anew, with a checksum of the full object",
	},
	{
		name: "parts need no checksum where the object has a composite one: Muster computes them",
		op:   whole("UploadPart|CompleteMultipartUpload"), where: outcome, muster: whole("200"), gateway: whole("400 InvalidRequest"),
		when: func(x *exchange, _ difference) bool {
			return x.op == "CompleteMultipartUpload" || !x.compares("checksum-")
		},
		diverges: true,
		source:   "github.com/openstack/swift, test/s3api, tests of the checksums of uploads in parts, which are run on S3 too: Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: null",
	},
	{
		name: "a copy onto itself may change the tags alone",
		op:   whole("CopyObject"), where: outcome, muster: whole("200"), gateway: whole("400 InvalidRequest"),
		when: func(x *exchange, _ difference) bool {
			d, _ := x.header("x-amz-tagging-directive")
			return d == "REPLACE"
		},
		diverges: true,
		source:   api + "CopyObject: what it must change is the metadata, storage class, website redirect location or encryption attributes",
	},
}
