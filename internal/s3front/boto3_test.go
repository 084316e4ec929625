package s3front_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestBoto3(t *testing.T) { runBoto3(t, "testdata/boto3_test.py") }

func TestBoto3Modes(t *testing.T) { runBoto3(t, "testdata/modes_test.py") }

func TestBoto3Configuration(t *testing.T) { runBoto3(t, "testdata/config_test.py") }

func runBoto3(t *testing.T, script string) {
	t.Helper()
	alone(t)
	if out, err := exec.Command("python3", "-c", "import boto3").CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("python3 with boto3 is needed: %v\n%s", err, out)
		}
		t.Skip("no python3 with boto3")
	}
	w := newWorld(t)
	w.front.ObeysLifecycle = true
	w.may(statement{Effect: "Allow", Action: "s3:*", Resource: "*"})
	python := exec.CommandContext(t.Context(), "python3", script)
	endpoint := strings.Replace(w.server.URL, "localhost", "127.0.0.1", 1)
	python.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "PYTHONDONTWRITEBYTECODE=1", "AWS_EC2_METADATA_DISABLED=true",
		"ENDPOINT=" + endpoint, "HOSTED=" + strings.Replace(endpoint, "127.0.0.1", "muster.test", 1),
		"ACCESS_KEY=" + w.device.AccessKey, "SECRET=" + w.device.Secret.Reveal(), "TOKEN=" + w.device.Token.Reveal(),
	}
	if out, err := python.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
