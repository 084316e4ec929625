// Command bench measures what Muster adds to the work that must be done
// anyway, as ratios taken in one run on one machine:
//
//	go run ./test/bench          (or: make bench)
//
// It builds and starts the real binary, makes a device through the APIs, and
// prints one table: credentials on fresh and kept connections, in turns with a
// bare mutual-TLS server that answers as many bytes and decides nothing; what
// every request needs (signature, token, policies); certificates against the
// bare cryptography; durable inserts; objects against a server that checks the
// signature and does the least that must be done. Costs are the server process's CPU time per request unless the
// unit says otherwise.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	bare := flag.Bool("bare", false, "be the bare server (the bench starts it itself)")
	bareStore := flag.Bool("objects", false, "be the bare server of objects (the bench starts it itself)")
	rounds := flag.Int("rounds", 5, "paired rounds of each measurement")
	fresh := flag.Int("fresh", 600, "requests on fresh handshakes, a round")
	kept := flag.Int("kept", 8000, "requests on kept connections, a round")
	inserts := flag.Int("inserts", 2000, "things created, by 32 clients")
	only := flag.Bool("only-objects", false, "measure objects alone")
	flag.IntVar(&listed, "listed", listed, "objects in the bucket that is listed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch {
	case *bare:
		err = serveBare(ctx)
	case *bareStore:
		err = serveBareObjects(ctx)
	default:
		err = bench(ctx, *rounds, *fresh, *kept, *inserts, *only)
	}
	if err != nil {
		log.Fatal("bench: ", err)
	}
}

func bench(ctx context.Context, rounds, fresh, kept, inserts int, onlyObjects bool) error {
	dir, err := os.MkdirTemp("", "muster-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	muster, err := startMuster(ctx, dir)
	if err != nil {
		return err
	}
	defer muster.stop()
	t := &table{}
	t.head()
	if onlyObjects {
		return benchObjects(ctx, t, muster, dir, rounds)
	}
	dev, err := newDevice(ctx, muster)
	if err != nil {
		return err
	}
	other, err := startBare(ctx, dir, dev.replySize)
	if err != nil {
		return err
	}
	defer other.stop()

	if err := benchVending(ctx, t, muster, dev, other, rounds, fresh, kept); err != nil {
		return err
	}
	for _, measure := range []func() error{
		func() error { return benchLocal(ctx, t, dir, rounds) },
		func() error { return benchIssue(ctx, t, muster, rounds) },
		func() error { return benchInserts(ctx, t, muster, inserts) },
		func() error { return benchObjects(ctx, t, muster, dir, rounds) },
	} {
		if err := measure(); err != nil {
			return err
		}
	}
	return nil
}

func benchVending(ctx context.Context, t *table, muster *muster, dev *device, other process, rounds, fresh, kept int) error {
	for _, m := range []struct {
		name     string
		requests int
		reuse    bool
	}{{"credentials, fresh TLS 1.3", fresh, false}, {"credentials, kept connection", kept, true}} {
		ours, theirs, err := pairs(rounds,
			func() (float64, error) {
				return measure(ctx, muster.process, dev.client(muster.deviceAddr, m.reuse), dev.url, m.requests)
			},
			func() (float64, error) {
				return measure(ctx, other, dev.client(other.addr, m.reuse), dev.url, m.requests)
			})
		if err != nil {
			return err
		}
		t.row(m.name, "µs CPU", ours, theirs, "a bare mutual-TLS server")
	}
	return nil
}

// binary is the muster to measure: MUSTER_BINARY, or one built now.
func binary(ctx context.Context, dir string) (string, error) {
	if b := os.Getenv("MUSTER_BINARY"); b != "" {
		return filepath.Abs(b)
	}
	b := filepath.Join(dir, "muster")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", b, "./cmd/muster")
	cmd.Stderr = os.Stderr
	return b, cmd.Run()
}
