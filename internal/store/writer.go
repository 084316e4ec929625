package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"muster/internal/index"
	"muster/internal/space"
)

// groupSize is the number of members after which a group commits though more
// are waiting: it bounds how long the first of them waits.
const groupSize = 128

// write makes one member of the next group commit of fn. It returns nil only
// when what fn did is on the disk and the keys it published have left the
// decision index.
//
// An error of fn undoes what fn did, and nothing else, and is returned as it
// is; so is a panic, as an error. What fn decides from what it reads is
// decided on the newest state: writes run one after another.
//
// The end of ctx ends the wait. If fn had not begun it never will; if it had,
// it lands or not as if nothing had happened, and the caller isn't told.
//
// fn runs while everybody else waits: it does no work that could be done
// before it. It must not call write, and t is void when it returns.
func (db *DB) write(ctx context.Context, fn func(t *tx) error) error {
	if !db.readOnly {
		if err := db.writer.disk.Allow(ctx); err != nil {
			return err
		}
	}
	return db.turn(ctx, fn)
}

// turn is write for what no rung of the disk refuses.
func (db *DB) turn(ctx context.Context, fn func(t *tx) error) error {
	db.mu.RLock()
	defer db.mu.RUnlock()
	if db.closed {
		return errClosed
	}
	if db.readOnly {
		return errReadOnly
	}
	return db.writer.write(ctx, fn)
}

// A writer owns the only connection that writes. One goroutine runs the
// members and speaks BEGIN, SAVEPOINT, RELEASE and COMMIT itself.
type writer struct {
	pool  *sql.DB
	index *index.Index
	disk  *space.Disk
	queue chan *member
	done  chan struct{} // closed when the goroutine has ended

	// Owned by the goroutine.
	conn  *sql.Conn            // nil until needed, and after a group failed
	stmts map[string]*sql.Stmt // of conn, by their text
	log   logSize
}

// A member is one write on its way through a group.
type member struct {
	ctx    context.Context
	fn     func(*tx) error
	result chan error // with room for the one answer: nobody may be waiting for it any more
}

func startWriter(pool *sql.DB, x *index.Index) *writer {
	// The queue has no room: who waits in it can still leave, and a group
	// takes all who wait.
	w := &writer{pool: pool, index: x, queue: make(chan *member), done: make(chan struct{})}
	go w.run()
	return w
}

func (w *writer) write(ctx context.Context, fn func(*tx) error) error {
	m := &member{ctx: ctx, fn: fn, result: make(chan error, 1)}
	select {
	case w.queue <- m:
	case <-ctx.Done():
		return fmt.Errorf("wait to write: %w", context.Cause(ctx))
	}
	select {
	case err := <-m.result:
		return forWantOfRoom(err)
	case <-ctx.Done():
		return fmt.Errorf("wait for a write: %w", context.Cause(ctx))
	}
}

// stop ends the goroutine. Nobody may call write any more.
func (w *writer) stop() error {
	close(w.queue)
	<-w.done
	return w.pool.Close()
}

func (w *writer) run() {
	defer close(w.done)
	for m := range w.queue {
		w.group(m)
	}
	w.drop()
}

// group runs first and those who wait in one transaction, and answers them
// all when it is over. Refusals wait for it too: they may rest on what an
// earlier member of the group did.
func (w *writer) group(first *member) {
	members, results, keys, err := w.transact(first)
	if err != nil {
		w.drop()
	}
	if full(err) || slices.ContainsFunc(results, full) {
		w.disk.Surprise()
	}
	// After a failed COMMIT too: what it left behind isn't known for sure.
	w.index.Publish(keys...)
	for i, m := range members {
		if err != nil {
			m.result <- fmt.Errorf("the transaction failed: %w", err)
			continue
		}
		m.result <- results[i]
	}
}

// transact runs members between BEGIN and COMMIT. After an error the
// connection is of no use: nothing may run on it.
func (w *writer) transact(first *member) (members []*member, results []error, keys []index.Key, err error) {
	members = []*member{first}
	w.disk.MakeWay(first.ctx)
	if err := w.begin(); err != nil {
		return members, nil, nil, err
	}
	for m := first; ; {
		changed, result, err := w.member(m)
		if err != nil {
			return members, nil, keys, err
		}
		keys = append(keys, changed...)
		results = append(results, result)
		if m = w.waiting(len(members)); m == nil {
			break
		}
		members = append(members, m)
	}
	return members, results, keys, w.exec("COMMIT")
}

// waiting returns the next member of a group that has n, nil to commit.
func (w *writer) waiting(n int) *member {
	if n == groupSize {
		return nil
	}
	select {
	case m := <-w.queue: // nil when closed
		return m
	default:
		return nil
	}
}

func (w *writer) begin() error {
	if w.conn == nil {
		conn, err := w.pool.Conn(context.Background())
		if err != nil {
			return err
		}
		w.conn, w.stmts = conn, map[string]*sql.Stmt{}
	}
	if err := w.fitLog(); err != nil {
		return err
	}
	return w.exec("BEGIN IMMEDIATE")
}

// member runs m inside a savepoint. result is for m alone; err is that of the
// whole transaction.
func (w *writer) member(m *member) (keys []index.Key, result, err error) {
	if m.ctx.Err() != nil {
		return nil, context.Cause(m.ctx), nil
	}
	w.disk.MakeWay(m.ctx)
	if err := w.exec("SAVEPOINT member"); err != nil {
		return nil, nil, err
	}
	// An interrupted statement makes SQLite roll back everybody's work:
	// nothing here may end with the caller's context.
	t := &tx{ctx: context.WithoutCancel(m.ctx), writer: w}
	result = t.run(m.fn)
	if result != nil {
		// Both fail when a statement of m ended the whole transaction.
		err = errors.Join(w.exec("ROLLBACK TO member"), w.exec("RELEASE member"))
		if err != nil && full(result) { // it is why the others failed, too
			err = errors.Join(result, err)
		}
		return nil, result, err
	}
	return t.keys, nil, w.exec("RELEASE member")
}

// drop closes the connection and what is open on it.
func (w *writer) drop() {
	if w.conn == nil {
		return
	}
	// An open transaction and its lock would outlive the connection while a
	// statement of it is open.
	w.conn.ExecContext(context.Background(), "ROLLBACK")
	for _, stmt := range w.stmts {
		stmt.Close()
	}
	w.conn.Raw(func(any) error { return driver.ErrBadConn }) // so that the pool closes it rather than keep it
	w.conn.Close()
	w.conn, w.stmts, w.log = nil, nil, logSize{}
}

func (w *writer) exec(text string) error {
	stmt, err := w.prepare(text)
	if err != nil {
		return err
	}
	if _, err := stmt.ExecContext(context.Background()); err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	return nil
}

// stmtLimit bounds the statements kept prepared; the rooms' texts are fewer,
// but some are put together.
const stmtLimit = 512

// prepare returns the statement of text, prepared once per connection.
func (w *writer) prepare(text string) (*sql.Stmt, error) {
	if stmt, ok := w.stmts[text]; ok {
		return stmt, nil
	}
	stmt, err := w.conn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	for old, s := range w.stmts {
		if len(w.stmts) < stmtLimit {
			break
		}
		s.Close()
		delete(w.stmts, old)
	}
	w.stmts[text] = stmt
	return stmt, nil
}
