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
}
