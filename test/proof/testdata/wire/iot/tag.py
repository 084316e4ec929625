"""Tags of IoT's resources."""

import wire
from wire import ask, refused

iot = wire.client("iot")
unchecked = wire.client("iot", unchecked=True)
nobody = wire.client("iot", key=wire.user())

DOCUMENT = wire.document(wire.allow("iot:Connect"))
TEAM = [{"Key": "team", "Value": "field"}]
policy = ask("for the tags", iot.create_policy, policyName="field", policyDocument=DOCUMENT)["policyArn"]
absent = policy.replace("field", "none")

ask("one", iot.tag_resource, resourceArn=policy, tags=TEAM)
ask("one of the name, and one without a value", iot.tag_resource, resourceArn=policy, tags=[{"Key": "team", "Value": "office"}, {"Key": "site"}])
refused("ResourceNotFoundException", "of what is not there", iot.tag_resource, resourceArn=absent, tags=TEAM)
refused("InvalidRequestException", "of AWS", iot.tag_resource, resourceArn=policy, tags=[{"Key": "aws:team", "Value": "field"}])
refused("InvalidRequestException", "no ARN", iot.tag_resource, resourceArn="none", tags=TEAM)
refused("AccessDeniedException", "by nobody", nobody.tag_resource, resourceArn=policy, tags=TEAM)
refused(
    "LimitExceededException",
    "fifty more",
    iot.tag_resource,
    resourceArn=policy,
    tags=[{"Key": f"key-{n}", "Value": ""} for n in range(50)],
)

ask("two", iot.list_tags_for_resource, resourceArn=policy)
refused("ResourceNotFoundException", "of what is not there", iot.list_tags_for_resource, resourceArn=absent)
refused("InvalidRequestException", "no ARN", iot.list_tags_for_resource, resourceArn="none")
refused("AccessDeniedException", "by nobody", nobody.list_tags_for_resource, resourceArn=policy)

ask("one, and one that is not there", iot.untag_resource, resourceArn=policy, tagKeys=["team", "none"])
refused("ResourceNotFoundException", "of what is not there", iot.untag_resource, resourceArn=absent, tagKeys=["team"])
refused("InvalidRequestException", "no ARN", iot.untag_resource, resourceArn="none", tagKeys=["team"])
refused("AccessDeniedException", "by nobody", nobody.untag_resource, resourceArn=policy, tagKeys=["site"])
