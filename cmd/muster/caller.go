package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"muster/internal/awsclient"
	"muster/internal/secret"
	"muster/internal/sigv4"
)

// callerClient is the API as the caller sees it: with the credentials of the
// environment, as AWS's tools read them, or with the root key of the server on
// data, which goes first where the command line names it.
//
// It never falls back to AWS itself: without AWS_ENDPOINT_URL the address is
// that of the server on data.
func callerClient(data string, named bool) (*awsclient.Client, error) {
	key := sigv4.Credential{
		AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"), Secret: secret.New(os.Getenv("AWS_SECRET_ACCESS_KEY")), Token: secret.New(os.Getenv("AWS_SESSION_TOKEN")),
	}
	endpoint := strings.TrimSuffix(os.Getenv("AWS_ENDPOINT_URL"), "/")
	own := !named && key.AccessKey != ""
	if own && key.Secret.Reveal() == "" {
		return nil, errors.New("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY isn't")
	}
	if own && endpoint != "" {
		client, err := bundleClient(os.Getenv("AWS_CA_BUNDLE"))
		if err != nil {
			return nil, err
		}
		return &awsclient.Client{Endpoint: endpoint, Region: regionOr("us-east-1"), Credential: key, HTTP: client}, nil
	}
	o := operator{data: data}
	client, err := o.client()
	if err != nil || !own {
		return client, err
	}
	client.Credential, client.Region = key, regionOr(client.Region)
	return client, nil
}

func regionOr(otherwise string) string {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if region := os.Getenv(name); region != "" {
			return region
		}
	}
	return otherwise
}

// bundleClient trusts the certificates of a PEM file; the system's when there
// is none.
func bundleClient(file string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("AWS_CA_BUNDLE: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("AWS_CA_BUNDLE: %s holds no certificate", file)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return &http.Client{Transport: transport, Timeout: time.Minute}, nil
}
