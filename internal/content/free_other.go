//go:build !linux

package content

import "golang.org/x/sys/unix"

// blockSize returns the bytes of the blocks that fs counts in.
func blockSize(fs *unix.Statfs_t) int64 { return int64(fs.Bsize) }
