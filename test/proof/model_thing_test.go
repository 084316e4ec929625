package proof

import (
	"fmt"
	"maps"
	"strings"

	"muster/internal/awsapi/iotapi"
)

type kind struct {
	description string
	propagating string // an attribute of things; "" none
	deprecated  bool
	tags        map[string]string
}

type thing struct {
	kind       string
	attributes map[string]string
	version    int64
	principals map[string]bool // ids of certificates
	exclusive  map[string]bool // those that are on no other thing
}

func (t *thing) String() string { return fmt.Sprintf("%q v%d %v", t.kind, t.version, t.attributes) }

func (w *model) used(kind string) bool {
	for _, t := range w.things {
		if t.kind == kind {
			return true
		}
	}
	return false
}

// attributes are some, at times more than a thing without a type may have, or
// one without a value, which is none.
func (x *trial) attributes() map[string]string {
	all := map[string]string{}
	for range x.r.IntN(5) {
		all[one(x, "site", "line", "color", "size", "year")] = one(x, "a", "b", "")
	}
	return all
}

// kept are the attributes that stay, and whether there are too many.
func kept(all map[string]string, kind string) (map[string]string, bool) {
	has := map[string]string{}
	for name, value := range all {
		if value != "" {
			has[name] = value
		}
	}
	return has, kind == "" && len(has) > 3
}

var thingNames, kindNames = few("thing-", 6), few("kind-", 4)

func (x *trial) thing() string { return one(x, thingNames...) }
func (x *trial) kind() string  { return one(x, kindNames...) }

var thingSteps = []step{
	{"iot:CreateThingType", func(x *trial) (string, string, string) {
		name, description, attribute, tags := x.kind(), one(x, "", "a pump"), one(x, "", "", "site"), x.tagsOrNone()
		in := &iotapi.CreateThingTypeRequest{ThingTypeName: name, Tags: tags.iot()}
		if description != "" {
			in.ThingTypeProperties = &iotapi.ThingTypeProperties{ThingTypeDescription: &description}
		}
		if attribute != "" {
			in.ThingTypeProperties = &iotapi.ThingTypeProperties{ThingTypeDescription: &description, Mqtt5Configuration: propagating(attribute)}
		}
		want := fineWord
		switch k := x.world.kinds[name]; {
		case tags.ambiguous():
			want = badRequest
		case k == nil:
			x.world.kinds[name] = &kind{description: description, propagating: attribute, tags: tags.kept()}
		case k.description != description, k.propagating != attribute, len(tags) > 0 && !maps.Equal(k.tags, tags.kept()):
			want = itsThere
		}
		return fmt.Sprint(name, " ", description, " ", attribute, tags), say(x, iotapi.CreateThingType, in, fine), want
	}},
	{"iot:UpdateThingType", func(x *trial) (string, string, string) {
		name, attribute, want := apt(x, kindNames, in(x.world.kinds)), one(x, "", "site", "line"), fineWord
		properties := &iotapi.ThingTypeProperties{Mqtt5Configuration: &iotapi.Mqtt5Configuration{}}
		if attribute != "" {
			properties.Mqtt5Configuration = propagating(attribute)
		}
		if x.r.IntN(4) == 0 {
			properties.ThingTypeDescription = new(one(x, "", "a pump", "a valve"))
		}
		switch k := x.world.kinds[name]; {
		case k == nil:
			want = notThere
		case properties.ThingTypeDescription != nil && *properties.ThingTypeDescription != k.description:
			want = badRequest // it never changes
		default:
			k.propagating = attribute
		}
		return fmt.Sprint(name, " ", attribute, value(properties.ThingTypeDescription)), say(x, iotapi.UpdateThingType, &iotapi.UpdateThingTypeRequest{ThingTypeName: name, ThingTypeProperties: properties}, fine), want
	}},
	{"iot:DeprecateThingType", func(x *trial) (string, string, string) {
		name, undo, want := apt(x, kindNames, func(name string) bool { return x.world.kinds[name] != nil && !x.world.used(name) }), x.r.IntN(4) == 0, notThere
		if k := x.world.kinds[name]; k != nil {
			k.deprecated, want = !undo, fineWord
		}
		return fmt.Sprint(name, undo), say(x, iotapi.DeprecateThingType, &iotapi.DeprecateThingTypeRequest{ThingTypeName: name, UndoDeprecate: &undo}, fine), want
	}},
	{"iot:DeleteThingType", func(x *trial) (string, string, string) {
		name, want := apt(x, kindNames, func(name string) bool {
			k := x.world.kinds[name]
			return k != nil && k.deprecated && !x.world.used(name)
		}), fineWord
		switch k := x.world.kinds[name]; {
		case k == nil:
			want = notThere
		case !k.deprecated || x.world.used(name):
			want = badRequest
		default:
			delete(x.world.kinds, name)
		}
		return name, say(x, iotapi.DeleteThingType, &iotapi.DeleteThingTypeRequest{ThingTypeName: name}, fine), want
	}},
	{"iot:CreateThing", func(x *trial) (string, string, string) {
		name, of, attributes := apt(x, thingNames, out(x.world.things)), one(x, "", "", x.kind()), x.attributes()
		in := &iotapi.CreateThingRequest{ThingName: name, AttributePayload: &iotapi.AttributePayload{Attributes: attributes}}
		if of != "" {
			in.ThingTypeName = &of
		}
		return fmt.Sprint(name, " ", of, attributes), say(x, iotapi.CreateThing, in, fine), x.world.createThing(name, of, attributes)
	}},
	{"iot:UpdateThing", func(x *trial) (string, string, string) {
		name, of, attributes := apt(x, thingNames, in(x.world.things)), one(x, "", "", x.kind()), x.attributes()
		remove, merge := x.r.IntN(4) == 0, x.r.IntN(2) == 0
		in := &iotapi.UpdateThingRequest{ThingName: name, RemoveThingType: &remove, AttributePayload: &iotapi.AttributePayload{Attributes: attributes, Merge: &merge}}
		if of != "" {
			in.ThingTypeName = &of
		}
		if x.r.IntN(4) == 0 {
			in.ExpectedVersion = new(int64(1 + x.r.IntN(3)))
		}
		want := x.world.updateThing(name, of, remove, attributes, merge, in.ExpectedVersion)
		return fmt.Sprint(name, " ", of, remove, attributes, merge, value(in.ExpectedVersion)), say(x, iotapi.UpdateThing, in, fine), want
	}},
	{"iot:DeleteThing", func(x *trial) (string, string, string) {
		name, want := apt(x, thingNames, func(name string) bool {
			t := x.world.things[name]
			return t != nil && len(t.principals) == 0
		}), fineWord
		switch t := x.world.things[name]; {
		case t == nil:
		case len(t.principals) > 0:
			want = badRequest
		default:
			delete(x.world.things, name)
		}
		return name, say(x, iotapi.DeleteThing, &iotapi.DeleteThingRequest{ThingName: name}, fine), want
	}},
}

var thingLooks = []look{
	{"iot:DescribeThingType", func(*trial) []string { return kindNames }, func(x *trial, name string) (got, want string) {
		want = notThere
		if k := x.world.kinds[name]; k != nil {
			want = fmt.Sprint(k.description, k.propagating, k.deprecated)
		}
		return say(x, iotapi.DescribeThingType, &iotapi.DescribeThingTypeRequest{ThingTypeName: name}, func(out *iotapi.DescribeThingTypeResponse) string {
			attribute := ""
			for _, a := range value(out.ThingTypeProperties.Mqtt5Configuration).PropagatingAttributes {
				attribute += value(a.ThingAttribute)
			}
			return fmt.Sprint(value(out.ThingTypeProperties.ThingTypeDescription), attribute, value(out.ThingTypeMetadata.Deprecated))
		}), want
	}},
	{"iot:ListThingTypes", nothing, func(x *trial, _ string) (got, want string) {
		return say(x, iotapi.ListThingTypes, &iotapi.ListThingTypesRequest{}, func(out *iotapi.ListThingTypesResponse) string {
			var all []string
			for _, k := range out.ThingTypes {
				all = append(all, *k.ThingTypeName)
			}
			return strings.Join(all, ", ")
		}), strings.Join(sorted(x.world.kinds), ", ")
	}},
	{"iot:DescribeThing", func(*trial) []string { return thingNames }, func(x *trial, name string) (got, want string) {
		want = notThere
		if t := x.world.things[name]; t != nil {
			want = t.String()
		}
		return say(x, iotapi.DescribeThing, &iotapi.DescribeThingRequest{ThingName: name}, func(out *iotapi.DescribeThingResponse) string {
			return (&thing{kind: value(out.ThingTypeName), attributes: out.Attributes, version: *out.Version}).String()
		}), want
	}},
	{"iot:ListThings", nothing, func(x *trial, _ string) (string, string) { return x.listThings("", "", "") }},
	{"iot:ListThings of a type", func(*trial) []string { return kindNames }, func(x *trial, of string) (string, string) {
		return x.listThings(of, "", "")
	}},
	{"iot:ListThings with an attribute", func(*trial) []string { return []string{"site a", "site b", "line a", "line b"} }, func(x *trial, which string) (string, string) {
		attribute, with, _ := strings.Cut(which, " ")
		return x.listThings(one(x, "", x.kind()), attribute, with)
	}},
}

// listThings lists those of a type, "" of any, in which the attribute, "" none,
// has the value.
func (x *trial) listThings(of, attribute, with string) (got, want string) {
	in := &iotapi.ListThingsRequest{MaxResults: new(int32(1 + x.r.IntN(4)))}
	if of != "" {
		in.ThingTypeName = &of
	}
	if attribute != "" {
		in.AttributeName, in.AttributeValue = &attribute, &with
	}
	var there, listed []string
	for _, name := range sorted(x.world.things) {
		if t := x.world.things[name]; (of == "" || t.kind == of) && (attribute == "" || t.attributes[attribute] == with) {
			there = append(there, name+" "+t.String())
		}
	}
	return pages(&listed, func(token *string) (items []string, more *string, refused string) {
		in.NextToken = token
		refused = say(x, iotapi.ListThings, in, func(out *iotapi.ListThingsResponse) string {
			for _, t := range out.Things {
				items = append(items, *t.ThingName+" "+(&thing{kind: value(t.ThingTypeName), attributes: t.Attributes, version: *t.Version}).String())
			}
			more = out.NextToken
			return ""
		})
		return items, more, refused
	}), strings.Join(there, ", ")
}

func (w *model) createThing(name, of string, attributes map[string]string) string {
	has, tooMany := kept(attributes, of)
	t := w.things[name]
	switch {
	case tooMany:
		return badRequest
	case t != nil && t.kind == of && maps.Equal(t.attributes, has):
		return fineWord
	case t != nil:
		return itsThere
	case of != "" && w.kinds[of] == nil:
		return notThere
	case of != "" && w.kinds[of].deprecated:
		return badRequest
	}
	w.things[name] = &thing{kind: of, attributes: has, version: 1, principals: map[string]bool{}, exclusive: map[string]bool{}}
	return fineWord
}

func (w *model) updateThing(name, of string, remove bool, attributes map[string]string, merge bool, version *int64) string {
	t := w.things[name]
	switch {
	case remove && of != "":
		return badRequest
	case t == nil:
		return notThere
	case version != nil && *version != t.version:
		return badVersion
	case of != "" && w.kinds[of] == nil:
		return notThere
	case of != "" && w.kinds[of].deprecated:
		return badRequest
	}
	becomes := t.kind
	if of != "" || remove {
		becomes = of
	}
	all := map[string]string{}
	if merge {
		maps.Copy(all, t.attributes)
	}
	maps.Copy(all, attributes)
	if len(attributes) == 0 && !merge {
		all = map[string]string{}
	}
	has, tooMany := kept(all, becomes)
	if tooMany {
		return badRequest
	}
	t.kind, t.attributes = becomes, has
	t.version++
	return fineWord
}
