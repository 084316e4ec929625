package proof

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	record = flag.Bool("record", false, "have boto3 run the scripts beside the transcripts, and write what it sent and was answered")
	update = flag.Bool("update", false, "write the answers into the transcripts instead of comparing them")
)

// TestWire plays the transcripts of testdata/wire: requests as boto3 sent
// them, and the answers to the byte, with what differs from server to server
// masked. Each transcript begins with an empty server.
//
//	go test ./test/proof -run TestWire -record   # again from the scripts, with boto3
//	go test ./test/proof -run TestWire -update   # the same requests, today's answers
func TestWire(t *testing.T) {
	for _, script := range wireScripts(t) {
		file := transcriptOf(script)
		t.Run(filepath.Base(filepath.Dir(script))+"-"+strings.TrimSuffix(filepath.Base(script), ".py"), func(t *testing.T) {
			m := start(t, t.TempDir())
			if *record {
				writeTranscript(t, file, recordScript(t, m, script))
				return
			}
			said := readTranscript(t, file)
			p := newPlayer(t, m)
			for i, e := range said {
				got := p.play(e)
				if diff := cmp.Diff(e.answer, got); diff != "" && !*update {
					t.Errorf("%s (-want +got):\n%s", e.title, diff)
				}
				said[i].answer = got
			}
			if *update {
				writeTranscript(t, file, said)
			}
		})
	}
}

func transcriptOf(script string) string { return strings.TrimSuffix(script, ".py") + ".txt" }

func wireScripts(t *testing.T) []string {
	t.Helper()
	scripts, err := filepath.Glob(filepath.Join(folder, "testdata/wire/*/*.py"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("scripts: %v, %v", scripts, err)
	}
	return scripts
}

// exchange is one request and its answer, masked.
type exchange struct{ title, request, answer string }

const (
	titleMark  = "\n### "
	askedMark  = "\n>>>\n"
	answerMark = "\n<<<\n"
)

func readTranscript(t *testing.T, file string) (all []exchange) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split("\n"+strings.TrimSuffix(string(text), "\n"), titleMark)[1:] {
		title, rest, _ := strings.Cut(part, askedMark)
		request, answer, ok := strings.Cut(rest, answerMark)
		if !ok {
			t.Fatalf("%s: %s has no answer", file, title)
		}
		all = append(all, exchange{title, request, answer})
	}
	return all
}

func writeTranscript(t *testing.T, file string, all []exchange) {
	t.Helper()
	var b strings.Builder
	for _, e := range all {
		b.WriteString(titleMark[1:] + e.title + askedMark + e.request + answerMark + e.answer + "\n")
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
