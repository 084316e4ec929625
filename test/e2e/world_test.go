package e2e

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

const (
	fleetPolicy  = "arn:aws:iam::aws:policy/service-role/AmazonSageMakerEdgeDeviceFleetPolicy"
	deviceTrusts = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	nobodyTrusts = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`
)

// worlds numbers the worlds of a run, so that several share a server.
var worlds atomic.Int64

// World is everything one device needs to get credentials, under names of its
// own: a role with the fleet policy, an alias of it, an active certificate with
// an IoT policy that allows the alias, a thing it is attached to, and a bucket.
type World struct {
	API    *Client
	Server *Server

	Role, Alias, Policy, Thing, Bucket string
	RoleARN, AliasARN                  string
	CertificateID, CertificateARN      string
	Certificate                        tls.Certificate
	PEM, KeyPEM                        string
	Roots                              string // PEM of the server's root
	Endpoint                           string // host:port of the credentials provider
}

// NewWorld makes one on s.
func NewWorld(t *testing.T, s *Server) *World {
	t.Helper()
	n := worlds.Add(1)
	w := &World{
		API:    s.Client(),
		Server: s,
		Role:   fmt.Sprintf("SageMakerRole%d", n),
		Alias:  fmt.Sprintf("alias-%d", n),
		Policy: fmt.Sprintf("policy-%d", n),
		Thing:  fmt.Sprintf("thing-%d", n),
		Bucket: fmt.Sprintf("sagemaker-world-%d", n),
	}
	w.createRole(t, deviceTrusts)
	w.createAlias(t, 900)

	made := w.API.IoT(t, "POST", "/keys-and-certificate?setAsActive=true", nil).OK(t)
	w.CertificateID, w.CertificateARN = made.JSON("certificateId"), made.JSON("certificateArn")
	w.pair(t, made.JSON("certificatePem"), made.JSON("keyPair", "PrivateKey"))

	w.createPolicy(t, w.Policy, statement("Allow", w.AliasARN))
	w.attachPolicy(t, w.Policy)
	w.API.IoT(t, "POST", "/things/"+w.Thing, struct{}{}).OK(t)
	w.attachThing(t)
	w.API.S3(t, "PUT", "/"+w.Bucket, "").OK(t)
	w.Roots = s.Get(t, "/repository/AmazonRootCA1.pem").OK(t).Body
	w.Endpoint = w.API.IoT(t, "GET", "/endpoint?endpointType=iot%3ACredentialProvider", nil).OK(t).JSON("endpointAddress")
	return w
}

// pair gives the device its certificate and key.
func (w *World) pair(t *testing.T, certificate, key string) {
	t.Helper()
	w.PEM, w.KeyPEM = certificate, key
	cert, err := tls.X509KeyPair([]byte(w.PEM), []byte(w.KeyPEM))
	if err != nil {
		t.Fatalf("certificate and key of CreateKeysAndCertificate: %v", err)
	}
	w.Certificate = cert
}

func statement(effect, resource string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":%q,"Action":"iot:AssumeRoleWithCertificate","Resource":%q}}`, effect, resource)
}

func (w *World) createRole(t *testing.T, trust string) {
	t.Helper()
	made := w.API.IAM(t, "CreateRole", "RoleName", w.Role, "AssumeRolePolicyDocument", trust).OK(t)
	w.RoleARN = made.XML("Arn")
	w.API.IAM(t, "AttachRolePolicy", "RoleName", w.Role, "PolicyArn", fleetPolicy).OK(t)
}

func (w *World) deleteRole(t *testing.T) {
	t.Helper()
	w.API.IAM(t, "DetachRolePolicy", "RoleName", w.Role, "PolicyArn", fleetPolicy).OK(t)
	w.API.IAM(t, "DeleteRole", "RoleName", w.Role).OK(t)
}

func (w *World) createAlias(t *testing.T, seconds int) {
	t.Helper()
	in := map[string]any{"roleArn": w.RoleARN, "credentialDurationSeconds": seconds}
	w.AliasARN = w.API.IoT(t, "POST", "/role-aliases/"+w.Alias, in).OK(t).JSON("roleAliasArn")
}

func (w *World) deleteAlias(t *testing.T) {
	t.Helper()
	w.API.IoT(t, "DELETE", "/role-aliases/"+w.Alias, nil).OK(t)
}

func (w *World) setCertificate(t *testing.T, status string) {
	t.Helper()
	w.API.IoT(t, "PUT", "/certificates/"+w.CertificateID+"?newStatus="+status, nil).OK(t)
}

func (w *World) createPolicy(t *testing.T, name, document string) {
	t.Helper()
	w.API.IoT(t, "POST", "/policies/"+name, map[string]string{"policyDocument": document}).OK(t)
}

func (w *World) attachPolicy(t *testing.T, name string) {
	t.Helper()
	w.API.IoT(t, "PUT", "/target-policies/"+name, map[string]string{"target": w.CertificateARN}).OK(t)
}

func (w *World) detachPolicy(t *testing.T, name string) {
	t.Helper()
	w.API.IoT(t, "POST", "/target-policies/"+name, map[string]string{"target": w.CertificateARN}).OK(t)
}

// replacePolicy puts another document in the place of the world's policy.
func (w *World) replacePolicy(t *testing.T, document string) {
	t.Helper()
	w.detachPolicy(t, w.Policy)
	w.API.IoT(t, "DELETE", "/policies/"+w.Policy, nil).OK(t)
	w.createPolicy(t, w.Policy, document)
	w.attachPolicy(t, w.Policy)
}

func (w *World) attachThing(t *testing.T) {
	t.Helper()
	w.API.Principal(t, "PUT", "/things/"+w.Thing+"/principals", w.CertificateARN).OK(t)
}

func (w *World) detachThing(t *testing.T) {
	t.Helper()
	w.API.Principal(t, "DELETE", "/things/"+w.Thing+"/principals", w.CertificateARN).OK(t)
}

// Ask is what a device asks the credentials provider. The zero value is the
// tutorial's curl.
type Ask struct {
	Thing  string // of the thing name header; "" sends none
	Alias  string // "" is the world's
	Path   string // "" is the alias's credentials
	Method string // "" is GET
}

func (w *World) request(t *testing.T, ask Ask) *http.Request {
	t.Helper()
	if ask.Alias == "" {
		ask.Alias = w.Alias
	}
	if ask.Path == "" {
		ask.Path = "/role-aliases/" + url.PathEscape(ask.Alias) + "/credentials"
	}
	req, err := http.NewRequestWithContext(t.Context(), ask.Method, "https://"+w.Endpoint+ask.Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if ask.Thing != "" {
		req.Header.Set("X-Amzn-Iot-Thingname", ask.Thing)
	}
	return req
}

// Vend asks once on a connection of its own and expects credentials.
func (w *World) Vend(t *testing.T, ask Ask) *Client {
	t.Helper()
	reply := w.Fresh(t).Ask(t, ask).OK(t)
	key := Key{
		ID:     reply.JSON("credentials", "accessKeyId"),
		Secret: reply.JSON("credentials", "secretAccessKey"),
		Token:  reply.JSON("credentials", "sessionToken"),
	}
	if !strings.HasPrefix(key.ID, "ASIA") || key.Secret == "" || key.Token == "" {
		t.Fatalf("not credentials: %s", reply.Body)
	}
	return w.API.With(key)
}
