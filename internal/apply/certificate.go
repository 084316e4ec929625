package apply

import (
	"context"

	"muster/internal/awsapi/iotapi"
	"muster/internal/awsclient"
)

// certificate gives a certificate that is there its status, policies and
// things. It makes none: a key pair would have to be kept somewhere, and a
// signing request gives another certificate each time.
func (c *caller) certificate(ctx context.Context, s *step, x certificate) error {
	found, err := awsclient.Do(ctx, c.Client, iotapi.DescribeCertificate, &iotapi.DescribeCertificateRequest{CertificateId: x.id})
	if refusedWith(err, notFound) {
		return &plainError{"no such certificate: make it first, with CreateKeysAndCertificate or CreateCertificateFromCsr"}
	}
	if err != nil {
		return err
	}
	now := value(found.CertificateDescription)
	if err := c.attachPolicies(ctx, s, value(now.CertificateArn), x.Policies); err != nil {
		return err
	}
	if err := c.attachThings(ctx, s, value(now.CertificateArn), x.Things); err != nil {
		return err
	}
	if x.Status == "" || x.Status == value(now.Status) {
		return nil
	}
	// At the end: what is made active has all it shall have.
	return s.change("status", func() error {
		_, err := awsclient.Do(ctx, c.Client, iotapi.UpdateCertificate, &iotapi.UpdateCertificateRequest{CertificateId: x.id, NewStatus: x.Status})
		return err
	})
}

func (c *caller) attachPolicies(ctx context.Context, s *step, target string, wanted []string) error {
	if len(wanted) == 0 {
		return nil
	}
	have := map[string]bool{}
	in := &iotapi.ListAttachedPoliciesRequest{Target: target}
	for more := true; more; {
		page, err := awsclient.Do(ctx, c.Client, iotapi.ListAttachedPolicies, in)
		if err != nil {
			return err
		}
		for _, p := range page.Policies {
			have[value(p.PolicyName)] = true
		}
		in.Marker, more = page.NextMarker, page.NextMarker != nil
	}
	for _, name := range wanted {
		if have[name] {
			continue
		}
		err := s.change("policy "+name, func() error {
			_, err := awsclient.Do(ctx, c.Client, iotapi.AttachPolicy, &iotapi.AttachPolicyRequest{PolicyName: name, Target: target})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *caller) attachThings(ctx context.Context, s *step, principal string, wanted []string) error {
	if len(wanted) == 0 {
		return nil
	}
	have := map[string]bool{}
	in := &iotapi.ListPrincipalThingsRequest{Principal: principal}
	for more := true; more; {
		page, err := awsclient.Do(ctx, c.Client, iotapi.ListPrincipalThings, in)
		if err != nil {
			return err
		}
		for _, name := range page.Things {
			have[name] = true
		}
		in.NextToken, more = page.NextToken, page.NextToken != nil
	}
	for _, name := range wanted {
		if have[name] {
			continue
		}
		err := s.change("thing "+name, func() error {
			_, err := awsclient.Do(ctx, c.Client, iotapi.AttachThingPrincipal, &iotapi.AttachThingPrincipalRequest{ThingName: name, Principal: principal})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
