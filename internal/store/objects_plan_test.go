package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/objects"
)

// TestObjectQueriesUseTheirIndex looks at how SQLite runs every statement that
// reads objects: none passes over a table, and none sorts.
func TestObjectQueriesUseTheirIndex(t *testing.T) {
	o, err := OpenObjects(t.Context(), filepath.Join(t.TempDir(), "objects.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	readAll(t, o.Rows())
	seen := 0
	o.stmts.Range(func(text, _ any) bool {
		query := text.(string)
		args := make([]any, strings.Count(query, "$"))
		for i := range args {
			args[i] = 1
		}
		rows, err := o.db.reads().Query("EXPLAIN QUERY PLAN "+query, args[:highest(query)]...)
		plan, err := collect(rows, err, func(row scanner) (step string, err error) {
			var id, parent, unused int
			err = row.Scan(&id, &parent, &unused, &step)
			return step, err
		})
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		seen++
		for _, step := range plan {
			if strings.HasPrefix(step, "SCAN") && !strings.Contains(query, "sealing_key") && step != "SCAN content" && step != "SCAN CONSTANT ROW" || strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s: %s", step, query)
			}
			if strings.Contains(query, "listed >=") && strings.Contains(step, "SEARCH v") && !strings.Contains(step, "version_listed") {
				t.Errorf("%s: %s", step, query)
			}
		}
		return true
	})
	if seen < 15 {
		t.Errorf("only %d statements were seen", seen)
	}
}

// highest returns the highest number of an argument in query.
func highest(query string) int {
	n := 0
	for n < 9 && strings.Contains(query, "$"+string(rune('1'+n))) {
		n++
	}
	return n
}

// readAll calls each method that reads, so that its statements are prepared.
func readAll(t *testing.T, rows objects.Rows) {
	t.Helper()
	ctx := context.Background()
	named := objects.VersionID{Text: "x"}
	for _, bucket := range []string{"never", "versioned"} {
		if err := rows.InsertBucket(ctx, bucket); err != nil {
			t.Fatal(err)
		}
		if bucket == "versioned" {
			if err := rows.ChangeBucket(ctx, bucket, func(b *objects.Bucket) error { b.Versioning = objects.Enabled; return nil }); err != nil {
				t.Fatal(err)
			}
		}
		_, err := rows.Change(ctx, bucket, []objects.Target{{Key: "k"}}, func(_ int, s objects.State) (objects.Plan, error) {
			row := objects.Row{Object: objects.Object{Ref: objects.Ref{Key: "k", Version: "v"}, Marker: true}}
			return objects.Plan{Insert: &row}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		b, err := rows.Bucket(ctx, bucket)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []objects.VersionID{{}, named, {Text: objects.NullVersion}} {
			rows.Find(ctx, bucket, objects.Target{Key: "k", ID: id}, true)
			rows.State(ctx, bucket, objects.Target{Key: "k", ID: id})
		}
		for _, end := range []string{"", "z"} {
			rows.Newest(ctx, b.ID, objects.Position{}, end, func(objects.Row) bool { return true })
			rows.Versions(ctx, b.ID, objects.Position{}, end, func(objects.Row) bool { return true })
			rows.Uploads(ctx, b.ID, objects.Position{}, end, func(objects.UploadRow) bool { return true })
		}
		rows.Upload(ctx, bucket, "k", objects.UploadID{})
		rows.Completed(ctx, bucket, "k", "x")
		rows.Usage(ctx, bucket, "w")
		rows.Writers(ctx, bucket, "", 10)
	}
	rows.Segments(ctx, 1, 0, 1)
	rows.Numbered(ctx, 1, 0, 1)
	rows.UploadedParts(ctx, 1, 0, 1)
	rows.Contents(ctx, 0, 1)
	rows.HasContent(ctx, 1)
	rows.Unknown(ctx, []objects.ContentID{{}})
	rows.NewestContent(ctx)
	rows.Note(ctx, "x")
}
