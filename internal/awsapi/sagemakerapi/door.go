// Package sagemakerapi is the door of SageMaker's control API, of which Muster
// has the part of Edge Manager. It translates; the rules are in package fleet.
//
// Types and constraints are those of the model; API_CreateDeviceFleet and its
// neighbours in the SageMaker API Reference say the rest.
package sagemakerapi

import (
	"slices"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/fault"
	"muster/internal/fleet"
	"muster/internal/page"
	"muster/internal/space"
)

// Door turns requests into calls of its room.
type Door struct {
	Fleets *fleet.Fleets
}

// Effects are what the operations do to the disk.
var Effects = space.Effects{
	space.Reads: {"DescribeDevice", "DescribeDeviceFleet", "ListDeviceFleets", "ListDevices", "ListTags"},
	space.Adds: {
		"AddTags", "CreateDeviceFleet", "RegisterDevices",
		"UpdateDevices", // by their descriptions, and it shuts nobody out
	},
	space.TakesAway: {
		"DeleteDeviceFleet", "DeleteTags", "DeregisterDevices",
		"UpdateDeviceFleet", // the way to another role
	},
}

// Faults are SageMaker's names for the kinds of refusal. What isn't there is a
// ValidationException, as its clients expect, though the model lists others.
var Faults = awsapi.Faults{
	fault.Invalid:       "ValidationException",
	fault.NotFound:      "ValidationException",
	fault.AlreadyExists: "ResourceInUse",
	fault.InUse:         "ResourceInUse",
	fault.LimitExceeded: "ResourceLimitExceeded",
	fault.Denied:        "AccessDeniedException",
}

// Operations are all that the door serves.
func (d *Door) Operations() []awsapi.Operation {
	return slices.Concat(d.fleets(), d.devices(), d.tags())
}

// anywhere is the resource of operations that name none.
func anywhere[In any](arn.Scope, *In) arn.ARN { return "*" }

// value is what p points at, or the zero value when the member was left out.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// present is a member that is left out when it is "".
func present(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// defaultPage is how many items a page has unless asked otherwise; AWS
// documents none for these lists.
const defaultPage = 50

func pageOf(token *string, limit *int32) (page.Request, error) {
	p := page.Request{Limit: defaultPage, Token: value(token)}
	if limit == nil {
		return p, nil
	}
	if *limit < 1 { // the model has only the most
		return p, fault.Invalid.Errorf("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1", *limit)
	}
	p.Limit = int(*limit)
	return p, nil
}
