package registry

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
	"unique"
)

// holder is what the decision index keeps: a thing with its at most
// MaxPrincipals certificates. There may be a million, so it is written down
// short and read anew by each request: types are shared, ids are bytes.
type holder struct {
	kind unique.Handle[TypeName]
	data string // version, time of creation, id, attributes, then 32 bytes for each certificate
	ids  int    // where these begin
}

// hold writes down t, without its name, and the ids of certificates, 64 hex digits each.
func hold(t Thing, certificates []string) *holder {
	b := binary.AppendVarint(make([]byte, 0, 256), t.Version)
	b = binary.AppendVarint(b, t.Created.UnixMilli())
	if id, ok := packUUID(t.ID); ok {
		b = append(append(b, 0), id...)
	} else {
		b = appendText(append(b, 1), t.ID)
	}
	if t.Attributes == nil {
		b = append(b, 0)
	} else {
		b = binary.AppendUvarint(b, uint64(len(t.Attributes))+1)
		for name, value := range t.Attributes {
			b = appendText(appendText(b, name), value)
		}
	}
	h := &holder{kind: unique.Make(t.Type), ids: len(b)}
	for _, id := range certificates {
		b, _ = hex.AppendDecode(b, []byte(id))
	}
	h.data = string(b)
	return h
}

// Weight returns about how many bytes it takes in the decision index.
func (h *holder) Weight() int { return 32 + (len(h.data)+15)/16*16 }

// has reports whether the certificate with that id is attached.
func (h *holder) has(certificate string) bool {
	id, err := hex.DecodeString(certificate)
	if err != nil || len(id) != 32 {
		return false
	}
	for ids := h.data[h.ids:]; len(ids) >= 32; ids = ids[32:] {
		if ids[:32] == string(id) {
			return true
		}
	}
	return false
}

// thing reads what hold wrote.
func (h *holder) thing(name Name) Thing {
	r := reader(h.data)
	t := Thing{Name: name, Type: h.kind.Value(), Version: r.number()}
	t.Created = time.UnixMilli(r.number()).UTC()
	if r.next(1) == "\x00" {
		t.ID = unpackUUID(r.next(16))
	} else {
		t.ID = r.text()
	}
	if n := r.count(); n > 0 {
		t.Attributes = make(map[string]string, n-1)
		for range n - 1 {
			name := r.text()
			t.Attributes[name] = r.text()
		}
	}
	return t
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// reader reads what hold wrote, which is well formed.
type reader string

func (r *reader) next(n int) string {
	s := string((*r)[:n])
	*r = (*r)[n:]
	return s
}

func (r *reader) count() int {
	n, used := binary.Uvarint([]byte((*r)[:min(len(*r), binary.MaxVarintLen64)]))
	*r = (*r)[used:]
	return int(n)
}

func (r *reader) number() int64 {
	n, used := binary.Varint([]byte((*r)[:min(len(*r), binary.MaxVarintLen64)]))
	*r = (*r)[used:]
	return n
}

func (r *reader) text() string { return r.next(r.count()) }

// packUUID returns the bytes of a UUID in lower case; ok is false for anything else.
func packUUID(text string) (id []byte, ok bool) {
	id, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(id) != 16 || unpackUUID(string(id)) != text {
		return nil, false
	}
	return id, true
}

func unpackUUID(id string) string {
	var b [36]byte
	for i, at := 0, 0; i < 16; i, at = i+1, at+2 {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b[at] = '-'
			at++
		}
		hex.Encode(b[at:], []byte(id[i:i+1]))
	}
	return string(b[:])
}
