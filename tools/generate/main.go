// Generate writes what the server knows of AWS's APIs: for each service of
// services.json the typed inputs and outputs of the operations Muster
// implements (model_gen.go), and the trimmed model they came from
// (model.json), which the server embeds.
//
// The models are the api-2.json files of github.com/aws/aws-sdk-go, read from
// the module cache, plus the files in overlay/: same format, merged on top. An
// overlay may add operations and members, replace whole shape traits, and give
// by hand the RE2 form of a pattern ("re2") that can't be translated.
//
// It is a module of its own so that the SDK stays out of the server's go.mod:
//
//	go run -C tools/generate .
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	// Named so that go.mod keeps the module the models are read from.
	_ "github.com/aws/aws-sdk-go/aws"
)

const sdk = "github.com/aws/aws-sdk-go"

// service is one entry of services.json.
type service struct {
	Model      string   `json:"model"`   // below models/apis, such as iot/2015-05-28; "" for Muster's own, which is its overlay alone
	Package    string   `json:"package"` // below internal/awsapi
	Overlay    string   `json:"overlay"`
	Operations []string `json:"operations"` // the implemented ones; the others are kept by name and route
}

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal("generate: ", err)
	}
}

func run() error {
	dir, version, err := locate()
	if err != nil {
		return err
	}
	var config struct{ Services []service }
	if err := readJSON("services.json", &config); err != nil {
		return err
	}
	for _, s := range config.Services {
		path, source := filepath.Join(dir, "models/apis", s.Model, "api-2.json"), fmt.Sprintf("the AWS API model %s of aws-sdk-go %s", s.Model, version)
		if s.Model == "" {
			path, source = "", "Muster's own API model, "+s.Overlay
		}
		m, err := load(path, s.Overlay)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Package, err)
		}
		if err := m.trim(s.Operations); err != nil {
			return fmt.Errorf("%s: %w", s.Package, err)
		}
		if err := m.write(filepath.Join("../../internal/awsapi", s.Package), source); err != nil {
			return fmt.Errorf("%s: %w", s.Package, err)
		}
		fmt.Printf("%s: %d operations, %d of them implemented\n", s.Package, len(m.Operations), len(s.Operations))
	}
	return nil
}

// locate finds the models in the module cache, fetching them if need be.
func locate() (dir, version string, err error) {
	if out, err := exec.Command("go", "mod", "download", sdk).CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("fetch %s: %s", sdk, out)
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}} {{.Version}}", sdk).Output()
	if err != nil {
		return "", "", fmt.Errorf("find %s: %w", sdk, err)
	}
	dir, version, _ = strings.Cut(strings.TrimSpace(string(out)), " ")
	return dir, version, nil
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
