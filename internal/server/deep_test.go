package server

import (
	"bytes"
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/internal/fleet"
	"muster/internal/iam"
	"muster/internal/objects"
	"muster/internal/registry"
)

const (
	trusting = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	allowing = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::jar/k"}]}`
	iotRule  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:AssumeRoleWithCertificate","Resource":"*"}]}`
)

// furnished is the data of a stopped server that keeps one of everything.
type furnished struct{ data, certificate, key string }

func furnish(t *testing.T) furnished {
	t.Helper()
	c := Default()
	c.Data, c.API, c.Devices = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
	c.Getenv, c.Log = func(string) string { return "" }, slog.New(slog.DiscardHandler)
	s, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, scope := t.Context(), s.scope()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	f := furnished{data: c.Data}
	_, err = s.things.CreateType(ctx, scope, registry.Type{Name: "pump"})
	must(err)
	_, err = s.things.CreateThing(ctx, scope, registry.Thing{Name: "pump-7", Type: "pump", Attributes: map[string]string{"site": "east"}})
	must(err)
	cert, _, err := s.certificates.CreateWithKeys(ctx, scope, true)
	must(err)
	f.certificate = cert.ID
	_, err = s.policies.Create(ctx, scope, "may", iotRule)
	must(err)
	must(s.policies.Attach(ctx, scope, "may", string(cert.ARN())))
	_, err = s.roles.CreateRole(ctx, iam.Role{Account: scope.Account, Name: "edge", TrustDocument: trusting})
	must(err)
	must(s.roles.PutInline(ctx, iam.RoleNamed(scope.Account, "edge"), iam.Inline{Name: "in", Document: allowing}))
	_, err = s.roles.CreatePolicy(ctx, iam.ManagedPolicy{Account: scope.Account, Name: "own"}, allowing)
	must(err)
	_, err = s.roles.CreateUser(ctx, iam.User{Account: scope.Account, Name: "ann"})
	must(err)
	must(s.roles.PutInline(ctx, iam.UserNamed(scope.Account, "ann"), iam.Inline{Name: "in", Document: allowing}))
	key, err := s.roles.CreateAccessKey(ctx, scope.Account, "ann")
	must(err)
	f.key = key.ID
	must(s.fleets.Create(ctx, scope, fleet.Fleet{Name: "east", Output: fleet.Output{S3Location: "s3://jar/out"}}, false))
	must(s.fleets.Register(ctx, scope, "east", []fleet.Device{{Name: "pump-7"}}))
	must(s.own.MakeBucket(ctx, "jar"))
	_, err = s.own.Put(ctx, objects.Put{Bucket: "jar", Key: "k", Body: objects.Body{Reader: strings.NewReader("small"), Size: 5, Checksum: objects.Checksum{Algorithm: "CRC32", Type: objects.FullObject}}})
	must(err)
	must(s.close())
	return f
}

func (f furnished) master() string { return filepath.Join(f.data, "master.key") }

func (f furnished) deep(t *testing.T) Depth {
	t.Helper()
	found, err := ExamineDeep(t.Context(), f.data, f.master(), func(string, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// raw opens a database behind everybody's back.
func (f furnished) raw(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(f.data, file)+"?_pragma=synchronous(OFF)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func exec(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	result, err := db.Exec(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if n, _ := result.RowsAffected(); n == 0 && !strings.HasPrefix(query, "PRAGMA") {
		t.Fatalf("%s changed nothing", query)
	}
}

func TestDeepFindsNothingWrongInWhatIsWhole(t *testing.T) {
	f := furnish(t)
	before := files(t, f.data)
	found := f.deep(t)
	if len(found.Damages) > 0 || found.Rows < 20 {
		t.Errorf("got %d rows and %+v", found.Rows, found.Damages)
	}
	if after := files(t, f.data); !slices.Equal(before, after) {
		t.Errorf("the data were %q and are %q", before, after)
	}
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// Each kind of damage is found, with its table and row.
func TestDeepNamesTableAndRow(t *testing.T) {
	f := furnish(t)
	for _, tc := range []struct {
		name, file, damage string
		table, row, says   string
	}{
		{"an IoT policy", "muster.db", `UPDATE iot_policy_version SET document = replace(document, 'Allow', 'Allot')`, "iot_policy_version", "policy=may", "policy"},
		{"a managed policy", "muster.db", `UPDATE managed_policy_version SET document = replace(document, '}', '')`, "managed_policy_version", "policy=own", "policy"},
		{"a role's policy", "muster.db", `UPDATE role_policy SET document = 'x'`, "role_policy", "role=edge, name=in", "policy"},
		{"a user's policy", "muster.db", `UPDATE user_policy SET document = ''`, "user_policy", "name=in", "policy"},
		{"a trust policy", "muster.db", `UPDATE role SET trust = replace(trust, 'Principal', 'Principam')`, "role", "name=edge", "policy"},
		{"tags", "muster.db", `UPDATE role SET tags = '[' `, "role", "name=edge", "tags"},
		{"attributes", "muster.db", `UPDATE thing SET attributes = '{"a'`, "thing", "name=pump-7", "attributes"},
		{"a certificate", "muster.db", `UPDATE certificate SET pem = replace(pem, 'A', 'B')`, "certificate", "id=" + f.certificate, "certificate"},
		{"a certificate's end", "muster.db", `UPDATE certificate SET not_after = not_after + 1024`, "certificate", "id=" + f.certificate, "valid"},
		{"a certificate's status", "muster.db", `UPDATE certificate SET status = 'ACTIVG'`, "certificate", "id=" + f.certificate, "ACTIVG"},
		{"an authority's certificate", "muster.db", `UPDATE authority SET certificate = substr(certificate, 1, 200) || x'00' || substr(certificate, 202) WHERE name = 'issuing'`, "authority", "name=issuing", "certificate"},
		{"an authority's key", "muster.db", `UPDATE authority SET private_key = private_key || x'00' WHERE name = 'server'`, "authority", "name=server", "sealed"},
		{"an authority that is gone", "muster.db", `DELETE FROM authority WHERE name = 'server'`, "authority", "", "missing"},
		{"all authorities", "muster.db", `DELETE FROM authority`, "authority", "", "empty"},
		{"a token key", "muster.db", `UPDATE sealing_key SET sealed = zeroblob(61)`, "sealing_key", "id=", "sealed"},
		{"an access key", "muster.db", `UPDATE access_key SET sealed = zeroblob(60)`, "access_key", "id=" + f.key, "sealed"},
		{"a default version", "muster.db", `UPDATE iot_policy SET default_version = 2`, "iot_policy_version", "policy=may, version=2", "default"},
		{"a row that refers to nothing", "muster.db", `UPDATE device SET fleet = 'eass'`, "device", "fleet=eass", "device_fleet"},
		{"a number that is a text", "muster.db", `UPDATE device SET registered = 'now'`, "device", "name=pump-7", "registered"},
		{"a text that is no UTF-8", "muster.db", `UPDATE device SET description = CAST(x'ff41' AS TEXT)`, "device", "name=pump-7", "description"},
		{"the objects' sealing key", "objects.db", `UPDATE sealing_key SET sealed = zeroblob(61)`, "sealing_key", "id=1", "sealed"},
		{"a small content", "objects.db", `UPDATE inline SET data = data || x'00'`, "inline", "content=1", "sealed"},
		{"an object without its bucket", "objects.db", `UPDATE version SET bucket = 99`, "version", "bucket=99", "bucket"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			hurt := f
			hurt.data = t.TempDir()
			if err := os.CopyFS(hurt.data, os.DirFS(f.data)); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(hurt.master(), 0o600); err != nil {
				t.Fatal(err)
			}
			db := hurt.raw(t, tc.file)
			exec(t, db, tc.damage)
			db.Close()
			found := hurt.deep(t).Damages
			if !slices.ContainsFunc(found, func(d Damage) bool {
				return d.File == tc.file && d.Table == tc.table && strings.Contains(d.Row, tc.row) && strings.Contains(d.What, tc.says)
			}) {
				t.Errorf("got %+v, want table %s, row %s", found, tc.table, tc.row)
			}
		})
	}
	t.Run("a page of a table", func(t *testing.T) {
		hurt := f
		hurt.data = t.TempDir()
		if err := os.CopyFS(hurt.data, os.DirFS(f.data)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(hurt.master(), 0o600); err != nil {
			t.Fatal(err)
		}
		db := hurt.raw(t, "muster.db")
		var page, size int64
		if err := db.QueryRow(`SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_schema WHERE name = 'thing'`).Scan(&page, &size); err != nil {
			t.Fatal(err)
		}
		db.Close()
		file := filepath.Join(hurt.data, "muster.db")
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		copy(raw[(page-1)*size+8:page*size], bytes.Repeat([]byte{0xaa}, int(size-8)))
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		found := hurt.deep(t).Damages
		if !slices.ContainsFunc(found, func(d Damage) bool { return d.Table == "thing" }) {
			t.Errorf("got %+v, want table thing", found)
		}
	})
}

// Authorities that are gone are not made anew where devices trust the old ones.
func TestLostAuthoritiesAreNotMadeAnew(t *testing.T) {
	f := furnish(t)
	db := f.raw(t, "muster.db")
	exec(t, db, `DELETE FROM authority`)
	db.Close()
	c := Default()
	c.Data, c.API, c.Devices = f.data, "127.0.0.1:0", "127.0.0.1:0"
	c.Getenv, c.Log = func(string) string { return "" }, slog.New(slog.DiscardHandler)
	s, err := Open(t.Context(), c)
	if err == nil {
		s.close()
	}
	if err == nil || !strings.Contains(err.Error(), "restore") {
		t.Errorf("got %v, want a refusal", err)
	}
}
