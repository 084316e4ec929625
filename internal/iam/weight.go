package iam

import (
	"strings"

	"muster/internal/policy"
)

// What entries take in the decision index, about, in bytes. The compiled
// documents of AWS's own policies are everybody's and weigh nothing.

const entryBytes = 512 // of an entry without what is counted

// Weight returns what the role takes.
func (r *RoleEntry) Weight() int {
	w := entryBytes + len(r.TrustDocument) + len(r.Description) + len(r.Path) + tagBytes(r.Tags) + r.Trust.Weight() + policyBytes(r.Policies)
	for a, id := range r.Trusted {
		w += 64 + len(a) + len(id)
	}
	return w
}

// Weight returns what the user takes.
func (u *UserEntry) Weight() int {
	return entryBytes + len(u.Path) + tagBytes(u.Tags) + policyBytes(u.Policies)
}

// Weight returns what the key takes.
func (k *KeyEntry) Weight() int { return entryBytes }

func tagBytes(tags []Tag) (w int) {
	for _, t := range tags {
		w += 64 + len(t.Key) + len(t.Value)
	}
	return w
}

func policyBytes(policies []policy.Named) (w int) {
	for _, p := range policies {
		w += 64 + len(p.Name)
		if !strings.HasPrefix(p.Name, "arn:aws:iam::"+AWSManaged+":") {
			w += p.Document.Weight()
		}
	}
	return w
}
