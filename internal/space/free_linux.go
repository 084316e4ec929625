package space

import (
	"os"
	"syscall"
)

func blockSize(fs *syscall.Statfs_t) int64 { return int64(fs.Frsize) }

// allocate gives f that many bytes of the disk.
func allocate(f *os.File, size int64) error {
	err := syscall.Fallocate(int(f.Fd()), 0, 0, size)
	if err == syscall.EOPNOTSUPP || err == syscall.ENOSYS {
		return fill(f, size)
	}
	return err
}
