package objects

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"

	"muster/internal/space"
)

// intake verifies a body while it is read. It gives the last bytes only when
// the body has ended where it should and is what it was said to be.
type intake struct {
	body  Body
	left  int64
	md5   hash.Hash
	named hash.Hash // the checksum that the client names
	kept  hash.Hash // the one that is kept; may be the same as named
	algo  string    // of kept
	err   error
	disk  *space.Disk

	// What was found, once all was read.
	digest   []byte
	checksum Checksum // of kept
	verified Checksum // of named
}

// newIntake reads body and computes the checksum keep of it; "" for the one
// that the client names, or S3's where it names none.
func (o *Objects) newIntake(body Body, keep string) (*intake, error) {
	in := &intake{body: body, left: body.Size, md5: md5.New()}
	if algorithm := body.Checksum.Algorithm; algorithm != "" {
		if in.named = o.newHash(algorithm); in.named == nil {
			return nil, BadChecksum
		}
	}
	if keep == "" {
		keep = body.Checksum.Algorithm
	}
	if keep == "" {
		keep = defaultChecksum
	}
	in.algo, in.kept = keep, in.named
	if keep != body.Checksum.Algorithm {
		in.kept = o.newHash(keep)
	}
	return in, nil
}

// newHash returns what computes a checksum, the quicker where there are two.
func (o *Objects) newHash(algorithm string) hash.Hash {
	if algorithm == defaultChecksum && o.CRC64NVME != nil {
		return o.CRC64NVME()
	}
	return newHash(algorithm)
}

func (in *intake) Read(p []byte) (int, error) {
	if in.err != nil {
		return 0, in.err
	}
	if in.left == 0 { // an empty body, or all was given
		if in.digest == nil {
			if in.err = in.end(); in.err != nil {
				return 0, in.err
			}
		}
		return 0, io.EOF
	}
	n, err := in.body.Reader.Read(p[:min(int64(len(p)), in.left)])
	in.left -= int64(n)
	if full := in.disk.Take(int64(n)); full != nil {
		in.err = refusal(full)
		return 0, in.err
	}
	in.md5.Write(p[:n])
	if in.named != nil {
		in.named.Write(p[:n])
	}
	if in.kept != in.named {
		in.kept.Write(p[:n])
	}
	switch {
	case in.left == 0 && (err == nil || errors.Is(err, io.EOF)):
		err = in.end()
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		n, in.err = 0, err
	}
	return n, err
}

// end sees that the body ends and that all sums are right.
func (in *intake) end() error {
	var more [1]byte
	if n, err := io.ReadFull(in.body.Reader, more[:]); n > 0 {
		return fmt.Errorf("the body is longer than %d bytes", in.body.Size)
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	in.digest = in.md5.Sum(nil)
	if in.body.MD5 != nil && !bytes.Equal(in.body.MD5, in.digest) {
		return &Refused{Refusal: BadDigest, Condition: "Content-MD5"}
	}
	if in.named != nil {
		in.verified = Checksum{Algorithm: in.body.Checksum.Algorithm, Type: FullObject, Value: sum(in.named)}
		want := in.body.Checksum.Value
		if in.body.Trailer != nil && want == "" {
			want = in.body.Trailer()
			if want == "" {
				return &Refused{Refusal: BadDigest, Condition: "x-amz-trailer"}
			}
		}
		if want != "" && want != in.verified.Value {
			return &Refused{Refusal: BadDigest, Condition: "x-amz-checksum"}
		}
	}
	in.checksum = in.verified
	if in.kept != in.named {
		in.checksum = Checksum{Algorithm: in.algo, Type: FullObject, Value: sum(in.kept)}
	}
	return nil
}

func sum(h hash.Hash) string { return base64.StdEncoding.EncodeToString(h.Sum(nil)) }

// keep takes a body in and returns its content, whose row must be kept next.
// A file is on the disk by then, and is held until done is called: with true
// where its row was kept or may have been.
func (o *Objects) keep(ctx context.Context, in *intake) (c NewContent, done func(kept bool), err error) {
	in.disk = o.disk(in.body.Size)
	if err := in.disk.Room(in.body.Size); err != nil {
		return c, nil, refusal(err)
	}
	key, err := o.sealer(ctx)
	if err != nil {
		return c, nil, err
	}
	c = NewContent{Content: Content{Name: newContentID(), Kind: InFile, Size: in.body.Size, Key: key.ID}, Created: o.now()}
	if c.Size <= o.inlineLimit() {
		plain := make([]byte, c.Size)
		if _, err := io.ReadFull(in, plain); err != nil {
			return c, nil, err
		}
		// Once more, for a body of no bytes: only reading verifies it.
		if _, err := in.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			return c, nil, err
		}
		c.Kind = InRow
		c.Inline, err = o.files.Seal(c.Name, key, plain)
		return c, func(bool) {}, err
	}
	o.holds.write(c.Name)
	done = func(kept bool) {
		if !kept {
			o.unlink(ctx, c.Name)
		}
		o.holds.written(c.Name)
	}
	if err := o.files.Write(ctx, c.Name, key, c.Size, in); err != nil {
		o.holds.written(c.Name)
		return c, nil, err
	}
	if in.digest == nil { // Files.Write didn't read what it acknowledged
		done(false)
		return c, nil, errors.New("a content was written that wasn't read to its end")
	}
	return c, done, nil
}

// certain reports whether a write that failed with err certainly did nothing:
// a refusal undoes it, while a transaction that failed may have landed.
func certain(err error) bool {
	var refusal Refusal
	return errors.As(err, &refusal) || errors.Is(err, ErrContentGone) || errors.Is(err, errAgain) || errors.Is(err, space.ErrNoRoom)
}
