"""Presigned URLs, of both versions of signatures."""

import os
import urllib.parse

import wire
from wire import ask, fetch

s3 = wire.client("s3")
nobody = wire.user()
ask("for URLs", s3.create_bucket, Bucket="photos")
cat = {"Bucket": "photos", "Key": "cät 1"}

for version, name in ("s3v4", "version 4"), ("s3", "version 2"):
    presign = wire.client("s3", signature_version=version).generate_presigned_url
    fetch(f"s3 PutObject: presigned, {name}", "PUT", presign("put_object", Params=cat), "a cat")
    fetch(f"s3 PutObject: presigned with a type, {name}", "PUT", presign("put_object", Params={**cat, "ContentType": "text/x-cat"}), "a cat", Content_Type="text/x-cat")
    url = presign("get_object", Params={**cat, "ResponseContentType": "text/plain"})
    fetch(f"s3 GetObject: presigned, {name}", "GET", url)
    fetch(f"s3 GetObject: presigned, of a range, {name}", "GET", presign("get_object", Params=cat), Range="bytes=2-4")
    fetch(f"s3 HeadObject: presigned, {name}", "HEAD", presign("head_object", Params=cat))
    theirs = wire.client("s3", key=nobody, signature_version=version).generate_presigned_url("get_object", Params=cat)
    fetch(f"s3 GetObject: presigned by nobody, {name}", "GET", theirs)
    at = urllib.parse.urlsplit(url)
    forged = urllib.parse.urlencode([(n, "0" * 64 if n.endswith("Signature") else v) for n, v in urllib.parse.parse_qsl(at.query)], quote_via=urllib.parse.quote)
    fetch(f"s3 GetObject: presigned, of another signature, {name}", "GET", at._replace(query=forged).geturl())

fetch("s3 GetObject: not signed", "GET", os.environ["AWS_ENDPOINT_URL"] + "/photos/cat")
