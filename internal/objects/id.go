package objects

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
)

// A salt makes an id one that no other version or upload ever has, though its
// place may be had again.
type salt [16]byte

func newSalt() (s salt) {
	rand.Read(s[:]) // never fails
	return s
}

// encodeID writes a place and a salt as an id that can't be guessed.
func encodeID(place int64, s salt) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(place))
	return base64.RawURLEncoding.EncodeToString(append(b, s[:]...))
}

// decodeID reads what encodeID wrote; ok is false for anything else.
func decodeID(id string) (place int64, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil || len(b) != 8+len(salt{}) || len(id) != base64.RawURLEncoding.EncodedLen(len(b)) {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(b)), true
}

// VersionID is the id of a version that may be there. The zero value names none.
type VersionID struct {
	Text string // NullVersion, or what a version was given
	Back int64  // the Back of the version with that id; without meaning for NullVersion
}

// Null reports whether it names the version without an id.
func (v VersionID) Null() bool { return v.Text == NullVersion }

// Given reports whether it names a version.
func (v VersionID) Given() bool { return v.Text != "" }

// parseVersion fails with BadVersion for what no version was ever called.
func parseVersion(id string) (VersionID, error) {
	if id == "" || id == NullVersion {
		return VersionID{Text: id}, nil
	}
	back, ok := decodeID(id)
	if !ok {
		return VersionID{}, BadVersion
	}
	return VersionID{Text: id, Back: back}, nil
}

// UploadID is the id of an upload that may be there.
type UploadID struct {
	Name  string // what its maker was given
	Place int64  // in the order in which uploads were begun
	Salt  [16]byte
}

// Named returns the id of the upload at a place.
func (u UploadID) Named(place int64) UploadID {
	return UploadID{Name: encodeID(place, u.Salt), Place: place, Salt: u.Salt}
}

// parseUpload fails with NoUpload for what no upload was ever called.
func parseUpload(name string) (UploadID, error) {
	place, ok := decodeID(name)
	if !ok {
		return UploadID{}, NoUpload
	}
	b, _ := base64.RawURLEncoding.DecodeString(name)
	return UploadID{Name: name, Place: place, Salt: salt(b[8:])}, nil
}
