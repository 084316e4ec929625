package main

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"os"
	"slices"
	"time"

	"muster/internal/awsapi/iotapi"
	"muster/internal/awsclient"
	"muster/internal/secret"
	"muster/internal/sigv4"
)

// benchStorm compares how long a certificate's change of status takes, at
// the 99th percentile, while 32 clients write objects, with a quiet server. The
// clients are a process of their own, so that they don't delay the measuring
// one. The second row has them write to the bare server: what is left there is
// the machine's, whose processors are all taken.
func benchStorm(ctx context.Context, t *table, m *muster, dir string, rounds int) error {
	bare, err := startBareObjects(ctx, dir)
	if err != nil {
		return err
	}
	defer bare.stop()
	s, err := m.objects(ctx)
	if err != nil {
		return err
	}
	csr := true
	cert, err := awsclient.Do(ctx, m.client, iotapi.CreateKeysAndCertificate, &iotapi.CreateKeysAndCertificateRequest{SetAsActive: &csr})
	if err != nil {
		return err
	}
	quiet := func() (float64, error) { return statusChanges(ctx, m, *cert.CertificateId) }
	for _, x := range []struct {
		store *objectStore
		what  string
	}{{s, "quiet; ours beside 32 writers"}, {bare, "quiet; ours, 32 writers at a bare server"}} {
		ours, theirs, err := pairs(rounds, func() (float64, error) {
			storm, _, err := again(ctx, "-storm", "BENCH_STORM="+x.store.url, "BENCH_KEY="+x.store.credential.AccessKey, "BENCH_SECRET="+x.store.credential.Secret.Reveal())
			if err != nil {
				return 0, err
			}
			defer storm.stop()
			return quiet()
		}, quiet)
		if err != nil {
			return err
		}
		t.row("UpdateCertificate, p99", "ms", ours, theirs, x.what)
	}
	return nil
}

// writeStorm writes objects of 4 KiB from 32 clients until it is stopped, and
// prints a line once they are at it.
func writeStorm(ctx context.Context) error {
	s := &objectStore{url: os.Getenv("BENCH_STORM"), client: newClient(),
		credential: sigv4.Credential{AccessKey: os.Getenv("BENCH_KEY"), Secret: secret.New(os.Getenv("BENCH_SECRET"))}}
	body := text(4 << 10)
	err := together(32, math.MaxInt, func(n int) error {
		if n == 500 {
			fmt.Println("at it")
		}
		return s.ask(ctx, http.MethodPut, fmt.Sprintf("/small/storm-%d", n%5000), body)
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// statusChanges returns the 99th percentile of 300 changes, in milliseconds.
func statusChanges(ctx context.Context, m *muster, id string) (float64, error) {
	var took []float64
	for i := range 300 {
		status := []string{"INACTIVE", "ACTIVE"}[i%2]
		began := time.Now()
		if _, err := awsclient.Do(ctx, m.client, iotapi.UpdateCertificate, &iotapi.UpdateCertificateRequest{CertificateId: id, NewStatus: status}); err != nil {
			return 0, err
		}
		took = append(took, float64(time.Since(began).Microseconds())/1000)
	}
	slices.Sort(took)
	return took[len(took)*99/100], nil
}
