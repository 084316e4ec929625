package credentials

import (
	"net/netip"
	"strconv"
	"time"

	"muster/internal/certificate"
	"muster/internal/policy"
	"muster/internal/registry"
	"muster/internal/rolealias"
)

// A Context's keys are lower case; here they are written that way, for these
// are made at every request whose policies look at them.

// trustContext holds the condition keys the provider brings before a role's
// trust policy; with aws:SourceArn two aliases of one role can be told apart.
func trustContext(cert *certificate.Registration, alias *rolealias.Alias, now time.Time) policy.Context {
	c := make(policy.Context, 8)
	c["aws:sourcearn"] = one(string(cert.Scope.RoleAlias(alias.Name)))
	c["aws:sourceaccount"] = one(cert.Scope.Account)
	c["aws:principalisawsservice"] = one("true")
	c["sts:rolesessionname"] = one(cert.ID)
	setTime(c, now)
	return c
}

// deviceContext holds the condition keys and variables of IoT policies: of the
// connection, the certificate, and the thing if the device named one. Thing is
// attached to the certificate.
func deviceContext(cert *certificate.Registration, thing *registry.Thing, source netip.Addr, now time.Time) policy.Context {
	c := make(policy.Context, 32)
	cert.AddVariables(c)
	if source.IsValid() {
		c["aws:sourceip"] = one(source.Unmap().String())
	}
	setTime(c, now)
	if thing == nil {
		return c
	}
	c["iot:connection.thing.isattached"] = one("true")
	c["iot:connection.thing.thingname"] = one(string(thing.Name))
	if thing.Type != "" {
		c["iot:connection.thing.thingtypename"] = one(string(thing.Type))
	}
	for name, value := range thing.Attributes {
		c["iot:connection.thing.attributes["+name+"]"] = one(value)
	}
	return c
}

func setTime(c policy.Context, now time.Time) {
	c["aws:currenttime"] = one(now.Format(time.RFC3339))
	c["aws:epochtime"] = one(strconv.FormatInt(now.Unix(), 10))
}

func one(value string) []string { return []string{value} }
