package powerloss

import (
	"cmp"
	"slices"

	"github.com/hanwen/go-fuse/v2/fuse"
)

func (f *files) OpenDir(_ <-chan struct{}, in *fuse.OpenIn, _ *fuse.OpenOut) fuse.Status {
	_, st := f.enter(in.NodeId)
	if st.Ok() {
		f.disk.mu.Unlock()
	}
	return st
}

func (f *files) ReleaseDir(*fuse.ReleaseIn) {}

func (f *files) FsyncDir(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	dir, st := f.enter(in.NodeId)
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	f.disk.syncDir(dir)
	f.disk.changed("sync", dir)
	return fuse.OK
}

func (f *files) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return f.list(in, func(e fuse.DirEntry, _ *inode) bool { return out.AddDirEntry(e) })
}

func (f *files) ReadDirPlus(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return f.list(in, func(e fuse.DirEntry, n *inode) bool {
		entry := out.AddDirLookupEntry(e)
		if entry != nil {
			n.entry(entry)
		}
		return entry != nil
	})
}

// list gives the names of a directory in the order in which they were set, so
// that a name that is removed meanwhile hides no other.
func (f *files) list(in *fuse.ReadIn, add func(fuse.DirEntry, *inode) bool) fuse.Status {
	dir, st := f.enter(in.NodeId)
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	var all []fuse.DirEntry
	for base, n := range dir.names {
		if node := n.now(); node != nil {
			all = append(all, fuse.DirEntry{Name: base, Mode: node.mode, Ino: node.id, Off: n.states[len(n.states)-1].seq})
		}
	}
	slices.SortFunc(all, func(a, b fuse.DirEntry) int { return cmp.Compare(a.Off, b.Off) })
	for _, e := range all {
		if e.Off > in.Offset && !add(e, dir.lookup(e.Name)) {
			break
		}
	}
	return fuse.OK
}
