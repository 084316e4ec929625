"""What the scripts share that transcripts are recorded from: clients whose
calls are put on record. TestWire runs them when asked to record."""

import http.client
import json
import os
import urllib.parse
import urllib.request

import boto3
import botocore.config
import botocore.exceptions


def client(service, key=None, unchecked=False, endpoint_url=None, **config):
    """A client that asks once; key is an access key or credentials as IAM and
    STS answer them. Unchecked, it sends what boto3 knows to be wrong."""
    who = {}
    if key is not None:
        who = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        if "SessionToken" in key:
            who["aws_session_token"] = key["SessionToken"]
    config = botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=not unchecked, **config)
    return boto3.client(service, config=config, endpoint_url=endpoint_url, **who)


def document(*statements):
    """A policy document as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions, resource="*", **more):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def trust(**principal):
    """A trust policy: trust(Service="sagemaker.amazonaws.com")."""
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def ask(what, call, **kwargs):
    """Makes a call that must succeed, puts it on record and answers its output."""
    _control()
    out = call(**kwargs)
    _control(_title(call, what))
    return out


def refused(code, what, call, **kwargs):
    """Makes a call that must be refused with that code, and puts it on record."""
    _control()
    try:
        call(**kwargs)
    except botocore.exceptions.ClientError as error:
        got = error.response["Error"]["Code"]
        if got != code:
            raise AssertionError(f"{_title(call, what)}: got {error}, want {code}") from error
        _control(_title(call, what))
        return
    raise AssertionError(f"{_title(call, what)}: it succeeded, want {code}")


def fetch(title, method, url, body=None, **headers):
    """Asks for a presigned URL as one without a key does, puts it on record and
    answers the status."""
    at = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(at.netloc)
    _control()
    connection.request(method, at._replace(scheme="", netloc="").geturl(), body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.read()
    _control(title)
    return answer.status


def device(code, what, path, made=None, method="GET", **headers):
    """Asks the devices' port as curl does, with the certificate that
    CreateKeysAndCertificate made; code is success, or that of the refusal."""
    pems = (made["certificatePem"], made["keyPair"]["PrivateKey"]) if made else ()
    who = " ".join(json.dumps(pem)[1:-1] for pem in pems) or "none"
    lines = ["Device: " + who, f"{method} {path}", "User-Agent: curl/7.88.1", "Accept: */*"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    title = f"credentials AssumeRoleWithCertificate: {what}"
    got = _control(title, request="\n".join(lines) + "\n\n")
    if got != code:
        raise AssertionError(f"{title}: got {got}, want {code}")


def user(name="nobody", *statements):
    """The key of a new user that may do what statements say: nothing, if there
    are none. On record too, since the player must make the user as well."""
    iam = client("iam")
    ask(f"for {name}", iam.create_user, UserName=name)
    if statements:
        ask(f"for {name}", iam.put_user_policy, UserName=name, PolicyName="p", PolicyDocument=document(*statements))
    return ask(f"for {name}", iam.create_access_key, UserName=name)["AccessKey"]


def _title(call, what):
    of = call.__self__
    operation = of.meta.method_to_api_mapping[call.__name__]
    return f"{of.meta.service_model.service_name} {operation}: {what}"


def _control(title="", **more):
    form = urllib.parse.urlencode({"title": title, **more}).encode()
    with urllib.request.urlopen(os.environ["WIRE_CONTROL"], form) as answer:
        return answer.read().decode()
