"""Tags of fleets and devices."""

import wire
from wire import allow, ask, refused

sagemaker = wire.client("sagemaker")
unchecked = wire.client("sagemaker", unchecked=True)
nobody = wire.client("sagemaker", key=wire.user())
team = wire.client("sagemaker", key=wire.user("team", allow("sagemaker:*", Condition={"StringEquals": {"aws:ResourceTag/team": "field"}})))
fleet = "arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field"
device = fleet + "/device/pump-1"
ask("with a tag", sagemaker.create_device_fleet, DeviceFleetName="field", OutputConfig={"S3OutputLocation": "s3://samples"}, EnableIotRoleAlias=False, Tags=[{"Key": "team", "Value": "field"}])
ask("without tags", sagemaker.register_devices, DeviceFleetName="field", Devices=[{"DeviceName": "pump-1"}])

add = sagemaker.add_tags
ask("to a fleet, beside the one it has", add, ResourceArn=fleet, Tags=[{"Key": "cost centre", "Value": "4711/a"}, {"Key": "bare", "Value": ""}])
ask("to a device", add, ResourceArn=device, Tags=[{"Key": "site", "Value": "gate"}])
ask("another value", add, ResourceArn=device, Tags=[{"Key": "site", "Value": "river"}])
ask("by one who may change what the team has", team.add_tags, ResourceArn=fleet, Tags=[{"Key": "bare", "Value": "no more"}])
refused("ValidationException", "a reserved key", add, ResourceArn=fleet, Tags=[{"Key": "aws:team", "Value": ""}])
refused("ValidationException", "a key in another case", add, ResourceArn=fleet, Tags=[{"Key": "Team", "Value": ""}])
refused("ValidationException", "a key of no such letters", add, ResourceArn=fleet, Tags=[{"Key": "team!", "Value": ""}])
refused("ValidationException", "no such fleet", add, ResourceArn=fleet + "2", Tags=[{"Key": "a", "Value": ""}])
refused("ValidationException", "no such device", add, ResourceArn=device + "2", Tags=[{"Key": "a", "Value": ""}])
refused("ValidationException", "of another kind", add, ResourceArn=fleet.replace("device-fleet", "model"), Tags=[{"Key": "a", "Value": ""}])
refused("ValidationException", "no ARN", add, ResourceArn="field", Tags=[{"Key": "a", "Value": ""}])
refused("ValidationException", "more at once than there may be", add, ResourceArn=device, Tags=[{"Key": f"k{i}", "Value": ""} for i in range(51)])
refused("ResourceLimitExceeded", "more than there may be", add, ResourceArn=device, Tags=[{"Key": f"k{i}", "Value": ""} for i in range(50)])
refused("AccessDeniedException", "by nobody", nobody.add_tags, ResourceArn=fleet, Tags=[{"Key": "a", "Value": ""}])
refused("AccessDeniedException", "of what another team has", team.add_tags, ResourceArn=device, Tags=[{"Key": "a", "Value": ""}])

ask("of a fleet", sagemaker.list_tags, ResourceArn=fleet)
ask("of a device, a page of the least", sagemaker.list_tags, ResourceArn=device, MaxResults=50)
refused("ValidationException", "a page too small", unchecked.list_tags, ResourceArn=device, MaxResults=49)
refused("ValidationException", "no such fleet", sagemaker.list_tags, ResourceArn=fleet + "2")
refused("ValidationException", "a token of nobody's", sagemaker.list_tags, ResourceArn=fleet, NextToken="x")
refused("AccessDeniedException", "by nobody", nobody.list_tags, ResourceArn=fleet)

delete = sagemaker.delete_tags
refused("AccessDeniedException", "by nobody", nobody.delete_tags, ResourceArn=fleet, TagKeys=["team"])
ask("one that is there and one that isn't", delete, ResourceArn=fleet, TagKeys=["team", "colour"])
ask("what is left", sagemaker.list_tags, ResourceArn=fleet)
refused("AccessDeniedException", "by one who is of no such team any more", team.delete_tags, ResourceArn=fleet, TagKeys=["bare"])
refused("ValidationException", "no keys", unchecked.delete_tags, ResourceArn=fleet, TagKeys=[])
refused("ValidationException", "no such device", delete, ResourceArn=device + "2", TagKeys=["site"])
