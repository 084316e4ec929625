package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iot"
)

// files are what a device needs to ask for credentials.
var files = []string{"private.pem.key", "device.pem.crt", "AmazonRootCA1.pem"}

// provider is the credentials provider as the device sees it.
type provider struct {
	endpoint string
	http     *http.Client
}

// vended are the credentials as the provider spells them.
type vended struct {
	AccessKeyID     string    `json:"accessKeyId"`
	SecretAccessKey string    `json:"secretAccessKey"`
	SessionToken    string    `json:"sessionToken"`
	Expiration      time.Time `json:"expiration"`
}

// refusal is any answer of the provider but credentials.
type refusal struct {
	status  int
	message string
}

func (r refusal) Error() string { return fmt.Sprint(r.status, " ", r.message) }

// findProvider learns where to ask, and whom to believe.
func (f *fleet) findProvider(ctx context.Context) error {
	described, err := f.iot.DescribeEndpoint(ctx, &iot.DescribeEndpointInput{EndpointType: new("iot:CredentialProvider")})
	if err != nil {
		return err
	}
	fmt.Println("endpoint   ", *described.EndpointAddress)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, os.Getenv("MUSTER_ROOT_CA_URL"), nil)
	if err != nil {
		return err
	}
	download := f.cfg.HTTPClient // the SDK makes one where AWS_CA_BUNDLE says whom to trust
	if download == nil {
		download = http.DefaultClient
	}
	resp, err := download.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	root, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("root certificate: %s", resp.Status)
	}
	if err := os.WriteFile("AmazonRootCA1.pem", root, 0o644); err != nil {
		return err
	}
	f.provider, err = newProvider(*described.EndpointAddress, root)
	return err
}

// newProvider makes connections on which both sides show a certificate.
func newProvider(endpoint string, root []byte) (*provider, error) {
	pair, err := tls.LoadX509KeyPair("device.pem.crt", "private.pem.key")
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(root) {
		return nil, errors.New("AmazonRootCA1.pem holds no certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}}
	return &provider{endpoint: endpoint, http: &http.Client{Transport: transport, Timeout: 30 * time.Second}}, nil
}

// ask asks for the alias's credentials. Whatever else it gets is a refusal.
func (p *provider) ask(ctx context.Context, alias string) (vended, error) {
	url := "https://" + p.endpoint + "/role-aliases/" + alias + "/credentials"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return vended{}, err
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return vended{}, err
	}
	defer resp.Body.Close()
	var answer struct {
		Credentials vended `json:"credentials"`
		Message     string `json:"message"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return vended{}, fmt.Errorf("%s: %w", resp.Status, err)
	}
	if resp.StatusCode != http.StatusOK {
		return vended{}, refusal{resp.StatusCode, answer.Message}
	}
	return answer.Credentials, nil
}

// exchange gives the device credentials for its certificate.
func (f *fleet) exchange(ctx context.Context) (err error) {
	f.got, err = f.provider.ask(ctx, f.alias)
	if err != nil {
		return fmt.Errorf("credentials: %w", err)
	}
	fmt.Println("credentials", f.got.AccessKeyID, "until", f.got.Expiration.Format(time.RFC3339))
	return nil
}
