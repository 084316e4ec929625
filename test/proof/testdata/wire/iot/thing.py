"""Things."""

import wire
from wire import ask, refused

iot = wire.client("iot")
unchecked = wire.client("iot", unchecked=True)
nobody = wire.client("iot", key=wire.user())

ask("for the things", iot.create_thing_type, thingTypeName="pump")

ask("a name only", iot.create_thing, thingName="gate")
ask("the same again", iot.create_thing, thingName="gate")
ask(
    "with everything",
    iot.create_thing,
    thingName="pump-7",
    thingTypeName="pump",
    attributePayload={"attributes": {"site": "east", "line": "3"}},
)
refused(
    "ResourceAlreadyExistsException",
    "the name of another",
    iot.create_thing,
    thingName="pump-7",
    attributePayload={"attributes": {"site": "west"}},
)
refused("ResourceNotFoundException", "of a type that is not there", iot.create_thing, thingName="valve", thingTypeName="none")
refused(
    "InvalidRequestException",
    "four attributes without a type",
    iot.create_thing,
    thingName="valve",
    attributePayload={"attributes": {"a": "1", "b": "2", "c": "3", "d": "4"}},
)
refused("InvalidRequestException", "a name with a slash", unchecked.create_thing, thingName="a/b")
refused("AccessDeniedException", "by nobody", nobody.create_thing, thingName="gate")

ask("a name only", iot.describe_thing, thingName="gate")
ask("with everything", iot.describe_thing, thingName="pump-7")
refused("ResourceNotFoundException", "none of that name", iot.describe_thing, thingName="none")
refused("InvalidRequestException", "a name with a space", unchecked.describe_thing, thingName="a b")
refused("AccessDeniedException", "by nobody", nobody.describe_thing, thingName="pump-7")

ask("attributes merged", iot.update_thing, thingName="pump-7", attributePayload={"attributes": {"line": ""}, "merge": True})
ask("attributes replaced", iot.update_thing, thingName="pump-7", attributePayload={"attributes": {"site": "west"}}, expectedVersion=2)
ask("without its type", iot.update_thing, thingName="pump-7", removeThingType=True)
ask("with a type", iot.update_thing, thingName="pump-7", thingTypeName="pump")
ask("after four updates", iot.describe_thing, thingName="pump-7")
refused("VersionConflictException", "another version", iot.update_thing, thingName="pump-7", expectedVersion=2)
refused("ResourceNotFoundException", "none of that name", iot.update_thing, thingName="none")
refused("ResourceNotFoundException", "a type that is not there", iot.update_thing, thingName="gate", thingTypeName="none")
refused("InvalidRequestException", "a type, and none", iot.update_thing, thingName="gate", thingTypeName="pump", removeThingType=True)
refused("InvalidRequestException", "a name with a space", unchecked.update_thing, thingName="a b")
refused("AccessDeniedException", "by nobody", nobody.update_thing, thingName="pump-7")

ask("all", iot.list_things)
page = ask("a page of one", iot.list_things, maxResults=1)
ask("the page after it", iot.list_things, maxResults=1, nextToken=page["nextToken"])
ask("by type", iot.list_things, thingTypeName="pump")
ask("by attribute", iot.list_things, attributeName="site", attributeValue="west")
ask("by the beginning of an attribute", iot.list_things, attributeName="site", attributeValue="w", usePrefixAttributeValue=True)
refused("InvalidRequestException", "a token of nobody's", iot.list_things, nextToken="abcd")
refused("InvalidRequestException", "a page of none", unchecked.list_things, maxResults=0)
refused("AccessDeniedException", "by nobody", nobody.list_things)

refused("VersionConflictException", "another version", iot.delete_thing, thingName="pump-7", expectedVersion=1)
refused("InvalidRequestException", "a name with a space", unchecked.delete_thing, thingName="a b")
refused("AccessDeniedException", "by nobody", nobody.delete_thing, thingName="pump-7")
ask("with its version", iot.delete_thing, thingName="pump-7", expectedVersion=5)
ask("none of that name", iot.delete_thing, thingName="pump-7")
