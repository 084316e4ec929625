package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the server under test. TestMain sets it once.
var binary string

// atOnceMany is how many tests run at the same time. Most of them wait for
// other programs, so that they are more than there are processors; -parallel
// says otherwise.
const atOnceMany = "4"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", atOnceMany); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if given := os.Getenv("MUSTER_BINARY"); given != "" {
		path, err := filepath.Abs(given)
		if err != nil {
			fmt.Fprintln(os.Stderr, "e2e: MUSTER_BINARY:", err)
			return 1
		}
		binary = path
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "muster-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "muster")
	build := exec.Command("go", "build", "-o", binary, "./cmd/muster")
	build.Dir = filepath.Join("..", "..")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "e2e: build ./cmd/muster:", err)
		return 1
	}
	return m.Run()
}
