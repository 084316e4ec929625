"""Device fleets and the role aliases that come with them."""

import wire
from wire import allow, ask, refused, trust

iam = wire.client("iam")
iot = wire.client("iot")
sagemaker = wire.client("sagemaker")
unchecked = wire.client("sagemaker", unchecked=True)
nobody = wire.client("sagemaker", key=wire.user())
fleets = wire.client("sagemaker", key=wire.user("fleets", allow("sagemaker:*")))
roles = {}
for name, service in ("SageMakerFleet", "sagemaker.amazonaws.com"), ("SageMakerOther", "sagemaker.amazonaws.com"), ("Wary", "ec2.amazonaws.com"):
    made = ask(f"that trusts {service}", iam.create_role, RoleName=name, AssumeRolePolicyDocument=trust(Service=service))
    roles[name] = made["Role"]["Arn"]
output = {"S3OutputLocation": "s3://sagemaker-samples/device_output"}
described = {"DeviceFleetName": "field-east", "RoleArn": roles["SageMakerFleet"], "OutputConfig": output}

create = sagemaker.create_device_fleet
# In the order of their names: those made in one millisecond are listed in it.
ask("without a role alias, as Terraform does", create, DeviceFleetName="Field-North", OutputConfig=output, EnableIotRoleAlias=False)
ask("with a role alias, without being asked", create, **described)
ask("without a role alias, of a role that trusts another", create, DeviceFleetName="field-south", RoleArn=roles["Wary"], OutputConfig=output, EnableIotRoleAlias=False)
ask("all members", create, DeviceFleetName="field-west", RoleArn=roles["SageMakerFleet"], Description="Pumps, west of the river.",
    OutputConfig={**output, "KmsKeyId": "alias/samples", "PresetDeploymentType": "GreengrassV2Component", "PresetDeploymentConfig": '{"ComponentName":"edge"}'},
    Tags=[{"Key": "team", "Value": "field"}], EnableIotRoleAlias=True)
refused("ResourceInUse", "a name that is there", create, **described)
refused("ValidationException", "a role that doesn't exist", create, DeviceFleetName="meadow", RoleArn=roles["Wary"] + "2", OutputConfig=output)
refused("ValidationException", "a role that trusts another", create, DeviceFleetName="meadow", RoleArn=roles["Wary"], OutputConfig=output)
refused("ValidationException", "an alias without a role", create, DeviceFleetName="meadow", OutputConfig=output)
refused("ValidationException", "a malformed name", create, DeviceFleetName="field_east", OutputConfig=output)
refused("ValidationException", "three constraints broken", create, DeviceFleetName="-", RoleArn="arn:aws:iam::000000000000:user/me", OutputConfig={"S3OutputLocation": "samples"})
refused("ValidationException", "a name too long", create, DeviceFleetName="pump" * 16, OutputConfig=output)
refused("ValidationException", "without what is required", unchecked.create_device_fleet, RoleArn=roles["SageMakerFleet"])
refused("ValidationException", "a preset of no kind", create, DeviceFleetName="meadow", OutputConfig={**output, "PresetDeploymentType": "Greengrass"})
refused("ValidationException", "a reserved tag", create, DeviceFleetName="meadow", OutputConfig=output, EnableIotRoleAlias=False, Tags=[{"Key": "aws:team", "Value": "field"}])
refused("AccessDeniedException", "by nobody", nobody.create_device_fleet, **described)
refused("AccessDeniedException", "by one who may not pass the role", fleets.create_device_fleet, DeviceFleetName="meadow", RoleArn=roles["SageMakerFleet"], OutputConfig=output)

describe = sagemaker.describe_device_fleet
alias = ask("with its role alias", describe, DeviceFleetName="field-east")["IotRoleAlias"]
ask("all members", describe, DeviceFleetName="field-west")
ask("without role and alias", describe, DeviceFleetName="Field-North")
ask("of a fleet", iot.describe_role_alias, roleAlias=alias[alias.find("SageMaker"):])
refused("ValidationException", "another case", describe, DeviceFleetName="field-north")
refused("ValidationException", "a malformed name", describe, DeviceFleetName="field east")
refused("AccessDeniedException", "by nobody", nobody.describe_device_fleet, DeviceFleetName="field-east")

update = sagemaker.update_device_fleet
ask("the output only", update, DeviceFleetName="field-east", OutputConfig={"S3OutputLocation": "s3://sagemaker-samples/other/"})
ask("another role and description", update, DeviceFleetName="field-east", OutputConfig=output, RoleArn=roles["SageMakerOther"], Description="Pumps, east.")
ask("changed", describe, DeviceFleetName="field-east")
ask("with the fleet's new role", iot.describe_role_alias, roleAlias="SageMakerEdge-field-east")
ask("without the alias", update, DeviceFleetName="field-west", OutputConfig=output, EnableIotRoleAlias=False)
ask("without its alias", describe, DeviceFleetName="field-west")
refused("ValidationException", "the alias, of a role that trusts another", update, DeviceFleetName="field-south", OutputConfig=output, EnableIotRoleAlias=True)
refused("ValidationException", "no such fleet", update, DeviceFleetName="meadow", OutputConfig=output)
refused("ValidationException", "without an output", unchecked.update_device_fleet, DeviceFleetName="field-east")
refused("ValidationException", "an empty description", unchecked.update_device_fleet, DeviceFleetName="field-east", OutputConfig=output, Description="")
refused("AccessDeniedException", "by nobody", nobody.update_device_fleet, DeviceFleetName="field-east", OutputConfig=output)
refused("AccessDeniedException", "by one who may not pass the role", fleets.update_device_fleet, DeviceFleetName="field-east", OutputConfig=output, RoleArn=roles["SageMakerFleet"])

list = sagemaker.list_device_fleets
ask("all, the newest first", list)
ask("by name, upwards", list, SortBy="NAME", SortOrder="Ascending")
page = ask("a page of three", list, SortBy="NAME", SortOrder="Ascending", MaxResults=3)
ask("the rest", list, SortBy="NAME", SortOrder="Ascending", MaxResults=3, NextToken=page["NextToken"])
ask("of a part of the name", list, NameContains="west")
ask("of another time", list, CreationTimeBefore="2020-01-01T00:00:00Z", LastModifiedTimeAfter="2020-01-01T00:00:00Z")
refused("ValidationException", "a page too big", list, MaxResults=101)
refused("ValidationException", "an order of no kind", list, SortBy="SIZE")
refused("ValidationException", "a token of nobody's", list, NextToken="field")
refused("AccessDeniedException", "by nobody", nobody.list_device_fleets)

delete = sagemaker.delete_device_fleet
refused("AccessDeniedException", "by nobody", nobody.delete_device_fleet, DeviceFleetName="field-east")
ask("a fleet", delete, DeviceFleetName="field-east")
refused("ValidationException", "again", delete, DeviceFleetName="field-east")
refused("ValidationException", "no name", unchecked.delete_device_fleet)
refused("ValidationException", "of a fleet that is gone", describe, DeviceFleetName="field-east")
ask("left by a fleet", iot.describe_role_alias, roleAlias="SageMakerEdge-field-east")
ask("again, with the alias that was left", create, **described)
ask("of the fleet made again", iot.describe_role_alias, roleAlias="SageMakerEdge-field-east")
