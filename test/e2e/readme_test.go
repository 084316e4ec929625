package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What README.md says is to be copied is copied here, and run.

func TestReadmeBoto3(t *testing.T) {
	t.Parallel()
	path, botocore := python(t)
	if !botocore.atLeast(1, 31) {
		t.Skipf("botocore %v knows no AWS_ENDPOINT_URL", botocore)
	}
	dir := t.TempDir()
	program := copied(t, "With boto3", "python", 1)[0]
	write(t, dir, "tutorial.py", program)
	s := Start(t)
	out := s.run(t, dir, nil, path, "tutorial.py")
	if !strings.Contains(out, ":assumed-role/SageMakerRole") {
		t.Errorf("the device's identity is missing:\n%s", out)
	}
	s.holdsReading(t)
}

// The block is pasted whole into a shell: the second line doesn't wait until
// the server of the first is up.
func TestReadmeUse(t *testing.T) {
	t.Parallel()
	path, botocore := python(t)
	_, cli := awsCLI(t)
	if !botocore.atLeast(1, 31) || !cli.knowsEndpointURL() {
		t.Skipf("botocore %v or AWS CLI %v knows no AWS_ENDPOINT_URL", botocore, cli)
	}
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "bin"), 0o700), os.Symlink(binary, filepath.Join(dir, "bin", "muster"))); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "use.sh", copied(t, "Use it", "", 1)[0]+"kill $! && wait $!\n")
	anywhere := &Server{Env: map[string]string{
		"MUSTER_API": "127.0.0.1:0", "MUSTER_DEVICES": "127.0.0.1:0",
		"PATH": filepath.Dir(path) + ":" + os.Getenv("PATH"), // the python3 that has boto3
	}}
	out := anywhere.run(t, dir, nil, need(t, "sh"), "-e", "use.sh")
	if !strings.Contains(out, "[{'thingName': 'pump-7'") {
		t.Errorf("boto3 doesn't list the thing:\n%s", out)
	}
}

// The first block ends with the answer of the credentials provider. The second
// is run with what it holds; a line whose comment says AccessDenied must be
// refused with it.
func TestReadmeCLI(t *testing.T) {
	t.Parallel()
	helpers := shellHelpers(t)
	shell := need(t, "sh")
	blocks := copied(t, "With the AWS CLI and curl", "sh", 2)
	dir := t.TempDir()
	write(t, dir, "tutorial.sh", blocks[0])
	var device strings.Builder
	for line := range strings.Lines(blocks[1]) {
		command, comment, _ := strings.Cut(strings.TrimSpace(line), "#")
		if strings.Contains(comment, "AccessDenied") {
			command = "refused AccessDenied " + command
		}
		fmt.Fprintln(&device, command)
	}
	write(t, dir, "device.sh", device.String())
	write(t, dir, "all.sh", helpers+`
. ./tutorial.sh >answers
export AWS_ACCESS_KEY_ID=$(member accessKeyId) AWS_SECRET_ACCESS_KEY=$(member secretAccessKey) AWS_SESSION_TOKEN=$(member sessionToken)
. ./device.sh
`)
	s := Start(t)
	out := s.run(t, dir, nil, shell, "all.sh")
	if !strings.Contains(out, ":assumed-role/SageMakerDeviceFleetRole/") {
		t.Errorf("the device's identity is missing:\n%s", out)
	}
	s.holdsReading(t)
}

// With the user's key the tutorial runs as it does with the root key, but for
// the role's policy, of which the text says what takes its place; and what the
// user's policy doesn't name is refused.
func TestReadmeWithoutTheRootKey(t *testing.T) {
	t.Parallel()
	helpers := shellHelpers(t)
	shell := need(t, "sh")
	dir := t.TempDir()
	tutorial := copied(t, "With the AWS CLI and curl", "sh", 2)[0]
	own := regexp.MustCompile(`(?s)aws iam put-role-policy .*?\}\'\n`).FindString(tutorial)
	attach := regexp.MustCompile("`(aws iam attach-role-policy [^`]*)`").FindStringSubmatch(readme(t, "README.md").text)
	if own == "" || attach == nil {
		t.Fatal("README.md has no put-role-policy in the tutorial, or nothing that takes its place")
	}
	write(t, dir, "tutorial.sh", strings.Replace(tutorial, own, strings.ReplaceAll(attach[1], "\n", " ")+"\n", 1))
	write(t, dir, "user.sh", copied(t, "Working without the root key", "sh", 1)[0])
	write(t, dir, "all.sh", helpers+`
. ./user.sh >answers
root=$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY
export AWS_ACCESS_KEY_ID=$(member AccessKeyId) AWS_SECRET_ACCESS_KEY=$(member SecretAccessKey)
. ./tutorial.sh >answers
test -n "$(member sessionToken)"
aws sts get-caller-identity
refused AccessDenied aws iam attach-role-policy --role-name SageMakerDeviceFleetRole --policy-arn arn:aws:iam::aws:policy/AmazonS3FullAccess
refused AccessDenied aws iam put-role-policy --role-name SageMakerDeviceFleetRole --policy-name more --policy-document file://trust.json
refused AccessDenied aws iam create-role --role-name Admin --assume-role-policy-document file://trust.json
refused AccessDenied aws iam attach-user-policy --user-name ana --policy-arn arn:aws:iam::aws:policy/AmazonS3FullAccess
refused AccessDenied aws iam create-access-key
key=$AWS_ACCESS_KEY_ID secret=$AWS_SECRET_ACCESS_KEY
export AWS_ACCESS_KEY_ID=${root%%:*} AWS_SECRET_ACCESS_KEY=${root#*:}
aws iam update-access-key --user-name ana --access-key-id $key --status Inactive
export AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret
refused UnrecognizedClientException aws iot list-things
refused InvalidAccessKeyId aws s3api list-objects-v2 --bucket $bucket
`)
	out := Start(t).run(t, dir, nil, shell, "all.sh")
	if !strings.Contains(out, "arn:aws:iam::000000000000:user/ana") {
		t.Errorf("the user's identity is missing:\n%s", out)
	}
}

// shellHelpers are for scripts that run what is copied: member reads an answer
// in the file answers, and refused fails unless the command is refused so. An
// AWS CLI that doesn't read AWS_ENDPOINT_URL is given it, as the README says.
func shellHelpers(t *testing.T) string {
	t.Helper()
	_, cli := awsCLI(t)
	need(t, "curl")
	need(t, "wget")
	helpers := `set -eu
refused() {
    want=$1
    shift
    if said=$("$@" 2>&1); then echo "$* was allowed"; exit 1; fi
    case $said in *"$want"*) ;; *) echo "$*: $said"; exit 1 ;; esac
}
member() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" answers; }
`
	if !cli.knowsEndpointURL() {
		helpers += `aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
`
	}
	return helpers
}

// The Spanish README goes with the English one: heading for heading, command
// for command. Each leads to the other in its first lines.
func TestReadmeInSpanish(t *testing.T) {
	english, spanish := readme(t, "README.md"), readme(t, "README.es.md")
	if !strings.Contains(english.text[:200], "(README.es.md)") || !strings.Contains(spanish.text[:200], "(README.md)") {
		t.Error("README.md and README.es.md don't lead to each other in their first lines")
	}
	if len(english.sections) != len(spanish.sections) {
		t.Errorf("got %d sections, want the %d of README.md", len(spanish.sections), len(english.sections))
	}
	for i := range min(len(english.sections), len(spanish.sections)) {
		e, s := english.sections[i], spanish.sections[i]
		if strings.Count(e, "#") != strings.Count(s, "#") {
			t.Errorf("section %d is %q, beside %q", i+1, s, e)
		}
	}
	if len(english.blocks) != len(spanish.blocks) {
		t.Fatalf("got %d blocks of code, want the %d of README.md", len(spanish.blocks), len(english.blocks))
	}
	for i, e := range english.blocks {
		s := spanish.blocks[i]
		want, got := commands(e.text), commands(s.text)
		if e.language == s.language && slices.Equal(want, got) {
			continue
		}
		at := 0
		for at < min(len(want), len(got)) && want[at] == got[at] {
			at++
		}
		t.Errorf("block %d, %q (%s), differs from that under %q (%s) from command %d on:\n got %q\nwant %q",
			i+1, s.section, s.language, e.section, e.language, at+1, first(got[at:]), first(want[at:]))
	}
}

func first(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}

// Every relative link of the documents leads to a file.
func TestDocumentLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^):#]+)(#[^)]*)?\)`)
	for _, name := range []string{"README.md", "README.es.md", "ARCHITECTURE.md", "examples/README.md"} {
		path := filepath.Join("../..", name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), found[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// document is what the tests look at of a README.
type document struct {
	text     string
	sections []string
	blocks   []block
}

// block is one block of code, fenced or indented by four.
type block struct {
	section  string // the heading it stands under, without its marks
	language string // of a fenced one
	text     string
}

func readme(t *testing.T, name string) document {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	d := document{text: string(text)}
	var section string
	inside, fenced := false, false
	for line := range strings.Lines(string(text)) {
		indented := !fenced && strings.HasPrefix(line, "    ")
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
			inside = fenced
			if fenced {
				d.blocks = append(d.blocks, block{section: section, language: strings.TrimSpace(line[3:])})
			}
		case fenced || indented:
			if !inside {
				d.blocks = append(d.blocks, block{section: section})
				inside = true
			}
			if indented {
				line = line[4:]
			}
			d.blocks[len(d.blocks)-1].text += line
		case inside && strings.TrimSpace(line) == "": // an empty line doesn't end an indented block
			d.blocks[len(d.blocks)-1].text += line
		default:
			inside = false
			if strings.HasPrefix(line, "#") {
				d.sections = append(d.sections, strings.TrimSpace(line))
				section = strings.Trim(line, "# \n")
			}
		}
	}
	return d
}

var comment = regexp.MustCompile(`(^|\s)#\s.*$`)

// commands are the lines of a block without their comments. A line with an
// arrow is a drawing, and words of any language.
func commands(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(comment.ReplaceAllString(strings.TrimRight(line, "\n"), ""), " ")
		if line != "" && !strings.Contains(line, "→") {
			all = append(all, line)
		}
	}
	return all
}

// copied answers the blocks of README.md under a heading, of which there must be n.
func copied(t *testing.T, section, language string, n int) []string {
	t.Helper()
	var found []string
	for _, b := range readme(t, "README.md").blocks {
		if b.section == section && b.language == language {
			found = append(found, b.text)
		}
	}
	if len(found) != n {
		t.Fatalf("README.md: got %d blocks of %s under %q, want %d", len(found), language, section, n)
	}
	return found
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// holdsReading fails the test unless the device's object is in the first bucket.
func (s *Server) holdsReading(t *testing.T) {
	t.Helper()
	c := s.Client()
	bucket := c.S3(t, "GET", "/", "").OK(t).XML("Name")
	c.S3(t, "GET", "/"+bucket+"/device_output/sample.jsonl", "").OK(t)
}
