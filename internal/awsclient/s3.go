package awsclient

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"muster/internal/sigv4"
)

// S3 makes one S3 request, path style, and returns the body of the answer.
// target is an escaped path with its query, such as /bucket?versioning. It
// fails with *Error when S3 refuses; without a body, as to HEAD, its code is the
// status.
func (c *Client) S3(ctx context.Context, method, target, content string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Endpoint, "/")+target, strings.NewReader(content))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(content))
	sigv4.Sign(r, c.Credential, "s3", c.Region, time.Now(), hex.EncodeToString(sum[:]))
	answer, err := c.http().Do(r)
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", method, target, err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", method, target, err)
	}
	if answer.StatusCode/100 == 2 {
		return string(raw), nil
	}
	e := Error{Status: answer.StatusCode}
	if len(raw) == 0 {
		e.Code, e.Message = strconv.Itoa(e.Status), http.StatusText(e.Status) // as AWS's SDKs name it
		return "", &e
	}
	var said struct{ Code, Message string }
	if err := xml.Unmarshal(raw, &said); err != nil {
		return "", fmt.Errorf("%s %s: status %d: %w", method, target, answer.StatusCode, err)
	}
	e.Code, e.Message = said.Code, said.Message
	return "", &e
}
