package tutorial

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/stsapi"
	"muster/internal/awsclient"
	"muster/internal/secret"
	"muster/internal/sigv4"
)

// The steps the device takes, with its certificate and what it gets for it.

type device struct {
	certificateID, certificateARN string
	certificatePEM, keyPEM        string
	rootPEM, endpoint             string
	pair                          tls.Certificate
	http                          *http.Client
	cred                          sigv4.Credential
}

// load reads the pair as a device would and checks what the id promises.
func (d *device) load() (err error) {
	if d.pair, err = tls.X509KeyPair([]byte(d.certificatePEM), []byte(d.keyPEM)); err != nil {
		return fmt.Errorf("read the device's certificate and key: %w", err)
	}
	if sum := sha256.Sum256(d.pair.Certificate[0]); hex.EncodeToString(sum[:]) != d.certificateID {
		return errors.New("the certificate id is not the SHA-256 of the certificate")
	}
	return nil
}

// answer of the credentials provider.
type answer struct {
	Message     string `json:"message"`
	Credentials struct {
		AccessKeyID     string `json:"accessKeyId"`
		SecretAccessKey string `json:"secretAccessKey"`
		SessionToken    string `json:"sessionToken"`
		Expiration      string `json:"expiration"`
	} `json:"credentials"`
}

// askCredentials is the tutorial's curl: client certificate, no other header.
func (t *Tutorial) askCredentials(ctx context.Context) (status int, a answer, size int, err error) {
	url := "https://" + t.device.endpoint + "/role-aliases/" + t.names.alias + "/credentials"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, a, 0, err
	}
	if t.device.http == nil {
		t.device.http = t.deviceHTTP()
	}
	resp, err := t.device.http.Do(req)
	if err != nil {
		return 0, a, 0, fmt.Errorf("ask for credentials: %w", err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return 0, a, 0, fmt.Errorf("ask for credentials: %w", err)
	}
	return resp.StatusCode, a, len(raw), json.Unmarshal(raw, &a)
}

// deviceHTTP trusts the downloaded root alone and keeps one connection.
func (t *Tutorial) deviceHTTP() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: t.roots, Certificates: []tls.Certificate{t.device.pair}},
		MaxConnsPerHost: 1,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, t.DeviceAddr)
		},
	}}
}

func (t *Tutorial) exchange(ctx context.Context) error {
	status, a, size, err := t.askCredentials(ctx)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("the credentials provider answered %d %q", status, a.Message)
	}
	expires, err := time.Parse("2006-01-02T15:04:05Z", a.Credentials.Expiration)
	if err != nil {
		return err
	}
	t.device.cred = sigv4.Credential{
		AccessKey: a.Credentials.AccessKeyID, Secret: secret.New(a.Credentials.SecretAccessKey), Token: secret.New(a.Credentials.SessionToken),
	}
	t.did("GET https://%s/role-aliases/%s/credentials with the client certificate", t.device.endpoint, t.names.alias)
	t.proves("a certificate, attached to no thing, became key %s, good for %s (%d bytes)",
		t.device.cred.AccessKey, time.Until(expires).Round(time.Minute), size)
	return nil
}

func (t *Tutorial) uploadFiles(ctx context.Context) error {
	for name, content := range map[string]string{
		"private.pem.key": t.device.keyPEM, "device.pem.crt": t.device.certificatePEM, "AmazonRootCA1.pem": t.device.rootPEM,
	} {
		if err := t.s3(t.Key).put(ctx, t.names.bucket, "authorization-files/"+name, content); err != nil {
			return err
		}
	}
	t.did("s3 cp private.pem.key device.pem.crt AmazonRootCA1.pem s3://%s/authorization-files/", t.names.bucket)
	return nil
}

func (t *Tutorial) useCredentials(ctx context.Context) error {
	c, s3 := t.client(t.device.cred), t.s3(t.device.cred)
	who, err := awsclient.Do(ctx, c, stsapi.GetCallerIdentity, &stsapi.GetCallerIdentityRequest{})
	if err != nil {
		return err
	}
	if !strings.HasSuffix(text(who.Arn), ":assumed-role/"+t.names.role+"/"+t.device.certificateID) {
		return fmt.Errorf("the caller is %q, not a session of the role named for the certificate", text(who.Arn))
	}
	t.proves("the caller is the role's session, named by the certificate id")
	if err := s3.put(ctx, t.names.bucket, "device_output/sample.jsonl", `{"eventVersion":"0"}`+"\n"); err != nil {
		return err
	}
	t.proves("it writes under the fleet's output location, s3://%s/device_output", t.names.bucket)
	_, err = s3.get(ctx, t.names.bucket, "authorization-files/private.pem.key")
	if err := refused("reading another's key from the bucket", err, "AccessDenied"); err != nil {
		return err
	}
	if err := refused("listing the bucket", s3.list(ctx, t.names.bucket), "AccessDenied"); err != nil {
		return err
	}
	if err := refused("writing to another bucket", s3.put(ctx, t.names.other, "stolen", "x"), "AccessDenied"); err != nil {
		return err
	}
	_, err = awsclient.Do(ctx, c, iotapi.CreateThing, &iotapi.CreateThingRequest{ThingName: "intruder"})
	if err := refused("creating a thing", err, "AccessDeniedException"); err != nil {
		return err
	}
	t.proves("it reads nothing, lists nothing, writes nowhere else and calls no other API")
	return nil
}

func (t *Tutorial) withdraw(ctx context.Context) error {
	for _, w := range []struct {
		what         string
		take, giveUp func(context.Context) error
	}{
		{"the policy is detached", t.detachPolicy, t.attachPolicy},
		{"the certificate is made inactive", t.status("INACTIVE"), t.status("ACTIVE")},
		{"the certificate is revoked", t.status("REVOKED"), nil},
	} {
		if err := w.take(ctx); err != nil {
			return err
		}
		status, a, _, err := t.askCredentials(ctx) // on the connection it already has
		if err != nil {
			return err
		}
		if status != http.StatusForbidden {
			return fmt.Errorf("%s, and the credentials provider answered %d", w.what, status)
		}
		if err := t.s3(t.device.cred).put(ctx, t.names.bucket, "device_output/late.jsonl", "x"); err == nil {
			return fmt.Errorf("%s, and its credentials still opened the bucket", w.what)
		}
		t.proves("%s: %d %q on the very next request, and the credentials it had are dead", w.what, status, a.Message)
		if w.giveUp == nil {
			return nil
		}
		if err := w.giveUp(ctx); err != nil {
			return err
		}
		if status, _, _, err = t.askCredentials(ctx); err != nil || status != http.StatusOK {
			return fmt.Errorf("given back, and the credentials provider answered %d, %w", status, err)
		}
	}
	return nil
}

func (t *Tutorial) status(status string) func(context.Context) error {
	return func(ctx context.Context) error { return t.setStatus(ctx, status) }
}
