package content_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

func BenchmarkWrite(b *testing.B) {
	for _, size := range []int{4 << 10, 4 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s, _ := open(b)
			plain := bytesOf(size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				id := newID()
				write(b, s, id, plain)
				s.Remove(id)
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	for _, size := range []int{4 << 10, 4 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s, _ := open(b)
			id := newID()
			write(b, s, id, bytesOf(size))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				r, err := s.Read(b.Context(), id, key, int64(size), 0, int64(size))
				if err != nil {
					b.Fatal(err)
				}
				if n, err := io.Copy(io.Discard, r); err != nil || n != int64(size) {
					b.Fatal(n, err)
				}
				r.Close()
			}
		})
	}
}

// BenchmarkReadByte reads one byte in the middle of 4 MiB: one package.
func BenchmarkReadByte(b *testing.B) {
	s, _ := open(b)
	id := newID()
	write(b, s, id, bytesOf(4<<20))
	b.ReportAllocs()
	for b.Loop() {
		r, err := s.Read(b.Context(), id, key, 4<<20, 2<<20+9, 1)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
		r.Close()
	}
}

func BenchmarkSeal(b *testing.B) {
	s, _ := open(b)
	id, plain := newID(), bytesOf(4<<10)
	b.SetBytes(4 << 10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Seal(id, key, plain); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnseal(b *testing.B) {
	s, _ := open(b)
	id, plain := newID(), bytesOf(4<<10)
	sealed, err := s.Seal(id, key, plain)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(4 << 10)
	b.ReportAllocs()
	for b.Loop() {
		got, err := s.Unseal(id, key, 4<<10, sealed)
		if err != nil || !bytes.Equal(got, plain) {
			b.Fatal(err)
		}
	}
}
