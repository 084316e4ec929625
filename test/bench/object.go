package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/content"
	"muster/internal/objects"
	"muster/internal/seal"
	"muster/internal/sigv4"
	"muster/internal/store"
)

// objectStore is an S3 whose server's CPU time is read.
type objectStore struct {
	process
	url        string
	client     *http.Client
	credential sigv4.Credential
}

const benchBucket = "sagemaker-bench"

// text is an object of that size.
func text(size int) []byte { return bytes.Repeat([]byte("model "), size/6+1)[:size] }

// benchObjects compares putting and getting objects with a bare server that
// checks the same signature and does the least that must be done: see
// serveBareObjects.
func benchObjects(ctx context.Context, t *table, m *muster, dir string, rounds int) error {
	bare, err := startBareObjects(ctx, dir)
	if err != nil {
		return err
	}
	defer bare.stop()
	through, err := m.objects(ctx)
	if err != nil {
		return err
	}
	for _, x := range []struct {
		name     string
		method   string
		path     string
		size     int
		requests int
		clients  int
		what     string
	}{
		{"S3 put of 4 KiB, 32 clients", http.MethodPut, "/small/%d", 4 << 10, 3000, 32, "checks the signature, writes and syncs a file"},
		{"S3 put of 4 KiB, one client", http.MethodPut, "/small/%d", 4 << 10, 500, 1, "the same"},
		{"S3 get of 4 KiB", http.MethodGet, "/small/1", 4 << 10, 4000, 2, "checks the signature, serves a file"},
		{"S3 put of 4 MiB", http.MethodPut, "/large/%d", 4 << 20, 60, 2, "and MD5, SHA-256, sealing, one synced write"},
		{"S3 get of 4 MiB", http.MethodGet, "/large/1", 4 << 20, 120, 2, "and opens the same sealed bytes"},
	} {
		var body []byte
		if x.method == http.MethodPut {
			body = text(x.size)
		}
		cost := func(s *objectStore) func() (float64, error) {
			return func() (float64, error) { return s.cost(ctx, x.method, x.path, body, x.requests, x.clients) }
		}
		ours, theirs, err := pairs(rounds, cost(through), cost(bare))
		if err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
		t.row(x.name, "µs CPU", ours, theirs, x.what)
	}
	return nil
}

// objects is the server's S3, at a bucket that is there.
func (m *muster) objects(ctx context.Context) (*objectStore, error) {
	s := &objectStore{process: m.process, url: m.api + "/" + benchBucket, client: m.client.HTTP, credential: m.client.Credential}
	err := s.ask(ctx, http.MethodPut, "", nil) // us-east-1: making it again is no error
	return s, err
}

// cost returns the server's CPU time of a request in microseconds.
func (s *objectStore) cost(ctx context.Context, method, path string, body []byte, requests, clients int) (float64, error) {
	before, err := s.cpu()
	if err != nil {
		return 0, err
	}
	if _, err := s.rate(ctx, method, path, body, requests, clients); err != nil {
		return 0, err
	}
	after, err := s.cpu()
	return float64((after - before).Microseconds()) / float64(requests), err
}

// rate sends requests and returns how many were answered in a second. A %d in
// path is the number of the request.
func (s *objectStore) rate(ctx context.Context, method, path string, body []byte, requests, clients int) (float64, error) {
	began := time.Now()
	err := together(clients, requests, func(n int) error {
		to := path
		if bytes.ContainsRune([]byte(path), '%') {
			to = fmt.Sprintf(path, n)
		}
		return s.ask(ctx, method, to, body)
	})
	return float64(requests) / time.Since(began).Seconds(), err
}

// together calls f with the numbers from 1 to all, from several goroutines.
func together(goroutines, all int, f func(n int) error) error {
	var wg sync.WaitGroup
	var next atomic.Int64
	var failed atomic.Pointer[error]
	for range goroutines {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(all) && failed.Load() == nil; n = next.Add(1) {
				if err := f(int(n)); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

func (s *objectStore) ask(ctx context.Context, method, path string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	sigv4.Sign(r, s.credential, "s3", "us-east-1", time.Now(), sigv4.Hash(body))
	answer, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%s %s: %d %s", method, path, answer.StatusCode, said)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// openOwn opens the store of objects of a data directory in this process.
func openOwn(ctx context.Context, data string) (own *objects.Objects, closed func() error, err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, nil, err
	}
	master, _, err := seal.Load(filepath.Join(data, "master.key"))
	if err != nil {
		return nil, nil, err
	}
	files, err := content.Open(filepath.Join(data, "content"))
	if err != nil {
		return nil, nil, err
	}
	db, err := store.OpenObjects(ctx, filepath.Join(data, "objects.db"))
	if err != nil {
		return nil, nil, err
	}
	own, err = objects.New(ctx, db.Rows(), files, master)
	if err != nil {
		return nil, nil, err
	}
	return own, db.Close, own.MakeBucket(ctx, benchBucket)
}

func putOwn(ctx context.Context, own *objects.Objects, key string, body []byte) error {
	_, err := own.Put(ctx, objects.Put{Bucket: benchBucket, Key: key, Body: objects.Body{Reader: bytes.NewReader(body), Size: int64(len(body))}})
	return err
}

// benchWriters compares how many objects a second 32 clients write with what
// the same store does in this process, without HTTP, signatures and permissions.
func benchWriters(ctx context.Context, t *table, m *muster, dir string, rounds int) error {
	s, err := m.objects(ctx)
	if err != nil {
		return err
	}
	own, closed, err := openOwn(ctx, filepath.Join(dir, "alone"))
	if err != nil {
		return err
	}
	defer closed()
	const writes, writers = 6000, 32
	body := text(4 << 10)
	alone := func() (float64, error) {
		began := time.Now()
		err := together(writers, writes, func(n int) error { return putOwn(ctx, own, fmt.Sprintf("small/%d", n), body) })
		return writes / time.Since(began).Seconds(), err
	}
	through := func() (float64, error) {
		return s.rate(ctx, http.MethodPut, "/writers/%d", body, writes, writers)
	}
	ours, theirs, err := pairs(rounds, through, alone)
	if err != nil {
		return err
	}
	t.row("S3 put of 4 KiB, 32 writers", "/s", ours, theirs, "the store itself, without HTTP")
	return nil
}

// listed is how many objects the large bucket has.
var listed = 1_000_000

// benchLists compares a page of a list of many objects with one of a thousand.
// The buckets are filled in this process: that is quicker.
//
// Then it compares how long the server takes to start over them, and how much
// memory it has then, with one that has no objects.
func benchLists(ctx context.Context, t *table, dir string, rounds int) error {
	many, none := filepath.Join(dir, "many"), filepath.Join(dir, "none")
	for _, data := range []string{many, none} { // what a first start makes
		if _, _, err := startAndStop(ctx, dir, data); err != nil {
			return err
		}
	}
	own, closed, err := openOwn(ctx, many)
	if err != nil {
		return err
	}
	if err := benchPages(ctx, t, own, rounds); err != nil {
		closed()
		return err
	}
	if err := closed(); err != nil {
		return err
	}
	var took, memory [2][]float64
	for range rounds {
		for i, data := range []string{many, none} {
			seconds, mib, err := startAndStop(ctx, dir, data)
			if err != nil {
				return err
			}
			took[i], memory[i] = append(took[i], seconds*1000), append(memory[i], mib)
		}
	}
	t.row(fmt.Sprintf("start with %d objects", listed), "ms", took[0], took[1], "without objects")
	t.row("  and its memory then", "MiB", memory[0], memory[1], "without objects")
	return nil
}

// startAndStop returns how many seconds the server takes until it answers, and
// how many MiB of memory it has then.
func startAndStop(ctx context.Context, dir, data string) (seconds, mib float64, err error) {
	began := time.Now()
	m, err := startMusterOn(ctx, dir, data)
	if err != nil {
		return 0, 0, err
	}
	defer m.stop()
	answer, err := m.client.HTTP.Get(m.api + "/readyz")
	if err != nil {
		return 0, 0, err
	}
	answer.Body.Close()
	seconds = time.Since(began).Seconds()
	mib, err = m.resident()
	return seconds, mib, err
}

func benchPages(ctx context.Context, t *table, own *objects.Objects, rounds int) error {
	const few = "sagemaker-few"
	if err := own.MakeBucket(ctx, few); err != nil {
		return err
	}
	key := func(n int) string { return fmt.Sprintf("fleet/%03d/%07d", n%500, n) }
	if err := together(128, listed, func(n int) error { return putOwn(ctx, own, key(n), nil) }); err != nil {
		return err
	}
	if err := together(32, 1000, func(n int) error {
		_, err := own.Put(ctx, objects.Put{Bucket: few, Key: key(n), Body: objects.Body{Reader: http.NoBody}})
		return err
	}); err != nil {
		return err
	}
	page := func(bucket, after, delimiter string) func() (float64, error) {
		return timed(func() error {
			found, err := own.List(ctx, objects.List{Bucket: bucket, Prefix: "fleet/", Delimiter: delimiter, After: after, Max: 1000})
			if err == nil && len(found.Objects) != 1000 && len(found.Prefixes) != 500 {
				err = fmt.Errorf("a list of %s has %d objects and %d prefixes", bucket, len(found.Objects), len(found.Prefixes))
			}
			return err
		})
	}
	for _, l := range []struct{ name, after, delimiter, what string }{
		{"first page", "", "", "all of a bucket of 1000"},
		{"page in the middle", "fleet/250/", "", "all of a bucket of 1000"},
		{"500 folders", "", "/", "500 folders of 2 objects each"},
	} {
		ours, theirs, err := pairs(rounds, page(benchBucket, l.after, l.delimiter), page(few, "", l.delimiter))
		if err != nil {
			return err
		}
		t.row(fmt.Sprintf("list of %d objects, %s", listed, l.name), "µs", ours, theirs, l.what)
	}
	return nil
}
