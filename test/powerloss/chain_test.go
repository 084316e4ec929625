package powerloss_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// chain is a device's certificate. A client breaks the links between it and its
// credentials, and mends them again.
type chain struct {
	id, arn string
	pair    tls.Certificate
}

func chainOf(body []byte) (chain, error) {
	var made struct {
		CertificateID, CertificateARN, CertificatePEM string
		KeyPair                                       struct{ PrivateKey string }
	}
	if err := json.Unmarshal(body, &made); err != nil {
		return chain{}, err
	}
	pair, err := tls.X509KeyPair([]byte(made.CertificatePEM), []byte(made.KeyPair.PrivateKey))
	return chain{made.CertificateID, made.CertificateARN, pair}, err
}

const (
	account    = "000000000000"
	deviceRole = "device-role"
	trust      = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":["credentials.iot.amazonaws.com","sagemaker.amazonaws.com"]},"Action":"sts:AssumeRole"}}`
)

// deviceOf is the name of a client's thing, IoT policy, role alias, user, fleet
// and IAM role: those that stay while what belongs to them changes.
func deviceOf(n int) string { return fmt.Sprintf("device-%d", n) }

// links are the registers of what stands, besides the certificate's status and
// the alias, between a client's device and its credentials.
func links(n int) []string {
	return []string{"principal " + deviceOf(n), "attached " + deviceOf(n)}
}

// enrol makes what the identities' rounds need: for each client a device with
// all it needs for credentials, and a user, role, fleet and policies to change.
func (s *server) enrol(chains []chain) error {
	ctx := context.Background()
	var failed error
	expect := func(r reply, err error) {
		if failed == nil && err != nil {
			failed = err
		}
		if failed == nil && r.status != http.StatusOK {
			failed = fmt.Errorf("enrol: %v", r)
		}
	}
	expect(s.iam(ctx, "CreateRole", "RoleName", deviceRole, "AssumeRolePolicyDocument", trust))
	for n, c := range chains {
		name := deviceOf(n)
		expect(s.iot(ctx, "POST", "/things/"+name, nil, "{}"))
		expect(s.iot(ctx, "POST", "/policies/"+name, nil, jsonOf("policyDocument", iotDocument(n, "first"))))
		expect(s.iot(ctx, "POST", "/role-aliases/"+name, nil, aliasBody(900)))
		expect(s.attachThing(ctx, "PUT", name, c.arn))
		expect(s.iot(ctx, "PUT", "/target-policies/"+name, nil, jsonOf("target", c.arn)))
		expect(s.iam(ctx, "CreateRole", "RoleName", name, "AssumeRolePolicyDocument", trust))
		expect(s.iam(ctx, "CreateUser", "UserName", name))
		expect(s.iam(ctx, "CreatePolicy", "PolicyName", name, "PolicyDocument", document("first")))
		expect(s.sagemaker(ctx, "CreateDeviceFleet", fleetOf(name, "first", false)))
	}
	return failed
}

// iotDocument lets a client's device use its alias; mark is there to be found again.
func iotDocument(n int, mark string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":"%s","Effect":"Allow","Action":"iot:AssumeRoleWithCertificate","Resource":"arn:aws:iot:%s:%s:rolealias/%s"}]}`, mark, region, account, deviceOf(n))
}

// document is an IAM policy that can be told from others.
func document(mark string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":"%s","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::plain/x"}]}`, mark)
}

func aliasBody(seconds int) string {
	return fmt.Sprintf(`{"roleArn":"arn:aws:iam::%s:role/%s","credentialDurationSeconds":%d}`, account, deviceRole, seconds)
}

func fleetOf(name, description string, alias bool) map[string]any {
	return map[string]any{
		"DeviceFleetName": name, "Description": description, "RoleArn": "arn:aws:iam::" + account + ":role/" + deviceRole,
		"OutputConfig": map[string]string{"S3OutputLocation": "s3://plain/fleets"}, "EnableIotRoleAlias": alias,
	}
}

func jsonOf(name, value string) string {
	out, _ := json.Marshal(map[string]string{name: value}) // texts don't fail
	return string(out)
}

// iam calls an operation of IAM with names and values of parameters in turn.
func (c *client) iam(ctx context.Context, action string, params ...string) (reply, error) {
	return c.form(ctx, "iam", "2010-05-08", action, nil, params...)
}

func (c *client) form(ctx context.Context, service, version, action string, header map[string]string, params ...string) (reply, error) {
	all := url.Values{"Action": {action}, "Version": {version}}
	for i := 0; i+1 < len(params); i += 2 {
		all.Set(params[i], params[i+1])
	}
	h := map[string]string{"content-type": "application/x-www-form-urlencoded"}
	for name, value := range header {
		h[name] = value
	}
	return c.do(ctx, call{service, "POST", "/", nil, h, []byte(all.Encode())})
}

func (c *client) sagemaker(ctx context.Context, operation string, in any) (reply, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return reply{}, err
	}
	header := map[string]string{"content-type": "application/x-amz-json-1.1", "x-amz-target": "SageMaker." + operation}
	return c.do(ctx, call{"sagemaker", "POST", "/", nil, header, body})
}

// attachThing attaches a principal to a thing (PUT) or detaches it (DELETE).
func (c *client) attachThing(ctx context.Context, method, thing, principal string) (reply, error) {
	return c.do(ctx, call{"iot", method, "/things/" + thing + "/principals", nil, map[string]string{"x-amzn-principal": principal}, nil})
}

// secretKey is a key that signs: of a user, or of a session where token is set.
type secretKey struct{ id, secret, token string }

// whoAmI asks STS whose the key is: 200 for one that stands, else 403.
func (c *client) whoAmI(ctx context.Context, k secretKey) (reply, error) {
	as := *c
	as.accessKey, as.secret = k.id, k.secret
	header := map[string]string{}
	if k.token != "" {
		header["x-amz-security-token"] = k.token
	}
	return as.form(ctx, "sts", "2011-06-15", "GetCallerIdentity", header)
}

// vend asks the device port for credentials, as the client's device does.
func (s *server) vend(ctx context.Context, n int, c chain) (reply, secretKey, error) {
	host, _, err := net.SplitHostPort(s.endpoint)
	if err != nil {
		host = s.endpoint
	}
	roots, err := s.roots()
	if err != nil {
		return reply{}, secretKey{}, err
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{c.pair}, ServerName: host, RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.devices)
		},
	}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, "GET", "https://"+host+"/role-aliases/"+deviceOf(n)+"/credentials", nil)
	if err != nil {
		return reply{}, secretKey{}, err
	}
	req.Header.Set("x-amzn-iot-thingname", deviceOf(n))
	resp, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return reply{}, secretKey{}, err
	}
	defer resp.Body.Close()
	out := reply{status: resp.StatusCode, header: resp.Header}
	if out.body, err = io.ReadAll(resp.Body); err != nil || out.status != http.StatusOK {
		return out, secretKey{}, err
	}
	var found struct {
		Credentials struct{ AccessKeyID, SecretAccessKey, SessionToken string }
	}
	err = json.NewDecoder(bytes.NewReader(out.body)).Decode(&found)
	k := found.Credentials
	return out, secretKey{k.AccessKeyID, k.SecretAccessKey, k.SessionToken}, err
}
