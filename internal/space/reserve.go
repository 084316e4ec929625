package space

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"muster/internal/durable"
)

// ReserveFile is the name of the reserve in the data directory. It holds
// nothing, and needn't be copied to anywhere.
const ReserveFile = "reserve"

// Room is what a file system has.
type Room struct {
	Free, Total     int64 // bytes; Free is boundless where Total is 0
	NewFiles, Files int64 // files that may still be made, and all; both 0 where there is no bound
}

// boundless is more than any file system has.
const boundless = 1 << 60

// Measure asks the file system of dir.
func Measure(dir string) (Room, error) {
	var at syscall.Statfs_t
	if err := syscall.Statfs(dir, &at); err != nil {
		return Room{}, fmt.Errorf("ask for the free space of %s: %w", dir, err)
	}
	block := blockSize(&at)
	r := Room{Free: int64(at.Bavail) * block, Total: int64(at.Blocks) * block, NewFiles: int64(at.Ffree), Files: int64(at.Files)}
	if r.Total <= 0 { // as a tmpfs without a size
		r.Free, r.Total = boundless, 0
	}
	return r, nil
}

// FewFiles reports whether so few files may be made that none is left for a
// start. Each content of more than a few KiB is one.
func (r Room) FewFiles() bool { return r.Files > 0 && r.NewFiles < min(1000, r.Files/20) }

// Reserved returns how many bytes of the disk the reserve in dir holds; 0 where
// there is none.
func Reserved(dir string) int64 {
	info, err := os.Lstat(filepath.Join(dir, ReserveFile))
	return held(info, err)
}

func heldBy(f *os.File) int64 { return held(f.Stat()) }

func held(info fs.FileInfo, err error) int64 {
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return min(info.Size(), int64(s.Blocks)*512) // less in a copy that left the zeros out
	}
	return info.Size()
}

// makeReserve makes the reserve of size bytes in dir. It is whole or not there.
func makeReserve(dir string, size int64) error {
	path := filepath.Join(dir, ReserveFile)
	temporary := path + ".new"
	err := func() error {
		f, err := os.OpenFile(temporary, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		err = errors.Join(allocate(f, size), f.Sync())
		if err == nil && heldBy(f) < size { // some file systems only say that they did
			err = errors.Join(fill(f, size), f.Sync())
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		return os.Rename(temporary, path)
	}()
	if err != nil {
		return errors.Join(fmt.Errorf("make the reserve %s: %w", path, err), gone(os.Remove(temporary)))
	}
	return durable.SyncFolder(dir)
}

// removeReserve gives the reserve's bytes back to the file system.
func removeReserve(dir string) error {
	path := filepath.Join(dir, ReserveFile)
	if err := errors.Join(gone(os.Remove(path)), gone(os.Remove(path+".new"))); err != nil {
		return err
	}
	return durable.SyncFolder(dir) // some file systems give them back only then
}

func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// fill writes to f where the file system has no way to allocate: noise, of which
// none can be left out.
func fill(f *os.File, size int64) error {
	block := make([]byte, 1<<20)
	rand.Read(block) // never fails
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	for ; size > 0; size -= int64(len(block)) {
		if _, err := f.Write(block[:min(size, int64(len(block)))]); err != nil {
			return err
		}
	}
	return nil
}

// isFull reports whether err is that of a disk without room.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
