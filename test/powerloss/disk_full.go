package powerloss

import (
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// Fullness is how full a disk is.
type Fullness int

const (
	// Roomy disks have room for anything.
	Roomy Fullness = iota
	// Full disks have no room, and say so when they are asked.
	Full
	// Surprising disks have no room and say that they have, as when a quota of
	// the file system is used up or others write at the same time.
	Surprising
)

// Fill makes the disk so full that no file can be made or grow, or roomy again.
// Bytes that a file has can be written, and files can be removed.
func (d *Disk) Fill(f Fullness) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fullness = f
}

// Refused returns how often something was refused because the disk was full.
func (d *Disk) Refused() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refused
}

// room fails with ENOSPC when the disk is full and a file is to have size bytes
// instead of those that it has, or is to be made.
func (d *Disk) room(n *inode, size int64) fuse.Status {
	if d.fullness == Roomy || n != nil && size <= int64(len(n.data)) {
		return fuse.OK
	}
	d.refused++
	return fuse.Status(syscall.ENOSPC)
}
