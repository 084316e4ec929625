package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"muster/internal/server"
)

// checkDeep reads both databases whole.
func (d *doctor) checkDeep(ctx context.Context) {
	const check, fix = "deep", "stop the server and restore the data directory from your copy; docs/durability.md says what can be mended alone"
	master := d.masterKeyFile()
	if d.running {
		master = d.state.Master
	}
	if _, err := os.Stat(master); err != nil {
		d.warn(check, "restore the master key, or name its file with --master-key-file", "sealed values are not opened: %v", err)
	}
	say := d.say
	if say == nil {
		say = func(string, ...any) {}
	}
	found, err := server.ExamineDeep(ctx, d.config.Data, master, func(doing string, rows int64) { say("%s: %d rows read", doing, rows) })
	if !d.locked && server.Running(d.config.Data) {
		d.warn(check, "look again", "a server was started meanwhile, and wrote what was being read")
		return
	}
	for _, f := range found.Damages {
		where := f.File
		if f.Table != "" {
			where += ", table " + f.Table
		}
		if f.Row != "" {
			where += ", row " + f.Row
		}
		d.found = append(d.found, finding{Check: check, State: broken, Detail: fmt.Sprintf("%s: %s", where, f.What), Fix: fix, Table: f.Table, Row: f.Row})
	}
	switch {
	case errors.Is(err, server.NotExamined):
		d.warn(check, "let a server of this version start and stop once", "%v", err)
	case err != nil:
		d.fail(check, "run this as the user of the server", "%v", err)
	case len(found.Damages) == 0:
		d.ok(check, "%d rows read, with their documents, certificates and sealed values", found.Rows)
	}
}
