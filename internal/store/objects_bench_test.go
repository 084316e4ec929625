package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/objects"
	"muster/internal/store"
)

// own opens a store of objects for a test, with its rows.
func own(t testing.TB) (*objects.Objects, *ownStore) {
	t.Helper()
	s := newOwnStore(t)
	keeper, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	if err := keeper.MakeBucket(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	return keeper.(*objects.Objects), s
}

func body(data []byte) objects.Body {
	return objects.Body{Reader: bytes.NewReader(data), Size: int64(len(data))}
}

// parallel calls do with the numbers 0 to n-1, by writers at once.
func parallel(b *testing.B, writers, n int, do func(i int) error) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := do(int(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkPut4KiB measures puts of new keys, and beside them the same rows
// through the group writer with nothing else: no hash, no seal.
func BenchmarkPut4KiB(b *testing.B) {
	data := make([]byte, 4096)
	rand.Read(data)
	for _, writers := range []int{1, 32} {
		b.Run(fmt.Sprintf("whole/writers=%d", writers), func(b *testing.B) {
			o, _ := own(b)
			b.ResetTimer()
			parallel(b, writers, b.N, func(i int) error {
				_, err := o.Put(b.Context(), objects.Put{Bucket: "b", Key: key(i), Body: body(data), Writer: "w"})
				return err
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "puts/s")
		})
		b.Run(fmt.Sprintf("rows/writers=%d", writers), func(b *testing.B) {
			o, s := own(b)
			if _, err := o.Put(b.Context(), objects.Put{Bucket: "b", Key: "first", Body: body(data)}); err != nil { // makes the sealing key
				b.Fatal(err)
			}
			b.ResetTimer()
			parallel(b, writers, b.N, func(i int) error { return insertRows(b.Context(), s.rows, key(i), data) })
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "puts/s")
		})
	}
}

func key(i int) string { return fmt.Sprintf("fleet/%x/in/%d", i*2654435761%1000003, i) }

// insertRows keeps what a Put of data would keep.
func insertRows(ctx context.Context, rows *store.Objects, key string, data []byte) error {
	var name objects.ContentID
	rand.Read(name[:])
	_, err := rows.Rows().Change(ctx, "b", []objects.Target{{Key: key}}, func(int, objects.State) (objects.Plan, error) {
		row := objects.Row{Object: objects.Object{Ref: objects.Ref{Key: key, Version: objects.NullVersion}, Newest: true, Size: int64(len(data)),
			ETag: "0123456789abcdef0123456789abcdef", Modified: time.Now(),
			Checksum: objects.Checksum{Algorithm: "CRC64NVME", Type: objects.FullObject, Value: "AAAAAAAAAAA="}}, Writer: "w"}
		return objects.Plan{Insert: &row, Content: &objects.NewContent{Created: row.Modified,
			Content: objects.Content{Name: name, Kind: objects.InRow, Size: int64(len(data)), Key: 1, Inline: data}}}, nil
	})
	return err
}

func BenchmarkGet4KiB(b *testing.B) {
	o, _ := own(b)
	if _, err := o.Put(b.Context(), objects.Put{Bucket: "b", Key: "k", Body: body(make([]byte, 4096))}); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		found, err := o.Get(b.Context(), objects.Read{Ref: objects.Ref{Bucket: "b", Key: "k"}})
		if err != nil {
			b.Fatal(err)
		}
		found.Body.Close()
	}
}

// BenchmarkList measures a page of 1000 of a small and of a large bucket, flat
// and by folders.
func BenchmarkList(b *testing.B) {
	for _, n := range []int{1000, 200_000} {
		for _, v := range []objects.Versioning{objects.NeverVersioned, objects.Enabled} {
			for _, delimiter := range []string{"", "/"} {
				b.Run(fmt.Sprintf("keys=%d/versioning=%s/delimiter=%s", n, v, delimiter), func(b *testing.B) {
					o, s := own(b)
					if v != objects.NeverVersioned {
						if err := o.SetVersioning(b.Context(), "b", v); err != nil {
							b.Fatal(err)
						}
					}
					fill(b, s, n)
					l := objects.List{Bucket: "b", Delimiter: delimiter, Max: 1000}
					b.ResetTimer()
					for range b.N {
						if _, err := o.List(b.Context(), l); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}

// fill keeps n rows without contents, in ten folders.
func fill(b *testing.B, s *ownStore, n int) {
	for from := 0; from < n; from += 1000 {
		targets := make([]objects.Target, 1000)
		for i := range targets {
			targets[i].Key = fmt.Sprintf("%02d/%08d", (from+i)*10/n, from+i)
		}
		_, err := s.rows.Rows().Change(b.Context(), "b", targets, func(i int, _ objects.State) (objects.Plan, error) {
			row := objects.Row{Object: objects.Object{Ref: objects.Ref{Key: targets[i].Key, Version: objects.NullVersion}, Newest: true, Modified: time.Now()}}
			return objects.Plan{Insert: &row}, nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
