package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// told runs a command line and answers what it prints.
func told(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := rootCommand(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestOperations(t *testing.T) {
	out, err := told(t, "operations", "-o", "json")
	var rows []struct {
		Service, Operation string
		Built              bool
	}
	if err != nil || json.Unmarshal([]byte(out), &rows) != nil {
		t.Fatalf("-o json: got %q, %v", out, err)
	}
	built := map[string]bool{}
	for _, r := range rows {
		if _, twice := built[r.Service+":"+r.Operation]; twice {
			t.Errorf("%s:%s is there twice", r.Service, r.Operation)
		}
		built[r.Service+":"+r.Operation] = r.Built
	}
	for operation, want := range map[string]bool{
		"iot:CreateThing": true, "sagemaker:CreateDeviceFleet": true, "iam:CreateRole": true, "sts:GetCallerIdentity": true, "s3:PutObject": true,
		"iot:CreateFleetMetric": false, "sagemaker:CreateTrainingJob": false, "s3:PutBucketPolicy": false,
	} {
		if got, there := built[operation]; !there || got != want {
			t.Errorf("%s: got built %t, there %t, want %t", operation, got, there, want)
		}
	}

	out, err = told(t, "operations", "--service", "sts")
	if err != nil || !strings.Contains(out, "sts      GetCallerIdentity") || strings.Contains(out, "CreateThing") {
		t.Errorf("--service sts: got %q, %v", out, err)
	}
	if _, err := told(t, "operations", "--service", "ec2"); err == nil || !strings.Contains(err.Error(), "iam, iot, muster, s3, sagemaker, sts") {
		t.Errorf("--service ec2: got %v, want the services there are", err)
	}
}

func TestDocsListTheOperations(t *testing.T) {
	page := filepath.Join("..", "..", "docs", "operations.md")
	kept, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if now, err := told(t, "operations", "-o", "markdown"); err != nil || now != string(kept) {
		t.Errorf("docs/operations.md is not what `muster operations -o markdown` prints (%v): run make docs", err)
	}
}
