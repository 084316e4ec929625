"""Details of lists and deletes."""
from s3_wire import bucket, check, run, s3, signed


def lists():
    b = bucket("lists")
    s3.put_object(Bucket=b, Key="a b", Body=b"")
    plain = signed("GET", f"/{b}")
    check("empty Prefix and Marker", (plain.element("Prefix"), plain.element("Marker")), ("", ""))
    check("no EncodingType unless asked for", plain.element("EncodingType"), None)
    check("the key as it is", plain.element("Key"), "a b")
    encoded = signed("GET", f"/{b}?encoding-type=url")
    check("EncodingType when asked for", encoded.element("EncodingType"), "url")
    check("the key encoded", encoded.element("Key"), "a%20b")  # which is a space to every decoder


def version_pages():
    b = bucket("version-pages", versioned=True)
    for name in "a", "b", "c":
        for n in range(3):
            s3.put_object(Bucket=b, Key=name, Body=str(n).encode())
        s3.delete_object(Bucket=b, Key=name)
    whole = s3.list_object_versions(Bucket=b)
    check("NextKeyMarker of a whole list", whole.get("NextKeyMarker"), None)
    check("NextVersionIdMarker of a whole list", whole.get("NextVersionIdMarker"), None)
    check("all versions", (len(whole["Versions"]), len(whole["DeleteMarkers"])), (9, 3))
    ids = lambda page: [(o["Key"], o["VersionId"]) for kind in ("Versions", "DeleteMarkers") for o in page.get(kind, [])]
    for size in 1, 2, 3, 4, 5, 7, 11, 12:
        seen, more, pages = [], {}, 0
        while pages < 20:
            page = s3.list_object_versions(Bucket=b, MaxKeys=size, **more)
            seen, pages = seen + ids(page), pages + 1
            if not page["IsTruncated"]:
                break
            more = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
        check(f"versions in pages of {size}", sorted(seen), sorted(ids(whole)))
        check(f"how many pages of {size}", pages, -(-12 // size))
    uploads = [s3.create_multipart_upload(Bucket=b, Key="same")["UploadId"] for _ in range(3)]
    seen, more = [], {}
    for _ in range(5):
        page = s3.list_multipart_uploads(Bucket=b, MaxUploads=1, **more)
        seen += [u["UploadId"] for u in page["Uploads"]]
        if not page["IsTruncated"]:
            break
        more = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    check("uploads of one key, page by page", seen, uploads)


def deletes():
    b = bucket("deletes", versioned=True)
    one = s3.delete_object(Bucket=b, Key="never")
    check("DELETE of nothing makes a marker", one.get("DeleteMarker"), True)
    check("with a version", bool(one.get("VersionId")), True)
    many = s3.delete_objects(Bucket=b, Delete={"Objects": [{"Key": "neither"}]})["Deleted"][0]
    check("DeleteObjects of nothing makes a marker", many.get("DeleteMarker"), True)
    check("and names it", bool(many.get("DeleteMarkerVersionId")), True)
    check("both are listed", len(s3.list_object_versions(Bucket=b)["DeleteMarkers"]), 2)
    p = bucket("deletes-plain")
    for tag in '"0123"', "*":
        for where, there in (p, "nothing"), (b, "a delete marker"):
            answer = signed("DELETE", f"/{where}/never", {"If-Match": tag})
            check(f"DELETE with If-Match {tag} of {there}", (answer.status, answer.code()), (404, "NoSuchKey"))
    for method, more in ("DELETE", ""), ("GET", ""), ("GET", "&tagging"), ("PUT", "&tagging"):
        answer = signed(method, f"/{b}/never?versionId=a%0D%0AX-More%3A%20b{more}")
        check(f"{method} of a version id that is none{more}", (answer.status, answer.code(), answer.element("Message"), answer.headers["X-More"], answer.headers["x-amz-version-id"]),
              (400, "InvalidArgument", "Invalid version id specified", None, None))
    answer = signed("PUT", f"/{b}/copy", {"x-amz-copy-source": f"/{b}/never?versionId=%00"})
    check("a copy of such a version", (answer.status, answer.code(), answer.element("Message")), (400, "InvalidArgument", "Invalid version id specified"))


run(lists, version_pages, deletes)
