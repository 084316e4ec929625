"""Details of requests: how they are signed, framed and asked with."""
import hashlib

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from s3_wire import bucket, check, client, code, endpoint, get, host, key, presigned, region, run, s3, send, signed

v2 = client(signature_version="s3")


def urls():
    b = bucket("urls")
    url = v2.generate_presigned_url("put_object", Params={"Bucket": b, "Key": "k", "ContentType": "text/x-right"})
    put = lambda *more: send("PUT", url.removeprefix(f"http://{host}"), [("Host", host), ("Content-Length", "1"), *more], b"x")
    check("SigV2 URL with its content type", put(("Content-Type", "text/x-right")).status, 200)
    # The string to sign has the type that is sent: "Authenticating requests using the REST API".
    for says, other in ("another", [("Content-Type", "text/plain")]), ("none", []):
        answer = put(*other)
        check(f"with {says}", (answer.status, answer.code()), (403, "SignatureDoesNotMatch"))


def framing():
    b = bucket("framing")
    answer = signed("PUT", f"/{b}/both", {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, b"1\r\nx\r\n0\r\n\r\n", payload="UNSIGNED-PAYLOAD",
                    unsigned=[("Content-Length", "11"), ("Transfer-Encoding", "chunked")])
    # The encoding counts (RFC 9112, section 6.3), and S3 takes no body without a length.
    check("both lengths", (answer.status, answer.code()), (411, "MissingContentLength"))
    check("and the connection closed", (answer.headers["Connection"] or "").lower(), "close")
    huge = send_header_only(f"/{b}/huge", 6 << 40)
    check("more than an object may have, refused from the header", (huge.status, huge.code()), (400, "EntityTooLarge"))
    check("iot: a body beyond the limit, refused from the header", iot_header_only(1 << 40), 413)


def send_header_only(target, length):
    """The body is announced and never sent: an answer before it is what is wanted."""
    return signed("PUT", target, {"x-amz-content-sha256": hashlib.sha256(b"").hexdigest(), "Content-Length": str(length)})


def iot_header_only(length):
    request = AWSRequest("POST", endpoint + "/things/huge", data=b"")
    SigV4Auth(key, "iot", region).add_auth(request)
    lines = [("Host", host), *request.headers.items(), ("Content-Length", str(length))]
    return send("POST", "/things/huge", lines).status


def meaningless():
    b = bucket("meaningless")
    s3.put_object(Bucket=b, Key="k", Body=b"v")
    te = signed("GET", f"/{b}/k", {"x-amz-te": "append-md5"})
    check("x-amz-te", (te.status, te.body), (200, b"v"))
    check("OptionalObjectAttributes", s3.list_objects_v2(Bucket=b, OptionalObjectAttributes=["RestoreStatus"])["KeyCount"], 1)
    check("BypassGovernanceRetention", code(s3.delete_object, Bucket=b, Key="other", BypassGovernanceRetention=True), "succeeded")
    check("no lock asked for", code(s3.create_bucket, Bucket="unlocked", ObjectLockEnabledForBucket=False), "succeeded")
    for query in "x-user=ana", "cache-breaker=1", "metadata=true":
        check(f"URL with {query}", get(presigned("GET", f"/{b}/k?{query}")).status, 200)
        check(f"header with {query}", signed("GET", f"/{b}/k?{query}").status, 200)
        check(f"a list with {query}", signed("GET", f"/{b}?list-type=2&{query}").status, 200)
        check(f"a PUT with {query}", signed("PUT", f"/{b}/put?{query}", body=b"x").status, 200)
    for query in "retention", "legal-hold", "restore", "torrent":
        check(f"PUT of ?{query} is refused", signed("PUT" if query != "restore" else "POST", f"/{b}/k?{query}", body=b"lock").status, 501)
    check("and wrote nothing", s3.get_object(Bucket=b, Key="k")["Body"].read(), b"v")
    for lock in {"x-amz-object-lock-mode": "GOVERNANCE"}, {"x-amz-website-redirect-location": "/x"}, {"x-amz-object-lock-legal-hold": "ON"}:
        answer = signed("PUT", f"/{b}/k", lock, b"lock")
        check(f"refused by name: {lock}", (answer.status, next(iter(lock)) in answer.body.decode().lower()), (501, True))


def regions():
    b = bucket("regions")
    s3.put_object(Bucket=b, Key="k", Body=b"v")
    answer = signed("GET", f"/{b}/k", region="eu-north-1")
    check("a wrong region", (answer.status, answer.code(), answer.element("Region")), (400, "AuthorizationHeaderMalformed", "us-east-1"))
    answer = get(presigned("GET", f"/{b}/k", region="eu-north-1"))
    check("a wrong region in a URL", (answer.status, answer.code(), answer.element("Region")), (400, "AuthorizationQueryParametersError", "us-east-1"))
    # S3's names of before regions had names: US is us-east-1, and EU eu-west-1.
    answer = signed("GET", f"/{b}/k", region="US")
    check("the old name US", (answer.status, answer.body), (200, b"v"))
    answer = signed("GET", f"/{b}/k", region="EU")
    check("the old name EU of another region", (answer.status, answer.code(), answer.element("Region")), (400, "AuthorizationHeaderMalformed", "us-east-1"))
    signed("PUT", "/regions-eu", body=b"<CreateBucketConfiguration><LocationConstraint>EU</LocationConstraint></CreateBucketConfiguration>")
    answer = signed("GET", "/regions-eu", region="EU")
    check("the old name EU of its own", answer.status, 200)


run(urls, framing, meaningless, regions)
