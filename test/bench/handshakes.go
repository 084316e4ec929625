package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/awsapi/iotapi"
	"muster/internal/awsclient"
)

// site is what the clients of a storm of handshakes are told: they are a process
// of their own.
type site struct {
	Devices, Hostile       int
	Addr, URL, Certificate string // Certificate and Key are PEM
	Key                    string
}

// returning is how many devices come back at once.
var returning = 10_000

// outcome is what became of the devices of a site.
type outcome struct {
	Took          time.Duration
	Again, Failed int64
}

// benchHandshakes has many devices of one address come back at once, beside 100
// hostile connections of the same address, and measures calls of the API
// meanwhile.
func benchHandshakes(ctx context.Context, t *table, dir string, devices int) error {
	m, err := startMusterOn(ctx, dir, filepath.Join(dir, "storm-data"))
	if err != nil {
		return err
	}
	defer m.stop()
	dev, err := newDevice(ctx, m)
	if err != nil {
		return err
	}
	key, err := x509.MarshalPKCS8PrivateKey(dev.pair.PrivateKey)
	if err != nil {
		return err
	}
	told, err := json.Marshal(site{
		Devices: devices, Hostile: 100, Addr: m.deviceAddr, URL: dev.url,
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: dev.pair.Certificate[0]})),
		Key:         string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
	})
	if err != nil {
		return err
	}
	quiet, err := m.listed99(ctx, func(n int) bool { return n < 500 })
	if err != nil {
		return err
	}
	var got outcome
	over := make(chan error, 1)
	go func() {
		_, line, err := again(ctx, "-site", "BENCH_SITE="+string(told))
		if err == nil {
			err = json.Unmarshal([]byte(line), &got)
		}
		over <- err
	}()
	stormy, err := m.listed99(ctx, func(int) bool {
		select {
		case err := <-over:
			over <- err
			return false
		default:
			return true
		}
	})
	if err := <-over; err != nil {
		return fmt.Errorf("the devices: %w", err)
	}
	if err != nil {
		return err
	}
	t.row("ListThings, p99", "ms", []float64{stormy}, []float64{quiet}, fmt.Sprintf("quiet; ours beside %d handshakes", devices))
	fmt.Printf("%-32s %d of %d failed for clients that try three times, with %d tries more, in %v\n", "renewals", got.Failed, devices, got.Again, got.Took.Round(time.Millisecond))
	return nil
}

// listed99 returns the 99th percentile of calls in milliseconds, as long as more
// says so of those that were made.
func (m *muster) listed99(ctx context.Context, more func(n int) bool) (float64, error) {
	var took []float64
	for len(took) == 0 || more(len(took)) {
		began := time.Now()
		if _, err := awsclient.Do(ctx, m.client, iotapi.ListThings, &iotapi.ListThingsRequest{}); err != nil {
			return 0, err
		}
		took = append(took, float64(time.Since(began).Microseconds())/1000)
		time.Sleep(5 * time.Millisecond)
	}
	slices.Sort(took)
	return took[len(took)*99/100], nil
}

// comeBack is the process of the devices, and of those who are in their way.
func comeBack(ctx context.Context) error {
	var told site
	if err := json.Unmarshal([]byte(os.Getenv("BENCH_SITE")), &told); err != nil {
		return err
	}
	pair, err := tls.X509KeyPair([]byte(told.Certificate), []byte(told.Key))
	if err != nil {
		return err
	}
	d := &device{pair: pair, url: told.URL}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for kind := range told.Hostile {
		go inTheWay(ctx, kind, told.Addr)
	}
	time.Sleep(200 * time.Millisecond)
	var all sync.WaitGroup
	var more, failed atomic.Int64
	began := time.Now()
	for range told.Devices {
		all.Go(func() {
			for try := 1; ; try++ {
				_, err := ask(ctx, d.client(told.Addr, false), d.url)
				if err == nil {
					return
				}
				if try == 3 {
					failed.Add(1)
					return
				}
				more.Add(1)
				// As AWS's SDKs pause: up to 1 s, then up to 2 s.
				time.Sleep(time.Duration(rand.Float64() * float64(int(1)<<(try-1)) * float64(time.Second)))
			}
		})
	}
	all.Wait()
	return json.NewEncoder(os.Stdout).Encode(outcome{Took: time.Since(began), Again: more.Load(), Failed: failed.Load()})
}

// inTheWay keeps a connection that does nothing good: a silent one, half of a
// ClientHello, garbage, or the head of a request, a byte each second.
func inTheWay(ctx context.Context, kind int, addr string) {
	for ctx.Err() == nil {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		switch kind % 4 {
		case 1:
			io.WriteString(c, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 half of a ClientHello")
		case 2:
			io.WriteString(c, strings.Repeat("garbage ", 512))
		case 3:
			s := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
			for err := error(nil); err == nil; time.Sleep(time.Second) {
				_, err = io.WriteString(s, "G")
			}
		}
		io.Copy(io.Discard, c)
		c.Close()
		time.Sleep(10 * time.Millisecond)
	}
}
