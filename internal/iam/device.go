package iam

import (
	"slices"
	"strings"
)

// withheld reports what a session that was born of a device's certificate can't
// be used for, whatever the policies of its role say: to pass a role, and to
// change things, certificates, policies, role aliases, fleets, identities or
// Muster's own settings. So a stolen device can't give itself or another device
// another role, also where its role has AWS's policy
// AmazonSageMakerEdgeDeviceFleetPolicy, which allows just that.
//
// AWS has no such rule. It is Muster's second deviation, beside sessions that
// end with what they were made from; DeviceControlPlane turns it off.
func (d *Directory) withheld(c *Caller, action string) bool {
	if !c.Device || d.DeviceControlPlane {
		return false
	}
	service, operation, _ := strings.Cut(strings.ToLower(action), ":") // actions have no case
	if !slices.Contains(controlled, service) || operation == "sendheartbeat" {
		return false
	}
	return !slices.ContainsFunc(lookingVerbs, func(verb string) bool { return strings.HasPrefix(operation, verb) })
}

// controlled are the services of which sessions of devices only look at what is
// there. Operations that a device makes at run time, as SendHeartbeat does, are
// no part of that.
var controlled = []string{"iot", "iam", "sagemaker", "muster"}

// lookingVerbs begin the names of operations that change nothing.
var lookingVerbs = []string{"describe", "get", "list", "search", "simulate", "testauthorization"}
