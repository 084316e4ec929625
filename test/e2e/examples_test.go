package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// throughTheTutorial is what the server must have answered to each example, in
// this order, whatever came between.
var throughTheTutorial = []string{
	"CreateBucket 200", "CreateRole 200", "PutRolePolicy 200",
	"CreateThingType 200", "CreateThing 200", "CreateDeviceFleet 200", "DescribeDeviceFleet 200", "RegisterDevices 200",
	"CreateKeysAndCertificate 200", "CreatePolicy 200", "AttachPolicy 200", "DescribeEndpoint 200",
	"credentials 200", "PutObject 200", "PutObject 200", "PutObject 200",
	"GetCallerIdentity 200", "PutObject 200", "GetObject 403", "ListObjectsV2 403", "CreateThing 403",
}

// unaware is what makes botocore and the AWS CLI like those that know no AWS_ENDPOINT_URL.
var unaware = map[string]string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}

// Each program of examples/ runs the whole tutorial, in two regions; it leaves
// nothing behind, or with its flag everything.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		prepare func(t *testing.T) (argv []string)
		keep    string            // the flag that leaves what was made; "" has none
		extra   map[string]string // environment of the kept run
	}{
		{"register_fleet.ipynb", func(t *testing.T) []string {
			path, _ := python(t)
			return []string{path, absolute(t, "testdata/notebook.py"), example(t, "register_fleet.ipynb")}
		}, "", nil},
		{"register_fleet.py", func(t *testing.T) []string {
			path, _ := python(t)
			return []string{path, example(t, "register_fleet.py")}
		}, "--keep", unaware},
		{"shell", func(t *testing.T) []string {
			awsCLI(t)
			need(t, "curl")
			return []string{need(t, "sh"), example(t, "shell/register_fleet.sh")}
		}, "--keep", unaware},
		{"go", goExample, "-keep", nil},
		{"javascript", javascriptExample, "--keep", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			argv := tc.prepare(t)
			t.Run("cleaning up", func(t *testing.T) {
				s := Start(t, atOnce)
				dir := t.TempDir()
				out := s.run(t, dir, nil, argv...)
				if t.Failed() {
					return
				}
				s.answered(t, append(slices.Clone(throughTheTutorial), "DetachPolicy 200", "credentials 403", "DeleteRole 200"))
				s.holdsNothing(t)
				role := regexp.MustCompile(`role/(SageMaker\w+)`).FindStringSubmatch(out)
				if role == nil {
					t.Fatal("the example names no role")
				}
				s.Client().IAM(t, "GetRole", "RoleName", role[1]).Refused(t, 404, "NoSuchEntity")
				if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
					t.Errorf("files left: %v, %v", left, err)
				}
			})
			if tc.keep == "" {
				return
			}
			t.Run("in another region, kept", func(t *testing.T) {
				s := Start(t, "--region=us-west-2")
				dir := t.TempDir()
				s.run(t, dir, tc.extra, append(slices.Clone(argv), tc.keep)...)
				if t.Failed() {
					return
				}
				s.answered(t, throughTheTutorial)
				c := s.Client()
				bucket := c.S3(t, "GET", "/", "").OK(t).XML("Name")
				if got, want := c.S3(t, "GET", "/"+bucket+"/device_output/sample.jsonl", "").OK(t).Body, "{\"celsius\": 21.5}\n"; got != want {
					t.Errorf("what the device wrote: got %q, want %q", got, want)
				}
				info, err := os.Stat(filepath.Join(dir, "private.pem.key"))
				if err != nil {
					t.Fatal(err)
				}
				if info.Mode().Perm() != 0o600 {
					t.Errorf("private.pem.key: got mode %v, want 0600", info.Mode())
				}
			})
		})
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func example(t *testing.T, name string) string {
	t.Helper()
	return absolute(t, filepath.Join("../../examples", name))
}

// goExample builds the program; the SDK takes minutes the first time.
func goExample(t *testing.T) []string {
	if testing.Short() {
		t.Skip("compiles the AWS SDK for Go")
	}
	built := filepath.Join(t.TempDir(), "example")
	build := exec.Command(need(t, "go"), "build", "-C", example(t, "go"), "-o", built, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return []string{built}
}

// javascriptExample is a copy of the program with the SDK beside it.
func javascriptExample(t *testing.T) []string {
	node, dir := nodeProgram(t, example(t, "javascript"))
	return []string{node, filepath.Join(dir, "register_fleet.mjs")}
}

// answered fails the test unless the server's log holds these answers in this
// order. A record may come a moment after the answer it tells of.
func (s *Server) answered(t *testing.T, want []string) {
	t.Helper()
	for deadline := time.Now().Add(startLimit); ; time.Sleep(20 * time.Millisecond) {
		got := s.answers()
		missed := firstMissed(want, got)
		if missed == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("no %s in its place among %s", missed, strings.Join(got, ", "))
			return
		}
	}
}

// answers are the operations in the server's log, each with its status.
func (s *Server) answers() []string {
	var all []string
	for line := range strings.Lines(s.log.String()) {
		var record struct {
			Msg, Service, Operation string
			Status                  int
		}
		if json.Unmarshal([]byte(line), &record) != nil || record.Msg != "request" {
			continue
		}
		if record.Operation == "" {
			record.Operation = record.Service
		}
		all = append(all, fmt.Sprint(record.Operation, " ", record.Status))
	}
	return all
}

// firstMissed is the first of want that isn't in got after the one before it.
func firstMissed(want, got []string) string {
	for _, answer := range want {
		at := slices.Index(got, answer)
		if at < 0 {
			return answer
		}
		got = got[at+1:]
	}
	return ""
}

// holdsNothing fails the test if anything that the tutorial makes is there.
func (s *Server) holdsNothing(t *testing.T) {
	t.Helper()
	c := s.Client()
	for _, kind := range []struct{ path, member string }{
		{"/things", "things"},
		{"/thing-types", "thingTypes"},
		{"/certificates", "certificates"},
		{"/policies", "policies"},
		{"/role-aliases", "roleAliases"},
	} {
		if got := c.IoT(t, "GET", kind.path, nil).OK(t).JSON(kind.member); got != "[]" {
			t.Errorf("%s left: %s", kind.member, got)
		}
	}
	if got := c.SageMaker(t, "ListDeviceFleets", struct{}{}).OK(t).JSON("DeviceFleetSummaries"); got != "[]" {
		t.Errorf("fleets left: %s", got)
	}
	if got := c.S3(t, "GET", "/", "").OK(t).XML("Name"); got != "" {
		t.Errorf("bucket left: %s", got)
	}
}
