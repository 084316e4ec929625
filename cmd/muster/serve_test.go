package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// The help of serve shows each flag in one section, in lines that fit, and sizes
// as people write them.
func TestHelpOfServe(t *testing.T) {
	var out bytes.Buffer
	root := rootCommand(&out)
	root.SetArgs([]string{"serve", "--help"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if len(strings.TrimSpace(line)) > helpWidth {
			t.Errorf("got a line of %d characters: %s", len(line), line)
		}
	}
	serve, _, err := root.Find([]string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	serve.Flags().VisitAll(func(f *pflag.Flag) {
		if got := strings.Count(out.String(), "\n      --"+f.Name+" "); got != 1 && f.Name != "help" {
			t.Errorf("--%s: got %d places in the help, want one", f.Name, got)
		}
	})
	for _, want := range []string{"(default 256MiB)", "(default 600MiB)", "\nLimits"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got no %q in\n%s", want, &out)
		}
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]string{
		"5": "5", "1024": "1KiB", "1536": "1536", "600MiB": "600MiB", "1.5GiB": "", "2048 MiB": "2GiB", "5GB": "5000000000", "3TiB": "3TiB", "-1": "", "9999999TiB": "",
	} {
		var s size
		err := s.Set(text)
		if got := s.String(); got != want || (err != nil) != (want == "") {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	}
}
