// Package awsclient makes signed calls of AWS's APIs, with the same models and
// codecs that Muster serves them with. Operator commands and the tutorial use
// it; it is no general SDK: it doesn't retry, page or look for credentials.
package awsclient

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"time"

	"muster/internal/awswire"
	"muster/internal/sigv4"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 16 << 20

// Error is a refusal of the service: its code, such as
// ResourceNotFoundException, message and HTTP status.
type Error = awswire.Error

// Client calls one endpoint as one caller.
type Client struct {
	Endpoint   string // such as http://127.0.0.1:4600
	Credential sigv4.Credential
	Region     string       // of the credential scope
	HTTP       *http.Client // nil for http.DefaultClient
}

// Do calls op. It fails with *Error when the service refuses.
func Do[In, Out any](ctx context.Context, c *Client, op awswire.Op[In, Out], in *In) (*Out, error) {
	r, body, err := op.Request(ctx, c.Endpoint, in)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	sigv4.Sign(r, c.Credential, op.Service.SigningName(), c.Region, time.Now(), hex.EncodeToString(sum[:]))
	response, err := c.http().Do(r)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", op.Name, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", op.Name, err)
	}
	return op.Response(response.StatusCode, response.Header, answer)
}

func (c *Client) http() *http.Client {
	if c.HTTP == nil {
		return http.DefaultClient
	}
	return c.HTTP
}
