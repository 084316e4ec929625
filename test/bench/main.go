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
//
// With -only devices it prints what a registered device takes of the decision
// index, of 100,000 or as many as -devices says.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	log.SetFlags(0)
	bare := flag.Bool("bare", false, "be the bare server (the bench starts it itself)")
	bareStore := flag.Bool("objects", false, "be the bare server of objects (the bench starts it itself)")
	storm := flag.Bool("storm", false, "be the clients that write objects (the bench starts them itself)")
	back := flag.Bool("site", false, "be the devices of a storm of handshakes (the bench starts them itself)")
	rounds := flag.Int("rounds", 5, "paired rounds of each measurement")
	fresh := flag.Int("fresh", 600, "requests on fresh handshakes, a round")
	kept := flag.Int("kept", 8000, "requests on kept connections, a round")
	inserts := flag.Int("inserts", 2000, "things created, by 32 clients")
	only := flag.String("only", "", "measure one thing alone: vending, local, issue, inserts, objects, writers, lists, memory, storm or devices")
	flag.IntVar(&registered, "devices", registered, "devices whose share of the decision index is measured")
	flag.IntVar(&listed, "listed", listed, "objects in the bucket that is listed")
	flag.IntVar(&returning, "returning", returning, "devices that come back at once in the storm")
	flag.Int64Var(&large, "large", large, "bytes of each of the 64 objects that memory is measured with")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch {
	case *bare:
		err = serveBare(ctx)
	case *bareStore:
		err = serveBareObjects(ctx)
	case *only == "devices":
		err = benchDevices(ctx) // in this process
	case *storm:
		err = writeStorm(ctx)
	case *back:
		err = comeBack(ctx)
	default:
		err = bench(ctx, *rounds, *fresh, *kept, *inserts, *only)
	}
	if err != nil {
		log.Fatal("bench: ", err)
	}
}

func bench(ctx context.Context, rounds, fresh, kept, inserts int, only string) error {
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
	for _, x := range []struct {
		name    string
		measure func() error
	}{
		{"vending", func() error { return benchVending(ctx, t, muster, rounds, fresh, kept) }},
		{"local", func() error { return benchLocal(ctx, t, dir, rounds) }},
		{"issue", func() error { return benchIssue(ctx, t, muster, rounds) }},
		{"inserts", func() error { return benchInserts(ctx, t, muster, inserts) }},
		{"objects", func() error { return benchObjects(ctx, t, muster, dir, rounds) }},
		{"writers", func() error { return benchWriters(ctx, t, muster, dir, rounds) }},
		{"lists", func() error { return benchLists(ctx, t, dir, rounds) }},
		{"memory", func() error { return benchMemory(ctx, t, muster) }},
		{"storm", func() error { return benchHandshakes(ctx, t, dir, returning) }},
		{"storm", func() error { return benchStorm(ctx, t, muster, dir, rounds) }},
	} {
		if only != "" && only != x.name {
			continue
		}
		if err := x.measure(); err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
	}
	return nil
}

func benchVending(ctx context.Context, t *table, muster *muster, rounds, fresh, kept int) error {
	dev, err := newDevice(ctx, muster)
	if err != nil {
		return err
	}
	other, err := startBare(ctx, dev.replySize)
	if err != nil {
		return err
	}
	defer other.stop()
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
	if _, err := os.Stat(b); err == nil {
		return b, nil
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", b, "./cmd/muster")
	cmd.Stderr = os.Stderr
	return b, cmd.Run()
}
