package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/awsapi/iotapi"
	"muster/internal/awsclient"
)

// benchInserts compares durable CreateThing calls by one client, one after the
// other, with those of 32 clients: what the group commit is for.
func benchInserts(ctx context.Context, m *muster, inserts int) error {
	alone, err := insertRate(ctx, m, "alone", 1, inserts/20)
	if err != nil {
		return err
	}
	together, err := insertRate(ctx, m, "together", 32, inserts)
	if err != nil {
		return err
	}
	fmt.Printf("\n%-28s %14s %14s %10s\n", "durable CreateThing", "32 clients", "1 client", "ratio")
	fmt.Printf("%-28s %12.0f/s %12.0f/s %10.1f\n", "acknowledged inserts", together, alone, together/alone)
	return nil
}

func insertRate(ctx context.Context, m *muster, prefix string, clients, inserts int) (float64, error) {
	var wg sync.WaitGroup
	var next atomic.Int64
	var failed atomic.Pointer[error]
	began := time.Now()
	for range clients {
		wg.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(inserts) {
					return
				}
				in := &iotapi.CreateThingRequest{ThingName: fmt.Sprintf("%s-%d", prefix, n)}
				if _, err := awsclient.Do(ctx, m.client, iotapi.CreateThing, in); err != nil {
					failed.Store(&err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(inserts) / time.Since(began).Seconds(), nil
}
