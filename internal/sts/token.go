package sts

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"muster/internal/arn"
	"muster/internal/fault"
	"muster/internal/iam"
)

// A token is base64url without padding of
//
//	version, 1 byte · sealing key id, 8 · nonce, 12 · sealed session · tag, 16
//
// where version, key id and the access key id are authenticated with the
// session. The session is written as a byte of flags and its fields; lengths
// and numbers are varints.
const (
	tokenVersion = 1
	headBytes    = 1 + len(keyID{})
	maxToken     = 4096 // characters; a device's stays below 1024
)

var tokenText = base64.RawURLEncoding.Strict()

// The flags of a session.
const (
	hasCertificate = 1 << iota // a certificate id, alias and so on follow
	hasAccessKey               // the id of an access key follows
	hasParent                  // another session follows
	namedByIt                  // the session is named for the certificate and its name left out
	hasExternalID
	hasSourceIP
	isSecure
	hasMore // a second byte of flags follows
)

// The second byte: what AssumeRole may be given beside the role.
const (
	hasPolicy = 1 << iota
	hasPolicyARNs
	hasTags
	hasTransitive
	hasThingID
	hasRootMark
	hasGeneration
	allMore = 1<<iota - 1
)

func (k *key) seal(accessKeyID string, s *Session) (string, error) {
	plain, err := appendSession(make([]byte, 0, 768), s)
	if err != nil {
		return "", err
	}
	head := append(make([]byte, 0, headBytes+len(plain)+k.aead.Overhead()), tokenVersion)
	head = append(head, k.id[:]...)
	sealed := k.aead.Seal(head, nil, plain, bound(head, accessKeyID))
	if n := tokenText.EncodedLen(len(sealed)); n > maxToken {
		return "", fault.LimitExceeded.Errorf("The session token would have %d characters, of which %d are possible.", n, maxToken)
	}
	return tokenText.EncodeToString(sealed), nil
}

// bound is what is authenticated beside a session.
func bound(head []byte, accessKeyID string) []byte {
	b := make([]byte, 0, 64)
	return append(append(b, head...), accessKeyID...)
}

// open reads a token that belongs to an access key. It fails with
// ErrInvalidToken.
func (s *Service) open(ctx context.Context, accessKeyID, token string) (*key, *Session, error) {
	if len(token) > maxToken {
		return nil, nil, ErrInvalidToken
	}
	sealed, err := tokenText.DecodeString(token)
	// The decoder overlooks line breaks; a token has one spelling.
	if err != nil || tokenText.EncodedLen(len(sealed)) != len(token) || len(sealed) <= headBytes || sealed[0] != tokenVersion {
		return nil, nil, ErrInvalidToken
	}
	head := sealed[:headBytes]
	k, err := s.find(ctx, keyID(head[1:]))
	if err != nil {
		return nil, nil, err
	}
	plain, err := k.aead.Open(nil, nil, sealed[headBytes:], bound(head, accessKeyID))
	if err != nil {
		return nil, nil, ErrInvalidToken
	}
	r := reader{text: string(plain)}
	session := r.session(longestChain)
	if r.bad || r.text != "" {
		// Sealed by Muster, and yet not in this form: by another version of it.
		return nil, nil, ErrInvalidToken
	}
	return k, session, nil
}

var errNoAccount = errors.New("not an account")

func appendSession(b []byte, s *Session) ([]byte, error) {
	account, err := strconv.ParseUint(s.Account, 10, 64)
	if err != nil || len(s.Account) != 12 {
		return nil, fmt.Errorf("seal a session of role %s: %q is %w", s.RoleID, s.Account, errNoAccount)
	}
	b = append(b, s.flags())
	if more := s.more(); more != 0 {
		b = append(b, more)
	}
	b = binary.AppendUvarint(b, account)
	b = binary.AppendUvarint(b, uint64(s.Issued.Unix()))
	b = binary.AppendUvarint(b, uint64(s.Expires.Unix()-s.Issued.Unix()))
	b = appendText(b, s.Region)
	b = appendRoleID(b, s.RoleID)
	if s.flags()&namedByIt == 0 {
		b = appendText(b, s.SessionName)
	}
	if s.CertificateID != "" {
		b = appendHex(b, s.CertificateID)
		for _, text := range []string{s.Alias, s.AliasID, s.Thing, s.ThingType} {
			b = appendText(b, text)
		}
	}
	if s.AccessKey != "" {
		b = appendText(b, s.AccessKey)
	}
	if s.ExternalID != "" {
		b = appendText(b, s.ExternalID)
	}
	if s.SourceIP.IsValid() {
		b = appendText(b, string(s.SourceIP.WithZone("").Unmap().AsSlice()))
	}
	b = appendMore(b, s)
	if s.Parent != nil {
		return appendSession(b, s.Parent)
	}
	return b, nil
}

// appendMore writes what the second byte of flags is about.
func appendMore(b []byte, s *Session) []byte {
	if s.Policy != "" {
		b = appendText(b, s.Policy)
	}
	if len(s.PolicyARNs) > 0 {
		b = binary.AppendUvarint(b, uint64(len(s.PolicyARNs)))
		for _, a := range s.PolicyARNs {
			b = appendText(b, strings.TrimPrefix(string(a), policyPrefix))
		}
	}
	if len(s.Tags) > 0 {
		b = binary.AppendUvarint(b, uint64(len(s.Tags)))
		for _, t := range s.Tags {
			b = appendText(appendText(b, t.Key), t.Value)
		}
	}
	if len(s.Transitive) > 0 {
		b = binary.AppendUvarint(b, uint64(len(s.Transitive)))
		for _, key := range s.Transitive {
			b = appendText(b, key)
		}
	}
	if s.ThingID != "" {
		b = appendUUID(b, s.ThingID)
	}
	if s.RootMark != "" {
		b = appendText(b, s.RootMark)
	}
	if s.Generation != "" {
		b = appendHex(b, s.Generation)
	}
	return b
}

// policyPrefix is what every managed policy's ARN begins with.
const policyPrefix = "arn:aws:iam::"

func (s *Session) flags() byte {
	var f byte
	for _, is := range []struct {
		flag byte
		set  bool
	}{
		{hasCertificate, s.CertificateID != ""},
		{hasAccessKey, s.AccessKey != ""},
		{hasParent, s.Parent != nil},
		{namedByIt, s.CertificateID != "" && s.SessionName == s.CertificateID},
		{hasExternalID, s.ExternalID != ""},
		{hasSourceIP, s.SourceIP.IsValid()},
		{isSecure, s.Secure},
		{hasMore, s.more() != 0},
	} {
		if is.set {
			f |= is.flag
		}
	}
	return f
}

func (s *Session) more() byte {
	var f byte
	for _, is := range []struct {
		flag byte
		set  bool
	}{
		{hasPolicy, s.Policy != ""},
		{hasPolicyARNs, len(s.PolicyARNs) > 0},
		{hasTags, len(s.Tags) > 0},
		{hasTransitive, len(s.Transitive) > 0},
		{hasThingID, s.ThingID != ""},
		{hasRootMark, s.RootMark != ""},
		{hasGeneration, s.Generation != ""},
	} {
		if is.set {
			f |= is.flag
		}
	}
	return f
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// appendHex writes lower-case hex as the bytes it stands for, after their
// number; other text as it is, after a zero.
func appendHex(b []byte, text string) []byte {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) == 0 || strings.ToLower(text) != text {
		return appendText(append(b, 0), text)
	}
	return append(binary.AppendUvarint(b, uint64(len(raw))), raw...)
}

// appendUUID writes a UUID in lower case as the 16 bytes it stands for, after
// their number; other text as it is, after a zero.
func appendUUID(b []byte, text string) []byte {
	raw, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(raw) != 16 || uuidOf(raw) != text {
		return appendText(append(b, 0), text)
	}
	return append(binary.AppendUvarint(b, uint64(len(raw))), raw...)
}

func uuidOf(raw []byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}

const rolePrefix = "AROA"

// appendRoleID writes AROA and 16 characters of base32 as the ten bytes they
// stand for, after their number; other text as it is, after a zero.
func appendRoleID(b []byte, id string) []byte {
	raw, err := base32.StdEncoding.DecodeString(strings.TrimPrefix(id, rolePrefix))
	if err != nil || len(raw) != 10 || !strings.HasPrefix(id, rolePrefix) {
		return appendText(append(b, 0), id)
	}
	return append(binary.AppendUvarint(b, uint64(len(raw))), raw...)
}

// reader reads what appendSession wrote. What it can't read makes it bad.
type reader struct {
	text string
	bad  bool
}

func (r *reader) session(longest int) *Session {
	if longest == 0 {
		r.bad = true
	}
	if r.bad {
		return nil
	}
	flags := r.take(1)
	if r.bad {
		return nil
	}
	f, more := flags[0], byte(0)
	if f&hasMore != 0 {
		next := r.take(1)
		if r.bad || next[0]&^allMore != 0 {
			r.bad = true
			return nil
		}
		more = next[0]
	}
	s := &Session{Secure: f&isSecure != 0}
	s.Account = fmt.Sprintf("%012d", r.number())
	issued := r.number()
	s.Issued = time.Unix(int64(issued), 0).UTC()
	s.Expires = s.Issued.Add(time.Duration(min(r.number(), uint64(MaxOwnLife/time.Second))) * time.Second)
	s.Region = r.string()
	s.RoleID = r.roleID()
	if f&namedByIt == 0 {
		s.SessionName = r.string()
	}
	if f&hasCertificate != 0 {
		s.CertificateID = r.hex()
		s.Alias, s.AliasID, s.Thing, s.ThingType = r.string(), r.string(), r.string(), r.string()
	}
	if f&namedByIt != 0 {
		s.SessionName = s.CertificateID
	}
	if f&hasAccessKey != 0 {
		s.AccessKey = r.string()
	}
	if f&hasExternalID != 0 {
		s.ExternalID = r.string()
	}
	if f&hasSourceIP != 0 {
		s.SourceIP = r.address()
	}
	r.more(more, s)
	if f&hasParent != 0 {
		s.Parent = r.session(longest - 1)
	}
	return s
}

// more reads what appendMore wrote.
func (r *reader) more(f byte, s *Session) {
	if f&hasPolicy != 0 {
		s.Policy = r.string()
	}
	if f&hasPolicyARNs != 0 {
		for n := r.number(); n > 0 && !r.bad; n-- {
			s.PolicyARNs = append(s.PolicyARNs, arn.ARN(policyPrefix+r.string()))
		}
	}
	if f&hasTags != 0 {
		for n := r.number(); n > 0 && !r.bad; n-- {
			s.Tags = append(s.Tags, iam.Tag{Key: r.string(), Value: r.string()})
		}
	}
	if f&hasTransitive != 0 {
		for n := r.number(); n > 0 && !r.bad; n-- {
			s.Transitive = append(s.Transitive, r.string())
		}
	}
	if f&hasThingID != 0 {
		s.ThingID = r.uuid()
	}
	if f&hasRootMark != 0 {
		s.RootMark = r.string()
	}
	if f&hasGeneration != 0 {
		s.Generation = r.hex()
	}
}

// take answers the next n bytes; they share the memory of all of them.
func (r *reader) take(n uint64) string {
	if r.bad || n > uint64(len(r.text)) {
		r.bad = true
		return ""
	}
	taken := r.text[:n]
	r.text = r.text[n:]
	return taken
}

func (r *reader) number() uint64 {
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		b := r.take(1)
		if r.bad {
			return 0
		}
		n |= uint64(b[0]&0x7f) << shift
		if b[0] < 0x80 {
			return n
		}
	}
	r.bad = true
	return 0
}

func (r *reader) string() string { return r.take(r.number()) }

func (r *reader) hex() string {
	n := r.number()
	if n == 0 {
		return r.string()
	}
	return hex.EncodeToString([]byte(r.take(n)))
}

func (r *reader) uuid() string {
	n := r.number()
	if n == 0 {
		return r.string()
	}
	if n != 16 {
		r.bad = true
		return ""
	}
	return uuidOf([]byte(r.take(n)))
}

func (r *reader) roleID() string {
	n := r.number()
	if n == 0 {
		return r.string()
	}
	return rolePrefix + base32.StdEncoding.EncodeToString([]byte(r.take(n)))
}

func (r *reader) address() netip.Addr {
	a, ok := netip.AddrFromSlice([]byte(r.string()))
	if !ok {
		r.bad = true
	}
	return a
}
