package space

import (
	"context"
	"slices"
)

// Effect is what an operation does to the disk.
type Effect int

// The effects. TakesAway is of operations that remove, detach, deactivate or
// replace what decides who may what; those that replace may add what is bounded
// for each thing that is there, such as a policy of a role. An operation whose
// effect nobody declared is taken for one that adds.
const (
	Undeclared Effect = iota
	Reads
	Adds
	TakesAway
)

var effects = [...]string{"undeclared", "reads", "adds", "takes away"}

func (e Effect) String() string { return effects[e] }

// Effects are the effects of a door's operations, by name.
type Effects map[Effect][]string

// Of returns the effect of the operation.
func (e Effects) Of(operation string) Effect {
	for effect, names := range e {
		if slices.Contains(names, operation) {
			return effect
		}
	}
	return Undeclared
}

type effectKey struct{}

// With returns a copy of ctx in which writes have the effect.
func With(ctx context.Context, e Effect) context.Context {
	return context.WithValue(ctx, effectKey{}, e)
}

// takesAway reports whether a write in ctx may go on to the end. Those of the
// server itself, which no operation asked for, may: they remove, or are needed.
func takesAway(ctx context.Context) bool {
	e, of := ctx.Value(effectKey{}).(Effect)
	return !of || e == TakesAway
}
