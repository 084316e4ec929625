package objects

import "sync"

// holds keeps the files of contents that are being read, or written, from
// being removed.
type holds struct {
	mu      sync.Mutex
	reading map[ContentID]int  // readers of contents made of parts
	waiting map[ContentID]Gone // removed, and still being read
	going   map[ContentID]bool // whose files are being removed
	writing map[ContentID]bool // files whose row isn't kept yet
	paused  int                // callers that want no file removed
	later   []Gone             // removed meanwhile
}

func newHolds() *holds {
	return &holds{reading: map[ContentID]int{}, waiting: map[ContentID]Gone{}, going: map[ContentID]bool{}, writing: map[ContentID]bool{}}
}

// read keeps the files of a content until release is called. ok is false when
// they are being removed already.
func (h *holds) read(name ContentID) (ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.going[name] {
		return false
	}
	h.reading[name]++
	return true
}

// release ends a read. It returns what may be removed now.
func (h *holds) release(name ContentID) (gone Gone, remove bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.reading[name]--; h.reading[name] > 0 {
		return Gone{}, false
	}
	delete(h.reading, name)
	gone, remove = h.waiting[name]
	delete(h.waiting, name)
	return gone, remove
}

// remove reports whether the files of gone may be removed now; then removed
// must follow. If not, it is remembered.
func (h *holds) remove(gone Gone) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.paused > 0:
		h.later = append(h.later, gone)
		return false
	case h.reading[gone.Name] > 0:
		h.waiting[gone.Name] = gone
		return false
	}
	h.going[gone.Name] = true
	return true
}

func (h *holds) removed(gone Gone) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.going, gone.Name)
}

func (h *holds) write(name ContentID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.writing[name] = true
}

func (h *holds) written(name ContentID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.writing, name)
}

// wanted reports whether a file is held here, whatever its row says.
func (h *holds) wanted(file ContentID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.writing[file] || h.paused > 0 {
		return true
	}
	for _, gone := range h.waiting {
		for _, f := range gone.Files {
			if f == file {
				return true
			}
		}
	}
	return false
}

func (h *holds) pause() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.paused++
}

// resume returns what was removed while nothing might be, when the last caller
// of pause lets go.
func (h *holds) resume() []Gone {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.paused--; h.paused > 0 {
		return nil
	}
	later := h.later
	h.later = nil
	return later
}
