package apply

import (
	"context"
	"encoding/json"
	"strings"
)

// What the kinds of items are called.
const (
	kindBucket      = "bucket"
	kindPolicy      = "policy"
	kindUser        = "user"
	kindRole        = "role"
	kindIoTPolicy   = "IoT policy"
	kindRoleAlias   = "role alias"
	kindThingType   = "thing type"
	kindThing       = "thing"
	kindCertificate = "certificate"
	kindFleet       = "device fleet"
	kindDevice      = "device"
)

// stages are the items of all files in the order of what needs what: policies
// before those who hold them, users and roles before those who trust them,
// things and IoT policies before certificates, fleets before their devices.
func (c *caller) stages(files []File) []stage {
	var first, users, roles, aliases, things, certificates, fleets, devices stage
	trusts := map[string]text{}
	paths := policyPaths(files)
	each(files, "buckets", func(d document) []bucket { return d.Buckets }, func(at place, x bucket) {
		first.add(kindBucket, x.Name, at, func(ctx context.Context, s *step) error { return c.bucket(ctx, s, x) })
	})
	each(files, "policies", func(d document) []policy { return d.Policies }, func(at place, x policy) {
		first.add(kindPolicy, x.Name, at, func(ctx context.Context, s *step) error { return c.policy(ctx, s, x) })
	})
	each(files, "iotPolicies", func(d document) []iotPolicy { return d.IoTPolicies }, func(at place, x iotPolicy) {
		first.add(kindIoTPolicy, x.Name, at, func(ctx context.Context, s *step) error { return c.iotPolicy(ctx, s, x) })
	})
	each(files, "thingTypes", func(d document) []thingType { return d.ThingTypes }, func(at place, x thingType) {
		first.add(kindThingType, x.Name, at, func(ctx context.Context, s *step) error { return c.thingType(ctx, s, x) })
	})
	each(files, "users", func(d document) []user { return d.Users }, func(at place, x user) {
		users.add(kindUser, x.Name, at, func(ctx context.Context, s *step) error { return c.user(ctx, s, x, paths) })
	})
	each(files, "roles", func(d document) []role { return d.Roles }, func(at place, x role) {
		trusts[x.Name] = x.Trust
		roles.add(kindRole, x.Name, at, func(ctx context.Context, s *step) error { return c.role(ctx, s, x, paths) })
	})
	rolePaths := map[string]string{}
	each(files, "roles", func(d document) []role { return d.Roles }, func(_ place, x role) { rolePaths[x.Name] = x.Path })
	each(files, "roleAliases", func(d document) []roleAlias { return d.RoleAliases }, func(at place, x roleAlias) {
		x.Role = c.arn("role", rolePaths[x.Role], x.Role)
		aliases.add(kindRoleAlias, x.Name, at, func(ctx context.Context, s *step) error { return c.roleAlias(ctx, s, x) })
	})
	each(files, "things", func(d document) []thing { return d.Things }, func(at place, x thing) {
		things.add(kindThing, x.Name, at, func(ctx context.Context, s *step) error { return c.thing(ctx, s, x) })
	})
	each(files, "certificates", func(d document) []certificate { return d.Certificates }, func(at place, x certificate) {
		certificates.add(kindCertificate, x.id, at, func(ctx context.Context, s *step) error { return c.certificate(ctx, s, x) })
	})
	each(files, "deviceFleets", func(d document) []deviceFleet { return d.DeviceFleets }, func(at place, x deviceFleet) {
		x.Role = c.arn("role", rolePaths[x.Role], x.Role)
		fleets.add(kindFleet, x.Name, at, func(ctx context.Context, s *step) error { return c.fleet(ctx, s, x) })
		if len(x.Devices) > 0 {
			devices = append(devices, item{kind: kindDevice, name: x.Name, at: at, many: len(x.Devices), converge: func(ctx context.Context, s *step) error { return c.devices(ctx, s, x, at) }})
		}
	})
	all := append([]stage{first, users}, waves(roles, trusts)...)
	return append(all, aliases, things, certificates, fleets, devices)
}

// each calls do for the items of one section of all files.
func each[T any](files []File, section string, of func(document) []T, do func(place, T)) {
	for _, f := range files {
		for _, p := range f.parts {
			for i, x := range of(p.document) {
				do(p.at(f.name, section, i), x)
			}
		}
	}
}

// policyPaths are those of the policies in the files: who holds one names it.
func policyPaths(files []File) map[string]string {
	found := map[string]string{}
	each(files, "policies", func(d document) []policy { return d.Policies }, func(_ place, x policy) { found[x.Name] = x.Path })
	return found
}

// waves puts roles that others trust before those: a trust policy may only name
// who is there. Roles that trust each other in a ring are left together, for the
// server to refuse.
func waves(roles stage, trusts map[string]text) []stage {
	var all []stage
	for len(roles) > 0 {
		var now, later stage
		for _, r := range roles {
			if waits(r.name, roles, trusts[r.name]) {
				later = append(later, r)
			} else {
				now = append(now, r)
			}
		}
		if len(now) == 0 {
			now, later = later, nil
		}
		all, roles = append(all, now), later
	}
	return all
}

// waits reports whether the trust policy names one of the other roles.
func waits(name string, roles stage, trust text) bool {
	for _, principal := range principals(trust) {
		_, resource, ok := strings.Cut(principal, ":role/")
		for _, other := range roles {
			if ok && other.name != name && (resource == other.name || strings.HasSuffix(resource, "/"+other.name)) {
				return true
			}
		}
	}
	return false
}

// principals are the texts below each Principal of a document.
func principals(document text) []string {
	var found []string
	var below func(v any, within bool)
	below = func(v any, within bool) {
		switch v := v.(type) {
		case string:
			if within {
				found = append(found, v)
			}
		case []any:
			for _, x := range v {
				below(x, within)
			}
		case map[string]any:
			for key, x := range v {
				below(x, within || key == "Principal" || key == "NotPrincipal")
			}
		}
	}
	var v any
	if json.Unmarshal([]byte(document), &v) == nil {
		below(v, false)
	}
	return found
}

// arn is that of a role or policy of the account, unless name is one already.
func (c *caller) arn(kind, path, name string) string {
	if strings.HasPrefix(name, "arn:") || name == "" {
		return name
	}
	if path == "" {
		path = "/"
	}
	return "arn:aws:iam::" + c.account + ":" + kind + path + name
}
