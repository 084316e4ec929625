"""The credentials provider, asked by devices."""

import wire
from wire import ask, device

iot = wire.client("iot")
iam = wire.client("iam")

PATH = "/role-aliases/field/credentials"
ALIAS = "arn:aws:iot:us-east-1:000000000000:rolealias/field"
TRUST = wire.trust(Service="credentials.iot.amazonaws.com")
NO_TRUST = wire.trust(Service="sagemaker.amazonaws.com")
FIELD = wire.document(wire.allow("iot:AssumeRoleWithCertificate", resource="arn:aws:iot:us-east-1:000000000000:rolealias/*"))

role = ask("for the alias", iam.create_role, RoleName="Field", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
ask("for the device", iot.create_role_alias, roleAlias="field", roleArn=role)
ask("for the device", iot.create_role_alias, roleAlias="long", roleArn=role, credentialDurationSeconds=7200)
ask("for the device", iot.create_policy, policyName="field", policyDocument=FIELD)
ask("for the device", iot.create_thing, thingName="pump-7")
ask("without the device", iot.create_thing, thingName="other")
made = ask("of the device", iot.create_keys_and_certificate, setAsActive=True)

device("AccessDeniedException", "no certificate", PATH)
device("AccessDeniedException", "a certificate without a policy", PATH, made)
device("AccessDeniedException", "without a policy, an alias that is not there", "/role-aliases/none/credentials", made)
ask("to the device", iot.attach_policy, policyName="field", target=made["certificateArn"])
ask("to the device", iot.attach_thing_principal, thingName="pump-7", principal=made["certificateArn"])

device("success", "allowed", PATH, made)
device("success", "as a thing", PATH, made, x_amzn_iot_thingname="pump-7")
device("AccessDeniedException", "as a thing of another", PATH, made, x_amzn_iot_thingname="other")
device("AccessDeniedException", "as a thing that is not there", PATH, made, x_amzn_iot_thingname="none")
device("ResourceNotFoundException", "an alias that is not there", "/role-aliases/none/credentials", made)
device("InvalidRequestException", "longer than the role allows", "/role-aliases/long/credentials", made)
device("MethodNotAllowedException", "another method", PATH, made, method="PUT")
device("ResourceNotFoundException", "another path", "/role-aliases/field", made)

ask("no more", iam.update_assume_role_policy, RoleName="Field", PolicyDocument=NO_TRUST)
device("InvalidRequestException", "a role that does not trust", PATH, made)
ask("no more", iam.delete_role, RoleName="Field")
device("InvalidRequestException", "a role that is not there", PATH, made)
ask("again", iam.create_role, RoleName="Field", AssumeRolePolicyDocument=TRUST)
device("success", "allowed again", PATH, made)

ask("inactive", iot.update_certificate, certificateId=made["certificateId"], newStatus="INACTIVE")
device("AccessDeniedException", "a certificate that is inactive", PATH, made)
ask("active", iot.update_certificate, certificateId=made["certificateId"], newStatus="ACTIVE")
device("success", "active again", PATH, made)
ask("detached", iot.detach_policy, policyName="field", target=made["certificateArn"])
device("AccessDeniedException", "a policy that is detached", PATH, made)
ask("attached", iot.attach_policy, policyName="field", target=made["certificateArn"])
ask("revoked", iot.update_certificate, certificateId=made["certificateId"], newStatus="REVOKED")
device("AccessDeniedException", "a certificate that is revoked", PATH, made)
