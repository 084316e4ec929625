package apply_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"muster/internal/apply"
)

// What is wrong with a file is told with the place, in the words of the file.
func TestRefusedFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "key.pem"), []byte("-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "large"), make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, file, want string }{
		{"a certificate in a pipe", "certificates:\n  - file: pipe\n", "is not a regular file"},
		{"a certificate in a device", "certificates:\n  - file: /dev/zero\n", "is not a regular file"},
		{"a certificate that is too large", "certificates:\n  - file: large\n", "is larger than 1048576 bytes"},
		{"nothing", "", "f.yaml names nothing"},
		{"only comments", "# things:\n", "f.yaml names nothing"},
		{"an unknown section", "thing:\n  - name: a\n", `document 1: line 1: a document has no field "thing"`},
		{"an unknown field", "things:\n  - name: a\n    typ: b\n", `document 1: line 3: a thing has no field "typ"`},
		{"an unknown field in the second document", "things:\n  - name: a\n---\nroles:\n  - name: r\n    trusts: {}\n", `document 2: line 6: a role has no field "trusts"`},
		{"an unknown field in JSON", "{\"things\":[\n\t{\"name\":\"a\",\"colour\":\"b\"}]}", `line 2: a thing has no field "colour"`},
		{"a field of S3 that isn't obeyed", "buckets:\n  - name: b\n    lifecycle:\n      - Status: Enabled\n        Transitions: []\n", `line 5: a lifecycleRule has no field "Transitions"`},
		{"a list for a mapping", "things:\n  - name: a\n    attributes: [b]\n", "line 3: a list can't be a mapping"},
		{"a mapping for a list", "things:\n  name: a\n", "line 2: a mapping can't be a list"},
		{"a field twice", "things:\n  - name: a\n    name: b\n", `line 3: mapping key "name" already defined at line 2`},
		{"a key of a document twice", "iotPolicies:\n  - name: p\n    document:\n      Effect: Deny\n      Effect: Allow\n", `line 5: the key "Effect" is there twice`},
		{"a document that is no JSON", "iotPolicies:\n  - name: p\n    document: '{'\n", "line 3: the text is no JSON"},
		{"a document that is a list", "iotPolicies:\n  - name: p\n    document: []\n", "line 3: a document is a mapping"},
		{"broken YAML", "things: [\n", "line"},
		{"no name", "things:\n  - name: a\n  - type: b\n", "f.yaml:3: a thing without a name"},
		{"a name twice", "things:\n  - name: a\n---\nthings:\n  - name: b\n  - name: a\n", "f.yaml:6: the thing a is named at " + filepath.Join(dir, "f.yaml") + ":2 already"},
		{"a device twice", "deviceFleets:\n  - {name: f, role: r, output: 's3://b/c', devices: [{name: d}, {name: d}]}\n", "f.yaml:2: the device f/d is named"},
		{"a role without trust", "roles:\n  - name: r\n", "f.yaml:2: the role r has no trust"},
		{"a policy without a document", "policies:\n  - name: p\n", "f.yaml:2: the policy p has no document"},
		{"a path without an end", "users:\n  - {name: u, path: /ops}\n", "f.yaml:2: the path of the user u"},
		{"a fleet without output", "deviceFleets:\n  - {name: f, role: r}\n", "f.yaml:2: the device fleet f has no output"},
		{"a state that no bucket has", "buckets:\n  - {name: b, versioning: On}\n", "f.yaml:2: the versioning of the bucket b"},
		{"a certificate of no kind", "certificates:\n  - status: ACTIVE\n", "f.yaml:2: a certificate has either an id or a file"},
		{"a certificate's status", "certificates:\n  - {id: abc, status: GOOD}\n", "f.yaml:2: the status of a certificate"},
		{"a certificate that isn't there", "certificates:\n  - file: none.pem\n", "f.yaml:2: open " + filepath.Join(dir, "none.pem")},
		{"a key for a certificate", "certificates:\n  - file: key.pem\n", "doesn't begin with a certificate"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, err := apply.Read(filepath.Join(dir, "f.yaml"), strings.NewReader(tc.file))
			if err == nil {
				err = apply.Check([]apply.File{f})
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "f.yaml") {
				t.Errorf("got %v, want f.yaml and %q", err, tc.want)
			}
		})
	}
}

// A name may be in one of several files only.
func TestTwoFilesNameOneThing(t *testing.T) {
	var files []apply.File
	for _, name := range []string{"a.yaml", "b.yaml"} {
		f, err := apply.Read(name, strings.NewReader("things:\n  - name: pump\n"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	if err := apply.Check(files); err == nil || err.Error() != "b.yaml:2: the thing pump is named at a.yaml:2 already" {
		t.Errorf("got %v", err)
	}
}

func TestMuchThatIsWrongIsToldInPart(t *testing.T) {
	f, err := apply.Read("f.yaml", strings.NewReader("things:\n"+strings.Repeat("  - type: a\n", 100)))
	if err != nil {
		t.Fatal(err)
	}
	err = apply.Check([]apply.File{f})
	if err == nil || strings.Count(err.Error(), "\n") != 20 || !strings.Contains(err.Error(), "and 80 more") {
		t.Errorf("got %v", err)
	}
}
