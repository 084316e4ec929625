"""Role aliases, and the endpoint where devices ask for them."""

import wire
from wire import ask, refused

iot = wire.client("iot")
iam = wire.client("iam")
unchecked = wire.client("iot", unchecked=True)
nobody = wire.client("iot", key=wire.user())

TRUST = wire.trust(Service=["credentials.iot.amazonaws.com", "sagemaker.amazonaws.com"])
role = ask("for the aliases", iam.create_role, RoleName="Field", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]

ask("a role's", iot.create_role_alias, roleAlias="field", roleArn=role)
ask(
    "with a duration and tags",
    iot.create_role_alias,
    roleAlias="night",
    roleArn=role,
    credentialDurationSeconds=900,
    tags=[{"Key": "team", "Value": "field"}],
)
refused("ResourceAlreadyExistsException", "the same again", iot.create_role_alias, roleAlias="field", roleArn=role)
refused("InvalidRequestException", "no ARN", unchecked.create_role_alias, roleAlias="other", roleArn="none")
refused("InvalidRequestException", "too short", unchecked.create_role_alias, roleAlias="other", roleArn=role, credentialDurationSeconds=899)
refused("AccessDeniedException", "by nobody", nobody.create_role_alias, roleAlias="other", roleArn=role)

ask("what there is", iot.describe_role_alias, roleAlias="field")
refused("ResourceNotFoundException", "none of that name", iot.describe_role_alias, roleAlias="none")
refused("InvalidRequestException", "a name with a space", unchecked.describe_role_alias, roleAlias="a b")
refused("AccessDeniedException", "by nobody", nobody.describe_role_alias, roleAlias="field")

ask("all", iot.list_role_aliases, ascendingOrder=True)
page = ask("a page of one", iot.list_role_aliases, pageSize=1, ascendingOrder=True)
ask("the page after it", iot.list_role_aliases, pageSize=1, ascendingOrder=True, marker=page["nextMarker"])
refused("InvalidRequestException", "a page of 251", unchecked.list_role_aliases, pageSize=251)
refused("InvalidRequestException", "a marker of nobody's", iot.list_role_aliases, marker="abcd")
refused("AccessDeniedException", "by nobody", nobody.list_role_aliases)

ask("another duration", iot.update_role_alias, roleAlias="field", credentialDurationSeconds=1800)
ask("another role", iot.update_role_alias, roleAlias="field", roleArn=role)
refused("ResourceNotFoundException", "none of that name", iot.update_role_alias, roleAlias="none", credentialDurationSeconds=1800)
refused("InvalidRequestException", "too long", unchecked.update_role_alias, roleAlias="field", credentialDurationSeconds=43201)
refused("AccessDeniedException", "by nobody", nobody.update_role_alias, roleAlias="field", credentialDurationSeconds=1800)

ask("for the credentials provider", iot.describe_endpoint, endpointType="iot:CredentialProvider")
ask("for data", iot.describe_endpoint, endpointType="iot:Data-ATS")
refused("InvalidRequestException", "of no type", iot.describe_endpoint, endpointType="none")
refused("AccessDeniedException", "by nobody", nobody.describe_endpoint, endpointType="iot:CredentialProvider")

refused("InvalidRequestException", "a name with a space", unchecked.delete_role_alias, roleAlias="a b")
refused("AccessDeniedException", "by nobody", nobody.delete_role_alias, roleAlias="field")
ask("what there is", iot.delete_role_alias, roleAlias="field")
refused("ResourceNotFoundException", "none of that name", iot.delete_role_alias, roleAlias="field")
