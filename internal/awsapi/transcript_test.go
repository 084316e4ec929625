package awsapi_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/secret"
	"muster/internal/sigv4"
)

var update = flag.Bool("update", false, "write the answers into testdata instead of comparing them")

// TestTranscripts plays the exchanges of testdata/*.txt: each has a name, how
// the request is signed, the request and the answer to the byte, with ids and
// times masked.
//
//	### name
//	sign service [key=…] [secret=…] [region=…] [late=duration] [hash=…]
//	>>>
//	request line, headers, blank line, body
//	<<<
//	answer
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("transcripts: got %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var played strings.Builder
			for _, part := range strings.Split("\n"+string(text), "\n### ")[1:] {
				name, rest, _ := strings.Cut(part, "\n")
				said, want, _ := strings.Cut(rest, "\n<<<")
				want = strings.TrimPrefix(want, "\n")
				sign, request, _ := strings.Cut(said, "\n>>>\n")
				t.Run(name, func(t *testing.T) {
					got := play(t, sign, request)
					fmt.Fprintf(&played, "### %s\n%s\n>>>\n%s\n<<<\n%s\n", name, sign, request, got)
					if diff := cmp.Diff(strings.TrimRight(want, "\n"), strings.TrimRight(got, "\n")); diff != "" && !*update {
						t.Errorf("answer (-want +got):\n%s", diff)
					}
				})
			}
			if *update && !t.Failed() {
				if err := os.WriteFile(file, []byte(played.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// play signs and sends one request and answers the masked answer.
func play(t *testing.T, sign, text string) string {
	t.Helper()
	head, body, _ := strings.Cut(text+"\n", "\n\n")
	body = strings.TrimSuffix(body, "\n")
	if size, ok := strings.CutPrefix(body, "BYTES "); ok {
		var n int
		fmt.Sscan(size, &n)
		body = strings.Repeat(" ", n)
	}
	line, headers, _ := strings.Cut(head, "\n")
	raw := line + " HTTP/1.1\r\nHost: localhost\r\n"
	if headers = strings.TrimSpace(headers); headers != "" {
		raw += strings.ReplaceAll(headers, "\n", "\r\n") + "\r\n"
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body)))
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = "192.0.2.1:4711"
	signAs(t, r, sign, body)
	w := httptest.NewRecorder()
	newAPI(io.Discard).ServeHTTP(w, r)
	return render(w)
}

func signAs(t *testing.T, r *http.Request, sign, body string) {
	t.Helper()
	words := strings.Fields(sign)
	if len(words) < 2 {
		return // "unsigned"
	}
	how := map[string]string{"key": "AKIAROOT", "secret": rootSecret, "region": "us-east-1", "late": "0s"}
	for _, word := range words[2:] {
		name, value, _ := strings.Cut(word, "=")
		how[name] = value
	}
	late, err := time.ParseDuration(how["late"])
	if err != nil {
		t.Fatal(err)
	}
	if hash := how["hash"]; hash != "" {
		r.Header.Set("X-Amz-Content-Sha256", hash)
	}
	sum := sha256.Sum256([]byte(body))
	sigv4.Sign(r, sigv4.Credential{AccessKey: how["key"], Secret: secret.New(how["secret"]), Token: secret.New(how["token"])},
		words[1], how["region"], now.Add(-late), hex.EncodeToString(sum[:]))
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

func render(w *httptest.ResponseRecorder) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d %s\n", w.Code, http.StatusText(w.Code))
	for _, name := range slices.Sorted(maps.Keys(w.Header())) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(w.Header()[name], ", "))
	}
	b.WriteByte('\n')
	b.WriteString(w.Body.String())
	return uuid.ReplaceAllString(b.String(), "REQUEST-ID")
}
