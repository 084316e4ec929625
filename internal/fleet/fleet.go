// Package fleet knows the device fleets of SageMaker Edge Manager and the
// devices registered in them.
//
// With a fleet comes a role alias, SageMakerEdge- and the fleet's name, through
// which its devices get credentials; it lands together with the fleet and
// stays when the fleet is deleted, as on AWS. What an alias is, and what it
// opens, is the business of packages rolealias and credentials. Devices name
// things of the registry, which need not exist.
//
// AWS closed the service in April 2024. Behaviour is that of the SageMaker API
// Reference (API_CreateDeviceFleet and so on) and of what clients such as
// Terraform rely on: the beginnings of the sentences about what isn't there
// are matched by them.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/page"
	"muster/internal/policy"
	"muster/internal/rolealias"
)

// Service is the service that a fleet's role is passed to, and must trust.
const Service = "sagemaker.amazonaws.com"

// Fleet is a group of devices.
type Fleet struct {
	Name        string
	Role        arn.ARN // that the devices act as; "" when it has none
	Description string
	Output      Output
	Alias       string // the name of its role alias; "" when it has none
	Tags        map[string]string
	Created     time.Time
	Modified    time.Time
}

// Output is where the devices put what they sample. Muster keeps it and hands
// it back to the byte.
type Output struct {
	S3Location string // such as s3://bucket/prefix
	KMSKey     string
	Preset     string // GreengrassV2Component or ""
	PresetJSON string
}

// AliasName answers the name of the role alias of a fleet.
func AliasName(fleet string) string { return "SageMakerEdge-" + fleet }

// Order is what a list of fleets is sorted by.
type Order string

// The orders. Fleets of the same time are sorted by name.
const (
	ByName     Order = "NAME"
	ByCreated  Order = "CREATION_TIME"
	ByModified Order = "LAST_MODIFIED_TIME"
)

// Filter chooses fleets. The zero time, and "", choose all.
type Filter struct {
	NameContains                  string // with regard to case
	CreatedAfter, CreatedBefore   time.Time
	ModifiedAfter, ModifiedBefore time.Time
	Order                         Order // "" is ByCreated
}

// Store keeps fleets and devices. Each method happens wholly or not at all.
type Store interface {
	// InsertFleet keeps the fleet, and does what link says unless it is nil. It
	// fails with fault.AlreadyExists if the fleet's name is taken, and then
	// leaves the alias alone. It publishes the alias's key.
	InsertFleet(ctx context.Context, scope arn.Scope, f Fleet, link *Link) error
	// Fleet fails with fault.NotFound.
	Fleet(ctx context.Context, scope arn.Scope, name string) (Fleet, error)
	Fleets(ctx context.Context, scope arn.Scope, f Filter, p page.Request) (page.Page[Fleet], error)
	// ChangeFleet loads the fleet, applies change and keeps the result, and does
	// what the Link that change answers says. An error from change keeps
	// nothing and is returned unwrapped; change must look only at its argument.
	// It fails with fault.NotFound, and publishes the alias's key.
	ChangeFleet(ctx context.Context, scope arn.Scope, name string, change func(*Fleet) (*Link, error)) error
	// DeleteFleet removes the fleet with its devices. It fails with
	// fault.NotFound.
	DeleteFleet(ctx context.Context, scope arn.Scope, name string) error

	// InsertDevices keeps all devices or none. It fails with NoFleet, or with
	// AlreadyRegistered for the first that is there.
	InsertDevices(ctx context.Context, scope arn.Scope, fleet string, devices []Device) error
	// ChangeDevices loads each device, applies change and keeps the results,
	// all or none. It fails with NoFleet, or with NoDevice for the first that
	// isn't there; change must look only at its argument.
	ChangeDevices(ctx context.Context, scope arn.Scope, fleet string, names []string, change func(*Device)) error
	// DeleteDevices removes all devices or none. It fails with NoFleet, or
	// with NotRegistered for the first that isn't there.
	DeleteDevices(ctx context.Context, scope arn.Scope, fleet string, names []string) error
	// Device fails with NoFleet or NoDevice.
	Device(ctx context.Context, scope arn.Scope, fleet, name string) (Device, error)
	// DeviceTags answers the tags of those of the devices of these names, at
	// most MaxBatch, that are there.
	DeviceTags(ctx context.Context, scope arn.Scope, fleet string, names []string) (map[string]map[string]string, error)
	// Devices answers the devices of a fleet, of all fleets when it is "",
	// ascending by fleet and name. Of a fleet that isn't there it answers none.
	Devices(ctx context.Context, scope arn.Scope, fleet string, p page.Request) (page.Page[Device], error)

	// ChangeTags loads the tags of a fleet or, unless device is "", of one of
	// its devices, never nil, applies change and keeps the result. An error from
	// change keeps nothing and is returned unwrapped; change must look only at
	// its argument. It fails with fault.NotFound.
	ChangeTags(ctx context.Context, scope arn.Scope, fleet, device string, change func(tags map[string]string) error) error
}

// NoFleet is the error of a device operation in a fleet that isn't there.
func NoFleet(name string) error {
	return fault.NotFound.Errorf("No device fleet with name %s found", name)
}

// Fleets is the room.
type Fleets struct {
	store   Store
	roles   *iam.Directory
	aliases *rolealias.Aliases

	Now func() time.Time // nil: time.Now
}

// New answers for the fleets in store.
func New(store Store, roles *iam.Directory, aliases *rolealias.Aliases) *Fleets {
	return &Fleets{store: store, roles: roles, aliases: aliases}
}

// Create makes a fleet of f's name, role, description, output and tags, and
// withAlias its role alias; an alias left over from a fleet of that name is
// adopted and given the role. The caller in ctx must be allowed to pass the
// role, if there is one, to SageMaker. For an alias the role must exist and
// trust SageMaker, which makes the alias with it on AWS; without one, neither.
// What else an alias needs, see mayLink.
//
// It fails with fault.Denied, fault.Invalid, or fault.AlreadyExists.
func (f *Fleets) Create(ctx context.Context, scope arn.Scope, fleet Fleet, withAlias bool) error {
	// Before the role is looked at: who may not pass it must not learn whether it exists.
	if err := f.mayPass(ctx, scope, fleet.Name, fleet.Role); err != nil {
		return err
	}
	fleet.Created = f.now()
	fleet.Modified = fleet.Created
	fleet.Alias = ""
	var link *Link
	if withAlias {
		fleet.Alias = AliasName(fleet.Name)
		var err error
		if link, err = f.linkTo(ctx, scope, fleet); err != nil {
			return err
		}
		link.Make = true
	}
	err := f.store.InsertFleet(ctx, scope, fleet, link)
	if errors.Is(err, fault.AlreadyExists) {
		return fault.AlreadyExists.Errorf("DeviceFleet with name %s already exists", fleet.Name)
	}
	if err != nil {
		return fmt.Errorf("create device fleet %s: %w", fleet.Name, err)
	}
	return nil
}

func (f *Fleets) mayPass(ctx context.Context, scope arn.Scope, fleet string, role arn.ARN) error {
	if role == "" {
		return nil
	}
	if _, _, _, ok := arn.SplitRole(role); !ok {
		return fault.Invalid.Errorf("RoleArn %q is not the ARN of a role", role)
	}
	return f.roles.MayPass(ctx, role, Service, scope.DeviceFleet(fleet))
}

// trusted returns the fleet's role, or what is missing for SageMaker to act as it.
func (f *Fleets) trusted(ctx context.Context, scope arn.Scope, fleet Fleet) (*iam.RoleEntry, error) {
	if fleet.Role == "" {
		return nil, fault.Invalid.Errorf("RoleArn is missing: the role alias %s needs a role; without an alias, set EnableIotRoleAlias to false", AliasName(fleet.Name))
	}
	role, err := f.roles.RoleByARN(ctx, fleet.Role)
	if errors.Is(err, fault.NotFound) {
		return nil, fault.Invalid.Errorf("The role %s does not exist", fleet.Role)
	}
	if err != nil {
		return nil, err
	}
	c := policy.Context{}
	c.Set("aws:SourceArn", string(scope.DeviceFleet(fleet.Name)))
	c.Set("aws:SourceAccount", scope.Account)
	if role.Trusts(policy.Principal{Service: Service}, "sts:AssumeRole", c).Verdict != policy.Allow {
		return nil, fault.Invalid.Errorf("The role %s does not trust %s: its trust policy must allow that service sts:AssumeRole", fleet.Role, Service)
	}
	return role, nil
}

// Describe answers a fleet. It fails with fault.NotFound.
func (f *Fleets) Describe(ctx context.Context, scope arn.Scope, name string) (Fleet, error) {
	fleet, err := f.store.Fleet(ctx, scope, name)
	if errors.Is(err, fault.NotFound) {
		return Fleet{}, noSuchFleet(name)
	}
	return fleet, err
}

// noSuchFleet is the error of an operation on a fleet that isn't there. It and
// NoFleet, of a device operation, differ as on AWS.
func noSuchFleet(name string) error {
	return fault.NotFound.Errorf("No devicefleet with name %s found", name)
}

// List answers the fleets that filter chooses.
func (f *Fleets) List(ctx context.Context, scope arn.Scope, filter Filter, p page.Request) (page.Page[Fleet], error) {
	if filter.Order == "" {
		filter.Order = ByCreated
	}
	return f.store.Fleets(ctx, scope, filter, p)
}

// Delete removes a fleet with its devices; its role alias stays. It fails with
// fault.NotFound.
func (f *Fleets) Delete(ctx context.Context, scope arn.Scope, name string) error {
	err := f.store.DeleteFleet(ctx, scope, name)
	if errors.Is(err, fault.NotFound) {
		return fault.NotFound.Errorf("DeviceFleet with name %s does not exist", name)
	}
	return err
}

func (f *Fleets) now() time.Time {
	now := time.Now
	if f.Now != nil {
		now = f.Now
	}
	return now().UTC().Truncate(time.Millisecond)
}
