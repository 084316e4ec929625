package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/internal/ca"
	"muster/internal/certificate"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/objects"
	"muster/internal/seal"
	"muster/internal/store"
	"muster/internal/sts"
)

// No single bit of a sealed value, of a certificate or of the master key can
// change unseen: whoever reads it refuses it.
func TestAFlippedBitIsRefused(t *testing.T) {
	f := furnish(t)
	master, _, err := seal.Load(f.master())
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), filepath.Join(f.data, "muster.db"), index.New(1000))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := store.OpenObjects(t.Context(), filepath.Join(f.data, "objects.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	scope := Default()
	here := (&Server{config: scope}).scope()
	authorities := func(ctx context.Context, m *seal.Master) error {
		_, err := ca.Open(ctx, db.Authorities(), m)
		return err
	}
	reads := map[string]struct {
		file string
		read func(context.Context) error
		says string
	}{
		"authority.certificate": {"muster.db", func(ctx context.Context) error { return authorities(ctx, master) }, "authority"},
		"authority.private_key": {"muster.db", func(ctx context.Context) error { return authorities(ctx, master) }, "authority"},
		"sealing_key.sealed":    {"muster.db", func(ctx context.Context) error { return sts.New(db.STS(), master, nil).Prepare(ctx) }, "sealing key"},
		"access_key.sealed": {"muster.db", func(ctx context.Context) error {
			d := iam.New(db.IAM(), index.New(100))
			d.Master = master
			_, err := d.AccessKey(ctx, f.key)
			return err
		}, f.key},
		"certificate.pem": {"muster.db", func(ctx context.Context) error {
			r := certificate.New(db.Certificates(), index.New(100), nil)
			_, one := r.Describe(ctx, here, f.certificate)
			_, other := r.Registered(ctx, f.certificate)
			if (one == nil) != (other == nil) {
				return nil // one of the two takes it
			}
			return one
		}, f.certificate},
		"objects: sealing_key.sealed": {"objects.db", func(ctx context.Context) error {
			_, err := objects.New(ctx, rows.Rows(), nil, master)
			return err
		}, "sealing key 1"},
	}
	for _, name := range slices.Sorted(maps.Keys(reads)) {
		t.Run(name, func(t *testing.T) {
			r := reads[name]
			if err := r.read(t.Context()); err != nil {
				t.Fatalf("before: %v", err)
			}
			table, column, _ := strings.Cut(strings.TrimPrefix(name, "objects: "), ".")
			raw := f.raw(t, r.file)
			kept, err := raw.Query(`SELECT rowid, ` + column + `, typeof(` + column + `) FROM ` + table)
			if err != nil {
				t.Fatal(err)
			}
			type cell struct {
				id    int64
				value []byte
				kind  string
			}
			var cells []cell
			for kept.Next() {
				var c cell
				if err := kept.Scan(&c.id, &c.value, &c.kind); err != nil {
					t.Fatal(err)
				}
				cells = append(cells, c)
			}
			kept.Close()
			tried := 0
			for _, c := range cells {
				for bit := range c.value {
					for _, by := range flips(bit) {
						changed := bytes.Clone(c.value)
						changed[bit] ^= by
						if column == "pem" && sameCertificate(c.value, changed) {
							continue // white space, or around the certificate
						}
						tried++
						exec(t, raw, fmt.Sprintf(`UPDATE %s SET %s = CAST($1 AS %s) WHERE rowid = $2`, table, column, c.kind), changed, c.id)
						err := r.read(t.Context())
						if err == nil {
							t.Errorf("row %d: byte %d changed by %#x is taken", c.id, bit, by)
						} else if !strings.Contains(err.Error(), r.says) {
							t.Fatalf("row %d, byte %d: %v doesn't name %q", c.id, bit, err, r.says)
						}
					}
				}
				exec(t, raw, fmt.Sprintf(`UPDATE %s SET %s = CAST($1 AS %s) WHERE rowid = $2`, table, column, c.kind), c.value, c.id)
			}
			t.Logf("%d rows, %d changes refused", len(cells), tried)
		})
	}
	t.Run("the master key", func(t *testing.T) {
		good, err := os.ReadFile(f.master())
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "master.key")
		for at := range good {
			for bit := range 8 {
				changed := bytes.Clone(good)
				changed[at] ^= 1 << bit
				if strings.TrimSpace(string(changed)) == strings.TrimSpace(string(good)) {
					continue // the end of the line
				}
				if err := os.WriteFile(file, changed, 0o600); err != nil {
					t.Fatal(err)
				}
				m, _, err := seal.Load(file)
				if err == nil {
					if err = authorities(t.Context(), m); err != nil && !errors.Is(err, seal.ErrWrongKey) {
						t.Errorf("byte %d, bit %d: %v, want that it is another master key", at, bit, err)
					}
				}
				if err == nil {
					t.Errorf("byte %d, bit %d changed: it is taken", at, bit)
				}
			}
		}
	})
}

// flips are the bits of a byte that a test changes, each alone: all of them at
// night, else one that moves from byte to byte, and of every eighth byte in a
// short test.
func flips(at int) []byte {
	switch {
	case os.Getenv("MUSTER_NIGHT") != "":
		return []byte{1, 2, 4, 8, 16, 32, 64, 128}
	case testing.Short() && at%8 != 0:
		return nil
	}
	return []byte{1 << (at * 5 % 8)}
}

func sameCertificate(a, b []byte) bool {
	plain := func(text []byte) []byte {
		rest, begin := bytes.CutPrefix(text, []byte("-----BEGIN CERTIFICATE-----"))
		body, _, end := bytes.Cut(rest, []byte("-----END CERTIFICATE-----"))
		if !begin || !end {
			return nil
		}
		der, err := base64.StdEncoding.DecodeString(strings.Map(func(r rune) rune {
			if strings.ContainsRune(" \t\r\n", r) {
				return -1
			}
			return r
		}, string(body)))
		if err != nil {
			return nil
		}
		return der
	}
	x, y := plain(a), plain(b)
	return x != nil && bytes.Equal(x, y)
}

// What is sealed for one row is refused in another.
func TestASealedValueIsBoundToItsRow(t *testing.T) {
	f := furnish(t)
	master, _, err := seal.Load(f.master())
	if err != nil {
		t.Fatal(err)
	}
	db := f.raw(t, "muster.db")
	exec(t, db, `UPDATE authority SET private_key = (SELECT private_key FROM authority WHERE name = 'root') WHERE name = 'issuing'`)
	exec(t, db, `INSERT INTO access_key (id, account, user_id, sealed, active, created) SELECT 'AKIAOTHER', account, user_id, sealed, active, created FROM access_key`)
	exec(t, db, `INSERT INTO sealing_key (id, sealed, created) SELECT '0011223344556677', sealed, created FROM sealing_key`)
	db.Close()
	db = f.raw(t, "objects.db")
	exec(t, db, `INSERT INTO sealing_key (sealed, created) SELECT sealed, created + 1 FROM sealing_key`)
	db.Close()
	found := f.deep(t).Damages
	for _, want := range []Damage{{Table: "authority", Row: "name=issuing"}, {Table: "access_key", Row: "id=AKIAOTHER"}, {Table: "sealing_key", Row: "id=0011223344556677"}, {Table: "sealing_key", Row: "id=2"}} {
		if !slices.ContainsFunc(found, func(d Damage) bool { return d.Table == want.Table && d.Row == want.Row }) {
			t.Errorf("got %+v, want %s, %s", found, want.Table, want.Row)
		}
	}
	if len(found) != 4 {
		t.Errorf("got %d damages: %+v", len(found), found)
	}
	// Keys of before the time was bound are still opened.
	old := objects.SealedKey{ID: 1, Sealed: master.Seal("objects sealing key", make([]byte, 32))}
	if err := objects.CheckSealed(master, old); err != nil {
		t.Errorf("a key sealed the old way: %v", err)
	}
}

// A certificate that was damaged where it is kept opens nothing, and can still
// be revoked and deleted.
func TestADamagedCertificateCanBeRevoked(t *testing.T) {
	f := furnish(t)
	db := f.raw(t, "muster.db")
	exec(t, db, `UPDATE certificate SET pem = replace(pem, 'A', 'B')`)
	exec(t, db, `DELETE FROM iot_policy_target`)
	db.Close()
	kept, err := store.Open(t.Context(), filepath.Join(f.data, "muster.db"), index.New(100))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	r := certificate.New(kept.Certificates(), index.New(100), nil)
	r.Log = slog.New(slog.DiscardHandler)
	here := (&Server{config: Default()}).scope()
	if _, err := r.Registered(t.Context(), f.certificate); err == nil || !strings.Contains(err.Error(), f.certificate) {
		t.Errorf("used: got %v, want an error that names it", err)
	}
	if err := r.SetStatus(t.Context(), here, f.certificate, certificate.Revoked); err != nil {
		t.Errorf("revoked: %v", err)
	}
	if err := r.Delete(t.Context(), here, f.certificate, false); err != nil {
		t.Errorf("deleted: %v", err)
	}
}
