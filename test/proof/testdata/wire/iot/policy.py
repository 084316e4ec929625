"""IoT policies, their versions and what they are attached to."""

import wire
from wire import ask, refused

iot = wire.client("iot")
unchecked = wire.client("iot", unchecked=True)
nobody = wire.client("iot", key=wire.user())

FIELD = wire.document(wire.allow("iot:AssumeRoleWithCertificate", resource="arn:aws:iot:us-east-1:000000000000:rolealias/field"))
DENY = wire.document({"Effect": "Deny", "Action": "iot:*", "Resource": "*"})

ask("the tutorial's", iot.create_policy, policyName="field", policyDocument=FIELD)
ask("with tags", iot.create_policy, policyName="other", policyDocument=DENY, tags=[{"Key": "team", "Value": "field"}])
refused("ResourceAlreadyExistsException", "the same again", iot.create_policy, policyName="field", policyDocument=FIELD)
refused("MalformedPolicyException", "half a document", iot.create_policy, policyName="half", policyDocument="{")
refused(
    "MalformedPolicyException",
    "without a statement",
    iot.create_policy,
    policyName="half",
    policyDocument='{"Version": "2012-10-17"}',
)
refused("InvalidRequestException", "a name with a slash", unchecked.create_policy, policyName="a/b", policyDocument=FIELD)
refused("AccessDeniedException", "by nobody", nobody.create_policy, policyName="field", policyDocument=FIELD)

ask("what there is", iot.get_policy, policyName="field")
refused("ResourceNotFoundException", "none of that name", iot.get_policy, policyName="none")
refused("InvalidRequestException", "a name with a space", unchecked.get_policy, policyName="a b")
refused("AccessDeniedException", "by nobody", nobody.get_policy, policyName="field")

ask("all", iot.list_policies, ascendingOrder=True)
page = ask("a page of one", iot.list_policies, pageSize=1, ascendingOrder=True)
ask("the page after it", iot.list_policies, pageSize=1, ascendingOrder=True, marker=page["nextMarker"])
refused("InvalidRequestException", "a page of none", unchecked.list_policies, pageSize=0)
refused("InvalidRequestException", "a marker of nobody's", iot.list_policies, marker="abcd")
refused("AccessDeniedException", "by nobody", nobody.list_policies)

ask("a second", iot.create_policy_version, policyName="field", policyDocument=DENY)
ask("a third, in force", iot.create_policy_version, policyName="field", policyDocument=FIELD, setAsDefault=True)
refused("ResourceNotFoundException", "none of that name", iot.create_policy_version, policyName="none", policyDocument=FIELD)
refused("MalformedPolicyException", "half a document", iot.create_policy_version, policyName="field", policyDocument="{")
refused("InvalidRequestException", "a name with a space", unchecked.create_policy_version, policyName="a b", policyDocument=FIELD)
refused("AccessDeniedException", "by nobody", nobody.create_policy_version, policyName="field", policyDocument=FIELD)
ask("a fourth", iot.create_policy_version, policyName="field", policyDocument=DENY)
ask("a fifth", iot.create_policy_version, policyName="field", policyDocument=DENY)
refused("VersionsLimitExceededException", "a sixth", iot.create_policy_version, policyName="field", policyDocument=FIELD)

ask("the second", iot.get_policy_version, policyName="field", policyVersionId="2")
refused("ResourceNotFoundException", "none of that number", iot.get_policy_version, policyName="field", policyVersionId="9")
refused("InvalidRequestException", "no number", unchecked.get_policy_version, policyName="field", policyVersionId="v2")
refused("AccessDeniedException", "by nobody", nobody.get_policy_version, policyName="field", policyVersionId="2")

ask("all", iot.list_policy_versions, policyName="field")
refused("ResourceNotFoundException", "none of that name", iot.list_policy_versions, policyName="none")
refused("InvalidRequestException", "a name with a space", unchecked.list_policy_versions, policyName="a b")
refused("AccessDeniedException", "by nobody", nobody.list_policy_versions, policyName="field")

ask("the first", iot.set_default_policy_version, policyName="field", policyVersionId="1")
refused("ResourceNotFoundException", "none of that number", iot.set_default_policy_version, policyName="field", policyVersionId="9")
refused("InvalidRequestException", "no number", unchecked.set_default_policy_version, policyName="field", policyVersionId="v2")
refused("AccessDeniedException", "by nobody", nobody.set_default_policy_version, policyName="field", policyVersionId="2")

ask("one that is not in force", iot.delete_policy_version, policyName="field", policyVersionId="5")
refused("DeleteConflictException", "the one in force", iot.delete_policy_version, policyName="field", policyVersionId="1")
refused("ResourceNotFoundException", "none of that number", iot.delete_policy_version, policyName="field", policyVersionId="5")
refused("InvalidRequestException", "no number", unchecked.delete_policy_version, policyName="field", policyVersionId="v2")
refused("AccessDeniedException", "by nobody", nobody.delete_policy_version, policyName="field", policyVersionId="2")

refused("DeleteConflictException", "with versions", iot.delete_policy, policyName="field")
refused("InvalidRequestException", "a name with a space", unchecked.delete_policy, policyName="a b")
refused("AccessDeniedException", "by nobody", nobody.delete_policy, policyName="other")
ask("with one version", iot.delete_policy, policyName="other")
refused("ResourceNotFoundException", "none of that name", iot.delete_policy, policyName="other")
