package powerloss

import (
	"maps"
	"slices"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

func (f *files) GetXAttr(_ <-chan struct{}, h *fuse.InHeader, attr string, dest []byte) (uint32, fuse.Status) {
	n, st := f.enter(h.NodeId)
	if !st.Ok() {
		return 0, st
	}
	defer f.disk.mu.Unlock()
	value, ok := n.xattr[attr]
	if !ok {
		return 0, fuse.ENOATTR
	}
	return fill(dest, value)
}

func (f *files) ListXAttr(_ <-chan struct{}, h *fuse.InHeader, dest []byte) (uint32, fuse.Status) {
	n, st := f.enter(h.NodeId)
	if !st.Ok() {
		return 0, st
	}
	defer f.disk.mu.Unlock()
	var all []byte
	for _, attr := range slices.Sorted(maps.Keys(n.xattr)) {
		all = append(append(all, attr...), 0)
	}
	return fill(dest, all)
}

// fill copies value into dest, as the calls do that may ask for its size first.
func fill(dest, value []byte) (uint32, fuse.Status) {
	if len(dest) < len(value) {
		return uint32(len(value)), fuse.ERANGE
	}
	return uint32(copy(dest, value)), fuse.OK
}

func (f *files) SetXAttr(_ <-chan struct{}, in *fuse.SetXAttrIn, attr string, data []byte) fuse.Status {
	n, st := f.enter(in.NodeId)
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	n.xattr[attr] = slices.Clone(data)
	n.modified = time.Now()
	return fuse.OK
}

func (f *files) RemoveXAttr(_ <-chan struct{}, h *fuse.InHeader, attr string) fuse.Status {
	n, st := f.enter(h.NodeId)
	if !st.Ok() {
		return st
	}
	defer f.disk.mu.Unlock()
	if _, ok := n.xattr[attr]; !ok {
		return fuse.ENOATTR
	}
	delete(n.xattr, attr)
	return fuse.OK
}
