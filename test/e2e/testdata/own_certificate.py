"""Certificates that openssl signs are registered, attached, and open the device
port for curl; and the calls that Terraform, CloudFormation and the CDK make of
the same things."""

import json
import subprocess

import muster
from muster import refused

args = muster.arguments()
client = muster.clients(args)
iot, iam = client("iot"), client("iam")
muster.download_root("root.pem")


def document(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}})


def terraform():
    """What aws_iot_thing_principal_attachment calls."""
    arn = iot.create_keys_and_certificate(setAsActive=True)["certificateArn"]
    iot.create_thing(thingName="tf")
    iot.attach_thing_principal(thingName="tf", principal=arn)
    objects = iot.list_thing_principals_v2(thingName="tf")["thingPrincipalObjects"]
    assert objects == [{"principal": arn, "thingPrincipalType": "NON_EXCLUSIVE_THING"}], objects
    refused("ResourceNotFoundException", iot.list_thing_principals_v2, thingName="gone")

    iot.detach_thing_principal(thingName="tf", principal=arn)
    iot.attach_thing_principal(thingName="tf", principal=arn, thingPrincipalType="EXCLUSIVE_THING")
    things = iot.list_principal_things_v2(principal=arn)["principalThingObjects"]
    assert things == [{"thingName": "tf", "thingPrincipalType": "EXCLUSIVE_THING"}], things
    iot.create_thing(thingName="other")
    refused("InvalidRequestException", iot.attach_thing_principal, thingName="other", principal=arn)
    found = [o["principal"] for p in iot.get_paginator("list_thing_principals_v2").paginate(thingName="tf", PaginationConfig={"PageSize": 1})
             for o in p["thingPrincipalObjects"]]
    assert found == [arn], found

    # aws_iot_thing_type, with a change of what AWS lets be changed.
    mqtt5 = {"mqtt5Configuration": {"propagatingAttributes": [{"userPropertyKey": "id", "connectionAttribute": "iot:ClientId"}]}}
    iot.create_thing_type(thingTypeName="pump", thingTypeProperties={"thingTypeDescription": "a pump", "searchableAttributes": ["site"]})
    iot.update_thing_type(thingTypeName="pump", thingTypeProperties=mqtt5)
    properties = iot.describe_thing_type(thingTypeName="pump")["thingTypeProperties"]
    assert properties == {"thingTypeDescription": "a pump", "searchableAttributes": ["site"], **mqtt5}, properties
    said = refused("InvalidRequestException", iot.update_thing_type, thingTypeName="pump",
                   thingTypeProperties={"searchableAttributes": ["line"]})
    assert "Can only update mqtt5Configuration." in said, said


def openssl(*argv):
    subprocess.run(["openssl", *argv], check=True, capture_output=True)


def read(path):
    with open(path) as file:
        return file.read()


def fingerprint(path):
    """The id of a certificate, as openssl has it."""
    said = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha256"], check=True, capture_output=True, text=True)
    return said.stdout.strip().split("=")[1].replace(":", "").lower()


def signed_by_itself(*key):
    openssl("req", "-x509", "-newkey", *key, "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=pump-7")


def signed_by_another(*key):
    """Of a factory's authority that nobody registered."""
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Factory")
    openssl("req", "-newkey", *key, "-nodes", "-keyout", "key.pem", "-out", "csr.pem", "-subj", "/CN=pump-7")
    openssl("x509", "-req", "-in", "csr.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "cert.pem", "-days", "2")


def vend(want=True):
    """Credentials by curl, as the tutorial asks for them; None when refused."""
    address = iot.describe_endpoint(endpointType="iot:CredentialProvider")["endpointAddress"]
    said = subprocess.run(["curl", "-sS", "--cert", "cert.pem", "--key", "key.pem", "--cacert", "root.pem", "-H", "x-amzn-iot-thingname: pump-7",
                           f"https://{address}/role-aliases/field/credentials"], check=True, capture_output=True, text=True)
    answer = json.loads(said.stdout)
    assert ("credentials" in answer) == want, answer
    return answer.get("credentials")


def who(credentials):
    return muster.device_clients(args, credentials)("sts").get_caller_identity()


def attach(arn):
    """By the call that CloudFormation makes, and the one for things."""
    iot.attach_principal_policy(policyName="field", principal=arn)
    iot.attach_thing_principal(thingName="pump-7", principal=arn, thingPrincipalType="EXCLUSIVE_THING")


def own_certificate():
    pem, identity = read("cert.pem"), fingerprint("cert.pem")
    made = iot.register_certificate_without_ca(certificatePem=pem, status="ACTIVE")
    arn = made["certificateArn"]
    assert made["certificateId"] == identity and arn.endswith(":cert/" + identity), made
    kept = iot.describe_certificate(certificateId=identity)["certificateDescription"]
    assert kept["certificateMode"] == "SNI_ONLY" and kept["status"] == "ACTIVE" and kept["certificatePem"] == pem, kept
    assert "caCertificateId" not in kept and kept["validity"]["notBefore"] < kept["validity"]["notAfter"], kept
    try:
        iot.register_certificate_without_ca(certificatePem=pem)
        raise AssertionError("registered twice")
    except iot.exceptions.ResourceAlreadyExistsException as error:
        assert error.response["resourceId"] == identity and error.response["resourceArn"] == arn, error.response

    vend(want=False)
    attach(arn)
    assert [p["policyName"] for p in iot.list_principal_policies(principal=arn)["policies"]] == ["field"]
    assert iot.list_policy_principals(policyName="field")["principals"] == [arn]
    old = vend()
    assert who(old)["Arn"].endswith("/" + identity)

    # Deleted and registered again, with everything given to it anew.
    iot.detach_thing_principal(thingName="pump-7", principal=arn)
    iot.detach_principal_policy(policyName="field", principal=arn)
    refused("ResourceNotFoundException", iot.detach_principal_policy, policyName="field", principal=arn)
    iot.update_certificate(certificateId=identity, newStatus="INACTIVE")
    iot.delete_certificate(certificateId=identity)
    vend(want=False)
    iot.register_certificate_without_ca(certificatePem=pem, status="ACTIVE")
    attach(arn)
    refused("InvalidClientTokenId", muster.device_clients(args, old)("sts").get_caller_identity)
    who(vend())
    iot.detach_thing_principal(thingName="pump-7", principal=arn)
    iot.detach_policy(policyName="field", target=arn)


terraform()

role = iam.create_role(RoleName="Field", AssumeRolePolicyDocument=document(
    Principal={"Service": "credentials.iot.amazonaws.com"}, Action="sts:AssumeRole"))["Role"]["Arn"]
alias = iot.create_role_alias(roleAlias="field", roleArn=role)["roleAliasArn"]
iot.create_policy(policyName="field", policyDocument=document(Action="iot:AssumeRoleWithCertificate", Resource=alias))
iot.create_thing(thingName="pump-7")
for make, key in (
    (signed_by_itself, ("rsa:2048",)),
    (signed_by_itself, ("rsa:4096",)),
    (signed_by_itself, ("ec", "-pkeyopt", "ec_paramgen_curve:P-384")),
    (signed_by_itself, ("ec", "-pkeyopt", "ec_paramgen_curve:P-521")),
    (signed_by_another, ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")),
):
    make(*key)
    own_certificate()
    print("a certificate", make.__name__.replace("_", " "), "of", key[-1])

for key in (("rsa:1024",), ("ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"), ("ed25519",)):
    signed_by_itself(*key)
    refused("CertificateValidationException", iot.register_certificate_without_ca, certificatePem=read("cert.pem"))
