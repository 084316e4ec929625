package iotapi

import (
	"context"

	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awswire"
	"muster/internal/certificate"
	"muster/internal/fault"
	"muster/internal/page"
)

// defaultCertificates is the length of a page of certificates that the caller
// doesn't limit, as AWS documents it.
const defaultCertificates = 25

func (d *Door) certificates() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Handle(CreateKeysAndCertificate, anywhere[CreateKeysAndCertificateRequest], d.createKeysAndCertificate),
		awsapi.Handle(CreateCertificateFromCsr, anywhere[CreateCertificateFromCsrRequest], d.createCertificateFromCSR),
		awsapi.Handle(RegisterCertificateWithoutCA, anywhere[RegisterCertificateWithoutCARequest], d.registerCertificateWithoutCA).
			With(awsapi.Faults{fault.Malformed: "CertificateValidationException"}),
		awsapi.Handle(DescribeCertificate, func(scope arn.Scope, in *DescribeCertificateRequest) arn.ARN {
			return scope.Certificate(in.CertificateId)
		}, d.describeCertificate),
		awsapi.Handle(ListCertificates, anywhere[ListCertificatesRequest], d.listCertificates),
		awsapi.Handle(UpdateCertificate, func(scope arn.Scope, in *UpdateCertificateRequest) arn.ARN {
			return scope.Certificate(in.CertificateId)
		}, d.updateCertificate),
		awsapi.Handle(DeleteCertificate, func(scope arn.Scope, in *DeleteCertificateRequest) arn.ARN {
			return scope.Certificate(in.CertificateId)
		}, d.deleteCertificate),
	}
}

func (d *Door) createKeysAndCertificate(ctx context.Context, scope arn.Scope, in *CreateKeysAndCertificateRequest) (*CreateKeysAndCertificateResponse, error) {
	cert, keys, err := d.Certificates.CreateWithKeys(ctx, scope, value(in.SetAsActive))
	if err != nil {
		return nil, err
	}
	return &CreateKeysAndCertificateResponse{
		CertificateArn: new(string(cert.ARN())),
		CertificateId:  &cert.ID,
		CertificatePem: &cert.PEM,
		KeyPair:        &KeyPair{PublicKey: &keys.Public, PrivateKey: new(keys.Private.Reveal())},
	}, nil
}

func (d *Door) createCertificateFromCSR(ctx context.Context, scope arn.Scope, in *CreateCertificateFromCsrRequest) (*CreateCertificateFromCsrResponse, error) {
	cert, err := d.Certificates.CreateFromCSR(ctx, scope, in.CertificateSigningRequest, value(in.SetAsActive))
	if err != nil {
		return nil, err
	}
	return &CreateCertificateFromCsrResponse{
		CertificateArn: new(string(cert.ARN())),
		CertificateId:  &cert.ID,
		CertificatePem: &cert.PEM,
	}, nil
}

func (d *Door) registerCertificateWithoutCA(ctx context.Context, scope arn.Scope, in *RegisterCertificateWithoutCARequest) (*RegisterCertificateWithoutCAResponse, error) {
	cert, err := d.Certificates.RegisterWithoutCA(ctx, scope, in.CertificatePem, certificate.Status(value(in.Status)))
	if err != nil {
		return nil, err
	}
	return &RegisterCertificateWithoutCAResponse{CertificateArn: new(string(cert.ARN())), CertificateId: &cert.ID}, nil
}

func (d *Door) describeCertificate(ctx context.Context, scope arn.Scope, in *DescribeCertificateRequest) (*DescribeCertificateResponse, error) {
	cert, err := d.Certificates.Describe(ctx, scope, in.CertificateId)
	if err != nil {
		return nil, err
	}
	return &DescribeCertificateResponse{CertificateDescription: &CertificateDescription{
		CertificateArn:   new(string(cert.ARN())),
		CertificateId:    &cert.ID,
		CertificateMode:  new(string(cert.Mode)),
		CertificatePem:   &cert.PEM,
		CreationDate:     awswire.At(cert.Created),
		CustomerVersion:  new(int32(cert.Version)),
		GenerationId:     &cert.Generation,
		LastModifiedDate: awswire.At(cert.Modified),
		OwnedBy:          &cert.Scope.Account,
		Status:           new(string(cert.Status)),
		Validity:         &CertificateValidity{NotBefore: awswire.At(cert.NotBefore), NotAfter: awswire.At(cert.NotAfter)},
	}}, nil
}

// listCertificates lists the newest first unless asked otherwise.
func (d *Door) listCertificates(ctx context.Context, scope arn.Scope, in *ListCertificatesRequest) (*ListCertificatesResponse, error) {
	p := page.Request{Limit: defaultCertificates, Token: value(in.Marker), Descending: !value(in.AscendingOrder)}
	if in.PageSize != nil {
		p.Limit = int(*in.PageSize)
	}
	found, err := d.Certificates.List(ctx, scope, p)
	if err != nil {
		return nil, err
	}
	return &ListCertificatesResponse{
		Certificates: list(found.Items, func(c certificate.Certificate) Certificate {
			return Certificate{
				CertificateArn:  new(string(c.ARN())),
				CertificateId:   &c.ID,
				CertificateMode: new(string(c.Mode)),
				CreationDate:    awswire.At(c.Created),
				Status:          new(string(c.Status)),
			}
		}),
		NextMarker: present(found.Next),
	}, nil
}

func (d *Door) updateCertificate(ctx context.Context, scope arn.Scope, in *UpdateCertificateRequest) (*awswire.Empty, error) {
	return nil, d.Certificates.SetStatus(ctx, scope, in.CertificateId, certificate.Status(in.NewStatus))
}

func (d *Door) deleteCertificate(ctx context.Context, scope arn.Scope, in *DeleteCertificateRequest) (*awswire.Empty, error) {
	return nil, d.Certificates.Delete(ctx, scope, in.CertificateId, value(in.ForceDelete))
}
