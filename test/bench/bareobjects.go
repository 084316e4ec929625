package main

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"muster/internal/content"
	"muster/internal/objects"
	"muster/internal/secret"
	"muster/internal/sigv4"
)

// bareKey is of a server that lives as long as the bench.
var bareKey = sigv4.Credential{AccessKey: "bench", Secret: secret.New("the secret of a bench")}

// startBareObjects starts this program again as the bare server of objects.
func startBareObjects(ctx context.Context, dir string) (*objectStore, error) {
	p, addr, err := again(ctx, "-objects", "BENCH_OBJECTS="+filepath.Join(dir, "bare"))
	if err != nil {
		return nil, err
	}
	return &objectStore{process: p, url: "http://" + addr, credential: bareKey, client: newClient()}, nil
}

// serveBareObjects is the floor: it checks the signature with Muster's own
// code, and below /small/ keeps each object as a plain file that it syncs,
// below /large/ as a sealed one, whose MD5 and SHA-256 it computes. It asks
// nobody for permission and remembers nothing of an object.
func serveBareObjects(ctx context.Context) error {
	dir := os.Getenv("BENCH_OBJECTS")
	b := &bareObjects{dir: filepath.Join(dir, "small")}
	err := os.MkdirAll(b.dir, 0o700)
	if err != nil {
		return err
	}
	if b.files, err = content.Open(filepath.Join(dir, "large")); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	s := &http.Server{Handler: b}
	context.AfterFunc(ctx, func() { s.Close() })
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type bareObjects struct {
	dir   string
	files *content.Store
}

func (b *bareObjects) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := b.serve(w, r); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (b *bareObjects) serve(w http.ResponseWriter, r *http.Request) error {
	s, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	if err := s.Verify(r, bareKey.Secret, time.Now(), ""); err != nil {
		return err
	}
	kind, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case r.Method == http.MethodPut && kind == "small":
		return b.putSmall(s, r, name)
	case r.Method == http.MethodPut:
		return b.putLarge(s, r, name)
	case kind == "small":
		http.ServeFile(w, r, filepath.Join(b.dir, filepath.Base(name)))
		return nil
	}
	return b.getLarge(r.Context(), w, name)
}

func (b *bareObjects) putSmall(s *sigv4.Signature, r *http.Request, name string) error {
	data, err := s.ReadAll(r, 1<<20)
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(b.dir, filepath.Base(name)))
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

const largeSize = 4 << 20

// largeID is the id of a content; that of the number of an object.
func largeID(name string) (id objects.ContentID) {
	copy(id[:], name)
	return id
}

func (b *bareObjects) putLarge(s *sigv4.Signature, r *http.Request, name string) error {
	body, err := s.Body(r)
	if err != nil {
		return err
	}
	id, sum := largeID(name), md5.New()
	if err := b.files.Remove(id); err != nil {
		return err
	}
	return b.files.Write(r.Context(), id, objects.SealingKey{ID: 1}, body.Size, io.TeeReader(body, sum))
}

func (b *bareObjects) getLarge(ctx context.Context, w http.ResponseWriter, name string) error {
	body, err := b.files.Read(ctx, largeID(name), objects.SealingKey{ID: 1}, largeSize, 0, largeSize)
	if err != nil {
		return err
	}
	defer body.Close()
	w.Header().Set("Content-Length", fmt.Sprint(largeSize))
	_, err = io.Copy(w, body)
	return err
}
