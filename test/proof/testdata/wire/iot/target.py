"""Certificates as targets of policies, and what the policies come to."""

import wire
from wire import ask, refused

iot = wire.client("iot")
unchecked = wire.client("iot", unchecked=True)
nobody = wire.client("iot", key=wire.user())

ALIAS = "arn:aws:iot:us-east-1:000000000000:rolealias/field"
FIELD = wire.document(wire.allow("iot:AssumeRoleWithCertificate", resource=ALIAS))
DENY = wire.document({"Effect": "Deny", "Action": "iot:AssumeRoleWithCertificate", "Resource": ALIAS})

certificate = ask("for the policies", iot.create_keys_and_certificate, setAsActive=True)["certificateArn"]
absent = certificate.split("/")[0] + "/" + "0" * 64
ask("for the certificate", iot.create_policy, policyName="field", policyDocument=FIELD)
ask("for the certificate", iot.create_policy, policyName="guard", policyDocument=DENY)

ask("to a certificate", iot.attach_policy, policyName="field", target=certificate)
ask("the same again", iot.attach_policy, policyName="field", target=certificate)
ask("another", iot.attach_policy, policyName="guard", target=certificate)
refused("ResourceNotFoundException", "no such policy", iot.attach_policy, policyName="none", target=certificate)
refused("ResourceNotFoundException", "no such certificate", iot.attach_policy, policyName="field", target=absent)
refused("InvalidRequestException", "no target", iot.attach_policy, policyName="field", target="none")
refused("AccessDeniedException", "by nobody", nobody.attach_policy, policyName="field", target=certificate)
for n in range(8):
    ask("for the limit", iot.create_policy, policyName=f"more-{n}", policyDocument=FIELD)
    ask(f"number {n + 3}", iot.attach_policy, policyName=f"more-{n}", target=certificate)
ask("for the limit", iot.create_policy, policyName="more", policyDocument=FIELD)
refused("LimitExceededException", "the eleventh", iot.attach_policy, policyName="more", target=certificate)
for n in range(8):
    ask(f"number {n + 3}", iot.detach_policy, policyName=f"more-{n}", target=certificate)

ask("of a certificate", iot.list_attached_policies, target=certificate)
page = ask("a page of one", iot.list_attached_policies, target=certificate, pageSize=1)
ask("the page after it", iot.list_attached_policies, target=certificate, pageSize=1, marker=page["nextMarker"])
refused("ResourceNotFoundException", "no such certificate", iot.list_attached_policies, target=absent)
refused("InvalidRequestException", "no target", iot.list_attached_policies, target="none")
refused("AccessDeniedException", "by nobody", nobody.list_attached_policies, target=certificate)

ask("one", iot.list_targets_for_policy, policyName="field")
ask("none", iot.list_targets_for_policy, policyName="more")
refused("ResourceNotFoundException", "none of that name", iot.list_targets_for_policy, policyName="none")
refused("InvalidRequestException", "a name with a space", unchecked.list_targets_for_policy, policyName="a b")
refused("AccessDeniedException", "by nobody", nobody.list_targets_for_policy, policyName="field")

ask("of a certificate", iot.get_effective_policies, principal=certificate)
refused("ResourceNotFoundException", "no such certificate", iot.get_effective_policies, principal=absent)
refused("InvalidRequestException", "no principal", iot.get_effective_policies, principal="none")
refused("AccessDeniedException", "by nobody", nobody.get_effective_policies, principal=certificate)

PUBLISH = {"actionType": "PUBLISH", "resources": ["arn:aws:iot:us-east-1:000000000000:topic/a"]}
ask("allowed by nothing", iot.test_authorization, principal=certificate, authInfos=[PUBLISH])
ask(
    "with a policy that would be attached, and without one that is",
    iot.test_authorization,
    principal=certificate,
    authInfos=[PUBLISH],
    policyNamesToAdd=["more"],
    policyNamesToSkip=["guard"],
)
refused("ResourceNotFoundException", "no such certificate", iot.test_authorization, principal=absent, authInfos=[PUBLISH])
refused("InvalidRequestException", "nothing to test", unchecked.test_authorization, principal=certificate, authInfos=[])
refused("AccessDeniedException", "by nobody", nobody.test_authorization, principal=certificate, authInfos=[PUBLISH])

refused("DeleteConflictException", "an attached one", iot.delete_policy, policyName="field")
refused("InvalidRequestException", "no target", iot.detach_policy, policyName="field", target="none")
refused("AccessDeniedException", "by nobody", nobody.detach_policy, policyName="field", target=certificate)
ask("from a certificate", iot.detach_policy, policyName="field", target=certificate)
ask("what is not attached", iot.detach_policy, policyName="field", target=certificate)

# The older calls, about the same attachments.
ask("to a certificate", iot.attach_principal_policy, policyName="field", principal=certificate)
ask("the same again", iot.attach_principal_policy, policyName="field", principal=certificate)
refused("ResourceNotFoundException", "no such policy", iot.attach_principal_policy, policyName="none", principal=certificate)
refused("InvalidRequestException", "a thing group", iot.attach_principal_policy, policyName="field", principal="arn:aws:iot:us-east-1:000000000000:thinggroup/g")
refused("AccessDeniedException", "by nobody", nobody.attach_principal_policy, policyName="field", principal=certificate)
for n in range(8):
    ask(f"number {n + 3}", iot.attach_principal_policy, policyName=f"more-{n}", principal=certificate)
refused("LimitExceededException", "the eleventh", iot.attach_principal_policy, policyName="more", principal=certificate)

ask("of a certificate", iot.list_principal_policies, principal=certificate, pageSize=2, ascendingOrder=True)
page = ask("the newest", iot.list_principal_policies, principal=certificate, pageSize=1)
ask("the page after it", iot.list_principal_policies, principal=certificate, pageSize=1, marker=page["nextMarker"])
refused("ResourceNotFoundException", "no such certificate", iot.list_principal_policies, principal=absent)
refused("InvalidRequestException", "no principal", iot.list_principal_policies, principal="none")
refused("AccessDeniedException", "by nobody", nobody.list_principal_policies, principal=certificate)

ask("one", iot.list_policy_principals, policyName="field")
ask("none", iot.list_policy_principals, policyName="more")
refused("ResourceNotFoundException", "none of that name", iot.list_policy_principals, policyName="none")
refused("InvalidRequestException", "a name with a space", unchecked.list_policy_principals, policyName="a b")
refused("AccessDeniedException", "by nobody", nobody.list_policy_principals, policyName="field")

ask("from a certificate", iot.detach_principal_policy, policyName="field", principal=certificate)
refused("ResourceNotFoundException", "what is not attached", iot.detach_principal_policy, policyName="field", principal=certificate)
refused("InvalidRequestException", "no principal", iot.detach_principal_policy, policyName="field", principal="none")
refused("AccessDeniedException", "by nobody", nobody.detach_principal_policy, policyName="guard", principal=certificate)
