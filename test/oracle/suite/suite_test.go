package suite

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func statusIn(line string) int {
	var record struct{ Status int }
	if json.Unmarshal([]byte(line), &record) != nil {
		return 0
	}
	return record.Status
}

// Each test of the suite passes, or fails as the list says that it must.
func TestSuite(t *testing.T) {
	listed := make(map[string]*known)
	for i := range knownFailures {
		for name := range strings.FieldsSeq(knownFailures[i].tests) {
			if listed[name] != nil {
				t.Errorf("%s is twice on the list", name)
			}
			listed[name] = &knownFailures[i]
		}
	}
	ran, passed := 0, 0
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for name, complaint := range results(t, g, start(t)) {
				ran++
				k := listed[name]
				delete(listed, name)
				switch {
				case complaint == "" && k == nil:
					passed++
				case complaint == "":
					t.Errorf("%s passes and is on the list of what fails: %s", name, k.reason)
				case k == nil:
					t.Errorf("%s: %s", name, complaint)
				case k.complaint != nil && !k.complaint.MatchString(complaint):
					t.Errorf("%s fails otherwise than the list says (%s): %s", name, k.reason, complaint)
				}
			}
		})
	}
	t.Logf("%d tests: %d pass, %d can't", ran, passed, ran-passed)
	if flag.Lookup("test.run").Value.String() != "" {
		return // not all groups ran
	}
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		t.Errorf("%s is on the list and isn't in the suite", name)
	}
}

var result = regexp.MustCompile(`^\x1b\[3\dm(RUN|PASS|FAIL|SKIP) +\x1b\[0m([\w-]+)(?:: (.*))?$`)

// unended is the complaint of a test that has not said how it ended.
const unended = "it began and never ended"

// teardown is what the suite prints, and counts nowhere, when a test can't
// remove its bucket afterwards.
var teardown = regexp.MustCompile(`^\x1b\[3\dm([\w-]+): failed to delete the bucket: (.*)$`)

// results runs a group in a process of its own and returns what the tests
// complained of, by name; "" for those that passed.
func results(t *testing.T, g group, env []string) map[string]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(env, groupVariable+"="+g.name)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	all := make(map[string]string)
	// The suite ends not every line before it begins the next.
	for line := range strings.Lines(strings.ReplaceAll(out.String(), "\x1b[3", "\n\x1b[3")) {
		m := result.FindStringSubmatch(strings.TrimRight(line, "\n"))
		switch {
		case m == nil:
			if left := teardown.FindStringSubmatch(strings.TrimSpace(line)); left != nil && all[left[1]] == unended {
				all[left[1]] = "teardown: " + left[2]
			}
		case m[1] == "RUN":
			all[m[2]] = unended
		case m[1] == "FAIL":
			all[m[2]] = "failed: " + m[3]
		default:
			all[m[2]] = ""
		}
	}
	if err != nil || len(all) == 0 {
		t.Errorf("%s: %v\n%s", g.name, err, out.String())
	}
	return all
}
