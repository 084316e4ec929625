//go:build !linux

package space

import (
	"os"
	"syscall"
)

func blockSize(fs *syscall.Statfs_t) int64 { return int64(fs.Bsize) }

func allocate(f *os.File, size int64) error { return fill(f, size) }
