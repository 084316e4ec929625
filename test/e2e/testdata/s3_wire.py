"""What scripts share that send S3 requests which boto3 wouldn't, and count what is wrong."""
import http.client
import os
import sys
import urllib.parse

import boto3
import botocore.exceptions
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

endpoint = os.environ["AWS_ENDPOINT_URL"].rstrip("/")
region = os.environ["AWS_REGION"]
key = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
host = urllib.parse.urlsplit(endpoint).netloc
wrong = []


def client(**config):
    """No retries: what is answered first counts."""
    config.setdefault("retries", {"total_max_attempts": 1})
    return boto3.client("s3", config=Config(**config))


s3 = client()
MiB = 1 << 20

# The checksums of 123456789 by the algorithms that S3 got last, as far as this boto3 knows them.
known = s3.meta.service_model.shape_for("ChecksumAlgorithm").enum
sums_of_nine = {algorithm: sum for algorithm, sum in {
    "SHA512": "2eZ2LdHI6vbWGzxhkvxAjU1tXxF20MKRabwk5xw/J0rSf81YEbMT1oH35V7ALXPUmclUVba1u1A6z1dPuo/+hQ==",
    "MD5": "JfnnlDI7RTiF9RgfG2JNCw==",
    "XXHASH64": "jLhB20DmroM=",
    "XXHASH3": "ctyxi2ehff8=",
    "XXHASH128": "MxGUd+3l3NXpcWQnaB1YYA==",
}.items() if algorithm in known}


def bucket(name, versioned=False):
    s3.create_bucket(Bucket=name)
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def check(says, got, want=True):
    if got != want:
        wrong.append(f"{says}: got {got!r}, want {want!r}")


def code(call, **params):
    """The error's code, with the status where there is no body to name one."""
    try:
        call(**params)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "succeeded"


def run(*parts):
    """Runs all, be one of them broken, and ends with what was wrong."""
    for part in parts:
        try:
            part()
        except Exception as error:
            check(part.__name__, repr(error), "no exception")
    for line in wrong:
        print("WRONG", line)
    sys.exit(1 if wrong else 0)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def code(self):
        return self.element("Code")

    def element(self, name):
        text = self.body.decode(errors="replace")
        return text.partition(f"<{name}>")[2].partition(f"</{name}>")[0] if f"<{name}>" in text else None


def send(method, target, headers, body=None):
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = Answer(connection.getresponse())
    connection.close()
    return answer


def signed(method, target, headers=None, body=b"", payload=None, region=region, unsigned=()):
    """Signs in the header. payload goes into x-amz-content-sha256; unsigned are headers added after signing."""
    request = AWSRequest(method, endpoint + target, headers=dict(headers or {}), data=body)
    if payload:
        request.headers["X-Amz-Content-SHA256"] = payload
    auth = S3SigV4Auth(key, "s3", region)
    if payload:
        auth.payload = lambda request: payload
    auth.add_auth(request)
    lines = [("Host", host)] + [(n, v) for n, v in request.headers.items() if n.lower() != "host"] + list(unsigned)
    if body and not any(n.lower() in ("content-length", "transfer-encoding") for n, _ in lines):
        lines.append(("Content-Length", str(len(body))))
    return send(method, target, lines, body or None)


def presigned(method, target, region=region):
    request = AWSRequest(method, endpoint + target)
    S3SigV4QueryAuth(key, "s3", region, expires=300).add_auth(request)
    return request.prepare().url[len(endpoint):]


def get(url, *headers, method="GET"):
    """Sends a request that is signed in its URL, or not at all."""
    return send(method, url.removeprefix(endpoint), [("Host", host), *headers])
