package iam

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/policy"
)

// trusted reads a trust policy: the unique ids of the roles and users it names,
// for a session that of its role. So it means those, and nobody who gets their
// name later. It fails with fault.Malformed, as on AWS also where one of them
// isn't there, or with fault.LimitExceeded.
func (d *Directory) trusted(ctx context.Context, document string) (map[arn.ARN]string, error) {
	if sizeOf(document) > MaxTrustSize {
		return nil, overQuota("ACLSizePerRole", MaxTrustSize)
	}
	doc, err := policy.Parse(document, policy.Trust)
	if err != nil {
		return nil, err
	}
	var ids map[arn.ARN]string
	for _, a := range doc.Principals() {
		if arn.IsFederatedUser(a) {
			continue // nobody is one here
		}
		id, err := d.idOf(ctx, a)
		if errors.Is(err, fault.NotFound) {
			return nil, fault.Malformed.Errorf("Invalid principal in policy: %q:%q", "AWS", a)
		}
		if err != nil {
			return nil, err
		}
		if ids == nil {
			ids = map[arn.ARN]string{}
		}
		ids[a] = id
	}
	return ids, nil
}

// idOf answers the unique id of the user, the role or the session's role of
// that ARN, or fails with fault.NotFound.
func (d *Directory) idOf(ctx context.Context, a arn.ARN) (string, error) {
	if account, _, name, ok := arn.SplitUser(a); ok {
		user, err := d.User(ctx, account, name)
		if err == nil && user.ARN() != a {
			err = noUser(name)
		}
		return user.ID, err
	}
	if account, name, _, ok := arn.SplitAssumedRole(a); ok {
		role, err := d.Role(ctx, account, name)
		if err != nil {
			return "", err
		}
		return role.ID, nil
	}
	role, err := d.RoleByARN(ctx, a)
	if err != nil {
		return "", err
	}
	return role.ID, nil
}

// ShownTrust is the trust policy of r as AWS shows it: whoever was named and is
// gone by now is there by the unique id, though there may be another of the name.
func (d *Directory) ShownTrust(ctx context.Context, r Role) (string, error) {
	gone := map[string]string{}
	for a, id := range r.Trusted {
		now, err := d.idOf(ctx, a)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return "", err
		}
		if err == nil && now == id {
			continue
		}
		if _, _, session, ok := arn.SplitAssumedRole(a); ok {
			id += ":" + session
		}
		gone[string(a)] = id
	}
	if len(gone) == 0 {
		return r.TrustDocument, nil
	}
	return renamePrincipals(r.TrustDocument, gone), nil
}

// renamePrincipals puts other names in the place of principals of a trust
// policy, and leaves every other byte as it is.
func renamePrincipals(document string, names map[string]string) string {
	var out strings.Builder
	decoder := json.NewDecoder(strings.NewReader(document))
	kept, depth, within := 0, 0, 0 // up to where it is written; how deep; at which depth a principal began, 0 for none
	wanted := false                // the next value is that of Principal or NotPrincipal
	for {
		from := int(decoder.InputOffset())
		token, err := decoder.Token()
		if err != nil {
			break // its end: what is kept was parsed
		}
		to := int(decoder.InputOffset())
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				depth++
				if wanted {
					within, wanted = depth, false
				}
				continue
			}
			if depth == within {
				within = 0
			}
			depth--
		case string:
			name, gone := names[t]
			switch {
			case wanted:
				wanted = false // "*"
			case within == 0:
				isName := strings.HasPrefix(strings.TrimLeft(document[to:], " \t\r\n"), ":")
				wanted = isName && (t == "Principal" || t == "NotPrincipal")
			case gone:
				begin := from + strings.IndexByte(document[from:to], '"')
				out.WriteString(document[kept:begin] + `"` + name + `"`)
				kept = to
			}
		}
	}
	return out.String() + document[kept:]
}

// known is p's names as the trust policy may use them. A name that stood for
// somebody else when the policy was given becomes their id, which is nobody's
// name: so nothing that says who is named, nor who is not, means the caller.
func (r *RoleEntry) known(p policy.Principal) []arn.ARN {
	stranger := func(a arn.ARN) bool { id, bound := r.Trusted[a]; return bound && id != p.ID }
	if !slices.ContainsFunc(p.ARNs, stranger) {
		return p.ARNs
	}
	names := slices.Clone(p.ARNs)
	for i, a := range names {
		if stranger(a) {
			names[i] = arn.ARN(p.ID)
		}
	}
	return names
}
