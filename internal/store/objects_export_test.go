package store

import "database/sql"

// Reads returns the connections that read, for tests that look at the rows.
func (o *Objects) Reads() *sql.DB { return o.db.reads() }
