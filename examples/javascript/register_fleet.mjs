// Registers a device fleet and lets a device turn its certificate into
// credentials, with the AWS SDK for JavaScript v3. ../register_fleet.ipynb
// explains each step.
//
//   bin/muster serve &
//   eval "$(bin/muster env)"
//   cd examples/javascript && npm ci
//   node register_fleet.mjs            # cleans up behind itself
//   node register_fleet.mjs --keep     # leaves what it made, and the device's files here
//
// Node doesn't read AWS_CA_BUNDLE: where the API is on TLS, start it with
// NODE_EXTRA_CA_CERTS="$AWS_CA_BUNDLE".
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { text } from "node:stream/consumers";

import { IAM } from "@aws-sdk/client-iam";
import { IoT } from "@aws-sdk/client-iot";
import { S3 } from "@aws-sdk/client-s3";
import { SageMaker } from "@aws-sdk/client-sagemaker";
import { STS } from "@aws-sdk/client-sts";

const files = ["private.pem.key", "device.pem.crt", "AmazonRootCA1.pem"];

if (!process.env.AWS_ENDPOINT_URL) {
  console.error('AWS_ENDPOINT_URL is not set: run  eval "$(muster env)"  first');
  process.exit(1);
}

// The clients find server, key and region in their environment. Path style
// spares a wildcard DNS name for buckets where the server has a host name.
const s3 = new S3({ forcePathStyle: true });
const iam = new IAM();
const iot = new IoT();
const sagemaker = new SageMaker();
const region = await iot.config.region();
const n = Math.floor(Date.now() / 1000); // keeps the names of two runs apart

// A bucket for the devices' output, and the role they will take on.
// us-east-1 is the one region that S3 doesn't want named.
const bucket = `sagemaker-edge-demo-${n}`;
const fleet = `demo-device-fleet${n}`;
await s3.createBucket({
  Bucket: bucket,
  ...(region !== "us-east-1" && { CreateBucketConfiguration: { LocationConstraint: region } }),
});
const roleName = `SageMakerDeviceFleetRole${n}`;
const { Role: role } = await iam.createRole({
  RoleName: roleName,
  AssumeRolePolicyDocument: JSON.stringify({
    Version: "2012-10-17",
    Statement: ["credentials.iot.amazonaws.com", "sagemaker.amazonaws.com"].map((service) => ({
      Effect: "Allow",
      Principal: { Service: service },
      Action: "sts:AssumeRole",
    })),
  }),
});
// What devices may: write the fleet's output, and the calls of a device's own.
await iam.putRolePolicy({
  RoleName: roleName,
  PolicyName: "device",
  PolicyDocument: JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "s3:PutObject", Resource: `arn:aws:s3:::${bucket}/device_output/*` },
      {
        Effect: "Allow",
        Action: ["sagemaker:GetDeviceRegistration", "sagemaker:SendHeartbeat"],
        Resource: `arn:aws:sagemaker:*:*:device-fleet/${fleet}/device/*`,
      },
    ],
  }),
});
console.log("role       ", role.Arn);

// A thing type and a thing.
const thingTypeName = `getting-started-demo-${n}`;
const thingName = `sample-device-${n}`;
await iot.createThingType({ thingTypeName });
const { thingArn } = await iot.createThing({ thingName, thingTypeName });
console.log("thing      ", thingArn);

// The fleet, with which comes its role alias, and a device in it.
await sagemaker.createDeviceFleet({
  DeviceFleetName: fleet,
  RoleArn: role.Arn,
  OutputConfig: { S3OutputLocation: `s3://${bucket}/device_output` },
});
const { IotRoleAlias: aliasArn } = await sagemaker.describeDeviceFleet({ DeviceFleetName: fleet });
const alias = aliasArn.slice(aliasArn.indexOf("SageMaker"));
console.log("role alias ", alias);
const deviceName = `sagemaker-edge-demo-device${n}`;
await sagemaker.registerDevices({
  DeviceFleetName: fleet,
  Devices: [{ DeviceName: deviceName, IotThingName: thingName }],
});

// Its keys and certificate. The private key is in this answer and nowhere else.
const { certificateId, certificateArn, certificatePem, keyPair } = await iot.createKeysAndCertificate({
  setAsActive: true,
});
writeFileSync("device.pem.crt", certificatePem);
writeFileSync("private.pem.key", keyPair.PrivateKey, { mode: 0o600 });
console.log("certificate", certificateId);

// What the certificate may: ask for the role behind the alias.
const policyName = `aliaspolicy-${n}`;
await iot.createPolicy({
  policyName,
  policyDocument: JSON.stringify({
    Version: "2012-10-17",
    Statement: { Effect: "Allow", Action: "iot:AssumeRoleWithCertificate", Resource: aliasArn },
  }),
});
await iot.attachPolicy({ policyName, target: certificateArn });

// Where to ask, and whom to believe.
const { endpointAddress } = await iot.describeEndpoint({ endpointType: "iot:CredentialProvider" });
const download = await fetch(process.env.MUSTER_ROOT_CA_URL);
assert.equal(download.status, 200);
writeFileSync("AmazonRootCA1.pem", await download.text());
console.log("endpoint   ", endpointAddress);

// The exchange, on one connection on which both sides show a certificate.
const agent = new https.Agent({
  ca: readFileSync("AmazonRootCA1.pem"),
  cert: certificatePem,
  key: keyPair.PrivateKey,
  keepAlive: true,
  maxSockets: 1,
});
const answer = await ask();
assert.equal(answer.status, 200, answer.message);
const { accessKeyId, secretAccessKey, sessionToken, expiration } = answer.credentials;
console.log("credentials", accessKeyId, "until", expiration);

// The device's files, to be brought onto it from the bucket.
for (const name of files) {
  await s3.putObject({ Bucket: bucket, Key: `authorization-files/${name}`, Body: readFileSync(name) });
}

// What the credentials open, and what they don't.
const credentials = { accessKeyId, secretAccessKey, sessionToken };
const deviceS3 = new S3({ credentials, forcePathStyle: true });
const deviceIot = new IoT({ credentials });
const identity = await new STS({ credentials }).getCallerIdentity();
console.log("identity   ", identity.Arn);
await deviceS3.putObject({ Bucket: bucket, Key: "device_output/sample.jsonl", Body: '{"celsius": 21.5}\n' });
await refused("AccessDenied", "read", () =>
  deviceS3.getObject({ Bucket: bucket, Key: "authorization-files/private.pem.key" }),
);
await refused("AccessDenied", "list", () => deviceS3.listObjectsV2({ Bucket: bucket }));
await refused("AccessDeniedException", "create a thing", () => deviceIot.createThing({ thingName: "uninvited" }));

if (process.argv.includes("--keep")) {
  console.log("kept        fleet", fleet, "bucket", bucket);
} else {
  await lockOut();
  await cleanUp();
}
agent.destroy();

// lockOut takes the policy away: the device is refused on the connection it
// has, and what it was given before is dead.
async function lockOut() {
  await iot.detachPolicy({ policyName, target: certificateArn });
  const { status, message } = await ask();
  assert.equal(status, 403, message);
  console.log("locked out ", status, message);
  await refused("InvalidAccessKeyId", "write", () =>
    deviceS3.putObject({ Bucket: bucket, Key: "device_output/late.jsonl", Body: "late" }),
  );
}

// cleanUp deletes what was made. A certificate must be inactive, a fleet and a
// bucket must be empty.
async function cleanUp() {
  await iot.deletePolicy({ policyName });
  await iot.updateCertificate({ certificateId, newStatus: "INACTIVE" });
  await iot.deleteCertificate({ certificateId });
  await sagemaker.deregisterDevices({ DeviceFleetName: fleet, DeviceNames: [deviceName] });
  await sagemaker.deleteDeviceFleet({ DeviceFleetName: fleet });
  await iot.deleteRoleAlias({ roleAlias: alias });
  await iot.deleteThing({ thingName });
  await iot.deprecateThingType({ thingTypeName });
  try {
    await iot.deleteThingType({ thingTypeName });
  } catch (error) {
    if (error.name !== "InvalidRequestException") throw error;
    // As on AWS, some minutes must pass first.
    console.log("left        thing type", thingTypeName, "(deprecated; it can be deleted some minutes from now)");
  }
  const { Contents: contents = [] } = await s3.listObjectsV2({ Bucket: bucket });
  for (const { Key } of contents) {
    await s3.deleteObject({ Bucket: bucket, Key });
  }
  await s3.deleteBucket({ Bucket: bucket });
  await iam.deleteRolePolicy({ RoleName: roleName, PolicyName: "device" });
  await iam.deleteRole({ RoleName: roleName });
  files.forEach((name) => rmSync(name));
}

// ask answers what the credentials provider says to the certificate's holder.
function ask() {
  return new Promise((resolve, reject) => {
    const url = `https://${endpointAddress}/role-aliases/${alias}/credentials`;
    https
      .get(url, { agent }, async (response) => {
        try {
          resolve({ status: response.statusCode, ...JSON.parse(await text(response)) });
        } catch (error) {
          reject(error);
        }
      })
      .on("error", reject);
  });
}

// refused fails unless the call is refused with the code.
async function refused(code, what, call) {
  await assert.rejects(call, { name: code });
  console.log("refused    ", what, code);
}
