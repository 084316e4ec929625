package powerloss

import (
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
)

func (f *files) Open(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	n, st := f.enter(in.NodeId)
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	if in.Flags&syscall.O_TRUNC != 0 && len(n.data) > 0 {
		n.truncate(0)
		f.disk.changed("truncate", n)
	}
	out.OpenFlags = fuse.FOPEN_KEEP_CACHE
	return fuse.OK
}

func (f *files) Read(_ <-chan struct{}, in *fuse.ReadIn, buf []byte) (fuse.ReadResult, fuse.Status) {
	n, st := f.enter(in.NodeId)
	if !st.Ok() {
		return nil, st
	}
	defer f.disk.mu.Unlock()
	if in.Offset >= uint64(len(n.data)) {
		return fuse.ReadResultData(nil), fuse.OK
	}
	return fuse.ReadResultData(buf[:copy(buf, n.data[in.Offset:])]), fuse.OK
}

func (f *files) Write(_ <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	n, st := f.enter(in.NodeId)
	if !st.Ok() {
		return 0, st
	}
	defer f.disk.mu.Unlock()
	if in.Offset > mostBytes {
		return 0, fuse.Status(syscall.EFBIG)
	}
	if st := f.disk.room(n, int64(in.Offset)+int64(len(data))); !st.Ok() {
		return 0, st
	}
	n.write(int64(in.Offset), data)
	f.disk.changed("write", n)
	return uint32(len(data)), fuse.OK
}

// Flush is what close asks for. It makes nothing durable.
func (f *files) Flush(_ <-chan struct{}, in *fuse.FlushIn) fuse.Status {
	_, st := f.enter(in.NodeId)
	if st.Ok() {
		f.disk.mu.Unlock()
	}
	return st
}

func (f *files) Release(<-chan struct{}, *fuse.ReleaseIn) {}

func (f *files) Fsync(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	n, st := f.enter(in.NodeId)
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	f.disk.sync(n)
	f.disk.changed("sync", n)
	return fuse.OK
}
