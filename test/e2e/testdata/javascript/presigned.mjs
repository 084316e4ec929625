// What a browser does with URLs and forms that the SDK has signed as it does
// without being told otherwise.
import assert from "node:assert/strict";
import http from "node:http";
import { CreateBucketCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const Bucket = "of-a-browser";
const s3 = new S3Client({ forcePathStyle: true });
await s3.send(new CreateBucketCommand({ Bucket }));

async function content(Key) {
  return (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body.transformToString();
}

async function refused(response, status, code) {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.match(text, new RegExp(`<Code>${code}</Code>`));
}

// The SDK puts the checksum of the empty body, which it signs without knowing
// another, into the URL. S3 doesn't look at it there.
{
  const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: "put.txt" }), { expiresIn: 60 });
  const query = new URL(url).searchParams;
  assert.equal(query.get("x-amz-checksum-crc32"), "AAAAAA==");
  assert.equal(query.get("x-amz-sdk-checksum-algorithm"), "CRC32");
  const put = await fetch(url, { method: "PUT", body: "from a browser" });
  assert.equal(put.status, 200, await put.text());
  assert.match(put.headers.get("etag"), /^"[0-9a-f]{32}"$/);
  assert.equal(await content("put.txt"), "from a browser");
  const again = await fetch(url, { method: "PUT", body: new Blob(["x".repeat(3 << 20)]), headers: { "Content-Type": "text/plain" } });
  assert.equal(again.status, 200, await again.text());
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "put.txt" }));
  assert.equal(head.ContentLength, 3 << 20);
  assert.equal(head.ContentType, "text/plain");
}

// The URL is for one method and one key, and for what was signed.
{
  const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: "kept.txt" }), { expiresIn: 60 });
  assert.equal((await fetch(url, { method: "PUT", body: "kept" })).status, 200);
  await refused(await fetch(url.replace("kept.txt", "other.txt"), { method: "PUT", body: "no" }), 403, "SignatureDoesNotMatch");
  await refused(await fetch(url.replace("AAAAAA%3D%3D", "BBBBBB%3D%3D"), { method: "PUT", body: "no" }), 403, "SignatureDoesNotMatch");
  await refused(await fetch(url, { method: "DELETE" }), 403, "SignatureDoesNotMatch");
  await refused(await fetch(url), 403, "SignatureDoesNotMatch");
  await refused(await fetch(url, { method: "PUT", body: "no", headers: { "x-amz-acl": "public-read" } }), 403, "AccessDenied");
  assert.equal(await content("kept.txt"), "kept");
}

// A length that was signed is the only one; one that was promised must arrive.
{
  const command = new PutObjectCommand({ Bucket, Key: "length.txt", ContentLength: 5 });
  const url = await getSignedUrl(s3, command, { expiresIn: 60, signableHeaders: new Set(["content-length"]) });
  assert.equal((await fetch(url, { method: "PUT", body: "12345" })).status, 200);
  await refused(await fetch(url, { method: "PUT", body: "123456" }), 403, "SignatureDoesNotMatch");

  const free = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: "length.txt" }), { expiresIn: 60 });
  await new Promise((resolve, reject) => {
    const request = http.request(free, { method: "PUT", headers: { "Content-Length": 100_000 } });
    request.on("error", resolve);
    request.on("response", () => reject(new Error("answered before all of the body was sent")));
    request.write("y".repeat(50_000), () => request.destroy(new Error("the tab was closed")));
  });
  assert.equal(await content("length.txt"), "12345");
}

// A checksum that is a signed header must be that of what is sent.
{
  const sha256 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="; // of "abc"
  const command = new PutObjectCommand({ Bucket, Key: "summed.txt", ChecksumSHA256: sha256 });
  const url = await getSignedUrl(s3, command, { expiresIn: 60, unhoistableHeaders: new Set(["x-amz-checksum-sha256"]) });
  const headers = { "x-amz-checksum-sha256": sha256 };
  assert.equal((await fetch(url, { method: "PUT", body: "abc", headers })).status, 200);
  await refused(await fetch(url, { method: "PUT", body: "abd", headers }), 400, "BadDigest");
  await refused(await fetch(url, { method: "PUT", body: "abc" }), 403, "SignatureDoesNotMatch");
  assert.equal(await content("summed.txt"), "abc");
}

// A download says what it was signed to say.
{
  const command = new GetObjectCommand({ Bucket, Key: "kept.txt", ResponseContentDisposition: "attachment; filename=x.txt" });
  const got = await fetch(await getSignedUrl(s3, command, { expiresIn: 60 }));
  assert.equal(await got.text(), "kept");
  assert.equal(got.headers.get("content-disposition"), "attachment; filename=x.txt");
}

// A form takes what its policy allows and nothing else.
{
  const { url, fields } = await createPresignedPost(s3, {
    Bucket,
    Key: "forms/${filename}",
    Conditions: [["content-length-range", 1, 1000], ["starts-with", "$Content-Type", "text/"]],
    Expires: 60,
  });
  const send = (changes, file = "in a form") => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...fields, "Content-Type": "text/plain", ...changes })) form.append(name, value);
    form.append("file", new Blob([file]), "sent.txt");
    return fetch(url, { method: "POST", body: form });
  };
  const posted = await send({ success_action_status: "200" });
  await refused(posted, 403, "AccessDenied"); // a field of which the policy knows nothing
  const taken = await send({});
  assert.equal(taken.status, 204, await taken.text());
  assert.equal(await content("forms/sent.txt"), "in a form");
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key: "forms/sent.txt" }))).ContentType, "text/plain");
  await refused(await send({}, "z".repeat(1001)), 400, "EntityTooLarge");
  await refused(await send({}, ""), 400, "EntityTooSmall");
  await refused(await send({ "Content-Type": "image/png" }), 403, "AccessDenied");
  await refused(await send({ key: "elsewhere/sent.txt" }), 403, "AccessDenied");
  await refused(await send({ "X-Amz-Signature": fields["X-Amz-Signature"].replace(/^./, (c) => (c === "0" ? "1" : "0")) }), 403, "SignatureDoesNotMatch");
  assert.equal(await content("forms/sent.txt"), "in a form");
}
