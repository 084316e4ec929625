"""What the boto3 scripts share: clients, and saying what must be refused."""

import argparse
import os
import ssl
import http.client
import urllib.request

import boto3
import botocore.exceptions


def arguments():
    """--endpoint hands every client the URL, for SDKs that know no AWS_ENDPOINT_URL."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint")
    parser.add_argument("--region")
    return parser.parse_args()


def clients(args, **session):
    """A function that makes the client of a service, as the tutorial does."""
    made = boto3.Session(**session)

    def client(service, **more):
        if args.endpoint:
            more["endpoint_url"] = args.endpoint
        if args.region:
            more["region_name"] = args.region
        return made.client(service, **more)

    return client


def device_clients(args, credentials):
    return clients(
        args,
        aws_access_key_id=credentials["accessKeyId"],
        aws_secret_access_key=credentials["secretAccessKey"],
        aws_session_token=credentials["sessionToken"],
    )


def download_root(path):
    urllib.request.urlretrieve(os.environ["MUSTER_ROOT_CA_URL"], path)


def device_connection(endpoint, cert, key, ca):
    """One kept-alive connection to the credentials provider."""
    context = ssl.create_default_context(cafile=ca)
    context.load_cert_chain(cert, key)
    return http.client.HTTPSConnection(endpoint, context=context, timeout=30)


def refused(codes, call, *args, **kwargs):
    """call must raise a ClientError whose code is codes, or one of them; answers its message."""
    codes = (codes,) if isinstance(codes, str) else codes
    try:
        call(*args, **kwargs)
    except botocore.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        assert code in codes, f"{name_of(call)} {kwargs}: got {code} ({error}), want {codes}"
        return error.response["Error"].get("Message", "")
    raise AssertionError(f"{name_of(call)} {kwargs} succeeded, want {codes}")


def raises(exception, call, *args, **kwargs):
    """call must raise exactly that modelled exception of its client."""
    try:
        call(*args, **kwargs)
    except exception as error:
        return error.response
    except botocore.exceptions.ClientError as error:
        raise AssertionError(f"{name_of(call)} {kwargs}: got {error!r}, want {exception.__name__}") from error
    raise AssertionError(f"{name_of(call)} {kwargs} succeeded, want {exception.__name__}")


def name_of(call):
    return getattr(call, "__name__", repr(call))
