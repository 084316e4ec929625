package awsapi

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"muster/internal/arn"
	"muster/internal/awswire"
	"muster/internal/fault"
	"muster/internal/policy"
	"muster/internal/space"
)

// Operation is an operation of a service: its wire identity, what it touches,
// and the function that runs it. Handle, HandleEach, HandleKept and HandleOpen make one;
// there is no way to make one that forgets to say what it touches.
type Operation struct {
	service *awswire.Service
	name    string
	faults  Faults
	size    func() int64 // of the longest body that the model allows, in bytes
	limit   int64        // of a body, in bytes; set where it is served
	effect  space.Effect
	serve   func(ctx context.Context, p *permit, c *awswire.Call) (*awswire.Reply, error)
	check   func() // binds the Go types to the model
}

// Name is the operation's name, such as CreateThing.
func (o Operation) Name() string { return o.name }

// Need is one thing the caller must be allowed: Action on Resource, under
// condition keys of the action beside those of every request.
type Need struct {
	Action   string // such as iot:TagResource; "" is the operation's own
	Resource arn.ARN
	Context  policy.Context
}

// permit asks whether the caller may do what an operation needs.
type permit struct {
	scope     arn.Scope
	requestID string
	authorise func(Need) error
}

// Handle makes an operation on one resource. The IAM action is the operation's
// name after the service's signing name, such as iot:CreateThing; resource
// names what it touches, from the decoded input. run is called only when the
// caller is allowed that.
func Handle[In, Out any](
	op awswire.Op[In, Out],
	resource func(arn.Scope, *In) arn.ARN,
	run func(ctx context.Context, scope arn.Scope, in *In) (*Out, error),
) Operation {
	if resource == nil {
		panic(fmt.Sprintf("awsapi: %s says nothing of its resource", op.Name))
	}
	return HandleEach(op, func(scope arn.Scope, in *In) []Need {
		return []Need{{Resource: resource(scope, in)}}
	}, run)
}

// HandleEach makes an operation on several resources, or with condition keys
// of its own. Each need must be allowed; an input without any is refused.
func HandleEach[In, Out any](
	op awswire.Op[In, Out],
	needs func(arn.Scope, *In) []Need,
	run func(ctx context.Context, scope arn.Scope, in *In) (*Out, error),
) Operation {
	if needs == nil {
		panic(fmt.Sprintf("awsapi: %s says nothing of its resources", op.Name))
	}
	return HandleKept(op, func(_ context.Context, scope arn.Scope, in *In) ([]Need, error) {
		return needs(scope, in), nil
	}, run)
}

// HandleKept makes an operation whose needs depend on what is kept, such as
// the tags of what it touches. needs runs before the caller is allowed
// anything: what isn't there is no error of it, and the caller learns nothing
// of what it finds but whether that is allowed. Its error ends the operation.
func HandleKept[In, Out any](
	op awswire.Op[In, Out],
	needs func(ctx context.Context, scope arn.Scope, in *In) ([]Need, error),
	run func(ctx context.Context, scope arn.Scope, in *In) (*Out, error),
) Operation {
	return handle(op, func(ctx context.Context, p *permit, in *In) error {
		all, err := needs(ctx, p.scope, in)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return fmt.Errorf("%s names no resource to ask permission for", op.Name)
		}
		for _, need := range all {
			if err := p.authorise(need); err != nil {
				return err
			}
		}
		return nil
	}, run)
}

// HandleOpen makes an operation that needs no permission, such as
// sts:GetCallerIdentity, or that asks for it in a way of its own, as
// sts:AssumeRole asks the role's trust policy. The caller is known all the same.
func HandleOpen[In, Out any](
	op awswire.Op[In, Out],
	run func(ctx context.Context, scope arn.Scope, in *In) (*Out, error),
) Operation {
	return handle(op, func(context.Context, *permit, *In) error { return nil }, run)
}

func handle[In, Out any](
	op awswire.Op[In, Out],
	allowed func(context.Context, *permit, *In) error,
	run func(ctx context.Context, scope arn.Scope, in *In) (*Out, error),
) Operation {
	return Operation{
		service: op.Service, name: op.Name, check: op.Check, size: op.BodySize,
		serve: func(ctx context.Context, p *permit, c *awswire.Call) (*awswire.Reply, error) {
			in, err := op.Read(c)
			if err != nil {
				return nil, err
			}
			if err := allowed(ctx, p, in); err != nil {
				return nil, err
			}
			out, err := run(ctx, p.scope, in)
			if err != nil {
				return nil, err
			}
			if out == nil {
				out = new(Out)
			}
			return op.Reply(out, p.requestID), nil
		},
	}
}

// Faults are AWS's names for the kinds of refusal, of one service or operation.
type Faults map[fault.Kind]string

// bodyLimit is how large a body may be, in bytes.
func (o Operation) bodyLimit() int64 { return max(o.limit, SmallBody) }

// With answers o with names of its own for some kinds, where the operation
// differs from its service.
func (o Operation) With(f Faults) Operation {
	all := maps.Clone(o.faults)
	if all == nil {
		all = Faults{}
	}
	maps.Copy(all, f)
	o.faults = all
	return o
}

// Known is an operation of AWS's APIs, built or not.
type Known struct {
	Service string // signing name
	Name    string
	Built   bool
	Effect  space.Effect // of one that is built
}

// Operations are all operations of the services of a, in the order of their
// services' and their own names.
func (a *API) Operations() []Known {
	var all []Known
	for service, sharing := range a.services {
		for _, s := range sharing {
			for _, name := range s.Wire.Operations() {
				o, built := s.operations[name]
				all = append(all, Known{Service: service, Name: name, Built: built, Effect: o.effect})
			}
		}
	}
	slices.SortFunc(all, func(x, y Known) int {
		return cmp.Or(cmp.Compare(x.Service, y.Service), cmp.Compare(x.Name, y.Name))
	})
	return all
}
