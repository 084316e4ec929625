package proof

import (
	"slices"
	"strings"
	"testing"

	"muster/internal/arn"
	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/stsapi"
	"muster/internal/awsclient"
	"muster/internal/secret"
	"muster/internal/server"
	"muster/internal/sigv4"
)

const mayAll = `{"Effect":"Allow","Action":"*","Resource":"*"}`

// A session of a device's certificate, and one of another role that was asked
// for with it, change nothing of who may do what, though both roles may do
// everything: each operation that changes something is refused, and nothing
// has happened; each that looks is answered.
func TestADevicesSessionChangesNoControlPlane(t *testing.T) {
	m := start(t, t.TempDir())
	kept := openKeeper(t, m.data)
	device, chained := m.deviceThatMayAll(t)

	built := map[string]bool{}
	for _, o := range server.Operations() {
		built[o.Service+":"+o.Name] = o.Built
	}
	runtime := []string{"sagemaker:GetDeviceRegistration", "sagemaker:SendHeartbeat"}
	const removesFiles = "muster:RemoveOrphans" // and no row
	refusals, answers := 0, 0
	for _, c := range calls() {
		if !built[c.String()] || !slices.Contains([]string{"iot", "iam", "sagemaker", "muster"}, c.service) {
			continue
		}
		for name, client := range map[string]*awsclient.Client{"the device": device, "a role that the device became": chained} {
			before := kept.dump(t)
			err := c.ask(t.Context(), client, there())
			byRule := refused(err) && strings.Contains(err.Error(), "--device-control-plane")
			if !c.writes && c.String() != removesFiles || slices.Contains(runtime, c.String()) {
				answers++
				if byRule {
					t.Errorf("%s by %s: got %v, want it to be left to the policies", c, name, err)
				}
				continue
			}
			refusals++
			if !byRule {
				t.Errorf("%s by %s: got %v, want a refusal that says why", c, name, err)
			}
			if changed := before.changed(kept.dump(t)); len(changed) > 0 {
				t.Errorf("%s by %s: refused, and yet something happened: %v", c, name, changed)
			}
		}
	}
	if refusals < 100 || answers < 50 {
		t.Errorf("got %d refusals and %d answers: too few to prove anything", refusals, answers)
	}
}

// With --device-control-plane it is as on AWS: the role's policies decide.
func TestTheControlPlaneForDevicesIfAsked(t *testing.T) {
	c := server.Default()
	c.DeviceControlPlane = true
	m := startWith(t, t.TempDir(), c)
	device, chained := m.deviceThatMayAll(t)
	for _, client := range []*awsclient.Client{device, chained} {
		in := &iotapi.UpdateRoleAliasRequest{RoleAlias: "device", RoleArn: new(string(arn.Role(accountID, "/", "DeviceAll")))}
		if _, err := awsclient.Do(t.Context(), client, iotapi.UpdateRoleAlias, in); err != nil {
			t.Errorf("UpdateRoleAlias: %v", err)
		}
	}
}

// deviceThatMayAll is a device whose role may do everything, and another such
// role that the device became.
func (m *muster) deviceThatMayAll(t *testing.T) (itself, chained *awsclient.Client) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for role, trust := range map[string]string{"DeviceAll": iotTrusted, "ChainedAll": accountTrusts} {
		_, err := awsclient.Do(t.Context(), m.root, iamapi.CreateRole, &iamapi.CreateRoleRequest{RoleName: role, AssumeRolePolicyDocument: trust})
		must(err)
		m.put(t, role, mayAll)
	}
	_, err := awsclient.Do(t.Context(), m.root, iotapi.CreateRoleAlias, &iotapi.CreateRoleAliasRequest{RoleAlias: "device", RoleArn: string(arn.Role(accountID, "/", "DeviceAll"))})
	must(err)
	_, err = awsclient.Do(t.Context(), m.root, iotapi.CreatePolicy, &iotapi.CreatePolicyRequest{PolicyName: "device", PolicyDocument: mayBecome})
	must(err)
	key, csr := signingRequest()
	made, err := awsclient.Do(t.Context(), m.root, iotapi.CreateCertificateFromCsr, &iotapi.CreateCertificateFromCsrRequest{CertificateSigningRequest: csr, SetAsActive: new(true)})
	must(err)
	_, err = awsclient.Do(t.Context(), m.root, iotapi.AttachPolicy, &iotapi.AttachPolicyRequest{PolicyName: "device", Target: *made.CertificateArn})
	must(err)
	asks := &device{url: "https://" + m.state.Endpoint + "/role-aliases/device/credentials"}
	_, credential, err := asks.vend(connection(t, m, *made.CertificatePem, key))
	must(err)
	if credential == nil {
		t.Fatal("the device got no credentials")
	}
	itself = m.as(*credential)
	out, err := awsclient.Do(t.Context(), itself, stsapi.AssumeRole, &stsapi.AssumeRoleRequest{RoleArn: string(arn.Role(accountID, "/", "ChainedAll")), RoleSessionName: "chained"})
	must(err)
	c := out.Credentials
	return itself, m.as(sigv4.Credential{AccessKey: *c.AccessKeyId, Secret: secret.New(*c.SecretAccessKey), Token: secret.New(*c.SessionToken)})
}
