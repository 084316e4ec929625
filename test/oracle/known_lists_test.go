package oracle

import "strings"

var knownOfLists = []known{
	{
		name:  "EncodingType stands only where it was asked for",
		where: whole(".*Result/EncodingType"), muster: whole(absent), gateway: whole(`""`),
		source: api + "ListObjectsV2, EncodingType: included if you specify the encoding-type request parameter",
	},
	{
		name:  "encoding-type=url is obeyed",
		where: whole(".*Result/(EncodingType|.*Key|.*Prefix|Delimiter|.*Marker|StartAfter)"),
		when: func(x *exchange, d difference) bool {
			asked, _ := x.param("encoding-type")
			return asked == "url" && unescaped(d.muster) == unescaped(d.gateway) || asked == "url" && strings.HasSuffix(d.where, "EncodingType")
		},
		source: api + "ListObjectsV2, encoding-type",
	},
	{
		name:  "Prefix and Marker stand in every list",
		op:    whole("ListObjects|ListObjectsV2|ListObjectVersions"),
		where: whole(".*Result/(Prefix|Marker)"), muster: whole(`""`), gateway: whole(absent),
		source: api + "ListObjects and ListObjectsV2, Examples: <Prefix/> and <Marker/> in each",
	},
	{
		name:  "an element that has nothing to say is left out",
		op:    whole("ListObjectVersions|ListMultipartUploads"),
		where: whole(".*Result/(Delimiter|NextKeyMarker|NextVersionIdMarker|NextUploadIdMarker)"), muster: whole(absent), gateway: whole(`""`),
		source: recorded + "test_s3_api.snapshot.json, TestS3ObjectCRUD::test_delete_object_versioned, list-object-versions; " + api + "ListMultipartUploads, NextKeyMarker: when a list is truncated",
	},
	{
		name: "a version names its owner",
		op:   whole("ListObjectVersions"), where: whole("ListVersionsResult/(Version|DeleteMarker)/Owner/.*"), gateway: whole(absent),
		source: recorded + "test_s3_api.snapshot.json, TestS3ObjectCRUD::test_delete_object_versioned, list-object-versions",
	},
	{
		name:  "owners have no names any more",
		where: whole(".*/DisplayName"), muster: whole(absent),
		source: api + "Owner, DisplayName: no longer returned since 21 November 2025",
	},
	{
		name: "the token stands where it was given",
		op:   whole("ListObjectsV2"), where: whole("ListBucketResult/ContinuationToken"), muster: whole(absent), gateway: whole("token"),
		when:   func(x *exchange, _ difference) bool { _, ok := x.param("continuation-token"); return !ok },
		source: api + "ListObjectsV2, ContinuationToken: included if it was sent with the request",
	},
	{
		name: "ListObjects names where to go on only with a delimiter",
		op:   whole("ListObjects"), where: whole("ListBucketResult/NextMarker"), muster: whole(absent),
		when:   func(x *exchange, _ difference) bool { d, _ := x.param("delimiter"); return d == "" },
		source: api + "ListObjects, NextMarker: returned only if you have the delimiter request parameter specified",
	},
	{
		name: "a list has what is there, page by page",
		op:   whole("ListObjects|ListObjectsV2|ListObjectVersions"), where: whole("(ListBucket|ListVersions)Result/(IsTruncated|KeyCount|Next.*|.*Marker|ContinuationToken|Contents/.*|Version/.*|DeleteMarker/.*|CommonPrefixes/.*)"),
		when:   listsRight, // as computed from the whole list, which both give
		source: api + "ListObjectsV2 and ListObjectVersions: delimiter, max-keys, IsTruncated; " + guide + "Organizing objects using prefixes",
	},
	{
		name: "an encoding that isn't known is InvalidArgument",
		op:   whole("List.*"), where: outcome, muster: whole("400 InvalidArgument"), gateway: whole("200"),
		when:   func(x *exchange, _ difference) bool { e, _ := x.param("encoding-type"); return e == "base64" },
		source: api + "ListObjectsV2, encoding-type: valid values: url; Error responses, InvalidArgument",
	},
}
