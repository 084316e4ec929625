package powerloss

import (
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// make makes a node with a name, or reports why it can't.
func (f *files) make(in *fuse.InHeader, base string, mode uint32, op string) (*inode, fuse.Status) {
	dir, st := f.enter(in.NodeId)
	if !st.Ok() {
		return nil, st
	}
	if dir.lookup(base) != nil {
		f.disk.mu.Unlock()
		return nil, fuse.Status(syscall.EEXIST)
	}
	if st := f.disk.room(nil, 0); !st.Ok() {
		f.disk.mu.Unlock()
		return nil, st
	}
	n := f.disk.newInode(mode)
	n.uid, n.gid = in.Uid, in.Gid
	f.disk.set(dir, base, n)
	f.disk.changed(op, n)
	return n, fuse.OK
}

func (f *files) Mkdir(_ <-chan struct{}, in *fuse.MkdirIn, base string, out *fuse.EntryOut) fuse.Status {
	n, st := f.make(&in.InHeader, base, syscall.S_IFDIR|in.Mode&0o7777, "mkdir")
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	n.entry(out)
	return fuse.OK
}

func (f *files) Mknod(_ <-chan struct{}, in *fuse.MknodIn, base string, out *fuse.EntryOut) fuse.Status {
	n, st := f.make(&in.InHeader, base, in.Mode, "create")
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	n.entry(out)
	return fuse.OK
}

func (f *files) Create(_ <-chan struct{}, in *fuse.CreateIn, base string, out *fuse.CreateOut) fuse.Status {
	n, st := f.make(&in.InHeader, base, syscall.S_IFREG|in.Mode&0o7777, "create")
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	n.entry(&out.EntryOut)
	out.OpenFlags = fuse.FOPEN_KEEP_CACHE
	return fuse.OK
}

func (f *files) Tmpfile(_ <-chan struct{}, in *fuse.CreateIn, out *fuse.CreateOut) fuse.Status {
	if _, st := f.enter(in.NodeId); !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	if st := f.disk.room(nil, 0); !st.Ok() {
		return st
	}
	n := f.disk.newInode(syscall.S_IFREG | in.Mode&0o7777)
	n.uid, n.gid = in.Uid, in.Gid
	n.entry(&out.EntryOut)
	out.OpenFlags = fuse.FOPEN_KEEP_CACHE
	return fuse.OK
}

func (f *files) Link(_ <-chan struct{}, in *fuse.LinkIn, base string, out *fuse.EntryOut) fuse.Status {
	dir, st := f.enter(in.NodeId)
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	n := f.disk.nodes[in.Oldnodeid]
	switch {
	case n == nil:
		return fuse.ENOENT
	case dir.lookup(base) != nil:
		return fuse.Status(syscall.EEXIST)
	}
	if st := f.disk.room(nil, 0); !st.Ok() {
		return st
	}
	f.disk.set(dir, base, n)
	f.disk.changed("link", n)
	n.entry(out)
	return fuse.OK
}

func (f *files) Unlink(_ <-chan struct{}, h *fuse.InHeader, base string) fuse.Status {
	return f.remove(h.NodeId, base)
}

func (f *files) Rmdir(_ <-chan struct{}, h *fuse.InHeader, base string) fuse.Status {
	return f.remove(h.NodeId, base)
}

func (f *files) remove(id uint64, base string) fuse.Status {
	dir, st := f.enter(id)
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	n := dir.lookup(base)
	switch {
	case n == nil:
		return fuse.ENOENT
	case !n.empty():
		return fuse.Status(syscall.ENOTEMPTY)
	}
	f.disk.set(dir, base, nil)
	f.disk.changed("unlink", n)
	return fuse.OK
}

// empty reports whether n holds no names.
func (n *inode) empty() bool {
	for _, name := range n.names {
		if name.now() != nil {
			return false
		}
	}
	return true
}

const renameNoReplace = 1

func (f *files) Rename(_ <-chan struct{}, in *fuse.RenameIn, old, base string) fuse.Status {
	from, st := f.enter(in.NodeId)
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	to := f.disk.nodes[in.Newdir]
	if to == nil || from.lookup(old) == nil {
		return fuse.ENOENT
	}
	there := to.lookup(base)
	switch {
	case in.Flags&^renameNoReplace != 0:
		return fuse.EINVAL
	case there != nil && in.Flags == renameNoReplace:
		return fuse.Status(syscall.EEXIST)
	case there != nil && !there.empty():
		return fuse.Status(syscall.ENOTEMPTY)
	}
	n := from.lookup(old)
	f.disk.rename(from, old, to, base)
	f.disk.changed("rename", n)
	return fuse.OK
}
