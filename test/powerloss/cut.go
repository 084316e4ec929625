package powerloss

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// Cut cuts the power: from now on every operation fails. It returns whether
// the power was on.
func (d *Disk) Cut() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cutLocked()
}

func (d *Disk) cutLocked() bool {
	if d.cut {
		return false
	}
	d.cut = true
	if d.onCut != nil {
		d.onCut()
	}
	return true
}

// Off reports whether the power was cut.
func (d *Disk) Off() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cut
}

// CutWhen cuts the power after the first change or sync for which when returns
// true, and calls then in the same moment. op is the operation's name; count
// numbers the changes and syncs since the disk was made.
func (d *Disk) CutWhen(when func(op, path string, count int) bool, then func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watch, d.onCut = when, then
}

// changed counts a change or sync that was made, and cuts when it is time.
func (d *Disk) changed(op string, n *inode) {
	d.count++
	if d.watch != nil && !d.cut && d.watch(op, n.path(), d.count) {
		d.cutLocked()
	}
}

// Count returns how many changes and syncs there were.
func (d *Disk) Count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count
}

// Clone returns a disk of its own that holds what programs see of this one, all
// of it durable.
func (d *Disk) Clone() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.build(&choice{names: keepAll, bytes: keepAll})
}

// Survivors returns the disk as it is after the cut: what was durable, and of
// the rest what random chooses.
func (d *Disk) Survivors(random *rand.Rand) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := &choice{random: random, until: d.seq, undo: d.Undo != ""}
	how := random.IntN(8)
	if c.undo {
		how = 2
	}
	switch how {
	case 0, 1: // all that could be lost is lost
		c.names, c.bytes = keepNone, keepNone
	case 2: // nothing is lost, as when only the program dies
		c.names, c.bytes = keepAll, keepAll
	case 3: // the names are there, the bytes are not
		c.names, c.bytes = keepAll, keepNone
	case 4: // the bytes are there, the names are not
		c.names, c.bytes = keepNone, keepAll
	case 5: // a journal of names: all that were changed until some moment
		c.names, c.bytes = keepUntil, keepSome
		c.until = random.Uint64N(d.seq + 1)
	default:
		c.names, c.bytes = keepSome, keepSome
	}
	return d.build(c)
}

// keep is how much survives of what was not durable.
type keep int

const (
	keepNone keep = iota
	keepAll
	keepSome
	keepUntil
)

// choice decides what survives.
type choice struct {
	random       *rand.Rand
	names, bytes keep
	until        uint64 // with keepUntil
	undo         bool   // the last sync of Disk.Undo
}

// build makes the disk that a choice leaves.
func (d *Disk) build(c *choice) *Disk {
	picked := c.pickNames(d.root)
	out := &Disk{nodes: map[uint64]*inode{}, Ignore: d.Ignore, Undo: d.Undo}
	built := map[*inode]*inode{}
	out.root = out.copyTree(d.root, picked, built, c)
	return out
}

// place is a name in a directory.
type place struct {
	dir  *inode
	base string
}

// pickNames chooses a state for each name below root. Directories and names are
// walked in a fixed order, so that one seed always chooses the same.
func (c *choice) pickNames(root *inode) map[place]int {
	picked := map[place]int{}
	seen := map[*inode]bool{}
	var places []place
	var walk func(dir *inode)
	walk = func(dir *inode) {
		if seen[dir] {
			return
		}
		seen[dir] = true
		for _, base := range slices.Sorted(maps.Keys(dir.names)) {
			n := dir.names[base]
			at := place{dir, base}
			picked[at] = c.pickState(n)
			places = append(places, at)
			for _, s := range n.states {
				if s.node != nil && s.node.isDir() {
					walk(s.node)
				}
			}
		}
	}
	walk(root)

	// A file that was renamed is at least under its new name when the old one is gone.
	for again := true; again; {
		again = false
		for _, at := range places {
			for _, s := range at.dir.names[at.base].states[:picked[at]+1] {
				to := place{s.needDir, s.needName}
				if _, reached := picked[to]; s.needDir == nil || !reached {
					continue
				}
				states := to.dir.names[to.base].states
				for states[picked[to]].seq < s.needSeq {
					picked[to]++
					again = true
				}
			}
		}
	}
	return picked
}

func (c *choice) pickState(n *name) int {
	last := len(n.states) - 1
	switch {
	case c.names == keepNone:
		return 0
	case c.names == keepAll:
		return last
	case c.names == keepUntil:
		i := 0
		for i < last && n.states[i+1].seq <= c.until {
			i++
		}
		return i
	}
	return c.random.IntN(last + 1)
}

// copyTree copies what survives of n and below to the disk out.
func (out *Disk) copyTree(n *inode, picked map[place]int, built map[*inode]*inode, c *choice) *inode {
	if there := built[n]; there != nil {
		return there
	}
	cp := out.newInode(n.mode)
	built[n] = cp
	cp.uid, cp.gid, cp.modified = n.uid, n.gid, n.modified
	maps.Copy(cp.xattr, n.xattr)
	if !n.isDir() {
		cp.durable = c.pickBytes(n)
		cp.data = slices.Clone(cp.durable)
		return cp
	}
	for _, base := range slices.Sorted(maps.Keys(n.names)) {
		node := n.names[base].states[picked[place{n, base}]].node
		if node == nil || node.isDir() && built[node] != nil {
			continue // a directory is in one place only
		}
		child := out.copyTree(node, picked, built, c)
		child.links++
		child.parent, child.base = cp, base
		out.seq++
		cp.names[base] = &name{states: []entry{{node: child, seq: out.seq}}}
	}
	if n.parent == nil {
		cp.links = 1
	}
	return cp
}

// pickBytes returns what survives of a file.
func (c *choice) pickBytes(n *inode) []byte {
	if c.undo && n.before != nil {
		return slices.Clone(*n.before)
	}
	data := slices.Clone(n.durable)
	kept := c.bytes
	if kept == keepSome {
		kept = keep(c.random.IntN(3))
	}
	switch kept {
	case keepNone:
		return data
	case keepAll:
		for _, ch := range n.pending {
			data = ch.apply(data)
		}
		return data
	}
	if c.random.IntN(2) == 0 { // the first writes, and a part of the next
		first := c.random.IntN(len(n.pending) + 1)
		for _, ch := range n.pending[:first] {
			data = ch.apply(data)
		}
		if first < len(n.pending) {
			data = c.tear(data, n.pending[first])
		}
		return data
	}
	for _, ch := range n.pending { // any of them, in whole or in part
		switch c.random.IntN(3) {
		case 0:
			data = ch.apply(data)
		case 1:
			data = c.tear(data, ch)
		}
	}
	return data
}

// tear applies some sectors of a write; it may leave the size that the write
// would have made without its bytes. Of a new size it applies all or nothing.
func (c *choice) tear(data []byte, ch change) []byte {
	if ch.data == nil {
		if c.random.IntN(2) == 0 {
			return ch.apply(data)
		}
		return data
	}
	end := ch.at + int64(len(ch.data))
	if c.random.IntN(2) == 0 && end > int64(len(data)) {
		data = resized(data, end)
	}
	sector := []int64{512, 4096}[c.random.IntN(2)]
	prefix := c.random.IntN(2) == 0 // the first sectors, or any
	for at := ch.at; at < end; {
		next := min(end, (at/sector+1)*sector)
		if c.random.IntN(2) == 0 {
			data = written(data, at, ch.data[at-ch.at:next-ch.at])
		} else if prefix {
			break
		}
		at = next
	}
	return data
}

// Tree lists the files and directories that programs see, each with its size,
// for messages.
func (d *Disk) Tree() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []string
	var walk func(dir *inode, at string)
	walk = func(dir *inode, at string) {
		for _, base := range slices.Sorted(maps.Keys(dir.names)) {
			n := dir.lookup(base)
			if n == nil {
				continue
			}
			all = append(all, fmt.Sprintf("%s%s %d", at, base, len(n.data)))
			if n.isDir() {
				walk(n, at+base+"/")
			}
		}
	}
	walk(d.root, "")
	return all
}
