"""Thing types. The server deletes deprecated ones at once, as the tests start it."""

import wire
from wire import ask, refused

iot = wire.client("iot")
unchecked = wire.client("iot", unchecked=True)
nobody = wire.client("iot", key=wire.user())

ask("a name only", iot.create_thing_type, thingTypeName="pump")
ask("the same again", iot.create_thing_type, thingTypeName="pump")
ask(
    "with everything",
    iot.create_thing_type,
    thingTypeName="valve",
    thingTypeProperties={"thingTypeDescription": "opens & shuts \"it\"", "searchableAttributes": ["site", "line"]},
    tags=[{"Key": "team", "Value": "field"}],
)
refused(
    "ResourceAlreadyExistsException",
    "the name of another",
    iot.create_thing_type,
    thingTypeName="valve",
    thingTypeProperties={"thingTypeDescription": "another"},
)
refused("InvalidRequestException", "a name with a slash", unchecked.create_thing_type, thingTypeName="a/b")
refused(
    "InvalidRequestException",
    "four searchable attributes",
    iot.create_thing_type,
    thingTypeName="many",
    thingTypeProperties={"searchableAttributes": ["a", "b", "c", "d"]},
)
refused("AccessDeniedException", "by nobody", nobody.create_thing_type, thingTypeName="pump")

ask("what there is", iot.describe_thing_type, thingTypeName="valve")
refused("ResourceNotFoundException", "none of that name", iot.describe_thing_type, thingTypeName="none")
refused("InvalidRequestException", "a name with a space", unchecked.describe_thing_type, thingTypeName="a b")
refused("AccessDeniedException", "by nobody", nobody.describe_thing_type, thingTypeName="valve")

SITE = {"mqtt5Configuration": {"propagatingAttributes": [{"userPropertyKey": "at", "thingAttribute": "site"}]}}
ask("its configuration for MQTT 5", iot.update_thing_type, thingTypeName="valve", thingTypeProperties=SITE)
ask("with that configuration", iot.describe_thing_type, thingTypeName="valve")
refused("InvalidRequestException", "another description", iot.update_thing_type, thingTypeName="valve", thingTypeProperties={"thingTypeDescription": "another"})
refused("ResourceNotFoundException", "none of that name", iot.update_thing_type, thingTypeName="none", thingTypeProperties=SITE)
refused("AccessDeniedException", "by nobody", nobody.update_thing_type, thingTypeName="valve", thingTypeProperties=SITE)
ask("no such configuration", iot.update_thing_type, thingTypeName="valve", thingTypeProperties={"mqtt5Configuration": {}})

ask("all", iot.list_thing_types)
page = ask("a page of one", iot.list_thing_types, maxResults=1)
ask("the page after it", iot.list_thing_types, maxResults=1, nextToken=page["nextToken"])
ask("by name", iot.list_thing_types, thingTypeName="valve")
refused("InvalidRequestException", "a page of 251", unchecked.list_thing_types, maxResults=251)
refused("InvalidRequestException", "a token of nobody's", iot.list_thing_types, nextToken="abcd")
refused("AccessDeniedException", "by nobody", nobody.list_thing_types)

refused("InvalidRequestException", "not deprecated", iot.delete_thing_type, thingTypeName="pump")
ask("deprecated", iot.deprecate_thing_type, thingTypeName="pump")
ask("and taken back", iot.deprecate_thing_type, thingTypeName="pump", undoDeprecate=True)
ask("deprecated again", iot.deprecate_thing_type, thingTypeName="pump")
ask("a deprecated one", iot.describe_thing_type, thingTypeName="pump")
refused("InvalidRequestException", "of a deprecated type", iot.create_thing, thingName="late", thingTypeName="pump")
refused("ResourceNotFoundException", "none of that name", iot.deprecate_thing_type, thingTypeName="none")
refused("InvalidRequestException", "a name with a space", unchecked.deprecate_thing_type, thingTypeName="a b")
refused("AccessDeniedException", "by nobody", nobody.deprecate_thing_type, thingTypeName="valve")

refused("ResourceNotFoundException", "none of that name", iot.delete_thing_type, thingTypeName="none")
refused("InvalidRequestException", "a name with a space", unchecked.delete_thing_type, thingTypeName="a b")
refused("AccessDeniedException", "by nobody", nobody.delete_thing_type, thingTypeName="pump")
ask("a deprecated one", iot.delete_thing_type, thingTypeName="pump")
