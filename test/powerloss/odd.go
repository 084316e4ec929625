package powerloss

import (
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// Oddity is what a file system does unlike others.
type Oddity struct {
	// Fold returns the name that the file system makes of one: names that fold to
	// the same are one. Nil: each is its own.
	Fold func(string) string
	// Fails are the operations that fail: "fsyncdir", "link", "replace" (a rename
	// to a name that is there) and "chmod", which then does nothing.
	Fails map[string]syscall.Errno
}

// odd is a file system with an oddity.
type odd struct {
	fuse.RawFileSystem
	*Oddity
}

func (o *odd) folded(name string) string {
	if o.Fold == nil {
		return name
	}
	return o.Fold(name)
}

func (o *odd) Lookup(c <-chan struct{}, in *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	return o.RawFileSystem.Lookup(c, in, o.folded(name), out)
}

func (o *odd) Mkdir(c <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	return o.RawFileSystem.Mkdir(c, in, o.folded(name), out)
}

func (o *odd) Mknod(c <-chan struct{}, in *fuse.MknodIn, name string, out *fuse.EntryOut) fuse.Status {
	return o.RawFileSystem.Mknod(c, in, o.folded(name), out)
}

func (o *odd) Create(c <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	return o.RawFileSystem.Create(c, in, o.folded(name), out)
}

func (o *odd) Unlink(c <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	return o.RawFileSystem.Unlink(c, in, o.folded(name))
}

func (o *odd) Rmdir(c <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	return o.RawFileSystem.Rmdir(c, in, o.folded(name))
}

func (o *odd) Link(c <-chan struct{}, in *fuse.LinkIn, name string, out *fuse.EntryOut) fuse.Status {
	if e := o.Fails["link"]; e != 0 {
		return fuse.Status(e)
	}
	return o.RawFileSystem.Link(c, in, o.folded(name), out)
}

func (o *odd) Rename(c <-chan struct{}, in *fuse.RenameIn, from, to string) fuse.Status {
	if e := o.Fails["replace"]; e != 0 {
		var there fuse.EntryOut
		if o.Lookup(c, &fuse.InHeader{NodeId: in.Newdir}, to, &there).Ok() && there.NodeId != 0 {
			return fuse.Status(e)
		}
	}
	return o.RawFileSystem.Rename(c, in, o.folded(from), o.folded(to))
}

func (o *odd) FsyncDir(c <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	if e := o.Fails["fsyncdir"]; e != 0 {
		return fuse.Status(e)
	}
	return o.RawFileSystem.FsyncDir(c, in)
}

// SetAttr ignores modes where "chmod" fails, as file systems without them do.
func (o *odd) SetAttr(c <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	if o.Fails["chmod"] != 0 && in.Valid&fuse.FATTR_MODE != 0 {
		in.Mode = 0o755
	}
	return o.RawFileSystem.SetAttr(c, in, out)
}
