package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

//go:embed migrations/objects/*.sql
var objectMigrations embed.FS

// migrate brings the tables up to date by files, forward only. A file that a newer
// Muster has written is refused rather than read with an older one's eyes.
func migrate(ctx context.Context, db *sql.DB, files fs.FS) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if err := notNewer(ctx, provider); err != nil {
		return err
	}
	done, err := provider.Up(ctx)
	for _, m := range done {
		slog.DebugContext(ctx, "migration applied", "version", m.Source.Version, "took", m.Duration)
	}
	return err
}

func notNewer(ctx context.Context, provider *goose.Provider) error {
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > known {
		return fmt.Errorf("it was written by a newer version: its tables are at %d, this one knows %d", have, known)
	}
	return nil
}
