package e2e

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// Everything made is there after a restart, and credentials vended before live on.
func TestRestart(t *testing.T) {
	data := t.TempDir()
	s := StartOn(t, data)
	w := NewWorld(t, s)
	w.API.IoT(t, "POST", "/thing-types/kind", struct{}{}).OK(t)
	output := map[string]any{"S3OutputLocation": "s3://" + w.Bucket + "/device_output"}
	w.API.IAM(t, "CreateRole", "RoleName", "SageMakerFleet", "AssumeRolePolicyDocument",
		strings.Replace(deviceTrusts, `"credentials.iot.amazonaws.com"`, `["credentials.iot.amazonaws.com","sagemaker.amazonaws.com"]`, 1)).OK(t)
	w.API.SageMaker(t, "CreateDeviceFleet", map[string]any{
		"DeviceFleetName": "fleet", "RoleArn": strings.Replace(w.RoleARN, w.Role, "SageMakerFleet", 1), "OutputConfig": output}).OK(t)
	w.API.SageMaker(t, "RegisterDevices", map[string]any{
		"DeviceFleetName": "fleet", "Devices": []any{map[string]string{"DeviceName": "device", "IotThingName": w.Thing}}}).OK(t)
	w.API.S3(t, "PUT", "/"+w.Bucket+"/object", "content").OK(t)
	session := w.Vend(t, Ask{Thing: w.Thing})
	revoked := NewWorld(t, s)
	revoked.setCertificate(t, "REVOKED")
	w.expect(t, session, lives)
	before := w.facts(t) // with the use that the role had last

	s.Stop(t)
	again := StartOn(t, data)
	after := again.Client()
	if after.Key != w.API.Key {
		t.Error("the root key changed")
	}
	if roots := again.Get(t, "/repository/AmazonRootCA1.pem").OK(t).Body; roots != w.Roots {
		t.Error("the root certificate changed")
	}
	for _, world := range []*World{w, revoked} {
		world.API, world.Server = after, again
		world.Endpoint = after.IoT(t, "GET", "/endpoint?endpointType=iot%3ACredentialProvider", nil).OK(t).JSON("endpointAddress")
	}
	for name, got := range w.facts(t) {
		if got != before[name] {
			t.Errorf("%s: got %s after the restart, want %s", name, got, before[name])
		}
	}
	session.URL = after.URL
	w.expect(t, session, lives)
	w.expect(t, w.Vend(t, Ask{Thing: w.Thing}), lives)
	accessDenied.check(t, revoked.Fresh(t).Ask(t, Ask{}))
	w.setCertificate(t, "INACTIVE")
	w.expect(t, session, dies)
}

// facts reads what TestRestart made.
func (w *World) facts(t *testing.T) map[string]string {
	t.Helper()
	get := func(path string) string { return w.API.IoT(t, "GET", path, nil).OK(t).Body }
	sagemaker := func(operation string) string {
		return w.API.SageMaker(t, operation, map[string]string{"DeviceFleetName": "fleet", "DeviceName": "device"}).OK(t).Body
	}
	iam := func(action string) string {
		reply := w.API.IAM(t, action, "RoleName", w.Role).OK(t).Body
		head, _, _ := strings.Cut(reply, "<ResponseMetadata>") // the request id differs
		return head
	}
	return map[string]string{
		"thing":             get("/things/" + w.Thing),
		"things":            get("/things"),
		"principals":        get("/things/" + w.Thing + "/principals"),
		"thing type":        get("/thing-types/kind"),
		"certificate":       get("/certificates/" + w.CertificateID),
		"policy":            get("/policies/" + w.Policy),
		"attached policies": w.API.IoT(t, "POST", "/attached-policies/"+escape(w.CertificateARN), nil).OK(t).Body,
		"role alias":        get("/role-aliases/" + w.Alias),
		"fleet's alias":     get("/role-aliases/SageMakerEdge-fleet"),
		"fleet":             sagemaker("DescribeDeviceFleet"),
		"device":            sagemaker("DescribeDevice"),
		"role":              iam("GetRole"),
		"role's policies":   iam("ListAttachedRolePolicies"),
		"object":            w.API.S3(t, "GET", "/"+w.Bucket+"/object", "").OK(t).Body,
		"buckets":           w.API.S3(t, "GET", "/", "").OK(t).Body,
	}
}

// serve runs muster serve where it is expected to end by itself.
func serve(t *testing.T, flags ...string) (status int, said string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append([]string{"serve"}, flags...)...)
	cmd.Env, cmd.Dir = CleanEnv(t), t.TempDir()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("muster serve %v: %v %v\n%s", flags, err, ctx.Err(), out)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestSecondServerOnTheSameData(t *testing.T) {
	s := Start(t)
	status, said := serve(t, "--data", s.Data, "--api", "127.0.0.1:0", "--devices", "127.0.0.1:0")
	if status != 1 || !strings.Contains(said, s.Data) {
		t.Errorf("got status %d, %s; want 1 and the data directory named", status, said)
	}
	s.Client().IoT(t, "GET", "/things", nil).OK(t)
}

func TestWrongUsage(t *testing.T) {
	for _, tc := range []struct {
		name  string
		flags []string
		says  string
	}{
		{"unknown flag", []string{"--no-such-flag"}, "no-such-flag"},
		{"no address", []string{"--api", "nowhere"}, "--api"},
		{"no duration", []string{"--thing-type-delete-delay", "soon"}, "thing-type-delete-delay"},
		{"negative duration", []string{"--thing-type-delete-delay=-1s"}, "--thing-type-delete-delay"},
		{"no account", []string{"--account", "12"}, "--account"},
		{"no region", []string{"--region", "US EAST"}, "--region"},
		{"unknown log format", []string{"--log-format", "xml"}, "log-format"},
		{"a proxy by its name", []string{"--trusted-proxies", "proxy.example"}, "--trusted-proxies"},
		{"more connections than there can be", []string{"--max-device-connections", "100000000"}, "--max-device-connections"},
		{"arguments", []string{"everything"}, "everything"},
		{"plain HTTP beyond loopback", []string{"--api", "0.0.0.0:0"}, "--insecure-http"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status, said := serve(t, append([]string{"--data", t.TempDir(), "--devices", "127.0.0.1:0"}, tc.flags...)...)
			if status != 2 || !strings.Contains(said, tc.says) {
				t.Errorf("got status %d, %s; want 2 with %q", status, said, tc.says)
			}
		})
	}
}

// The environment can give every flag; the root key comes only from there.
func TestRootKeyFromTheEnvironment(t *testing.T) {
	data := t.TempDir()
	s := launch(t, data, []string{
		"MUSTER_DATA=" + data, "MUSTER_API=127.0.0.1:0", "MUSTER_DEVICES=127.0.0.1:0",
		"MUSTER_REGION=eu-north-1", "MUSTER_ACCOUNT=123456789012",
		"MUSTER_ROOT_ACCESS_KEY_ID=root", "MUSTER_ROOT_SECRET_ACCESS_KEY=eight' or more",
	})
	c := s.Client()
	if c.Key != (Key{ID: "root", Secret: "eight' or more"}) || c.Region != "eu-north-1" {
		t.Errorf("muster env: got %v", s.Env)
	}
	if got, want := c.STS(t, "GetCallerIdentity").OK(t).XML("Arn"), "arn:aws:iam::123456789012:root"; got != want {
		t.Errorf("identity: got %s, want %s", got, want)
	}
}

// A request under way when SIGTERM comes is answered.
func TestDrain(t *testing.T) {
	s := Start(t)
	req, err := s.Client().request("iot", http.MethodPost, "/keys-and-certificate", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{})
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) }}
	var (
		reply  Reply
		failed error
		asking sync.WaitGroup
	)
	asking.Go(func() {
		reply, failed = exchange(plain, req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	})
	<-sent
	time.Sleep(10 * time.Millisecond) // until the server has read it
	s.Stop(t)
	asking.Wait()
	if failed != nil || reply.Status != http.StatusOK {
		t.Errorf("the request under way: got %d %s (%v), want 200", reply.Status, reply.Body, failed)
	}
}
