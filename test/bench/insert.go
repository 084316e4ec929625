package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/sagemakerapi"
	"muster/internal/awsclient"
)

// benchInserts compares durable CreateThing calls by one client, one after the
// other, with those of 32 clients: what the group commit is for. Then it
// registers devices, a hundred with each request and one with each.
func benchInserts(ctx context.Context, t *table, m *muster, inserts int) error {
	alone, err := insertRate(ctx, m, "alone", 1, inserts/20)
	if err != nil {
		return err
	}
	together, err := insertRate(ctx, m, "together", 32, inserts)
	if err != nil {
		return err
	}
	t.row("CreateThing by 32 clients", "/s", []float64{together}, []float64{alone}, "by one client, each durable")

	_, err = awsclient.Do(ctx, m.client, sagemakerapi.CreateDeviceFleet, &sagemakerapi.CreateDeviceFleetRequest{
		DeviceFleetName: "bench", EnableIotRoleAlias: new(false), OutputConfig: &sagemakerapi.EdgeOutputConfig{S3OutputLocation: "s3://sagemaker-bench/"},
	})
	if err != nil {
		return err
	}
	hundreds, err := registerRate(ctx, m, "batch", inserts, 100)
	if err != nil {
		return err
	}
	single, err := registerRate(ctx, m, "single", inserts/20, 1)
	if err != nil {
		return err
	}
	t.row("RegisterDevices of 100", "devices/s", []float64{hundreds}, []float64{single}, "registered one by one")
	return nil
}

// registerRate answers devices registered in a second, in batches of that size.
func registerRate(ctx context.Context, m *muster, prefix string, devices, size int) (float64, error) {
	began := time.Now()
	for n := 0; n < devices; n += size {
		in := &sagemakerapi.RegisterDevicesRequest{DeviceFleetName: "bench"}
		for i := range size {
			in.Devices = append(in.Devices, sagemakerapi.Device{DeviceName: fmt.Sprintf("%s-%d", prefix, n+i)})
		}
		if _, err := awsclient.Do(ctx, m.client, sagemakerapi.RegisterDevices, in); err != nil {
			return 0, err
		}
	}
	return float64(devices) / time.Since(began).Seconds(), nil
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
