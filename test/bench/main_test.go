package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"
)

// The program starts: a flag that is there twice would end it at once.
func TestHelp(t *testing.T) {
	if os.Getenv("BENCH_HELP") == "1" {
		os.Args = []string{"bench", "-h"}
		main()
		return
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(own, "-test.run=^TestHelp$")
	cmd.Env = append(os.Environ(), "BENCH_HELP=1")
	said, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() <= 2) || !bytes.Contains(said, []byte("-only string")) {
		t.Errorf("got %v and %s, want the flags", err, said)
	}
}
