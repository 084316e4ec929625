package proof

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// recordScript runs a script of boto3 against m through a tap on the wire, and
// answers the exchanges that it gave a title.
func recordScript(t *testing.T, m *muster, script string) (all []exchange) {
	t.Helper()
	tap := newTap(t, strings.TrimPrefix(m.state.API, "http://"))
	p := newPlayer(t, m)
	masks := p.masks
	masks.api = "http://" + tap.addr // what boto3 is told, and is told back
	control := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, answered := tap.take()
		title, request := r.FormValue("title"), r.FormValue("request")
		switch {
		case request != "": // what no tap can see: the player asks it
			e := exchange{title: title, request: masks.hide(request)}
			e.answer = p.play(e)
			all = append(all, e)
			io.WriteString(w, e.code())
		case title != "":
			e, err := masks.exchange(title, asked, answered)
			if err != nil {
				t.Errorf("%s: %v", title, err)
			}
			all = append(all, e)
		}
	}))
	defer control.Close()
	root := masks.keys["root"]
	cmd := exec.Command("python3", script)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+filepath.Dir(filepath.Dir(script)), "PYTHONDONTWRITEBYTECODE=1", "WIRE_CONTROL="+control.URL,
		"AWS_ENDPOINT_URL=http://"+tap.addr, "AWS_REGION="+region, "AWS_DEFAULT_REGION="+region,
		"AWS_ACCESS_KEY_ID="+root.id, "AWS_SECRET_ACCESS_KEY="+root.secret, "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return all
}

// tap hands on bytes between clients and a server, and keeps them.
type tap struct {
	addr            string
	lock            sync.Mutex
	asked, answered bytes.Buffer
}

func newTap(t *testing.T, server string) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &tap{addr: l.Addr().String()}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				return
			}
			go p.copy(up, client, &p.asked)
			go p.copy(client, up, &p.answered)
		}
	}()
	return p
}

func (p *tap) copy(to, from net.Conn, kept *bytes.Buffer) {
	defer to.Close()
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		p.lock.Lock()
		kept.Write(b[:n])
		p.lock.Unlock()
		if _, failed := to.Write(b[:n]); failed != nil || err != nil {
			return
		}
	}
}

// take answers what went over the wire since it was called last. A server may
// answer before the end of a request in chunks has come by: take waits for it.
func (p *tap) take() (asked, answered string) {
	p.lock.Lock()
	defer p.lock.Unlock()
	for range 100 { // a refused body is never sent
		if isWhole(p.asked.String()) {
			break
		}
		p.lock.Unlock()
		time.Sleep(10 * time.Millisecond)
		p.lock.Lock()
	}
	defer p.asked.Reset()
	defer p.answered.Reset()
	return p.asked.String(), p.answered.String()
}

// isWhole says whether requests end where asked does.
func isWhole(asked string) bool {
	from := bufio.NewReader(strings.NewReader(asked))
	for {
		r, err := http.ReadRequest(from)
		if err != nil {
			return err == io.EOF
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return false
		}
	}
}

// exchange masks a request and its answer as they went over the wire.
func (m *masks) exchange(title, asked, answered string) (exchange, error) {
	head, body, _ := strings.Cut(asked, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	method, _, _ := strings.Cut(lines[0], " ")
	from := bufio.NewReader(strings.NewReader(answered))
	answer, err := readAnswer(from, method)
	if err != nil {
		return exchange{}, err
	}
	if rest, _ := io.ReadAll(from); len(rest) > 0 {
		return exchange{}, fmt.Errorf("a second answer: %q", rest)
	}
	kept := []string{m.requestLine(strings.TrimSuffix(lines[0], " HTTP/1.1"))}
	for _, line := range lines[1:] {
		if line = m.header(line); line != "" {
			kept = append(kept, line)
		}
	}
	request := strings.Join(kept, "\n") + "\n\n" + body
	for _, kind := range masked {
		if kind.name == "UUID" { // tokens of the client's own making
			m.learnOf(kind, request, "")
		}
	}
	answer = m.answer(answer, request)
	return exchange{title, m.hide(request), answer}, nil
}

var signature = regexp.MustCompile(`Credential=([^/]+)/\d{8}/(.*), Signature=[0-9a-f]{64}`)

// header is a header of a request as transcripts show it; "" for those that
// the player makes itself.
func (m *masks) header(line string) string {
	name, value, _ := strings.Cut(line, ": ")
	switch strings.ToLower(name) {
	case "host":
		bucket, ok := strings.CutSuffix(value, m.api[strings.LastIndexByte(m.api, ':'):])
		if !ok || strings.HasSuffix(m.api, "/"+value) {
			return ""
		}
		value = bucket // in the host's name, without the port
	case "content-length", "connection", "accept-encoding", "user-agent", "amz-sdk-invocation-id", "amz-sdk-request":
		return ""
	case "x-amz-content-sha256":
		if len(value) == 64 {
			value = maskedHash
		}
	case "x-amz-date":
		value = "TIME"
	case "x-amz-security-token":
		value = "{" + m.name[value] + "}"
	case "authorization":
		if of := signature.FindStringSubmatch(value); of != nil {
			key := "root"
			if of[1] != m.keys["root"].id {
				key = "{" + m.name[of[1]] + "}"
			}
			value = "AWS4-HMAC-SHA256 Credential=" + key + "/DATE/" + of[2] + ", Signature=SIGNATURE"
		}
	}
	return name + ": " + value
}
