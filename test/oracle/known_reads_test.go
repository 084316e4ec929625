package oracle

import "strings"

var knownOfReads = []known{
	{
		name: "what was deleted is not there any more",
		op:   whole("PutObject|CompleteMultipartUpload"), where: outcome, muster: whole("200"), gateway: whole("412 PreconditionFailed"),
		when: func(x *exchange, _ difference) bool {
			c, _ := x.header("If-None-Match")
			return c == "*" && x.deletedLast()
		},
		diverges: true,
		source:   guide + "How to prevent object overwrites with conditional writes: If-None-Match: * succeeds where the current version is a delete marker",
	},
	{
		name: "a bucket without tags has no tag set",
		rare: true,
		op:   whole("GetBucketTagging"), where: outcome, muster: whole("404 NoSuchTagSet"), gateway: whole("200"),
		source: api + "GetBucketTagging, NoSuchTagSet: there is no tag set associated with the bucket",
	},
	{
		name: "conditions take lists of ETags",
		op:   whole("GetObject|HeadObject"), where: outcome, muster: whole("2.*|304|4.*"),
		when: func(x *exchange, _ difference) bool {
			match, _ := x.header("If-Match")
			none, _ := x.header("If-None-Match")
			return strings.Contains(match+none, ",")
		},
		source: "RFC 9110, 13.1.1 and 13.1.2: If-Match and If-None-Match are lists of entity tags",
	},
	{
		name: "a 304 says which version it is about",
		op:   whole("GetObject|HeadObject"), where: whole("X-Amz-Version-Id"), gateway: whole(absent),
		when:   func(x *exchange, _ difference) bool { return x.muster.status == 304 },
		source: api + "GetObject, x-amz-version-id: version id of the object",
	},
	{
		name: "REPLACE replaces all headers",
		op:   whole("GetObject|HeadObject"), where: whole("Content-(Type|Language|Encoding|Disposition)|Cache-Control|Expires"), muster: whole(absent + "|binary/octet-stream"),
		when:   func(x *exchange, _ difference) bool { return x.replacedByItself() },
		source: api + "CopyObject, x-amz-metadata-directive: REPLACE: metadata provided in the request",
	},
	{
		name: "a weak ETag is the same to If-None-Match",
		op:   whole("GetObject|HeadObject"), where: outcome, muster: whole("304"), gateway: whole("200|206|416.*"),
		when: func(x *exchange, _ difference) bool {
			tag, _ := x.header("If-None-Match")
			return strings.Contains(tag, "W/")
		},
		source: "RFC 9110, 13.1.2: a recipient must use the weak comparison function",
	},
	{
		name: "a 304 has Cache-Control and Expires",
		op:   whole("GetObject|HeadObject"), where: whole("Cache-Control|Expires"), gateway: whole(absent),
		when:   func(x *exchange, _ difference) bool { return x.muster.status == 304 },
		source: "RFC 9110, 15.4.5: those that would have been sent in a 200",
	},
	{
		name:  "dates are compared by the second",
		where: outcome, muster: whole("200|304|412.*|206|416.*"), gateway: whole("200|206|304|412.*|416.*"),
		when:     func(x *exchange, _ difference) bool { return x.compares("modified-since") },
		diverges: true,
		source:   "RFC 9110, 5.6.7: a date of HTTP has no less than seconds; 13.1.3 and 13.1.4",
	},
	{
		name: "a 304 has the ETag",
		op:   whole("GetObject|HeadObject"), where: whole("Etag|Last-Modified"), gateway: whole(absent),
		when:   func(x *exchange, _ difference) bool { return x.muster.status == 304 },
		source: "RFC 9110, 15.4.5",
	},
	{
		name: "a 304 has no Content-Type",
		op:   whole("GetObject|HeadObject"), where: whole("Content-Type"), muster: whole(absent), gateway: whole("application/xml"),
		when:   func(x *exchange, _ difference) bool { return x.muster.status == 304 },
		source: "RFC 9110, 15.4.5: no other metadata of the representation than the fields named there",
	},
	{
		name: "a range may end anywhere behind the object",
		op:   whole("GetObject|HeadObject"), where: outcome, muster: whole("206|416.*"), gateway: whole("200"),
		when: func(x *exchange, _ difference) bool {
			r, _ := x.header("Range")
			return r == "bytes=0-18446744073709551616"
		},
		source: "RFC 9110, 14.1.2: a last position beyond the end means the last byte",
	},
	{
		name: "a 416 says how long the object is",
		op:   whole("GetObject|HeadObject"), where: whole("Content-Range"), muster: whole(`bytes \*/\d+`), gateway: whole(absent),
		source: "RFC 9110, 15.5.17",
	},
	{
		name: "If-Range is obeyed",
		rare: true,
		op:   whole("GetObject|HeadObject"), where: outcome, muster: whole("200"), gateway: whole("206|416.*"),
		when:   func(x *exchange, _ difference) bool { _, ok := x.header("If-Range"); return ok },
		source: "RFC 9110, 13.1.5",
	},
	{
		name: "Last-Modified is a date of HTTP",
		op:   whole("GetObjectAttributes"), where: whole("Last-Modified"), muster: whole("date"), gateway: whole("no date: .*"),
		source: "RFC 9110, 5.6.7 and 8.8.2",
	},
}
