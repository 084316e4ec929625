package server

import (
	"encoding/json"
	"fmt"

	"muster/internal/arn"
	"muster/internal/ca"
	"muster/internal/certificate"
	"muster/internal/iam"
	"muster/internal/objects"
	"muster/internal/policy"
	"muster/internal/store"
	"muster/internal/sts"
)

// documents are the columns that hold policies, by their tables.
var documents = map[string]struct {
	column  string
	grammar policy.Grammar
}{
	"iot_policy_version":     {"document", policy.IoT},
	"managed_policy_version": {"document", policy.Identity},
	"role_policy":            {"document", policy.Identity},
	"user_policy":            {"document", policy.Identity},
	"role":                   {"trust", policy.Trust},
}

// jsons are the columns that hold JSON.
var jsons = map[string][]string{
	"thing_type":      {"searchable", "tags"},
	"thing":           {"attributes"},
	"iot_policy":      {"tags"},
	"role_alias":      {"tags"},
	"role":            {"tags", "trusted"},
	"managed_policy":  {"tags"},
	"iam_user":        {"tags"},
	"device_fleet":    {"output", "tags"},
	"device":          {"tags"},
	"bucket_document": {"document"},
}

// row returns what is wrong with a row.
func (l *look) row(table string, r store.Row) []string {
	var problems []string
	wrong := func(what string, err error) {
		if err != nil {
			problems = append(problems, what+": "+err.Error())
		}
	}
	if l.file != "muster.db" {
		if table == "sealing_key" && l.master != nil {
			wrong("the sealed value", objects.CheckSealed(l.master, objects.SealedKey{ID: r.Int("id"), Sealed: r.Bytes("sealed"), Created: millis(r.Int("created"))}))
		}
		return problems
	}
	if d, ok := documents[table]; ok {
		_, err := policy.Parse(r.Text(d.column), d.grammar)
		wrong("the policy in the column "+d.column, err)
	}
	for _, column := range jsons[table] {
		if text, ok := r.Values[column].(string); ok && !json.Valid([]byte(text)) {
			wrong("the column "+column, fmt.Errorf("it is not JSON"))
		}
	}
	switch table {
	case "authority":
		l.authorities = append(l.authorities, ca.Kept{Name: r.Text("name"), Certificate: r.Bytes("certificate"), Key: r.Bytes("private_key")})
	case "certificate":
		wrong("the certificate", checkCertificate(r))
	case "sealing_key":
		if l.master != nil {
			wrong("the sealed value", sts.CheckSealed(l.master, sts.SealedKey{ID: r.Text("id"), Sealed: r.Bytes("sealed"), Created: millis(r.Int("created"))}))
		}
	case "access_key":
		if l.master != nil {
			key := iam.AccessKey{ID: r.Text("id"), Account: r.Text("account"), UserID: r.Text("user_id")}
			wrong("the sealed value", iam.CheckSealed(l.master, iam.SealedAccessKey{AccessKey: key, Sealed: r.Bytes("sealed")}))
		}
	case "iot_policy":
		l.defaults[versionKey(r, "name", "default_version")] = true
	case "managed_policy":
		l.defaults[versionKey(r, "name", "in_force")] = true
	case "iot_policy_version", "managed_policy_version":
		delete(l.defaults, versionKey(r, "policy", "version"))
	}
	return problems
}

// versionKey names a version of a policy as the table of versions does.
func versionKey(r store.Row, policy, version string) string {
	region := ""
	if r.Text("region") != "" {
		region = ", region=" + r.Text("region")
	}
	return fmt.Sprintf("account=%s%s, policy=%s, version=%d", r.Text("account"), region, r.Text(policy), r.Int(version))
}

func checkCertificate(r store.Row) error {
	c := certificate.Certificate{
		ID: r.Text("id"), Scope: arn.Scope{Account: r.Text("account"), Region: r.Text("region")}, PEM: r.Text("pem"),
		Status: certificate.Status(r.Text("status")), NotBefore: millis(r.Int("not_before")), NotAfter: millis(r.Int("not_after")),
	}
	if !c.Status.Known() {
		return fmt.Errorf("%q is no status", c.Status)
	}
	return c.Check()
}
