package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/fault"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/objects"
	"muster/internal/space"
	"muster/internal/store"
	"muster/internal/store/storetest"
	"muster/internal/sts"
)

// full is more than any disk has left; roomy is nothing.
var full, roomy = space.Floor{Given: true, Bytes: 1 << 60}, space.Floor{Given: true}

func disk(t testing.TB, floor space.Floor) *space.Disk {
	t.Helper()
	d, err := space.Open(t.TempDir(), floor, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// standing is a store on that disk.
func standing(t testing.TB, d *space.Disk) (*store.DB, string) {
	t.Helper()
	dir := t.TempDir()
	db := storetest.Open(t, dir, index.New(1024))
	if err := db.Write(t.Context(), do(`CREATE TABLE number (n BIGINT PRIMARY KEY, parent BIGINT REFERENCES number (n))`)); err != nil {
		t.Fatal(err)
	}
	db.StandOn(d)
	return db, dir
}

func TestWhatAFullDiskRefuses(t *testing.T) {
	db, _ := standing(t, disk(t, full))
	with := func(e space.Effect) context.Context { return space.With(t.Context(), e) }
	noUses := func(ctx context.Context) error {
		return db.IAM().KeepUses(ctx, map[iam.Signer]iam.Use{{Kind: iam.AUser, Account: "000000000000", ID: "AKIA"}: {}})
	}
	newKey := func(ctx context.Context) error {
		_, err := db.STS().ChangeSealingKeys(ctx, func([]sts.SealedKey) []sts.SealedKey {
			return []sts.SealedKey{{ID: "seven", Sealed: []byte("sealed")}}
		})
		return err
	}
	for _, tc := range []struct {
		what    string
		err     error
		refused bool
	}{
		{"one that adds", db.Write(with(space.Adds), insert(1)), true},
		{"one of which nothing is known", db.Write(with(space.Undeclared), insert(1)), true},
		{"one that was said to read", db.Write(with(space.Reads), insert(1)), true},
		{"one that takes away", db.Write(with(space.TakesAway), insert(2)), false},
		{"one of the server's own", db.Write(t.Context(), insert(3)), false},
		{"last uses", noUses(t.Context()), true},
		{"the key of sessions, when one is asked for", newKey(with(space.Reads)), false},
		{"the question whether it is ready", db.Ready(t.Context()), false},
	} {
		if tc.refused != (tc.err != nil) || tc.refused && (!errors.Is(tc.err, space.ErrNoRoom) || !errors.Is(tc.err, fault.Unavailable)) {
			t.Errorf("%s: got %v, want it refused: %v", tc.what, tc.err, tc.refused)
		}
	}
	if got := fmt.Sprint(numbers(t, db)); got != "[2 3]" {
		t.Errorf("got %s, want 2 and 3", got)
	}
}

// A write without room gives the reserve up, and from then on nothing is added.
func TestTheReserveIsGivenUp(t *testing.T) {
	d := disk(t, roomy)
	if d.State().Reserve == 0 {
		t.Skip("this disk is too full for the test")
	}
	db, _ := standing(t, d)
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		var now int
		if err := tx.Row("PRAGMA max_page_count = 1").Scan(&now); err != nil { // SQLite takes what it has for it
			return err
		}
		return do(`CREATE TABLE filler AS SELECT $1 AS text`, strings.Repeat("x", 1<<20))(tx)
	})
	if got := d.State(); !errors.Is(err, fault.Unavailable) || got.Reserve != 0 || got.Rung != space.Full {
		t.Errorf("a write without room: got %v and %+v, want it unavailable, and the reserve given up", err, got)
	}
	if err := db.Write(space.With(t.Context(), space.Adds), insert(1)); !errors.Is(err, space.ErrNoRoom) {
		t.Errorf("one that adds: got %v, want %v", err, space.ErrNoRoom)
	}
	if err := db.Write(space.With(t.Context(), space.TakesAway), insert(2)); err != nil {
		t.Errorf("one that takes away: %v", err)
	}
}

// On a disk that is nearly full the log stays small: what is left must do for
// what takes away.
func TestTheLogStaysSmallOnAFullDisk(t *testing.T) {
	sizes := map[bool]int64{}
	for _, tight := range []bool{false, true} {
		d := disk(t, roomy)
		if tight {
			d = disk(t, full)
		}
		db, dir := standing(t, d)
		for n := range 300 {
			if err := db.Write(t.Context(), insert(n)); err != nil {
				t.Fatal(err)
			}
		}
		info, err := os.Stat(filepath.Join(dir, "muster.db-wal"))
		if err != nil {
			t.Fatal(err)
		}
		sizes[tight] = info.Size()
	}
	if sizes[true] > 512<<10 || sizes[false] < 2*sizes[true] {
		t.Errorf("got a log of %d bytes, and of %d on a disk with room", sizes[true], sizes[false])
	}
}

func TestReadyWrites(t *testing.T) {
	db, _ := open(t)
	beats := func() (n int) {
		if err := db.Reads().QueryRow(`SELECT beats FROM pulse`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := beats()
	if err := db.Ready(t.Context()); err != nil || beats() != before+1 {
		t.Errorf("got %v and %d beats after %d", err, beats(), before)
	}
}

// Contents are refused at the floor, also while they are read, and a marker is
// a row more; versions can be deleted.
func TestObjectsOnAFullDisk(t *testing.T) {
	o, s := own(t)
	if err := o.SetVersioning(t.Context(), "b", objects.Enabled); err != nil {
		t.Fatal(err)
	}
	small, large := put(t, o, "small", []byte("small")), put(t, o, "large", make([]byte, 50_000))

	d := disk(t, roomy)
	o.Disk, o.FileDisk = d, d
	half := strings.Repeat("x", 25_000)
	late := io.MultiReader(&onEnd{Reader: strings.NewReader(half), do: d.Surprise}, strings.NewReader(half))
	_, err := o.Put(t.Context(), objects.Put{Bucket: "b", Key: "late", Body: objects.Body{Reader: late, Size: 50_000}})
	if !errors.Is(err, objects.NoSpace) {
		t.Errorf("a content of which the end is too much: got %v, want %v", err, objects.NoSpace)
	}

	o.Disk, o.FileDisk = disk(t, full), disk(t, full)
	s.rows.StandOn(o.Disk)
	adds, takes := space.With(t.Context(), space.Adds), space.With(t.Context(), space.TakesAway)
	for _, size := range []int{5, 50_000} {
		if _, err := o.Put(adds, objects.Put{Bucket: "b", Key: "k", Body: body(make([]byte, size))}); !errors.Is(err, objects.NoSpace) {
			t.Errorf("a content of %d bytes: got %v, want %v", size, err, objects.NoSpace)
		}
	}
	if _, err := o.Copy(adds, objects.Copy{Bucket: "b", Key: "copy", From: objects.Ref{Bucket: "b", Key: "large"}}); !errors.Is(err, space.ErrNoRoom) {
		t.Errorf("a copy: got %v, want %v", err, space.ErrNoRoom)
	}
	if _, err := o.CreateUpload(adds, objects.NewUpload{Bucket: "b", Key: "k"}); !errors.Is(err, space.ErrNoRoom) {
		t.Errorf("an upload: got %v, want %v", err, space.ErrNoRoom)
	}
	deleted, err := o.Delete(takes, "b", []objects.Deletion{{Key: "small"}, {Key: "small", Version: small.Version}, {Key: "large", Version: large.Version}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{objects.NoSpace, nil, nil} {
		if !errors.Is(deleted[i].Err, want) {
			t.Errorf("deletion %d: got %v, want %v", i, deleted[i].Err, want)
		}
	}
	if n := files(t, s); n != 0 {
		t.Errorf("%d files are left", n)
	}
	s.expectSound()
}

// A content whose row finds no room leaves no file.
func TestAContentWithoutRoomForItsRow(t *testing.T) {
	o, s := own(t)
	s.rows.StandOn(disk(t, full))
	_, err := o.Put(space.With(t.Context(), space.Adds), objects.Put{Bucket: "b", Key: "k", Body: body(make([]byte, 50_000))})
	if !errors.Is(err, space.ErrNoRoom) {
		t.Errorf("got %v, want %v", err, space.ErrNoRoom)
	}
	if n := files(t, s); n != 0 {
		t.Errorf("%d files are left", n)
	}
}
