package proof

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/internal/secret"
	"muster/internal/sigv4"
)

const maskedHash = "SHA256"

// A mask names what differs from server to server: {CERT1} is the first
// certificate id that an answer held. With a % at the end of the name it stands
// for the value as URLs and forms write it.
type mask struct {
	name string
	in   *regexp.Regexp // its first group, or all of it, is the value
}

var masked = []mask{
	{"PEM", regexp.MustCompile(`-----BEGIN [A-Z ]+-----\\n[^"]*-----END [A-Z ]+-----\\n`)},
	{"GENERATION", regexp.MustCompile(`"generationId":"([^"]+)"`)},
	{"CERT", regexp.MustCompile(`\b[0-9a-f]{64}\b`)},
	{"AKIA", regexp.MustCompile(`\bAKIA[A-Z0-9]{16,17}\b`)},
	{"ASIA", regexp.MustCompile(`\bASIA[A-Z0-9]{16,17}\b`)},
	{"AROA", regexp.MustCompile(`\bAROA[A-Z0-9]{16,17}\b`)},
	{"AIDA", regexp.MustCompile(`\bAIDA[A-Z0-9]{16,17}\b`)},
	{"ANPA", regexp.MustCompile(`\bANPA[A-Z0-9]{16,17}\b`)},
	{"UUID", regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)},
	{"PORT", regexp.MustCompile(`"endpointAddress":"[^"]+:(\d+)"`)},
	{"PAGE", regexp.MustCompile(`"(?:nextToken|nextMarker|NextToken)":"([^"]+)"`)},
	{"PAGE", regexp.MustCompile(`<Marker>([^<]+)<`)},
	{"SECRET", regexp.MustCompile(`<SecretAccessKey>([^<]+)<`)},
	{"SECRET", regexp.MustCompile(`"secretAccessKey":"([^"]+)"`)},
	{"SESSION", regexp.MustCompile(`<SessionToken>([^<]+)<`)},
	{"SESSION", regexp.MustCompile(`"sessionToken":"([^"]+)"`)},
	{"UPLOAD", regexp.MustCompile(`<UploadId>([^<]+)<`)},
	{"VERSION", regexp.MustCompile(`(?m)^X-Amz-(?:Copy-Source-)?Version-Id: (\S{8,})$`)},
	{"VERSION", regexp.MustCompile(`<(?:DeleteMarker)?VersionId>([^<]{8,})<`)},
}

var (
	requestID = regexp.MustCompile(`(?m)^(?:X-Amzn-Requestid|X-Amz-Request-Id|X-Amz-Id-2): (\S+)$`)
	length    = regexp.MustCompile(`(?m)^Content-Length: \d+$`)
	moments   = []struct {
		in     *regexp.Regexp
		layout string // "" for seconds since 1970
	}{
		{regexp.MustCompile(`\b1[6-9]\d{8}(?:\.\d+)?\b`), ""},
		{regexp.MustCompile(`\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`), time.RFC3339},
		{regexp.MustCompile(`\b20\d{6}T\d{6}Z`), "20060102T150405Z"},
		{regexp.MustCompile(`\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d GMT`), time.RFC1123},
	}
	placeholder = regexp.MustCompile(`\{([A-Z]+)(\d+)(%?)\}`)
)

// masks are the values behind the names of one transcript.
type masks struct {
	api    string
	value  map[string]string // by name, without braces
	name   map[string]string // by value
	counts map[string]int
	keys   map[string]accessKey // by access key id, and that of the root user as root
}

type accessKey struct{ id, secret, token string }

func newMasks(m *muster) *masks {
	root := m.root.Credential
	return &masks{
		api: m.state.API, value: map[string]string{}, name: map[string]string{}, counts: map[string]int{},
		keys: map[string]accessKey{"root": {id: root.AccessKey, secret: root.Secret.Reveal()}},
	}
}

// fill puts the values in the places of their names.
func (m *masks) fill(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		of := placeholder.FindStringSubmatch(found)
		value, ok := m.value[of[1]+of[2]]
		switch {
		case !ok && of[1] == "UUID": // of the client's own making
			value = "00000000-0000-4000-8000-" + strings.Repeat("0", 12-len(of[2])) + of[2]
		case !ok:
			return found
		}
		if of[3] != "" {
			return url.QueryEscape(value)
		}
		return value
	})
}

// learn names the new values that an answer holds and its request doesn't.
func (m *masks) learn(answer, request string) {
	for _, kind := range masked {
		m.learnOf(kind, answer, request)
	}
	m.learnKeys(answer)
}

func (m *masks) learnOf(kind mask, text, but string) {
	for _, found := range kind.in.FindAllStringSubmatch(text, -1) {
		value := found[len(found)-1]
		if _, ok := m.name[value]; ok || strings.Contains(but, value) || strings.Contains(but, url.QueryEscape(value)) {
			continue
		}
		m.counts[kind.name]++
		name := kind.name + strconv.Itoa(m.counts[kind.name])
		m.value[name], m.name[value] = value, name
	}
}

var (
	keyID     = regexp.MustCompile(`<AccessKeyId>([^<]+)</AccessKeyId>`)
	keySecret = regexp.MustCompile(`<SecretAccessKey>([^<]+)<`)
	keyToken  = regexp.MustCompile(`<SessionToken>([^<]+)<`)
)

// learnKeys keeps the key that an answer of STS or IAM hands out.
func (m *masks) learnKeys(text string) {
	made := keySecret.FindStringSubmatch(text)
	id := keyID.FindStringSubmatch(text)
	if made == nil || id == nil {
		return
	}
	key := accessKey{id: id[1], secret: made[1]}
	if token := keyToken.FindStringSubmatch(text); token != nil {
		key.token = token[1]
	}
	m.keys[key.id] = key
}

// hide puts the names in the places of the values, and words in those of times.
func (m *masks) hide(text string) string {
	values := make([]string, 0, len(m.name))
	for value := range m.name {
		values = append(values, value)
	}
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	for _, value := range values {
		text = strings.ReplaceAll(text, value, "{"+m.name[value]+"}")
		if escaped := url.QueryEscape(value); escaped != value {
			text = strings.ReplaceAll(text, escaped, "{"+m.name[value]+"%}")
		}
	}
	text = strings.ReplaceAll(text, m.api, "API")
	for _, moment := range moments {
		text = moment.in.ReplaceAllStringFunc(text, func(said string) string {
			return hideTime(said, moment.layout)
		})
	}
	return text
}

// hideTime makes TIME of a time that is about now, and TIME+1h0m0s of one that
// is an hour on. What is days away is not a server's own, but the transcript's.
func hideTime(said, layout string) string {
	var at time.Time
	if layout == "" {
		seconds, err := strconv.ParseFloat(said, 64)
		if err != nil {
			return said
		}
		at = time.Unix(int64(seconds), 0)
	} else {
		var err error
		if at, err = time.Parse(layout, said); err != nil {
			return said
		}
	}
	switch away := time.Until(at).Round(time.Minute); {
	case away.Abs() > 48*time.Hour:
		return said
	case away.Abs() < 2*time.Minute:
		return "TIME"
	case away < 0:
		return "TIME" + away.String()
	default:
		return "TIME+" + away.String()
	}
}

// answer masks an answer. Where something of the body is masked, its
// Content-Length is that of the masked body.
func (m *masks) answer(text, request string) string {
	if id := requestID.FindStringSubmatch(text); id != nil {
		text = requestID.ReplaceAllStringFunc(text, func(line string) string {
			name, _, _ := strings.Cut(line, ": ")
			return name + ": REQUEST-ID"
		})
		text = strings.ReplaceAll(text, id[1], "REQUEST-ID")
	}
	m.learn(text, request)
	head, body, _ := strings.Cut(text, "\n\n")
	head = m.hide(head)
	if hidden := m.hide(body); hidden != body || strings.Contains(body, "REQUEST-ID") {
		head = length.ReplaceAllString(head, fmt.Sprintf("Content-Length: %d", len(hidden)))
		body = hidden
	}
	return head + "\n\n" + body
}

// credential is the key of that name: root's, or one that an answer showed.
func (m *masks) credential(t *testing.T, name string) sigv4.Credential {
	t.Helper()
	c, ok := m.keys[name]
	if !ok {
		t.Fatalf("nobody has the key %s", name)
	}
	return sigv4.Credential{AccessKey: c.id, Secret: secret.New(c.secret), Token: secret.New(c.token)}
}
