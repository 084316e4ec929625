// Package credentials is the credentials provider of AWS IoT: a device that
// holds a certificate asks for a role alias and is given temporary credentials
// of the role.
//
// It knows the order of the decision and nothing of its parts, for which it
// asks the rooms that do. The order is AWS's, recorded from the service, and
// keeps a device from learning the names of what it may not use: endpoint,
// certificate, thing, IoT policy on the alias's name, alias, role and its
// trust, duration. The same decision is made again whenever the credentials
// are used: what is withdrawn is gone at once. AWS lets such credentials live
// until they expire.
//
// Where AWS's answer isn't known: a certificate that is not active, or outside
// its dates, is refused as one without a policy, 403 "Access Denied"; a
// request without a certificate with 403 "Missing Authentication Token". A
// device is never told which of the reasons it was; Refusal.Why tells the
// operator.
//
// Sources: the AWS IoT Developer Guide, "Authorizing direct calls to AWS
// services using AWS IoT Core credential provider", and the answers recorded
// in github.com/awslabs/aws-iot-core-credential-provider-session-helper.
package credentials

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"muster/internal/account"
	"muster/internal/arn"
	"muster/internal/certificate"
	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/iotpolicy"
	"muster/internal/registry"
	"muster/internal/rolealias"
	"muster/internal/sts"
)

// Provider gives credentials to devices. All its rooms are needed.
type Provider struct {
	Accounts     *account.Accounts
	Certificates *certificate.Registry
	Things       *registry.Registry
	Policies     *iotpolicy.Policies
	Aliases      *rolealias.Aliases
	Roles        *iam.Directory
	Sessions     *sts.Service

	Now func() time.Time // nil: time.Now

	TooLong atomic.Int64 // what was denied since deciding it would have taken too long
}

// Request is what a device asks, and how it came.
type Request struct {
	ServerName    string // as asked for in the TLS handshake; "" when it named none
	CertificateID string // of the certificate whose key it proved to have; "" without one
	Alias         string
	Thing         string     // of the header x-amzn-iot-thingname; "" without one
	SourceIP      netip.Addr // of the other end of the connection
}

// Issue gives a device temporary credentials of the role its alias stands for.
//
// A refusal is a *Refusal. Its kind is fault.Denied until the device has shown
// that it may use the alias; then fault.NotFound when there is no such alias,
// and fault.Invalid when its role can't be assumed for it. Asked at another
// endpoint than the provider's, it is fault.NotFound too.
func (p *Provider) Issue(ctx context.Context, r Request) (sts.Credential, error) {
	cert, err := p.resolve(ctx, r)
	if err != nil {
		return sts.Credential{}, stranger(err)
	}
	d, err := p.decide(ctx, cert, r)
	if err != nil {
		return sts.Credential{}, err
	}
	return p.Sessions.Mint(ctx, sts.Grant{
		Session: sts.Session{
			Account: cert.Scope.Account, Region: cert.Scope.Region,
			RoleID: d.role.ID, SessionName: cert.ID,
			CertificateID: cert.ID, Generation: cert.Generation, Alias: d.alias.Name, AliasID: d.alias.ID,
			Thing: r.Thing, ThingID: d.thingID(), ThingType: d.thingType(),
			SourceIP: r.SourceIP, Secure: true,
		},
		Life: d.alias.Life,
	})
}

// Granted asks whether a device that was given the session would be given it
// now, from where it was then: by the same registration of its certificate, the
// same role by the same alias, as the same thing of the same type. It fails with a kind of package fault when not.
func (p *Provider) Granted(ctx context.Context, s *sts.Session) error {
	scope := arn.Scope{Account: s.Account, Region: s.Region}
	r := Request{CertificateID: s.CertificateID, Alias: s.Alias, Thing: s.Thing, SourceIP: s.SourceIP}
	registered, err := p.Certificates.Registered(ctx, s.CertificateID)
	if err != nil {
		return unknownCertificate(err)
	}
	cert := in(scope, registered)
	if cert == nil {
		return refuse(badCertificate, "the certificate is no longer registered in %s of account %s", scope.Region, scope.Account)
	}
	if cert.Generation != s.Generation {
		return refuse(badCertificate, "the certificate was deleted and registered again")
	}
	d, err := p.decide(ctx, cert, r)
	switch {
	case err != nil:
		return err
	case d.alias.ID != s.AliasID:
		return refuse(noAlias, "role alias %q is another one of the same name", s.Alias)
	case d.role.ID != s.RoleID:
		return refuse(noRole, "role alias %q now stands for another role", s.Alias)
	case d.thingID() != s.ThingID:
		return refuse(badThing, "thing %q is another one of the same name", s.Thing)
	case d.thingType() != s.ThingType:
		return refuse(badThing, "thing %q is now of another type", s.Thing)
	}
	return nil
}

// resolve finds the registration of the device's certificate that counts at
// the endpoint it asked.
func (p *Provider) resolve(ctx context.Context, r Request) (*certificate.Registration, error) {
	server, ok := p.Accounts.AcceptsServerName(r.ServerName)
	switch {
	case !ok && r.ServerName == "":
		return nil, refuse(badCertificate, "the client named no server (SNI)")
	case !ok:
		return nil, refuse(badCertificate, "the client asked for server %q (SNI), which is no endpoint", r.ServerName)
	case server.Kind != account.Shared && server.Kind != account.CredentialProvider:
		return nil, refuse(notFound, "%q is the endpoint of %s, not of the credentials provider", r.ServerName, server.Kind)
	case r.CertificateID == "":
		return nil, refuse(noCertificate, "the client showed no certificate")
	}
	registered, err := p.Certificates.Registered(ctx, r.CertificateID)
	if err != nil {
		return nil, unknownCertificate(err)
	}
	if server.Kind == account.Shared {
		return p.only(ctx, registered, r.Alias)
	}
	if cert := in(server.Scope, registered); cert != nil {
		return cert, nil
	}
	return nil, refuse(badCertificate, "the certificate is not registered in %s of account %s", server.Scope.Region, server.Scope.Account)
}

// only answers the registration that a host name shared by all accounts and
// regions stands for: the only one, else the only one with such an alias.
func (p *Provider) only(ctx context.Context, registered []certificate.Registration, alias string) (*certificate.Registration, error) {
	if len(registered) == 1 {
		return &registered[0], nil
	}
	var found *certificate.Registration
	for i := range registered {
		cert := &registered[i]
		_, err := p.findAlias(ctx, cert.Scope, alias)
		switch {
		case errors.Is(err, fault.NotFound):
		case err != nil:
			return nil, err
		case found != nil:
			return nil, refuse(badCertificate, "the certificate is registered several times, with role alias %q more than once; ask the account's own endpoint", alias)
		default:
			found = cert
		}
	}
	if found == nil {
		return nil, refuse(badCertificate, "the certificate is registered several times, nowhere with role alias %q", alias)
	}
	return found, nil
}

func in(scope arn.Scope, registered []certificate.Registration) *certificate.Registration {
	for i := range registered {
		if registered[i].Scope == scope {
			return &registered[i]
		}
	}
	return nil
}

func unknownCertificate(err error) error {
	if errors.Is(err, fault.NotFound) {
		return refuse(badCertificate, "the certificate is not registered")
	}
	return fmt.Errorf("find the device's certificate: %w", err)
}

func (p *Provider) now() time.Time {
	if p.Now == nil {
		return time.Now().UTC()
	}
	return p.Now().UTC()
}
