package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// applied is what muster apply -o json reports.
type applied struct {
	DryRun  bool
	Results []struct {
		Kind, Name, Action, Error, File string
		Changes                         []string
		Line                            int
	}
	Created, Changed, Same, Failed, NotTried int
}

// String names what isn't the same, a line for each.
func (a applied) String() string {
	var lines []string
	for _, r := range a.Results {
		if r.Action != "same" {
			lines = append(lines, strings.TrimSpace(r.Action+" "+r.Kind+" "+r.Name+" "+strings.Join(r.Changes, ", ")))
		}
	}
	return strings.Join(lines, "\n")
}

// apply runs muster apply on a file as the caller of s.Env, and returns its
// report and what it said on standard error. A failure that isn't exit 1 with a
// report is the test's.
func (s *Server) apply(t *testing.T, file string, flags ...string) (applied, string) {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"apply", "-o", "json", "-f", file}, flags...)...)
	cmd.Env = CleanEnv(t)
	for name, value := range s.Env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	var a applied
	var exit *exec.ExitError
	if bad := json.Unmarshal(out, &a); bad != nil || err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) || (err == nil) != (a.Failed == 0) {
		t.Fatalf("muster apply %s: %v, %v\n%s%s", file, err, bad, out, complaint.String())
	}
	return a, complaint.String()
}

// written is a file of that text in a directory of its own.
func written(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "fleet.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// The example is the tutorial's fleet: once it is applied, a device with a
// certificate takes the fleet's role and may do what that allows.
func TestApply(t *testing.T) {
	t.Parallel()
	s := Start(t)
	example := filepath.Join("..", "..", "examples", "apply", "fleet.yaml")
	const all = 8
	if a, _ := s.apply(t, example, "--dry-run"); !a.DryRun || a.Created != all || a.Changed+a.Same != 0 {
		t.Errorf("dry run: got %+v", a)
	}
	c := s.Client()
	c.IoT(t, "GET", "/things/sample-device", nil).Refused(t, 404, "ResourceNotFoundException")
	if a, _ := s.apply(t, example); a.Created != all || a.Changed+a.Same != 0 {
		t.Errorf("at first: got %+v", a)
	}
	if a, _ := s.apply(t, example); a.Same != all || a.Created+a.Changed != 0 {
		t.Errorf("again: got %s", a)
	}

	made := c.IoT(t, "POST", "/keys-and-certificate", nil).OK(t) // inactive
	dir := t.TempDir()
	for name, text := range map[string]string{"device.pem.crt": made.JSON("certificatePem"), "more.yaml": `
certificates:
  - {file: device.pem.crt, status: ACTIVE, policies: [aliaspolicy], things: [sample-device]}
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := "change certificate " + made.JSON("certificateId") + " policy aliaspolicy, thing sample-device, status"
	for _, flags := range [][]string{{"--dry-run"}, nil} {
		if a, _ := s.apply(t, filepath.Join(dir, "more.yaml"), flags...); a.String() != want {
			t.Errorf("certificate: got %s, want %s", a, want)
		}
	}
	if a, _ := s.apply(t, filepath.Join(dir, "more.yaml"), "-f", example); a.Same != all+1 {
		t.Errorf("both files: got %s", a)
	}
	w := &World{API: c, Server: s, Alias: "SageMakerEdge-demo-device-fleet", Roots: s.Get(t, "/repository/AmazonRootCA1.pem").OK(t).Body,
		Endpoint: c.IoT(t, "GET", "/endpoint?endpointType=iot%3ACredentialProvider", nil).OK(t).JSON("endpointAddress")}
	w.pair(t, made.JSON("certificatePem"), made.JSON("keyPair", "PrivateKey"))
	device := w.Vend(t, Ask{Thing: "sample-device"})
	device.S3(t, "PUT", "/sagemaker-edge-demo/device_output/sample.jsonl", "{}").OK(t)
	device.S3(t, "PUT", "/sagemaker-edge-demo/elsewhere/sample.jsonl", "{}").Refused(t, 403, "AccessDenied")
}

// On TLS with Muster's own root, which AWS_CA_BUNDLE names, or the data.
func TestApplyOnTLS(t *testing.T) {
	t.Parallel()
	s := Start(t, "--api-tls=auto")
	file := written(t, "things: [{name: pump}]")
	if a, _ := s.apply(t, file); a.Created != 1 {
		t.Errorf("got %+v", a)
	}
	if a, _ := s.apply(t, file, "--data", s.Data); a.Same != 1 {
		t.Errorf("--data: got %+v", a)
	}
	if out, err := s.attempt(t, t.TempDir(), map[string]string{"AWS_CA_BUNDLE": ""}, binary, "apply", "-f", file); err == nil || !strings.Contains(out, "certificate") {
		t.Errorf("without the root: got %v, %s", err, out)
	}
}

// everything names each kind and each field, but for a certificate.
const everything = `
buckets:
  - name: apply-all
    versioning: Enabled
    lifecycle:
      - {Status: Enabled, Filter: {Prefix: a/}, Expiration: {Date: 2040-01-01}}
      - {ID: two, Status: Disabled, Filter: {}, Expiration: {ExpiredObjectDeleteMarker: true}, NoncurrentVersionExpiration: {NoncurrentDays: 3, NewerNoncurrentVersions: 2}, AbortIncompleteMultipartUpload: {DaysAfterInitiation: 1}}
    cors:
      - {AllowedMethods: [GET, PUT], AllowedOrigins: ["https://a.example"], AllowedHeaders: ["*"], ExposeHeaders: [ETag], MaxAgeSeconds: 60}
    quota: {maxBytes: 1000000, maxObjects: 5000, writerMaxBytes: 7000}
policies:
  - {name: read, path: /ops/, description: Reads., document: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "s3:Get*", Resource: "*"}}}
users:
  - name: ana
    path: /ops/
    inlinePolicies: {list: '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:List*","Resource":"*"}}'}
    managedPolicies: [read]
roles:
  - name: last
    trust: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {AWS: "arn:aws:iam::000000000000:role/ops/middle"}, Action: sts:AssumeRole}}
  - name: middle
    path: /ops/
    description: In the middle.
    maxSessionDuration: 7200
    trust: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {AWS: ["arn:aws:iam::000000000000:user/ops/ana"], Service: [credentials.iot.amazonaws.com, sagemaker.amazonaws.com]}, Action: sts:AssumeRole}}
    inlinePolicies:
      put: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::apply-all/*"}}
    managedPolicies: [read, "arn:aws:iam::aws:policy/service-role/AmazonSageMakerEdgeDeviceFleetPolicy"]
iotPolicies:
  - {name: use, document: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "iot:*", Resource: "*"}}}
roleAliases:
  - {name: to-middle, role: middle, credentialDurationSeconds: 900}
thingTypes:
  - {name: pump, description: Pumps, searchableAttributes: [site, model]}
things:
  - {name: pump-1, type: pump, attributes: {site: east, model: "7"}}
deviceFleets:
  - name: yard
    role: middle
    output: s3://apply-all/out
    description: All of them.
    devices:
      - {name: pump-1, thing: pump-1, description: First.}
      - {name: pump-2}
`

// Each field that differs is a change, named and made, and told by a dry run
// before; what the file doesn't name stays.
func TestApplyChanges(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.Env["AWS_REGION"] = "us-west-2"
	file := written(t, everything)
	if a, said := s.apply(t, file); a.Created != 12 || a.Failed+a.Changed+a.Same != 0 {
		t.Fatalf("at first: got %+v\n%s", a, said)
	}
	if a, _ := s.apply(t, file); a.Same != 12 {
		t.Fatalf("again: got %s", a)
	}
	c := s.Client()
	// Not in the file, and to stay.
	c.IoT(t, "PATCH", "/things/pump-1", map[string]any{"attributePayload": map[string]any{"merge": true, "attributes": map[string]string{"by-hand": "yes"}}}).OK(t)
	c.IoT(t, "POST", "/things/by-hand", struct{}{}).OK(t)
	c.IAM(t, "PutRolePolicy", "RoleName", "middle", "PolicyName", "by-hand", "PolicyDocument", `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}`).OK(t)

	changed := strings.NewReplacer(
		"versioning: Enabled", "versioning: Suspended", "Prefix: a/", "Prefix: b/", "MaxAgeSeconds: 60", "MaxAgeSeconds: 61", "maxObjects: 5000", "maxObjects: 6000",
		"s3:Get*", "s3:GetObject", "s3:List*", "s3:ListBucket", "[credentials.iot.amazonaws.com, sagemaker.amazonaws.com]", "[sagemaker.amazonaws.com, credentials.iot.amazonaws.com]", "In the middle", "Between", "7200", "7201", "s3:PutObject", "s3:Put*",
		"iot:*", "iot:Connect", "900", "901", "site: east", "site: west", "/out", "/out2", "All of them", "Most of them", "First.", "1st.", "{name: pump-2}", "{name: pump-2, thing: pump-1}",
	).Replace(everything)
	want := `change bucket apply-all versioning, lifecycle, cors, quota
change policy read document
change IoT policy use document
change user ana inline policy list
change role middle trust, description, maxSessionDuration, inline policy put
change role alias to-middle credentialDurationSeconds
change thing pump-1 attribute site
change device fleet yard output, description
change device yard/pump-1 description
change device yard/pump-2 thing`
	file = written(t, changed)
	for _, flags := range [][]string{{"--dry-run"}, {"--parallel", "1"}} {
		if a, said := s.apply(t, file, flags...); a.String() != want {
			t.Fatalf("%q: got\n%s\n%s\nwant\n%s", flags, a, said, want)
		}
	}
	if a, _ := s.apply(t, file); a.Same != 12 {
		t.Errorf("after the change: got %s", a)
	}
	thing := c.IoT(t, "GET", "/things/pump-1", nil).OK(t)
	if site, by := thing.JSON("attributes", "site"), thing.JSON("attributes", "by-hand"); site != "west" || by != "yes" {
		t.Errorf("the thing's attributes: got %q and %q", site, by)
	}
	c.IoT(t, "GET", "/things/by-hand", nil).OK(t)
	c.IAM(t, "GetRolePolicy", "RoleName", "middle", "PolicyName", "by-hand").OK(t)
	if role := c.IAM(t, "GetRole", "RoleName", "middle").OK(t); role.XML("Description") != "Between." || role.XML("MaxSessionDuration") != "7201" {
		t.Errorf("the role: got %s", role.Body)
	}

	// What can't be changed is told, and nothing is done about it.
	fixed := written(t, strings.NewReplacer("Reads.", "Writes.", "Pumps", "Valves").Replace(changed))
	if a, said := s.apply(t, fixed); a.Failed != 2 || !strings.Contains(said, fixed+":12: policy read: the description of a policy can't be changed") || a.NotTried != 8 {
		t.Errorf("what can't be changed: got %+v\n%s", a, said)
	}
}

// A policy keeps five versions: a sixth takes the place of the oldest that
// isn't in force.
func TestApplyPolicyVersions(t *testing.T) {
	t.Parallel()
	s := Start(t)
	c := s.Client()
	const arn = "arn:aws:iam::000000000000:policy/p"
	for i := range 8 {
		a, said := s.apply(t, written(t, fmt.Sprintf(`
iotPolicies:
  - {name: p, document: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "iot:*", Resource: "arn:aws:iot:us-east-1:000000000000:topic/%[1]d"}}}
policies:
  - {name: p, document: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::b/%[1]d"}}}
`, i)))
		if a.Failed > 0 || i > 0 && a.Changed != 2 {
			t.Fatalf("version %d: got %s\n%s", i, a, said)
		}
		if i == 5 { // an old one is in force
			c.IoT(t, "PATCH", "/policies/p/version/2", nil).OK(t)
			c.IAM(t, "SetDefaultPolicyVersion", "PolicyArn", arn, "VersionId", "v2").OK(t)
		}
	}
	if got := c.IoT(t, "GET", "/policies/p", nil).OK(t).JSON("policyDocument"); !strings.Contains(got, "topic/7") {
		t.Errorf("in force in IoT: got %s", got)
	}
	if v := c.IAM(t, "GetPolicy", "PolicyArn", arn).OK(t).XML("DefaultVersionId"); v != "v8" {
		t.Errorf("in force in IAM: got %s", v)
	}
	// Each had 2 to 6 when 2 was in force: 3 went for 7, and 2 for 8.
	for version, there := range map[string]bool{"1": false, "2": false, "3": false, "4": true, "8": true} {
		if got := c.IoT(t, "GET", "/policies/p/version/"+version, nil).Status; (got == 200) != there {
			t.Errorf("IoT version %s: got %d, want it there %v", version, got, there)
		}
		if got := c.IAM(t, "GetPolicyVersion", "PolicyArn", arn, "VersionId", "v"+version).Status; (got == 200) != there {
			t.Errorf("IAM version %s: got %d, want it there %v", version, got, there)
		}
	}
}

// A caller may do with a file what they may do without: the refusal is told
// with its place, what depends on it is left out, and a dry run needs no more
// than reading.
func TestApplyWithoutPermission(t *testing.T) {
	t.Parallel()
	s := Start(t)
	ana := s.user(t, "ana", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["iot:Describe*","iot:Get*","iam:Get*","iam:List*","iot:CreateThingType"],"Resource":"*"},
		{"Effect":"Allow","Action":["iot:CreateThing"],"Resource":"arn:aws:iot:us-east-1:000000000000:thing/mine-*"}]}`)
	file := written(t, `
thingTypes: [{name: pump}]
roles:
  - name: r
    trust: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {Service: credentials.iot.amazonaws.com}, Action: sts:AssumeRole}}
things:
  - {name: mine-1, type: pump}
`)
	if a, said := ana.apply(t, file, "--dry-run"); a.Created != 3 || said != "" {
		t.Errorf("dry run: got %+v\n%s", a, said)
	}
	a, said := ana.apply(t, file)
	if a.Created != 1 || a.Failed != 1 || a.NotTried != 1 {
		t.Errorf("got %+v", a)
	}
	if want := file + ":4: role r: AccessDenied: User: arn:aws:iam::000000000000:user/ana is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::000000000000:role/r"; !strings.HasPrefix(said, want) {
		t.Errorf("got %swant %s", said, want)
	}
	// Ten refusals are enough.
	text := "things:\n"
	for i := range 200 {
		text += fmt.Sprintf("  - name: yours-%d\n", i)
	}
	if a, _ := ana.apply(t, written(t, text+"  - name: mine-2\n"), "--parallel", "1"); a.Failed != 10 || a.NotTried != 191 || a.Created != 0 {
		t.Errorf("many refusals: got %d failed, %d not tried", a.Failed, a.NotTried)
	}
	// A key that isn't one.
	stranger := *s
	stranger.Env = map[string]string{"AWS_ENDPOINT_URL": s.URL, "AWS_ACCESS_KEY_ID": "AKIAAAAAAAAAAAAAAAAA", "AWS_SECRET_ACCESS_KEY": "nothing"}
	if out, err := stranger.attempt(t, t.TempDir(), nil, binary, "apply", "-f", file); err == nil || !strings.Contains(out, "InvalidClientTokenId") {
		t.Errorf("an unknown key: got %v, %s", err, out)
	}
}

// A file that is wrong anywhere does nothing, and never do keys of the
// environment go to AWS because an address is missing.
func TestApplyRefusesAtOnce(t *testing.T) {
	t.Parallel()
	s := Start(t)
	bad := written(t, "things:\n  - name: pump\n  - nam: valve\n")
	for _, tc := range []struct {
		name  string
		extra map[string]string
		args  []string
		exit  int
		want  string
	}{
		{"a bad file", nil, []string{"-f", bad}, 1, bad + `, document 1: line 3: a thing has no field "nam"`},
		{"one bad of two files", nil, []string{"-f", filepath.Join("..", "..", "none.yaml")}, 1, "no such file"},
		{"no file", nil, nil, 2, "needs -f FILE"},
		{"an argument", nil, []string{bad}, 2, "takes no argument"},
		{"too many at once", nil, []string{"-f", bad, "--parallel", "1000"}, 2, "--parallel must be"},
		{"half a key", map[string]string{"AWS_SECRET_ACCESS_KEY": ""}, []string{"-f", written(t, "things: [{name: a}]")}, 1, "AWS_SECRET_ACCESS_KEY isn't"},
		{"no address", map[string]string{"AWS_ENDPOINT_URL": ""}, []string{"-f", written(t, "things: [{name: a}]")}, 1, "no muster is running"},
	} {
		out, err := s.attempt(t, t.TempDir(), tc.extra, append([]string{binary, "apply"}, tc.args...)...)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != tc.exit || !strings.Contains(out, tc.want) {
			t.Errorf("%s: got %v, %s, want exit %d and %q", tc.name, err, out, tc.exit, tc.want)
		}
	}
	s.Client().IoT(t, "GET", "/things/pump", nil).Refused(t, 404, "ResourceNotFoundException")
	// The root key of a directory that is named, whatever the environment says;
	// JSON from standard input.
	cmd := exec.Command(binary, "apply", "-f", "-", "--data", s.Data)
	cmd.Env = append(CleanEnv(t), "AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_ACCESS_KEY_ID=AKIAAAAAAAAAAAAAAAAA", "AWS_SECRET_ACCESS_KEY=nothing")
	cmd.Stdin = strings.NewReader("{\n\t\"things\": [{\"name\": \"pump\"}]\n}")
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "create  thing  pump\n1 created, 0 changed, 0 the same\n" {
		t.Errorf("--data: got %v, %q", err, out)
	}
	// A key of the environment, to the server of the directory in MUSTER_DATA.
	cmd = exec.Command(binary, "apply", "-f", "-")
	cmd.Env = append(CleanEnv(t), "MUSTER_DATA="+s.Data, "AWS_ACCESS_KEY_ID="+s.Env["AWS_ACCESS_KEY_ID"], "AWS_SECRET_ACCESS_KEY="+s.Env["AWS_SECRET_ACCESS_KEY"])
	cmd.Stdin = strings.NewReader("things: [{name: pump}]")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "same  thing  pump\n") {
		t.Errorf("MUSTER_DATA: got %v, %q", err, out)
	}
}

// A run that is killed anywhere is completed by the next one, and then nothing
// is left to do.
func TestApplyKilled(t *testing.T) {
	t.Parallel()
	const things = 60
	text := everything
	for i := range things {
		text = strings.Replace(text, "\nthings:\n", fmt.Sprintf("\nthings:\n  - {name: t-%d, type: pump, attributes: {n: \"%d\"}}\n", i, i), 1)
		text = strings.Replace(text, "    devices:\n", fmt.Sprintf("    devices:\n      - {name: t-%d, thing: t-%d}\n", i, i), 1)
	}
	file := written(t, text)
	began := time.Now()
	whole := Start(t)
	first, said := whole.apply(t, file)
	if first.Created != 12+2*things {
		t.Fatalf("got %d created\n%s", first.Created, said)
	}
	took := time.Since(began)
	s := Start(t)
	cut := 0
	for i := range 3 {
		cmd := exec.Command(binary, "apply", "-f", file)
		cmd.Env = CleanEnv(t)
		for name, value := range s.Env {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(took * time.Duration(i+1) / 10)
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		if cmd.Wait() != nil {
			cut++
		}
	}
	a, said := s.apply(t, file)
	if a.Failed > 0 || cut == 0 {
		t.Fatalf("after %d kills: got %s\n%s", cut, a, said)
	}
	t.Logf("%d of 3 runs were killed in time; the next created %d and changed %d", cut, a.Created, a.Changed)
	if a, _ := s.apply(t, file); a.Same != 12+2*things {
		t.Errorf("at the end: got %d the same and\n%s", a.Same, a)
	}
	for _, path := range []string{"/things/t-0", "/things/t-59", "/role-aliases/to-middle", "/policies/use"} {
		s.Client().IoT(t, http.MethodGet, path, nil).OK(t)
	}
	if got := s.Client().IAM(t, "GetUserPolicy", "UserName", "ana", "PolicyName", "list").OK(t).XML("PolicyDocument"); !strings.Contains(got, url.QueryEscape("s3:List")) {
		t.Errorf("the user's policy: got %s", got)
	}
}
