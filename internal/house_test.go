// Package internal_test keeps the house as ARCHITECTURE.md draws it: which
// package may know which.
package internal_test

import (
	"bytes"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const inside = "muster/internal/"

var (
	ground = []string{"arn", "fault", "page", "secret", "index", "seal", "private", "durable", "space", "sigv4", "tag", "budget", "tally", "awswire", "awsclient"}
	rooms  = []string{"account", "registry", "ca", "certificate", "policy", "iotpolicy", "rolealias", "iam", "sts", "credentials", "fleet", "bucket", "objects", "lifecycle"}
	doors  = []string{"awsapi", "awsapi/iotapi", "awsapi/sagemakerapi", "awsapi/edgeapi", "awsapi/iamapi", "awsapi/stsapi", "awsapi/adminapi", "s3front", "credsapi"}
	keep   = []string{"store", "content", "externals3"}
	others = []string{"store/storetest", "objects/objectstest", "s3front/s3fronttest", "awsapi/awsapitest", "ingress", "server", "tutorial", "apply"}
)

// between has all arrows from room to room. A new one is a decision.
var between = map[string][]string{
	"iotpolicy":   {"policy"},
	"iam":         {"policy"},
	"rolealias":   {"iam"},
	"sts":         {"iam", "policy"},
	"fleet":       {"rolealias", "iam", "policy"},
	"certificate": {"ca"},
	"lifecycle":   {"bucket", "objects"},
	"credentials": {"account", "certificate", "registry", "iotpolicy", "rolealias", "iam", "sts", "policy"},
}

// beside has what a package of the ground may import beside the standard
// library, which has no hash of that kind. All that signs or verifies a body
// must compute it.
var beside = map[string][]string{
	"sigv4": {"github.com/cespare/xxhash/v2", "github.com/zeebo/xxh3"},
}

// bans are what nobody of a floor may import, each with its reason.
var bans = []struct {
	from   []string
	what   []string
	reason string
}{
	{ground, []string{inside}, "the ground stands on nothing but itself and the standard library"},
	{ground, []string{"github.com/", "modernc.org/", "golang.org/x/"}, "the ground stands on nothing but itself and the standard library"},
	{rooms, append(under(keep), "database/sql"), "a room declares the store it needs; it does not know who keeps it"},
	{rooms, []string{"net/http", "encoding/xml"}, "a room decides; doors speak to the world"},
	{rooms, under(doors), "rooms don't know their doors"},
	{rooms, []string{"github.com/", "modernc.org/"}, "what Muster exists for is its own"},
	{doors, append(under(keep), "database/sql"), "a door has no rules and keeps nothing; it asks a room"},
	{doors, []string{inside + "server"}, "the top knows all, nobody knows the top"},
	{keep, under(doors), "what keeps imports the rooms' types and nothing above them"},
	{[]string{"store", "content"}, []string{"net/http"}, "what keeps on this machine knows no wire"},
	{[]string{"tutorial"}, slices.Concat(under(rooms), under(keep), []string{inside + "server"}), "the tutorial is a client: what it proves, it proves over the wire"},
	{[]string{"apply"}, slices.Concat(under(rooms), under(keep), []string{inside + "server"}), "apply is a client: it does what any caller may"},
	{except("apply"), []string{"go.yaml.in/"}, "only apply reads files that people write"},
	{except("store"), []string{"modernc.org/", "github.com/pressly/goose"}, "only the store knows which database it is"},
	{[]string{"ingress"}, under(except("ingress", "budget")), "a connection is judged before anybody knows whose request it brings"},
	{slices.Concat(ground, rooms, doors, keep), []string{inside + "ingress"}, "doors know requests; the top tells connections of them"},
	{except("ingress"), []string{"github.com/pires/"}, "only ingress reads PROXY headers"},
	{except("content"), []string{"github.com/minio/sio"}, "only content knows what seals it"},
	{except(), []string{"github.com/spf13/"}, "command lines are cmd's"},
}

func under(names []string) []string {
	var all []string
	for _, n := range names {
		all = append(all, inside+n)
	}
	return all
}

func except(names ...string) []string {
	return slices.DeleteFunc(slices.Concat(ground, rooms, doors, keep, others), func(n string) bool { return slices.Contains(names, n) })
}

func TestEveryPackageHasItsFloor(t *testing.T) {
	known := slices.Concat(ground, rooms, doors, keep, others)
	found := packages(t)
	for name := range found {
		if !slices.Contains(known, name) {
			t.Errorf("internal/%s is on no floor: add it here and in ARCHITECTURE.md", name)
		}
	}
	for _, name := range known {
		if _, ok := found[name]; !ok {
			t.Errorf("internal/%s is gone: take it out here and in ARCHITECTURE.md", name)
		}
	}
}

// TestTheMap compares the floors of ARCHITECTURE.md with those here.
func TestTheMap(t *testing.T) {
	text, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ = bytes.Cut(text, []byte("\n    internal/\n"))
	text, _, ok := bytes.Cut(text, []byte("\n    test/"))
	if !ok {
		t.Fatal("ARCHITECTURE.md has no map of internal")
	}
	drawn := map[string][]string{}
	floor := ""
	for line := range strings.Lines(string(text)) {
		name := strings.TrimLeft(line, " ")
		names, _, _ := strings.Cut(strings.TrimSpace(name), "  ")
		switch indent := len(line) - len(name); {
		case names == "" || indent > 10: // a description that goes on
		case indent == 6:
			if floor = names; slices.Contains(others, names) {
				drawn[names] = nil
			}
		default:
			for _, name := range strings.Fields(names) {
				if indent == 10 {
					name = "awsapi/" + name
				}
				drawn[name] = append(drawn[name], floor)
			}
		}
	}
	for floor, names := range map[string][]string{"doors": doors, "rooms": rooms, "keep": keep, "ground": ground} {
		for _, name := range names {
			if !slices.Equal(drawn[name], []string{floor}) {
				t.Errorf("%s is on the floor %q, and ARCHITECTURE.md has it on %q", name, floor, drawn[name])
			}
		}
	}
	for _, name := range others {
		if _, ok := drawn[name]; !ok {
			t.Errorf("%s isn't in ARCHITECTURE.md", name)
		}
	}
	known := slices.Concat(ground, rooms, doors, keep, others)
	for name := range drawn {
		if !slices.Contains(known, name) {
			t.Errorf("ARCHITECTURE.md has %q, which is on no floor", name)
		}
	}
}

func TestArrows(t *testing.T) {
	for name, imports := range packages(t) {
		for _, ban := range bans {
			if !slices.Contains(ban.from, name) {
				continue
			}
			for _, imported := range imports {
				if within(imported, ban.what) && !(slices.Contains(ground, name) && onGround(imported)) && !slices.Contains(beside[name], imported) {
					t.Errorf("internal/%s imports %s: %s", name, imported, ban.reason)
				}
			}
		}
		for _, module := range beside[name] {
			if !slices.Contains(imports, module) {
				t.Errorf("internal/%s doesn't import %s: take it out", name, module)
			}
		}
		if !slices.Contains(rooms, name) {
			continue
		}
		for _, imported := range imports {
			to := strings.TrimPrefix(imported, inside)
			if slices.Contains(rooms, to) && !slices.Contains(between[name], to) {
				t.Errorf("internal/%s imports the room %s: no such arrow is drawn", name, to)
			}
		}
		for _, to := range between[name] {
			if !slices.Contains(imports, inside+to) {
				t.Errorf("internal/%s doesn't import the room %s: take the arrow out", name, to)
			}
		}
	}
}

func within(imported string, banned []string) bool {
	return slices.ContainsFunc(banned, func(b string) bool {
		return imported == b || strings.HasPrefix(imported, strings.TrimSuffix(b, "/")+"/") || strings.HasSuffix(b, "/") && strings.HasPrefix(imported, b)
	})
}

func onGround(imported string) bool {
	return slices.Contains(ground, strings.TrimPrefix(imported, inside))
}

// packages returns the imports of every package here, tests left out.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || path == "." {
			return err
		}
		if d.Name() == "testdata" {
			return filepath.SkipDir
		}
		p, err := build.ImportDir(path, 0)
		if _, none := err.(*build.NoGoError); none {
			return nil
		}
		if err != nil {
			return err
		}
		found[filepath.ToSlash(path)] = p.Imports
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		wd, _ := os.Getwd()
		t.Fatalf("no package found in %s", wd)
	}
	return found
}
