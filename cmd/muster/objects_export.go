package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/bucket"
	"muster/internal/durable"
	"muster/internal/objects"
)

func objectsExportCommand() *cobra.Command {
	var s stoppedFlags
	var to, only string
	var versions bool
	cmd := &cobra.Command{
		Use:   "export --to DIR",
		Short: "Write all objects of a stopped server to a directory",
		Long: `Write the objects of a stopped server to a new directory, from its data directory
and its master key alone. It changes nothing of them. Each bucket becomes a
folder with a file of JSON lines, objects.jsonl, one line for each object: its
key and all that is known of it, and the file beside it that has its content.
Files are numbered, since a key may be no file's name. What is damaged has a line
that says so and no file; then it exits 1 when all else is written.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := environment(cmd); err != nil {
				return err
			}
			if to == "" {
				return usageError{errors.New("name the directory to be written with --to")}
			}
			x := &export{to: to, versions: versions, progress: newProgress(cmd.ErrOrStderr()), errors: cmd.ErrOrStderr()}
			if err := s.export(cmd.Context(), x, only); err != nil {
				return err
			}
			if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%d buckets, %d objects, %d bytes written to %s\n", x.buckets, x.objects, x.bytes, to); err != nil {
				return err
			}
			if x.damaged > 0 {
				return fmt.Errorf("%d objects are damaged or missing and have no file", x.damaged)
			}
			return nil
		},
	}
	s.flags(cmd)
	cmd.Flags().StringVar(&to, "to", "", "directory to be written: a new or an empty one")
	cmd.Flags().StringVar(&only, "bucket", "", "the only bucket to write (default all)")
	cmd.Flags().BoolVar(&versions, "versions", false, "write all versions and delete markers, not only what is newest")
	return cmd
}

// export is an export under way.
type export struct {
	to       string
	versions bool
	progress *progress
	errors   io.Writer // what is damaged is named there

	kept                    objects.Keeper
	buckets                 int
	objects, bytes, damaged int64
}

// exported is a line of objects.jsonl.
type exported struct {
	Key      string            `json:"key"`
	Version  string            `json:"version"`
	Newest   bool              `json:"newest"`
	Marker   bool              `json:"marker,omitempty"`
	Size     int64             `json:"size"`
	ETag     string            `json:"etag,omitempty"`
	Modified string            `json:"modified"`
	Headers  map[string]string `json:"headers,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Tags     []exportedTag     `json:"tags,omitempty"`
	Checksum *exportedChecksum `json:"checksum,omitempty"`
	Parts    int               `json:"parts,omitempty"`
	File     string            `json:"file,omitempty"`
	Damaged  string            `json:"damaged,omitempty"` // why there is no file
}

type exportedTag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type exportedChecksum struct {
	Algorithm string `json:"algorithm"`
	Type      string `json:"type"`
	Value     string `json:"value"`
}

func (s *stoppedFlags) export(ctx context.Context, x *export, only string) (err error) {
	kept, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	names, err := kept.Buckets(ctx)
	if err != nil {
		return err
	}
	if only != "" {
		if !slices.Contains(names, only) {
			return fmt.Errorf("there is no bucket %q", only)
		}
		names = []string{only}
	}
	for _, name := range names {
		if bucket.CheckName(name) != nil { // it is about to be a folder
			return fmt.Errorf("the database names a bucket %q, which is no bucket's name: export the others one by one with --bucket", name)
		}
	}
	if err := makeEmpty(x.to); err != nil {
		return err
	}
	x.kept = kept
	for _, name := range names {
		if err := x.bucket(ctx, kept.All, name); err != nil {
			return fmt.Errorf("export bucket %q: %w", name, err)
		}
		x.buckets++
	}
	return durable.SyncFolder(x.to)
}

// makeEmpty makes a directory, and fails where there is something in it.
func makeEmpty(dir string) error {
	if err := os.Mkdir(dir, 0o700); err == nil {
		return durable.SyncFolder(filepath.Dir(dir))
	} else if !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the directory of the export: %w", err)
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look into the directory of the export: %w", err)
	}
	if len(there) > 0 {
		return fmt.Errorf("%s is not empty: name a new directory with --to", dir)
	}
	return nil
}

type listing func(ctx context.Context, bucket string, versions bool, fn func(objects.Object) error) error

// bucket writes the folder of a bucket.
func (x *export) bucket(ctx context.Context, all listing, name string) error {
	dir := filepath.Join(x.to, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	index, err := newFile(filepath.Join(dir, "objects.jsonl"))
	if err != nil {
		return err
	}
	defer index.Close() // a second time when all is well
	lines := json.NewEncoder(index)
	lines.SetEscapeHTML(false)
	number := 0
	err = all(ctx, name, x.versions, func(o objects.Object) error {
		number++
		line, err := x.object(ctx, o, dir, strconv.Itoa(number))
		if err != nil {
			return fmt.Errorf("key %q: %w", o.Key, err)
		}
		x.objects++
		x.progress.say("%d objects, %d MiB", x.objects, x.bytes>>20)
		return lines.Encode(line)
	})
	if err != nil {
		return err
	}
	if err := errors.Join(index.Sync(), index.Close()); err != nil {
		return err
	}
	return durable.SyncFolder(dir)
}

func newFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// object writes the content of an object to a file, and returns its line. It
// fails when nothing more can be written; a damaged content isn't that.
func (x *export) object(ctx context.Context, o objects.Object, dir, file string) (exported, error) {
	line := exported{Key: o.Key, Version: o.Version, Newest: o.Newest || !x.versions, Marker: o.Marker, Size: o.Size, ETag: o.ETag, Modified: o.Modified.UTC().Format(time.RFC3339Nano)}
	if o.Marker {
		return line, nil
	}
	read := objects.Read{Ref: objects.Ref{Bucket: o.Bucket, Key: o.Key, Version: o.Version}}
	known, err := x.kept.Head(ctx, read)
	if err != nil {
		return line, err
	}
	line.describe(known.Object)
	written, unread, err := x.content(ctx, read, o.Size, filepath.Join(dir, file))
	if err != nil {
		return line, err
	}
	if unread != nil {
		x.damaged++
		line.Damaged = unread.Error()
		_, err := fmt.Fprintf(x.errors, "damaged: bucket %q, key %q, version %q: %v\n", o.Bucket, o.Key, o.Version, unread)
		return line, err
	}
	x.bytes += written
	line.File = file
	return line, nil
}

// content writes a content to a new file. Where it can't be read it leaves no
// file and returns why as unread.
func (x *export) content(ctx context.Context, read objects.Read, size int64, path string) (written int64, unread, err error) {
	found, err := x.kept.Get(ctx, read)
	if err != nil {
		return 0, err, ctx.Err()
	}
	defer found.Body.Close()
	f, err := newFile(path)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close() // a second time when all is well
	body := &noting{Reader: found.Body}
	written, err = io.Copy(f, body)
	switch {
	case ctx.Err() != nil:
		return 0, nil, ctx.Err()
	case body.err == nil && err != nil: // the file can't be written
		return 0, nil, err
	case body.err == nil && written != size:
		body.err = fmt.Errorf("%w: it has %d bytes instead of %d", objects.ErrDamaged, written, size)
	}
	if body.err != nil {
		return 0, body.err, os.Remove(path)
	}
	return written, nil, errors.Join(f.Sync(), f.Close())
}

// noting is a reader that notes what it failed with.
type noting struct {
	io.Reader
	err error
}

func (n *noting) Read(p []byte) (int, error) {
	read, err := n.Reader.Read(p)
	if err != nil && err != io.EOF {
		n.err = err
	}
	return read, err
}

// describe fills in what lists don't have.
func (e *exported) describe(o objects.Object) {
	h := o.Headers
	for name, value := range map[string]string{
		"Cache-Control": h.CacheControl, "Content-Disposition": h.ContentDisposition, "Content-Encoding": h.ContentEncoding,
		"Content-Language": h.ContentLanguage, "Content-Type": h.ContentType, "Expires": h.Expires, "x-amz-storage-class": h.StorageClass,
	} {
		if value == "" {
			continue
		}
		if e.Headers == nil {
			e.Headers = map[string]string{}
		}
		e.Headers[name] = value
	}
	e.Metadata, e.Parts = h.Metadata, o.Parts
	for _, t := range o.Tags {
		e.Tags = append(e.Tags, exportedTag(t))
	}
	if c := o.Checksum; c.Algorithm != "" {
		e.Checksum = &exportedChecksum{c.Algorithm, c.Type, c.Value}
	}
}
