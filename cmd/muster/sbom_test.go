package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// checkSBOM compares the SBOM of a release with what go version -m says of its
// binary: every module that is linked, and Go itself.
func checkSBOM(t *testing.T, dist string) {
	t.Helper()
	const name = "muster-v0.0.1-linux-amd64"
	raw, err := os.ReadFile(filepath.Join(dist, name+".cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	var bom struct {
		BOMFormat, SpecVersion string
		Metadata               struct {
			Component struct{ Name, Version string }
		}
		Components []struct{ Name, Version, PURL string }
	}
	if err := json.Unmarshal(raw, &bom); err != nil || bom.BOMFormat != "CycloneDX" || bom.SpecVersion == "" {
		t.Fatalf("got %q %q, %v", bom.BOMFormat, bom.SpecVersion, err)
	}
	if c := bom.Metadata.Component; c.Name != "muster" || c.Version != "v0.0.1" {
		t.Errorf("it is of %s %s", c.Name, c.Version)
	}
	var got []string
	for _, c := range bom.Components {
		got = append(got, c.Name+" "+c.Version)
	}
	dir := t.TempDir()
	if out, err := exec.Command("tar", "-xzf", filepath.Join(dist, name+".tar.gz"), "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command("go", "version", "-m", filepath.Join(dir, name, "muster")).Output()
	if err != nil {
		t.Fatal(err)
	}
	licences, err := os.ReadFile(filepath.Join(dir, name, "LICENSES-OF-MODULES"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"std " + strings.Fields(strings.SplitN(string(out), "\n", 2)[0])[1]}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 2 && f[0] == "dep" {
			want = append(want, f[1]+" "+f[2])
			if !strings.Contains(string(licences), "== "+f[1]+" "+f[2]+": ") {
				t.Errorf("the licence of %s is missing", f[1])
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if len(want) < 20 || !slices.Equal(got, want) {
		t.Errorf("modules: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
