"""Every list comes in pages, each item once, and an empty one is a list."""

import json

import muster

args = muster.arguments()
client = muster.clients(args)
# A region of its own is a namespace of its own.
iot, sagemaker = client("iot", region_name="eu-west-1"), client("sagemaker", region_name="eu-west-1")
iam = client("iam")


def pages(service, operation, result, page_size, **kwargs):
    """The items of every page, and how many pages there were."""
    paginator = service.get_paginator(operation)
    found = [page[result] for page in paginator.paginate(PaginationConfig={"PageSize": page_size}, **kwargs)]
    return [item for page in found for item in page], len(found)


lists = [
    (iot, "list_things", "things", "thingName"),
    (iot, "list_thing_types", "thingTypes", "thingTypeName"),
    (iot, "list_certificates", "certificates", "certificateId"),
    (iot, "list_policies", "policies", "policyName"),
    (iot, "list_role_aliases", "roleAliases", None),
    (sagemaker, "list_device_fleets", "DeviceFleetSummaries", "DeviceFleetName"),
    (sagemaker, "list_devices", "DeviceSummaries", "DeviceName"),
]
for service, operation, result, _ in lists:
    assert pages(service, operation, result, 2) == ([], 1), operation

trust = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": ["credentials.iot.amazonaws.com", "sagemaker.amazonaws.com"]}}]})
allow = json.dumps({"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "iot:AssumeRoleWithCertificate", "Resource": "*"}})
role = iam.create_role(RoleName="SageMakerPages", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
made = {operation: [] for _, operation, _, _ in lists}
for n in range(5):
    name = f"item-{n}"
    iot.create_thing_type(thingTypeName=name)
    iot.create_thing(thingName=name, thingTypeName="item-0")
    made["list_certificates"].append(iot.create_keys_and_certificate()["certificateId"])
    iot.create_policy(policyName=name, policyDocument=allow)
    iot.create_role_alias(roleAlias=name, roleArn=role)
    sagemaker.create_device_fleet(DeviceFleetName=name, RoleArn=role, EnableIotRoleAlias=False,
                                  OutputConfig={"S3OutputLocation": "s3://sagemaker/x"})
    sagemaker.register_devices(DeviceFleetName="item-0", Devices=[{"DeviceName": name}])
    for operation in made:
        if operation != "list_certificates":
            made[operation].append(name)

for service, operation, result, key in lists:
    for size in (1, 2, 5, 100):
        found, count = pages(service, operation, result, size)
        names = [item[key] if key else item for item in found]
        assert sorted(names) == sorted(made[operation]), (operation, size, names)
        assert count == -(-5 // size), (operation, size, count)

# Orders.
for ascending in (True, False):
    names = [c["certificateId"] for c in pages(iot, "list_certificates", "certificates", 2, ascendingOrder=ascending)[0]]
    assert names == (made["list_certificates"] if ascending else made["list_certificates"][::-1]), names
names, _ = pages(iot, "list_role_aliases", "roleAliases", 2, ascendingOrder=True)
assert names == sorted(names), names
for order in ("Ascending", "Descending"):
    names = [f["DeviceFleetName"] for f in pages(
        sagemaker, "list_device_fleets", "DeviceFleetSummaries", 2, SortBy="NAME", SortOrder=order)[0]]
    assert names == sorted(names, reverse=order == "Descending"), names

# Filters.
things, _ = pages(iot, "list_things", "things", 2, thingTypeName="item-0")
assert len(things) == 5, things
assert pages(iot, "list_things", "things", 2, thingTypeName="item-1") == ([], 1)
fleets, _ = pages(sagemaker, "list_device_fleets", "DeviceFleetSummaries", 2, NameContains="em-3")
assert [f["DeviceFleetName"] for f in fleets] == ["item-3"], fleets
devices, _ = pages(sagemaker, "list_devices", "DeviceSummaries", 2, DeviceFleetName="item-1")
assert devices == [], devices

# A token that isn't one, and one of another list.
muster.raises(iot.exceptions.InvalidRequestException, iot.list_things, nextToken="not-a-token")
muster.raises(iot.exceptions.InvalidRequestException, iot.list_policies, marker="bm90IGEgbWFya2Vy")
muster.refused("ValidationException", sagemaker.list_devices, NextToken="not-a-token")
# Another region sees none of it.
assert client("iot", region_name="eu-west-2").list_things()["things"] == []
