package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the packages set must be there to be set: serve reads what it knows
// and can't tell a slip of the pen.
func TestPackagesSetWhatServeReads(t *testing.T) {
	known := []string{"MUSTER_ROOT_ACCESS_KEY_ID", "MUSTER_ROOT_SECRET_ACCESS_KEY", "MUSTER_S3_ACCESS_KEY_ID", "MUSTER_S3_SECRET_ACCESS_KEY"}
	serve, _, err := rootCommand(io.Discard).Find([]string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	variable := regexp.MustCompile(`\bMUSTER_[A-Z0-9_]+`)
	for _, file := range []string{"systemd/muster.service", "systemd/muster.env", "Dockerfile"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "packaging", file))
		if err != nil {
			t.Fatal(err)
		}
		names := variable.FindAllString(string(text), -1)
		if len(names) == 0 {
			t.Errorf("%s sets nothing", file)
		}
		for _, name := range names {
			flag := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "MUSTER_"), "_", "-"))
			if serve.Flags().Lookup(flag) == nil && !slices.Contains(known, name) {
				t.Errorf("%s sets %s, which serve doesn't read", file, name)
			}
		}
	}
}

// The settings of the unit's environment file and of the image are ones that
// serve accepts: beyond loopback it refuses to speak plain HTTP.
func TestPackagesListenOnTLS(t *testing.T) {
	for _, file := range []string{"systemd/muster.env", "Dockerfile"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "packaging", file))
		if err != nil {
			t.Fatal(err)
		}
		if s := string(text); !strings.Contains(s, "MUSTER_API=0.0.0.0:4600") || !strings.Contains(s, "MUSTER_API_TLS=auto") {
			t.Errorf("%s doesn't serve the API on TLS", file)
		}
	}
}

// The unit bounds what the server takes of the machine, writes no core, which
// would hold the master key, and has no record dropped.
func TestTheUnitSetsLimits(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "packaging", "systemd", "muster.service"))
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{"LimitNOFILE=", "TasksMax=", "MemoryHigh=", "MemoryMax=", "LimitCORE=0\n", "LogRateLimitIntervalSec=0\n"} {
		if !strings.Contains(string(text), "\n"+setting) {
			t.Errorf("the unit doesn't set %s", strings.TrimSpace(setting))
		}
	}
}
