"""Devices of fleets."""

import wire
from wire import allow, ask, refused

sagemaker = wire.client("sagemaker")
unchecked = wire.client("sagemaker", unchecked=True)
nobody = wire.client("sagemaker", key=wire.user())
field = "arn:aws:sagemaker:us-east-1:000000000000:device-fleet/field"
site = wire.client("sagemaker", key=wire.user("site", allow("sagemaker:*", resource=field + "/device/pump-*")))
ask("without a role", sagemaker.create_device_fleet, DeviceFleetName="field", OutputConfig={"S3OutputLocation": "s3://samples"}, EnableIotRoleAlias=False)

register = sagemaker.register_devices
ask("one of a thing", register, DeviceFleetName="field", Devices=[{"DeviceName": "pump-1", "IotThingName": "sample-device"}])
ask("two, with description and tags", register, DeviceFleetName="field", Tags=[{"Key": "site", "Value": "gate"}],
    Devices=[{"DeviceName": "pump-2", "IotThingName": "sample-device", "Description": "by the gate"}, {"DeviceName": "valve-1"}])
ask("by one who may register these", site.register_devices, DeviceFleetName="field", Devices=[{"DeviceName": "pump-3"}])
refused("ResourceInUse", "a name that is there", register, DeviceFleetName="field", Devices=[{"DeviceName": "pump-4"}, {"DeviceName": "pump-1"}])
refused("ValidationException", "a name twice", register, DeviceFleetName="field", Devices=[{"DeviceName": "pump-4"}, {"DeviceName": "pump-4"}])
refused("ValidationException", "no such fleet", register, DeviceFleetName="meadow", Devices=[{"DeviceName": "pump-4"}])
refused("ValidationException", "no devices", register, DeviceFleetName="field", Devices=[])
refused("ValidationException", "a malformed name and a description too long", register, DeviceFleetName="field", Devices=[{"DeviceName": "pump_4", "Description": "d" * 41}])
refused("ValidationException", "without devices", unchecked.register_devices, DeviceFleetName="field")
refused("AccessDeniedException", "by nobody", nobody.register_devices, DeviceFleetName="field", Devices=[{"DeviceName": "pump-4"}])
refused("AccessDeniedException", "by one who may register the first only", site.register_devices, DeviceFleetName="field", Devices=[{"DeviceName": "pump-4"}, {"DeviceName": "valve-2"}])

describe = sagemaker.describe_device
ask("of a thing", describe, DeviceFleetName="field", DeviceName="pump-2")
ask("of none", describe, DeviceFleetName="field", DeviceName="valve-1")
refused("ValidationException", "no such device", describe, DeviceFleetName="field", DeviceName="pump-4")
refused("ValidationException", "no such fleet", describe, DeviceFleetName="meadow", DeviceName="pump-1")
refused("ValidationException", "a malformed name", describe, DeviceFleetName="field", DeviceName="pump_1")
refused("ValidationException", "a token of nobody's", describe, DeviceFleetName="field", DeviceName="pump-1", NextToken="x")
refused("AccessDeniedException", "by nobody", nobody.describe_device, DeviceFleetName="field", DeviceName="pump-1")

update = sagemaker.update_devices
ask("a description", update, DeviceFleetName="field", Devices=[{"DeviceName": "pump-1", "Description": "by the river"}])
ask("two", update, DeviceFleetName="field", Devices=[{"DeviceName": "pump-2", "IotThingName": "other-device"}, {"DeviceName": "valve-1", "IotThingName": "other-device"}])
ask("with a new description and the thing it had", describe, DeviceFleetName="field", DeviceName="pump-1")
refused("ValidationException", "one that isn't there", update, DeviceFleetName="field", Devices=[{"DeviceName": "pump-1"}, {"DeviceName": "pump-4"}])
refused("ValidationException", "no such fleet", update, DeviceFleetName="meadow", Devices=[{"DeviceName": "pump-1"}])
refused("ValidationException", "a malformed thing", update, DeviceFleetName="field", Devices=[{"DeviceName": "pump-1", "IotThingName": "a thing"}])
refused("AccessDeniedException", "by nobody", nobody.update_devices, DeviceFleetName="field", Devices=[{"DeviceName": "pump-1"}])

list = sagemaker.list_devices
ask("all", list)
page = ask("a page of three", list, DeviceFleetName="field", MaxResults=3)
ask("the rest", list, DeviceFleetName="field", MaxResults=3, NextToken=page["NextToken"])
ask("of a fleet that isn't there", list, DeviceFleetName="meadow")
ask("of a model, which none has reported", list, ModelName="mobilenet")
refused("ValidationException", "a page too big", list, MaxResults=101)
refused("ValidationException", "a page of none", list, MaxResults=0)
refused("ValidationException", "a token of nobody's", list, NextToken="pump-3")
refused("AccessDeniedException", "by nobody", nobody.list_devices)

deregister = sagemaker.deregister_devices
refused("AccessDeniedException", "by nobody", nobody.deregister_devices, DeviceFleetName="field", DeviceNames=["pump-1"])
refused("AccessDeniedException", "by one who may deregister the first only", site.deregister_devices, DeviceFleetName="field", DeviceNames=["pump-1", "valve-1"])
refused("ValidationException", "one that isn't there", deregister, DeviceFleetName="field", DeviceNames=["pump-1", "pump-9"])
refused("ValidationException", "no such fleet", deregister, DeviceFleetName="meadow", DeviceNames=["pump-1"])
refused("ValidationException", "none", deregister, DeviceFleetName="field", DeviceNames=[])
ask("two", deregister, DeviceFleetName="field", DeviceNames=["pump-1", "pump-2"])
refused("ValidationException", "one that is gone", describe, DeviceFleetName="field", DeviceName="pump-1")
ask("with devices in it", sagemaker.delete_device_fleet, DeviceFleetName="field")
refused("ValidationException", "of a fleet that is gone", describe, DeviceFleetName="field", DeviceName="valve-1")
