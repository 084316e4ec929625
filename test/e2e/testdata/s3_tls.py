"""boto3 over TLS: what it sends by itself, a file in parts, and URLs."""
import io
import os
import ssl
import urllib.error
import urllib.request

import boto3
import botocore.exceptions
from botocore.config import Config

endpoint = os.environ["AWS_ENDPOINT_URL"]
assert endpoint.startswith("https://"), endpoint
s3 = boto3.client("s3")
sent = []
s3.meta.events.register("before-send.s3", lambda request, **_: sent.append(request.headers.get("X-Amz-Content-SHA256")))
s3.create_bucket(Bucket="boto3-tls")


def text(value):
    return value.decode() if isinstance(value, bytes) else value


sent.clear()
put = s3.put_object(Bucket="boto3-tls", Key="cat", Body=b"hello")
assert not os.environ.get("TRAILERS") or text(sent[-1]) == "STREAMING-UNSIGNED-PAYLOAD-TRAILER", sent
got = s3.get_object(Bucket="boto3-tls", Key="cat", ChecksumMode="ENABLED")
assert got["Body"].read() == b"hello" and got["ETag"] == put["ETag"], got

film = os.urandom(1 << 20) * 12
s3.upload_fileobj(io.BytesIO(film), "boto3-tls", "film")
assert s3.head_object(Bucket="boto3-tls", Key="film")["ETag"].endswith('-2"')
back = io.BytesIO()
s3.download_fileobj("boto3-tls", "film", back)
assert back.getvalue() == film

trusts = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
for version in "s3", "s3v4":
    client = boto3.client("s3", config=Config(signature_version=version))
    params = {"Bucket": "boto3-tls", "Key": "through a url"}
    url = client.generate_presigned_url("put_object", Params=params)
    request = urllib.request.Request(url, data=version.encode(), method="PUT", headers={"Content-Type": ""})
    assert urllib.request.urlopen(request, context=trusts).status == 200, url
    url = client.generate_presigned_url("get_object", Params=params)
    assert urllib.request.urlopen(url, context=trusts).read() == version.encode(), url
    try:
        urllib.request.urlopen(url.replace("through", "thr0ugh"), context=trusts)
        raise SystemExit("a URL was good for another key: " + url)
    except urllib.error.HTTPError as e:
        assert e.code == 403 and b"SignatureDoesNotMatch" in e.read(), e

del os.environ["AWS_CA_BUNDLE"]
try:
    boto3.client("s3", config=Config(retries={"total_max_attempts": 1})).list_buckets()
    raise SystemExit("a client that doesn't know the CA trusted the server")
except botocore.exceptions.SSLError:
    pass
