package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsclient"
)

// device is an identity that may have credentials.
type device struct {
	pair      tls.Certificate
	url       string
	replySize int // bytes of the credentials provider's answer
}

func newDevice(ctx context.Context, m *muster) (*device, error) {
	const trust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	const allow = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:AssumeRoleWithCertificate","Resource":"*"}}`
	active, role := true, "arn:aws:iam::"+m.account+":role/bench"
	cert, err := awsclient.Do(ctx, m.client, iotapi.CreateKeysAndCertificate, &iotapi.CreateKeysAndCertificateRequest{SetAsActive: &active})
	if err != nil {
		return nil, err
	}
	_, err1 := awsclient.Do(ctx, m.client, iamapi.CreateRole, &iamapi.CreateRoleRequest{RoleName: "bench", AssumeRolePolicyDocument: trust})
	_, err2 := awsclient.Do(ctx, m.client, iotapi.CreateRoleAlias, &iotapi.CreateRoleAliasRequest{RoleAlias: "bench", RoleArn: role})
	_, err3 := awsclient.Do(ctx, m.client, iotapi.CreatePolicy, &iotapi.CreatePolicyRequest{PolicyName: "bench", PolicyDocument: allow})
	_, err4 := awsclient.Do(ctx, m.client, iotapi.AttachPolicy, &iotapi.AttachPolicyRequest{PolicyName: "bench", Target: *cert.CertificateArn})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	d := &device{url: "https://localhost/role-aliases/bench/credentials"}
	if d.pair, err = tls.X509KeyPair([]byte(*cert.CertificatePem), []byte(*cert.KeyPair.PrivateKey)); err != nil {
		return nil, err
	}
	n, err := ask(ctx, d.client(m.deviceAddr, true), d.url)
	d.replySize = n
	return d, err
}

// client reaches addr with the device's certificate. The bare server's
// certificate is its own, so neither's is checked: that is the client's work,
// and only the servers' is measured.
func (d *device) client(addr string, reuse bool) *http.Client {
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DisableKeepAlives: !reuse,
		TLSClientConfig:   &tls.Config{Certificates: []tls.Certificate{d.pair}, InsecureSkipVerify: true, MinVersion: tls.VersionTLS13},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		},
	}}
}

func ask(ctx context.Context, c *http.Client, url string) (size int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := c.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	return len(body), err
}

// measure answers the server's CPU time per request in microseconds, with two
// clients at a time.
func measure(ctx context.Context, p process, c *http.Client, url string, requests int) (float64, error) {
	defer c.CloseIdleConnections()
	before, err := p.cpu()
	if err != nil {
		return 0, err
	}
	var wg sync.WaitGroup
	var left atomic.Int64
	var failed atomic.Pointer[error]
	left.Store(int64(requests))
	for range 2 {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if _, err := ask(ctx, c, url); err != nil {
					failed.Store(&err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	after, err := p.cpu()
	return float64((after - before).Microseconds()) / float64(requests), err
}

// serveBare is the floor: mutual TLS, one constant answer.
func serveBare(ctx context.Context) error {
	size, err := strconv.Atoi(os.Getenv("BENCH_REPLY_SIZE"))
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	reply := []byte(strings.Repeat("x", size))
	s := &http.Server{
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, ClientAuth: tls.RequireAnyClientCert, NextProtos: []string{"http/1.1"}},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{"application/json"}
			w.Write(reply)
		}),
	}
	fmt.Println(l.Addr())
	context.AfterFunc(ctx, func() { s.Close() })
	if err := s.ServeTLS(l, "", ""); err != http.ErrServerClosed {
		return err
	}
	return nil
}
