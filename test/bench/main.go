// Command bench measures what Muster adds to the work that must be done
// anyway, as ratios taken in one run on one machine:
//
//	go run ./test/bench          (or: make bench)
//
// It builds and starts the real binary, makes a device through the APIs, and
// asks for credentials on fresh TLS 1.3 handshakes and on kept connections, in
// turns with a bare mutual-TLS server that answers as many bytes and decides
// nothing. The figure is the server process's CPU time per request. It then
// inserts things with one client and with 32.
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
	"slices"
)

func main() {
	log.SetFlags(0)
	bare := flag.Bool("bare", false, "be the bare server (the bench starts it itself)")
	rounds := flag.Int("rounds", 5, "paired rounds of each measurement")
	fresh := flag.Int("fresh", 600, "requests on fresh handshakes, a round")
	kept := flag.Int("kept", 8000, "requests on kept connections, a round")
	inserts := flag.Int("inserts", 2000, "things created, by 32 clients")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *bare {
		err = serveBare(ctx)
	} else {
		err = bench(ctx, *rounds, *fresh, *kept, *inserts)
	}
	if err != nil {
		log.Fatal("bench: ", err)
	}
}

func bench(ctx context.Context, rounds, fresh, kept, inserts int) error {
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
	dev, err := newDevice(ctx, muster)
	if err != nil {
		return err
	}
	other, err := startBare(ctx, dir, dev.replySize)
	if err != nil {
		return err
	}
	defer other.stop()

	fmt.Printf("%-28s %14s %14s %18s\n", "credentials, CPU a request", "muster", "bare mTLS", "ratio (min..max)")
	for _, m := range []struct {
		name     string
		requests int
		reuse    bool
	}{{"fresh TLS 1.3 handshake", fresh, false}, {"kept connection", kept, true}} {
		var ours, theirs, ratios []float64
		for range rounds {
			a, err := measure(ctx, muster.process, dev.client(muster.deviceAddr, m.reuse), dev.url, m.requests)
			if err != nil {
				return err
			}
			b, err := measure(ctx, other, dev.client(other.addr, m.reuse), dev.url, m.requests)
			if err != nil {
				return err
			}
			ours, theirs, ratios = append(ours, a), append(theirs, b), append(ratios, a/b)
		}
		fmt.Printf("%-28s %11.0f µs %11.0f µs %7.2f (%.2f..%.2f)\n", m.name, median(ours), median(theirs), median(ratios), slices.Min(ratios), slices.Max(ratios))
	}
	return benchInserts(ctx, muster, inserts)
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
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
