"""The bucket in the host's name."""

import os
import socket

import wire
from wire import ask, refused

resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more: resolve("127.0.0.1" if host.endswith(".localhost") else host, *more)

s3 = wire.client("s3")
ask("for host names", s3.create_bucket, Bucket="photos")
cat = {"Bucket": "photos", "Key": "cät 1"}
hosted = wire.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"].replace("127.0.0.1", "localhost"), s3={"addressing_style": "virtual"})
ask("the bucket in the host's name", hosted.put_object, **cat, Body="a cat")
ask("the bucket in the host's name", hosted.list_objects_v2, Bucket="photos")
refused("NoSuchBucket", "no such bucket in the host's name", hosted.get_object, Bucket="meadows", Key="cat")
