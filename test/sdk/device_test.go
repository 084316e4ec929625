package sdk

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iot"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// clients are those of every service the tutorial uses, made as users make
// them: from the environment alone.
type clients struct {
	region    string
	iot       *iot.Client
	sagemaker *sagemaker.Client
	iam       *iam.Client
	sts       *sts.Client
	s3        *s3.Client
}

func newClients(t *testing.T, options ...func(*config.LoadOptions) error) clients {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), options...)
	if err != nil {
		t.Fatal(err)
	}
	return clients{
		region:    cfg.Region,
		iot:       iot.NewFromConfig(cfg),
		sagemaker: sagemaker.NewFromConfig(cfg),
		iam:       iam.NewFromConfig(cfg),
		sts:       sts.NewFromConfig(cfg),
		// muster env names an IP address, so this SDK needs no UsePathStyle.
		s3: s3.NewFromConfig(cfg),
	}
}

// vend is the tutorial's curl: it answers clients that use the device's
// temporary credentials.
func vend(t *testing.T, rootURL, endpoint, alias, certificatePEM, keyPEM, region string) clients {
	t.Helper()
	roots := x509.NewCertPool()
	resp, err := http.Get(rootURL)
	if err != nil {
		t.Fatal(err)
	}
	pem := read(t, resp)
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("%s is no certificate: %s", rootURL, pem)
	}
	pair, err := tls.X509KeyPair([]byte(certificatePEM), []byte(keyPEM))
	if err != nil {
		t.Fatal(err)
	}
	device := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: roots, Certificates: []tls.Certificate{pair},
	}}}
	resp, err = device.Get("https://" + endpoint + "/role-aliases/" + alias + "/credentials")
	if err != nil {
		t.Fatal(err)
	}
	body := read(t, resp)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("credentials: got %d %s", resp.StatusCode, body)
	}
	var answer struct {
		Credentials struct {
			AccessKeyID     string `json:"accessKeyId"`
			SecretAccessKey string `json:"secretAccessKey"`
			SessionToken    string `json:"sessionToken"`
		} `json:"credentials"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	c := answer.Credentials
	static := credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
	return newClients(t, config.WithRegion(region), config.WithCredentialsProvider(aws.NewCredentialsCache(static)))
}

func read(t *testing.T, resp *http.Response) []byte {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// check fails the test at the first call that fails.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused expects the error code.
func refused(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		t.Errorf("got %v, want %s", err, code)
	}
}
