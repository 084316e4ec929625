package oracle

var knownOfUploads = []known{
	{
		name: "an upload that was given up can't be completed",
		op:   whole("CompleteMultipartUpload"), where: outcome, muster: whole("404 NoSuchUpload"), gateway: whole("200"),
		diverges: true,
		source:   api + "CompleteMultipartUpload, NoSuchUpload: it may have been aborted or completed",
	},
	{
		name: "a checksum of the full object needs none of the parts",
		op:   whole("CompleteMultipartUpload"), where: outcome, muster: whole("200"), gateway: whole("400 InvalidRequest"),
		when:     func(x *exchange, _ difference) bool { return x.hasFullChecksum() },
		diverges: true, rare: true,
		source: "github.com/localstack/localstack, localstack/services/s3/v3/models.py, complete_multipart, which its tests compare with S3: a part without one is refused where the type is COMPOSITE alone",
	},
	{
		name: "a part without a byte is no range",
		op:   whole("GetObject|HeadObject"), where: outcome, muster: whole("200"), gateway: whole("206"), rare: true,
		when:   func(x *exchange, _ difference) bool { number, _ := x.param("partNumber"); return number == "1" },
		source: "RFC 9110, sections 15.3.7 and 14.4: a 206 has a Content-Range, which can't name an empty range",
	},
	{
		name: "parts have S3's own checksum where none was asked for",
		op:   whole("UploadPart|UploadPartCopy|ListParts|GetObjectAttributes"), where: whole("X-Amz-Checksum-Crc64nvme|.*/ChecksumCRC64NVME"), gateway: whole(absent),
		source: api + "Part, ChecksumCRC64NVME: present if the object was uploaded without a checksum, and S3 added the default checksum",
	},
	{
		name: "a completed upload says its checksum",
		op:   whole("CompleteMultipartUpload"), where: whole("CompleteMultipartUploadResult/Checksum.*"), gateway: whole(absent),
		source: api + "CompleteMultipartUpload, Response Elements",
	},
	{
		name: "an object that was made of parts has them as an attribute",
		op:   whole("GetObjectAttributes"), where: whole("GetObjectAttributesResponse(/ObjectParts/.*)?"), gateway: whole(absent + `|""`),
		source: api + "GetObjectAttributes, ObjectParts",
	},
	{
		name: "uploads of a key go on behind one of them",
		op:   whole("ListMultipartUploads"), where: outcome, muster: whole("200"), gateway: whole("400 InvalidArgument"),
		when:   func(x *exchange, _ difference) bool { _, ok := x.param("upload-id-marker"); return ok },
		source: api + "ListMultipartUploads, upload-id-marker",
	},
	{
		name: "what isn't known of a checksum isn't said",
		op:   whole("ListParts|ListMultipartUploads"), where: whole(".*/Checksum(Algorithm|Type)"), gateway: whole(`.*"(null)?".*`),
		when: func(_ *exchange, d difference) bool {
			return sameWords(d, `"null"`, `""`) || d.muster == absent
		},
		source: api + "ListParts, ChecksumAlgorithm: one of CRC32, CRC32C, SHA1, SHA256, CRC64NVME",
	},
	{
		name: "a page of parts says where it ends",
		op:   whole("ListParts"), where: whole("ListPartsResult/NextPartNumberMarker"), gateway: whole(`"0"`),
		source: api + "ListParts, Examples: NextPartNumberMarker is the last part in the list",
	},
	{
		name: "uploads of a key are listed by when they were begun",
		op:   whole("ListMultipartUploads"), where: whole("ListMultipartUploadsResult/(Upload/.*|NextUploadIdMarker|UploadIdMarker)"),
		when: func(x *exchange, d difference) bool {
			_, limited := x.param("max-uploads")
			return limited || sameInAnotherOrder(x, d)
		},
		source: api + "ListMultipartUploads: sorted in ascending order by initiation time within each key",
	},
}
