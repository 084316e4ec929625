package main

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestCompletion(t *testing.T) {
	for shell, has := range map[string]string{
		"bash": "__start_muster", "zsh": "#compdef muster", "fish": "complete -c muster", "powershell": "Register-ArgumentCompleter -CommandName 'muster'",
	} {
		if out, err := told(t, "completion", shell); err != nil || !strings.Contains(out, has) {
			t.Errorf("completion %s: got %d bytes without %q, %v", shell, len(out), has, err)
		}
	}
	if out, err := told(t, "help"); err != nil || !strings.Contains(out, "\n  completion ") {
		t.Errorf("help doesn't name completion: got %q, %v", out, err)
	}
	var usage usageError
	if _, err := told(t, "completion", "tcsh"); !errors.As(err, &usage) {
		t.Errorf("completion tcsh: got %v, want a usage error", err)
	}
	// What the scripts ask: the words of a flag.
	if out, err := told(t, "__complete", "env", "--shell", ""); err != nil || !strings.HasPrefix(out, "sh\nfish\npowershell\n") {
		t.Errorf("the shells of env: got %q, %v", out, err)
	}
}

func TestExitCodes(t *testing.T) {
	for _, tc := range []struct {
		name string
		args []string
		want int
	}{
		{"fine", []string{"version"}, 0},
		{"no server", []string{"env", "--wait", "0", "--data", t.TempDir()}, exitFailed},
		{"an unknown command", []string{"fly"}, exitUsage},
		{"an unknown flag", []string{"env", "--wings"}, exitUsage},
		{"an unknown word of a flag", []string{"operations", "-o", "xml"}, exitUsage},
		{"an argument too many", []string{"version", "now"}, exitUsage},
	} {
		if got := run(context.Background(), tc.args); got != tc.want {
			t.Errorf("%s: muster %s exits %d, want %d", tc.name, strings.Join(tc.args, " "), got, tc.want)
		}
	}
}
