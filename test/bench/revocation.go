package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"muster/internal/awsapi/iotapi"
	"muster/internal/awsclient"
)

// benchRevocation compares how long a certificate's change of status takes,
// at the 99th percentile, while 32 clients write objects, with a quiet server.
func benchRevocation(ctx context.Context, t *table, m *muster, s *objectStore) error {
	csr := true
	cert, err := awsclient.Do(ctx, m.client, iotapi.CreateKeysAndCertificate, &iotapi.CreateKeysAndCertificateRequest{SetAsActive: &csr})
	if err != nil {
		return err
	}
	quiet := func() (float64, error) { return statusChanges(ctx, m, *cert.CertificateId) }
	beside := func() (float64, error) {
		writing, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() {
			done <- together(32, 1<<30, func(n int) error {
				if writing.Err() != nil {
					return errEnough
				}
				return s.ask(ctx, http.MethodPut, fmt.Sprintf("/storm/%d", n%5000), text(4<<10))
			})
		}()
		time.Sleep(200 * time.Millisecond)
		took, err := quiet()
		stop()
		if failed := <-done; failed != errEnough && err == nil {
			err = failed
		}
		return took, err
	}
	ours, theirs, err := pairs(3, beside, quiet)
	if err != nil {
		return err
	}
	t.row("UpdateCertificate, p99", "ms", ours, theirs, "on a quiet server; ours beside 32 writers")
	return nil
}

var errEnough = fmt.Errorf("enough was written")

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
