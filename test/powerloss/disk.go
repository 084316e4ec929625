package powerloss

import (
	"path"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Disk is what programs see of a file system and what of it is durable.
type Disk struct {
	// Ignore reports whether a sync of the file or directory at this path, which
	// is relative to the root, is acknowledged without being done. Nil: none is.
	// It is set before the disk is used.
	Ignore func(path string, dir bool) bool
	// Undo names a file whose last sync is undone when the power is cut. It is
	// set before the disk is used.
	Undo string
	// Odd makes it a file system unlike others; nil: it is like them. It is set
	// before the disk is mounted.
	Odd *Oddity

	mu    sync.Mutex
	root  *inode
	nodes map[uint64]*inode // all that this mount has shown to the kernel
	last  uint64            // the newest inode's id
	seq   uint64            // the newest change of a name
	count int               // changes and syncs until now
	cut   bool
	watch func(op, path string, count int) bool
	onCut func()

	fullness Fullness
	refused  int // for want of room
}

// inode is a file or a directory.
type inode struct {
	id       uint64
	mode     uint32 // type and permissions
	uid, gid uint32
	modified time.Time
	links    int
	xattr    map[string][]byte

	data    []byte   // what programs read
	durable []byte   // what is on the disk
	pending []change // from durable to data, in order
	before  *[]byte  // durable as it was before the last sync; only of Disk.Undo

	names  map[string]*name // of a directory
	parent *inode           // of the name it had last
	base   string
}

// change is a write to a file or, where data is nil, a new size.
type change struct {
	at   int64
	data []byte
}

// name is what a name in a directory has stood for: first what is durable, last
// what programs see.
type name struct{ states []entry }

// entry is a state of a name.
type entry struct {
	node *inode // nil: there is no such name
	seq  uint64 // of the change that made it; 0 for what the disk began with
	// A name that was renamed away may only be gone once the new name is there.
	needDir  *inode
	needName string
	needSeq  uint64
}

func (n *name) now() *inode {
	if n == nil {
		return nil
	}
	return n.states[len(n.states)-1].node
}

// NewDisk returns an empty disk.
func NewDisk() *Disk {
	d := &Disk{nodes: map[uint64]*inode{}}
	d.root = d.newInode(syscall.S_IFDIR | 0o755)
	d.root.links = 1
	return d
}

// newInode makes an inode; the first has the id 1, as the root must.
func (d *Disk) newInode(mode uint32) *inode {
	d.last++
	n := &inode{id: d.last, mode: mode, modified: time.Now(), xattr: map[string][]byte{}}
	if mode&syscall.S_IFMT == syscall.S_IFDIR {
		n.names = map[string]*name{}
	}
	d.nodes[n.id] = n
	return n
}

func (n *inode) isDir() bool { return n.names != nil }

// path returns where the inode is, or was last, relative to the root.
func (n *inode) path() string {
	if n.parent == nil {
		return n.base
	}
	return path.Join(n.parent.path(), n.base)
}

// lookup returns what the name stands for, or nil.
func (n *inode) lookup(base string) *inode { return n.names[base].now() }

// set lets a name stand for node, or for nothing, from now on.
func (d *Disk) set(dir *inode, base string, node *inode) *entry {
	d.seq++
	n := dir.names[base]
	if n == nil {
		n = &name{states: []entry{{}}}
		dir.names[base] = n
	}
	if old := n.now(); old != nil {
		old.links--
	}
	if node != nil {
		node.links++
		node.parent, node.base = dir, base
	}
	dir.modified = time.Now()
	n.states = append(n.states, entry{node: node, seq: d.seq})
	return &n.states[len(n.states)-1]
}

// rename moves a name. What the new one stood for is replaced.
func (d *Disk) rename(from *inode, old string, to *inode, base string) {
	node := from.lookup(old)
	if to.lookup(base) == node { // two names of one file: POSIX does nothing
		return
	}
	made := d.set(to, base, node).seq
	gone := d.set(from, old, nil)
	gone.needDir, gone.needName, gone.needSeq = to, base, made
	node.parent, node.base = to, base
}

// write changes bytes of a file and makes it longer where need be.
func (n *inode) write(at int64, data []byte) {
	kept := append([]byte{}, data...)
	n.pending = append(n.pending, change{at, kept})
	n.data = written(n.data, at, kept)
	n.modified = time.Now()
}

// truncate changes the size of a file.
func (n *inode) truncate(size int64) {
	n.pending = append(n.pending, change{at: size})
	n.data = resized(n.data, size)
	n.modified = time.Now()
}

// sync makes the bytes and the size of a file durable.
func (d *Disk) sync(n *inode) {
	if d.Ignore != nil && d.Ignore(n.path(), false) {
		return
	}
	if d.Undo != "" && n.path() == d.Undo {
		was := append([]byte{}, n.durable...)
		n.before = &was
	}
	for _, c := range n.pending {
		n.durable = c.apply(n.durable)
	}
	n.pending = nil
}

// syncDir makes the names in a directory durable.
func (d *Disk) syncDir(dir *inode) {
	if d.Ignore != nil && d.Ignore(dir.path(), true) {
		return
	}
	for base, n := range dir.names {
		d.settle(dir, base, n.states[len(n.states)-1].seq)
	}
}

// settle makes a name durable up to the change seq, and with it the new name of
// a file that was renamed away.
func (d *Disk) settle(dir *inode, base string, seq uint64) {
	n := dir.names[base]
	for len(n.states) > 1 && n.states[0].seq < seq {
		n.states = n.states[1:]
		if s := n.states[0]; s.needDir != nil {
			d.settle(s.needDir, s.needName, s.needSeq)
		}
	}
}

func (c change) apply(data []byte) []byte {
	if c.data == nil {
		return resized(data, c.at)
	}
	return written(data, c.at, c.data)
}

func written(data []byte, at int64, part []byte) []byte {
	if end := at + int64(len(part)); end > int64(len(data)) {
		data = resized(data, end)
	}
	copy(data[at:], part)
	return data
}

func resized(data []byte, size int64) []byte {
	if size <= int64(len(data)) {
		return data[:size]
	}
	if size <= int64(cap(data)) {
		grown := data[:size]
		clear(grown[len(data):])
		return grown
	}
	grown := make([]byte, size, size+size/4)
	copy(grown, data)
	return grown
}

// ReadFile returns a file as programs see it; ok is false when there is none.
func (d *Disk) ReadFile(file string) (data []byte, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.root
	for part := range strings.SplitSeq(file, "/") {
		if n == nil || !n.isDir() {
			return nil, false
		}
		n = n.lookup(part)
	}
	if n == nil || n.isDir() {
		return nil, false
	}
	return append([]byte{}, n.data...), true
}
