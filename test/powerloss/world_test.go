package powerloss_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"muster/test/powerloss"
)

// The buckets of every disk.
const (
	plain     = "plain"     // without versions
	versioned = "versioned" // with them
	suspended = "suspended" // with versions once, and none since
	settings  = "settings"  // of objects with tags; each client has one more, of settings
)

// finding is something that must not be.
type finding struct {
	class class
	text  string
}

// class is the kind of a finding.
type class string

const (
	lost       class = "lost"       // an acknowledged write is not there
	unreadable class = "unreadable" // something is listed and can't be read
	torn       class = "torn"       // something is there in half, or is nothing that anybody sent
	orphan     class = "orphan"     // something is there that nobody made
	wrong      class = "wrong"      // a running server answered what can't be
	dead       class = "dead"       // the server doesn't start, or doctor finds it broken
)

// world is a disk, the server on it, and what its clients were told.
type world struct {
	*server
	*ledger
	random  *rand.Rand
	moments []moment      // those of the cuts
	whole   bool          // verify reads everything, not only what was changed
	step    func(*worker) // one thing that a client does
	checks  []func(context.Context) error

	full           atomic.Bool  // the disk is full, or was a moment ago
	turnedAway     atomic.Int64 // requests, for that
	mu             sync.Mutex
	findings       []finding
	doubts         map[string]int // what doctor doubted
	vended, denied int            // devices asked for after a cut: those that had to get credentials, and the others
}

func newWorld(l *ledger, seed uint64) *world {
	w := &world{ledger: l, random: newRandom(seed), moments: anyMoment, step: (*worker).step, doubts: map[string]int{}}
	w.checks = []func(context.Context) error{w.verifyObjects, w.verifyVersions, w.verifyUploads, w.verifyBuckets, w.verifyThings, w.verifyCertificates, w.verifySettings, w.verifyHealth}
	return w
}

func (w *world) report(c class, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.findings = append(w.findings, finding{c, fmt.Sprintf(format, args...)})
}

// base is a disk on which a server has made its keys, the buckets and some
// certificates, and stopped in peace. It is made once.
var base = sync.OnceValues(func() (*prepared, error) { return prepare() })

type prepared struct {
	disk   *powerloss.Disk
	chains []chain
}

// fresh returns a copy of the base disk and a ledger for it.
func fresh(t *testing.T) (*powerloss.Disk, *ledger) {
	t.Helper()
	needFUSE(t)
	b, err := base()
	if err != nil {
		t.Fatal(err)
	}
	return b.disk.Clone(), newLedger(b.chains)
}

func prepare() (*prepared, error) {
	dir, done, err := mountPoint()
	if err != nil {
		return nil, err
	}
	defer done()
	disk := powerloss.NewDisk()
	s, err := start(disk, dir)
	if err != nil {
		return nil, err
	}
	out := &prepared{disk: disk}
	if out.chains, err = s.furnish(); err == nil {
		err = s.enrol(out.chains)
	}
	if err != nil {
		_ = s.kill()
		return nil, err
	}
	return out, s.stop()
}

// furnish makes the buckets and some certificates.
func (s *server) furnish() (chains []chain, err error) {
	ctx := context.Background()
	expect := func(r reply, err error) (reply, error) {
		if err == nil && r.status != http.StatusOK {
			err = fmt.Errorf("prepare the disk: %v", r)
		}
		return r, err
	}
	all := []string{plain, versioned, suspended, settings}
	for n := range clients {
		all = append(all, settingsOf(n))
	}
	for _, bucket := range all {
		if _, err := expect(s.s3(ctx, "PUT", bucket, "", nil, nil, nil)); err != nil {
			return nil, err
		}
	}
	for _, to := range [][2]string{{versioned, "Enabled"}, {suspended, "Enabled"}, {suspended, "Suspended"}} {
		body := `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>` + to[1] + `</Status></VersioningConfiguration>`
		if _, err := expect(s.s3(ctx, "PUT", to[0], "", url.Values{"versioning": {""}}, nil, []byte(body))); err != nil {
			return nil, err
		}
	}
	for range clients {
		r, err := expect(s.iot(ctx, "POST", "/keys-and-certificate", url.Values{"setAsActive": {"true"}}, ""))
		if err != nil {
			return nil, err
		}
		made, err := chainOf(r.body)
		if err != nil {
			return nil, err
		}
		chains = append(chains, made)
	}
	return chains, nil
}

func newRandom(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
