// Awspolicies writes AWS's own managed policies as Muster keeps them
// (internal/iam/awsmanaged.json) and the table of them (docs/aws-policies.md).
//
// AWS publishes the documents in its Managed Policy Reference and gives them
// out by iam:GetPolicyVersion. What is read here is the collection of moto
// (github.com/getmoto/moto, moto/iam/aws_managed_policies.py), which was made by
// that call; nothing is written from memory.
//
//	go run -C tools/generate ./awspolicies PATH/aws_managed_policies.py "moto 5.2.1"
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
)

// Where the files go, from tools/generate.
const (
	documents = "../../internal/iam/awsmanaged.json"
	table     = "../../docs/aws-policies.md"
)

// wanted are the policies that guides and modules around IoT, S3 and
// SageMaker attach, by how their names begin.
var wanted = []string{"AWSIoT", "AmazonS3", "AmazonSageMaker", "AWSGreengrass", "Greengrass", "AmazonKinesisVideo"}

// named are those beside them: for job functions, for IAM, and for what a
// device's function writes.
var named = []string{
	"AdministratorAccess", "Billing", "DatabaseAdministrator", "DataScientist", "NetworkAdministrator", "PowerUserAccess",
	"ReadOnlyAccess", "SecurityAudit", "SupportUser", "SystemAdministrator", "ViewOnlyAccess",
	"IAMFullAccess", "IAMReadOnlyAccess", "AWSLambdaBasicExecutionRole", "CloudWatchLogsFullAccess",
}

// collected is a policy as moto keeps it.
type collected struct {
	Path, DefaultVersionID string `json:"-"`
	CreateDate, UpdateDate string
	Document               json.RawMessage
}

func (c *collected) UnmarshalJSON(text []byte) error {
	type plain collected
	var all struct {
		plain
		Path             string
		DefaultVersionId string
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	*c = collected(all.plain)
	c.Path, c.DefaultVersionID = all.Path, all.DefaultVersionId
	return nil
}

// kept is a policy as internal/iam reads it.
type kept struct {
	Path     string          `json:"path"`
	Name     string          `json:"name"`
	Version  int             `json:"version"`
	Created  string          `json:"created"` // RFC 3339
	Updated  string          `json:"updated"`
	Document json.RawMessage `json:"document"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: awspolicies PATH/aws_managed_policies.py \"moto VERSION\"")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal("awspolicies: ", err)
	}
}

func run(file, source string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	all, err := read(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var list []kept
	for name, p := range all {
		if !slices.Contains(named, name) && !slices.ContainsFunc(wanted, func(w string) bool { return strings.HasPrefix(name, w) }) {
			continue
		}
		k := kept{Path: p.Path, Name: name, Created: p.CreateDate, Updated: p.UpdateDate}
		if _, err := fmt.Sscanf(p.DefaultVersionID, "v%d", &k.Version); err != nil {
			return fmt.Errorf("%s: version %q: %w", name, p.DefaultVersionID, err)
		}
		var short bytes.Buffer
		if err := json.Compact(&short, p.Document); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		k.Document = short.Bytes()
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b kept) int { return strings.Compare(a.Name, b.Name) })
	if err := os.WriteFile(documents, policies(list, source), 0o644); err != nil {
		return err
	}
	return os.WriteFile(table, page(list, source), 0o644)
}

// read takes the JSON out of the Python that holds it.
func read(python []byte) (map[string]collected, error) {
	from, to := bytes.IndexByte(python, '{'), bytes.LastIndexByte(python, '}')
	if from < 0 || to < from {
		return nil, fmt.Errorf("there is no JSON in it")
	}
	all := map[string]collected{}
	return all, json.Unmarshal(python[from:to+1], &all)
}

// policies writes one policy a line, so that a change of one is a line.
func policies(list []kept, source string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"generated\": %q,\n\"policies\": [\n", "by tools/generate/awspolicies from "+source)
	for i, k := range list {
		line, err := json.Marshal(k)
		if err != nil {
			panic(err) // strings and what was JSON before
		}
		b.Write(line)
		if i < len(list)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]}\n")
	return b.Bytes()
}

func page(list []kept, source string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# AWS's managed policies

These %d exist in every account, as on AWS. They are all whose names begin with
%s,
those for job functions, and a few that go with them. Others of AWS's are not there: attaching one
fails with NoSuchEntity. Documents, versions and dates are those that AWS's own iam:GetPolicyVersion
gave, as %s has collected them; each has its page in AWS's
[Managed Policy Reference](https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html).
Services that Muster doesn't have are allowed in vain. Policies below /aws-service-role/ can be
read and not attached, as on AWS.

This page is written by tools/generate/awspolicies.

| policy | path | version | edited |
| --- | --- | --- | --- |
`, len(list), strings.Join(wanted, ", "), source)
	for _, k := range list {
		fmt.Fprintf(&b, "| [%s](https://docs.aws.amazon.com/aws-managed-policy/latest/reference/%s.html) | %s | v%d | %.10s |\n", k.Name, k.Name, k.Path, k.Version, k.Updated)
	}
	return b.Bytes()
}
