package proof

import (
	"slices"
	"strings"

	"muster/internal/arn"
	"muster/internal/awsapi/stsapi"
	"muster/internal/sigv4"
)

// session are credentials of a role, which die with it and with its trust in
// the account.
type session struct {
	name string
	role *role
	cred sigv4.Credential
}

func (x *trial) stands(s *session) bool {
	return x.world.roles[s.name] == s.role && s.role.trust == accountTrusts
}

var sessionSteps = []step{
	{"become a role", func(x *trial) (string, string, string) {
		name, want := apt(x, roleNames, func(name string) bool {
			return x.world.roles[name] != nil && x.world.roles[name].trust == accountTrusts
		}), denied
		r := x.world.roles[name]
		a := roleARN(name)
		if r != nil {
			a = r.arn(name)
		}
		if r != nil && r.trust == accountTrusts {
			want = fineWord
		}
		return name, say(x, stsapi.AssumeRole, &stsapi.AssumeRoleRequest{RoleArn: a, RoleSessionName: "proof"}, func(out *stsapi.AssumeRoleResponse) string {
			x.sessions = append(x.sessions[max(0, len(x.sessions)-5):], &session{name, r, credentialOf(out.Credentials)})
			return fineWord
		}), want
	}},
	{"use a session", func(x *trial) (string, string, string) {
		if len(x.sessions) == 0 {
			return "", no("there is none"), no("there is none")
		}
		s := apt(x, x.sessions, x.stands)
		c := x.m.as(s.cred)
		who := sayAs(x, c, stsapi.GetCallerIdentity, &stsapi.GetCallerIdentityRequest{}, func(out *stsapi.GetCallerIdentityResponse) string {
			return *out.Arn
		})
		if !x.stands(s) {
			refusals := slices.Repeat([]string{no("UnrecognizedClientException")}, len(probes))
			return s.name, who + ", " + x.probe(c, nil, nil).got, no("InvalidClientTokenId") + ", " + strings.Join(refusals, ", ")
		}
		s.role.used = true
		said := x.probe(c, x.world.documentsOf(s.role.permissions), s.role.tags)
		return s.name, who + ", " + said.got, string(arn.AssumedRole(accountID, s.name, "proof")) + ", " + said.want
	}},
}
