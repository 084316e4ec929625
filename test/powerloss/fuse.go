package powerloss

import (
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// files is a Disk as the kernel speaks to it. What it doesn't define the
// embedded file system refuses as unknown, and the kernel does without: locks,
// among them, are then the kernel's own.
type files struct {
	fuse.RawFileSystem
	disk *Disk
}

// remember is how long the kernel may trust what it was told.
const remember = 3600 // s

// mostBytes is the size that no file may reach.
const mostBytes = 1 << 32

// enter locks the disk for an operation on a node. The caller unlocks d.mu
// when the status is OK.
func (f *files) enter(id uint64) (*inode, fuse.Status) {
	f.disk.mu.Lock()
	if f.disk.cut {
		f.disk.mu.Unlock()
		return nil, fuse.EIO
	}
	n := f.disk.nodes[id]
	if n == nil {
		f.disk.mu.Unlock()
		return nil, fuse.Status(syscall.ESTALE)
	}
	return n, fuse.OK
}

func (n *inode) attr(out *fuse.Attr) {
	out.Ino, out.Mode, out.Nlink = n.id, n.mode, uint32(n.links)
	out.Owner = fuse.Owner{Uid: n.uid, Gid: n.gid}
	out.Size, out.Blksize = uint64(len(n.data)), 4096
	out.Blocks = (out.Size + 511) / 512
	out.SetTimes(&n.modified, &n.modified, &n.modified)
}

func (n *inode) entry(out *fuse.EntryOut) {
	out.NodeId, out.Generation = n.id, 1
	out.EntryValid, out.AttrValid = remember, remember
	n.attr(&out.Attr)
}

func (f *files) Lookup(_ <-chan struct{}, h *fuse.InHeader, base string, out *fuse.EntryOut) fuse.Status {
	dir, st := f.enter(h.NodeId)
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	n := dir.lookup(base)
	if n == nil {
		return fuse.ENOENT
	}
	n.entry(out)
	return fuse.OK
}

// Forget keeps the node: a mount is short.
func (f *files) Forget(uint64, uint64) {}

func (f *files) GetAttr(_ <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	n, st := f.enter(in.NodeId)
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	out.AttrValid = remember
	n.attr(&out.Attr)
	return fuse.OK
}

func (f *files) SetAttr(_ <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	n, st := f.enter(in.NodeId)
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	if mode, ok := in.GetMode(); ok {
		n.mode = n.mode&syscall.S_IFMT | mode
	}
	if uid, ok := in.GetUID(); ok {
		n.uid = uid
	}
	if gid, ok := in.GetGID(); ok {
		n.gid = gid
	}
	if size, ok := in.GetSize(); ok {
		if size > mostBytes {
			return fuse.Status(syscall.EFBIG)
		}
		if st := f.disk.room(n, int64(size)); !st.Ok() {
			return st
		}
		n.truncate(int64(size))
		f.disk.changed("truncate", n)
	}
	if at, ok := in.GetMTime(); ok {
		n.modified = at
	}
	out.AttrValid = remember
	n.attr(&out.Attr)
	return fuse.OK
}

func (f *files) Access(<-chan struct{}, *fuse.AccessIn) fuse.Status { return fuse.OK }

func (f *files) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	const blocks = 64 << 20 / 4096 // so that the reserve which a server makes is small
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	free := uint64(blocks / 8 * 7)
	if f.disk.fullness == Full {
		free = 0
	}
	*out = fuse.StatfsOut{Blocks: blocks, Bfree: free, Bavail: free, Files: 1 << 24, Ffree: 1 << 23, Bsize: 4096, Frsize: 4096, NameLen: 255}
	return fuse.OK
}
