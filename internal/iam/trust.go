package iam

import (
	"context"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/policy"
)

// trusted reads a trust policy: the unique ids that it binds ARNs to. It fails
// with fault.Malformed or fault.LimitExceeded.
func (d *Directory) trusted(ctx context.Context, document string) (map[arn.ARN]string, error) {
	if sizeOf(document) > MaxTrustSize {
		return nil, fault.LimitExceeded.Errorf("Cannot exceed quota for ACLSizePerRole: %d", MaxTrustSize)
	}
	_, err := policy.Parse(document, policy.Trust)
	return nil, err
}
