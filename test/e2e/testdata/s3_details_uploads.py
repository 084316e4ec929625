"""Details of uploads in parts."""
import base64
import zlib

from s3_wire import MiB, bucket, check, code, run, s3, signed, sums_of_nine


def parts():
    b = bucket("parts")
    first, second = b"a" * (5 * MiB), b"b" * 10
    crc = lambda data: base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
    upload = {"Bucket": b, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=b, Key="k", ChecksumAlgorithm="CRC32", ChecksumType="COMPOSITE")["UploadId"]}
    made = []
    for number, data in (1, first), (2, second):
        part = s3.upload_part(**upload, PartNumber=number, Body=data, ChecksumAlgorithm="CRC32")
        made.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": made})
    again = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": made})
    check("the checksum of the object", done["ChecksumCRC32"].endswith("-2"))
    check("completed again", (again["ETag"], again["ChecksumCRC32"], again["ChecksumType"]), (done["ETag"], done["ChecksumCRC32"], done["ChecksumType"]))
    for number, data in (1, first), (2, second):
        part = s3.get_object(Bucket=b, Key="k", PartNumber=number, ChecksumMode="ENABLED")
        check(f"part {number}", part["Body"].read() == data)
        check(f"the checksum of part {number}", part.get("ChecksumCRC32"), crc(data))
        check(f"its type", part.get("ChecksumType"), "COMPOSITE")
        check("how many parts there are", part["PartsCount"], 2)


def part_checksums():
    """Who begins an upload with a composite checksum names that of each part, as SDKs do by themselves."""
    b = bucket("part-checksums")
    for algorithm in ["CRC32", "SHA256"] + [algorithm for algorithm in ["SHA512"] if algorithm in sums_of_nine]:
        upload = {"Bucket": b, "Key": algorithm, "UploadId": s3.create_multipart_upload(Bucket=b, Key=algorithm, ChecksumAlgorithm=algorithm)["UploadId"]}
        answer = signed("PUT", f"/{b}/{algorithm}?partNumber=1&uploadId={upload['UploadId']}", body=b"x")
        check(f"a part without its {algorithm}", (answer.status, answer.code(), answer.element("Message")),
              (400, "InvalidRequest", f"Checksum Type mismatch occurred, expected checksum Type: {algorithm.lower()}, actual checksum Type: null"))
        part = s3.upload_part(**upload, PartNumber=1, Body=b"x", ChecksumAlgorithm=algorithm)
        bare = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part['ETag']}</ETag></Part></CompleteMultipartUpload>".encode()
        answer = signed("POST", f"/{b}/{algorithm}?uploadId={upload['UploadId']}", body=bare)
        check(f"completed without the {algorithm} of a part", (answer.status, answer.code(), answer.element("Message")),
              (400, "InvalidRequest", f"The upload was created using a {algorithm.lower()} checksum. The complete request must include the checksum for each part. "
                                      "It was missing for part 1 in the request."))
        check("and nothing is there", code(s3.head_object, Bucket=b, Key=algorithm), "404")
        named = {"PartNumber": 1, "ETag": part["ETag"], f"Checksum{algorithm}": part[f"Checksum{algorithm}"]}
        check(f"completed with it", code(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": [named]}), "succeeded")
    for more in {}, {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}:
        upload = {"Bucket": b, "Key": "whole", "UploadId": s3.create_multipart_upload(Bucket=b, Key="whole", **more)["UploadId"]}
        etag = signed("PUT", f"/{b}/whole?partNumber=1&uploadId={upload['UploadId']}", body=b"x").headers["ETag"]
        check(f"without any, {more}", code(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]}), "succeeded")


def all_algorithms():
    """Uploads in parts with the algorithms that S3 got last."""
    b = bucket("part-algorithms")
    for algorithm, sum in sums_of_nine.items():
        upload = {"Bucket": b, "Key": algorithm, "UploadId": s3.create_multipart_upload(Bucket=b, Key=algorithm, ChecksumAlgorithm=algorithm)["UploadId"]}
        check(f"a part with another {algorithm}", code(s3.upload_part, **upload, PartNumber=1, Body=b"12345678", **{f"Checksum{algorithm}": sum}), "BadDigest")
        part = s3.upload_part(**upload, PartNumber=1, Body=b"123456789", **{f"Checksum{algorithm}": sum})
        check(f"the {algorithm} of a part", part.get(f"Checksum{algorithm}"), sum)
        check(f"the {algorithm} in the list of parts", s3.list_parts(**upload)["Parts"][0].get(f"Checksum{algorithm}"), sum)
        named = {"PartNumber": 1, "ETag": part["ETag"], f"Checksum{algorithm}": sum}
        done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [named]})
        check(f"the {algorithm} of the parts", (done[f"Checksum{algorithm}"][-2:], done["ChecksumType"]), ("-1", "COMPOSITE"))
        attributes = s3.get_object_attributes(Bucket=b, Key=algorithm, ObjectAttributes=["Checksum", "ObjectParts"])
        check(f"the {algorithm} in the attributes", attributes["Checksum"].get(f"Checksum{algorithm}", "")[:-2], done[f"Checksum{algorithm}"][:-2])
        check(f"a part's {algorithm} in the attributes", attributes["ObjectParts"]["Parts"][0].get(f"Checksum{algorithm}"), sum)
        check(f"the full object's {algorithm}", code(s3.create_multipart_upload, Bucket=b, Key=algorithm, ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT"), "InvalidRequest")


run(parts, part_checksums, all_algorithms)
