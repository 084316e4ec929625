"""Checksums behind the body."""

import io

import wire
from wire import ask, refused

s3 = wire.client("s3")
ask("for trailers", s3.create_bucket, Bucket="photos")
cat = {"Bucket": "photos", "Key": "cät 1"}


def trail(params, **_):
    """Sends the checksum behind the body, as boto3 does by itself over TLS."""
    params["context"]["checksum"]["request_algorithm"]["in"] = "trailer"


trailing = wire.client("s3")
trailing.meta.events.register("before-call.s3", trail)
ask("from a file, its checksum in a trailer", trailing.put_object, **cat, Body=io.BytesIO(b"a cat on its way"))
ask("with that checksum", s3.get_object, **cat)
ask("nothing, its checksum in a trailer", trailing.put_object, Bucket="photos", Key="empty", Body=io.BytesIO())
refused("InvalidDigest", "not in base64, in a trailer", trailing.put_object, **cat, Body=io.BytesIO(b"a cat"), ContentMD5="m")
