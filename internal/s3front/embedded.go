package s3front

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"

	"muster/internal/secret"
	"muster/internal/sigv4"
)

// Embedded is a store inside this process: VersityGW over a directory, where
// every object is a plain file. It listens on a Unix socket that only this
// user can reach, and takes only a key made anew at each start.
//
// A process can have one at a time. It changes the process's working
// directory, so every other path must be absolute before it is opened.
type Embedded struct {
	store   *Store
	objects string // the directory of all buckets
	meta    meta.MetadataStorer
	making  sync.Mutex // one bucket is made at a time
	socket  string
	stop    context.CancelFunc
	done    chan struct{}
	err     error // once done
	output  *capture
}

// embedded is whether the process has one. A second would move the working
// directory away under the first.
var embedded atomic.Bool

const (
	maxSocketPath  = 100 // bytes; the kernel takes 107
	maxConnections = 4096
	maxParts       = 10000
	startTimeout   = 30 * time.Second
)

// OpenEmbedded opens the store whose objects lie in dataDir/objects and whose
// older versions lie in dataDir/versions; both are made when absent. The
// socket lies in a private directory made below runtimeDir, or below the
// system's temporary directory when that path would be too long.
func OpenEmbedded(ctx context.Context, dataDir, runtimeDir string) (*Embedded, error) {
	if !embedded.CompareAndSwap(false, true) {
		return nil, errors.New("open the object store: this process has one already")
	}
	socket, err := privateSocket(runtimeDir)
	if err != nil {
		embedded.Store(false)
		return nil, fmt.Errorf("open the object store: %w", err)
	}
	e := &Embedded{socket: socket, done: make(chan struct{})}
	if err := e.start(ctx, dataDir); err != nil {
		embedded.Store(false)
		return nil, errors.Join(fmt.Errorf("open the object store in %s: %w", dataDir, err), os.RemoveAll(filepath.Dir(socket)))
	}
	return e, nil
}

// privateSocket makes a directory of mode 0700 and names a socket in it.
func privateSocket(runtimeDir string) (string, error) {
	for _, parent := range []string{runtimeDir, os.TempDir()} {
		parent, err := filepath.Abs(parent)
		if err != nil {
			return "", err
		}
		dir, err := os.MkdirTemp(parent, "s3-") // 0700
		if err != nil {
			return "", err
		}
		if socket := filepath.Join(dir, "s3.sock"); len(socket) <= maxSocketPath {
			return socket, nil
		}
		if err := os.Remove(dir); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("no directory for a socket whose path has at most %d bytes", maxSocketPath)
}

func (e *Embedded) start(ctx context.Context, dataDir string) error {
	var dirs [3]string
	for i, name := range []string{"objects", "versions", "sidecar"} {
		dir, err := filepath.Abs(filepath.Join(dataDir, name))
		if err != nil {
			return err
		}
		dirs[i] = dir
	}
	for _, dir := range dirs[:2] {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	attributes, sidecar, err := attributesFor(dirs[0], dirs[2])
	if err != nil {
		return err
	}
	e.objects, e.meta = dirs[0], attributes
	if e.output, err = captureOutput(); err != nil {
		return err
	}
	options := posix.PosixOpts{VersioningDir: dirs[1], SideCarDir: sidecar, CopyObjectThreshold: maxObject}
	options.SetNewDirPerm(0o700)
	options.SetNewFilePerm(0o600)
	files, err := posix.New(dirs[0], attributes, options)
	if err != nil {
		e.output.restore()
		return err
	}
	return e.serve(ctx, files)
}

// attributesFor chooses where metadata is kept: in extended attributes, or in
// files beside the objects where the file system has none. What was chosen
// once stays: an existing sidecar directory is used again.
func attributesFor(objects, sidecar string) (meta.MetadataStorer, string, error) {
	_, err := os.Stat(sidecar)
	if errors.Is(err, os.ErrNotExist) {
		attributes := meta.XattrMeta{}
		if attributes.StoreAttribute(nil, objects, "", "probe", []byte("1")) == nil {
			return attributes, "", attributes.DeleteAttribute(objects, "", "probe")
		}
		err = os.MkdirAll(sidecar, 0o700)
	}
	if err != nil {
		return nil, "", err
	}
	m, err := meta.NewSideCar(sidecar)
	return m, sidecar, err
}

func (e *Embedded) serve(ctx context.Context, files *posix.Posix) error {
	key := secret.New(rand.Text())
	const accessKey = "muster" // shown as the owner in lists, so not a secret either
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.stop = stop
	listening := make(chan struct{})
	go func() {
		defer close(e.done)
		e.err = embedgw.RunVersityGW(running, files, &embedgw.Config{
			RootUserAccess: accessKey, RootUserSecret: key.Reveal(), Region: "us-east-1",
			Ports: []string{e.socket}, SocketPerm: "0600",
			MaxConnections: maxConnections, MaxRequests: maxConnections, MultipartMaxParts: maxParts,
			KeepAlive: true, Quiet: true, DisableACLs: true,
			S3Options: []s3api.Option{s3api.WithOnListen(func() { close(listening) })},
		})
	}()
	u := &url.URL{Scheme: "http", Host: "s3.store.internal"}
	e.store = NewStore(u, "us-east-1", sigv4.Credential{AccessKey: accessKey, Secret: key})
	e.store.transport.Proxy = nil
	e.store.transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", e.socket)
	}
	if err := e.listens(ctx, listening); err != nil {
		stop()
		<-e.done
		e.output.restore()
		return errors.Join(err, e.err)
	}
	e.output.giveStdoutBack()
	return nil
}

// listens waits until the store answers: only then does it print no more to
// os.Stdout.
func (e *Embedded) listens(ctx context.Context, listening <-chan struct{}) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, errors.New("it did not start in time"))
	defer cancel()
	select {
	case <-listening:
		return e.store.Ready(ctx)
	case <-e.done:
		return errors.New("it ended at once")
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Store is how the embedded store is asked.
func (e *Embedded) Store() *Store { return e.store }

// MakeBucket makes room for a bucket; that there is room already is fine. What
// a process that was killed in the middle left of one is made anew.
func (e *Embedded) MakeBucket(ctx context.Context, name string) error {
	e.making.Lock()
	defer e.making.Unlock()
	if err := e.discardHalfMade(name); err != nil {
		return err
	}
	return e.store.MakeBucket(ctx, name)
}

// lastAttribute is what the store keeps of a new bucket last: without it, a
// bucket's directory is refused for good.
const lastAttribute = "ownership"

// discardHalfMade removes the directory of a bucket that was not finished. It
// is empty: nothing else is removed.
func (e *Embedded) discardHalfMade(name string) error {
	dir := filepath.Join(e.objects, name)
	if _, err := os.Lstat(dir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if _, err := e.meta.RetrieveAttribute(nil, name, "", lastAttribute); err == nil {
		return nil
	}
	if err := os.Remove(dir); err != nil {
		return fmt.Errorf("remove half-made bucket %q: %w", name, err)
	}
	slog.Warn("removed what was left of a half-made bucket", "bucket", name)
	return e.meta.DeleteAttributes(name, "")
}

// RemoveBucket is that of Store.
func (e *Embedded) RemoveBucket(ctx context.Context, name string) error {
	return e.store.RemoveBucket(ctx, name)
}

// Done is closed when the store has ended, by Close or by itself.
func (e *Embedded) Done() <-chan struct{} { return e.done }

// Close lets the requests under way finish, for ten seconds at most, and
// ends the store.
func (e *Embedded) Close() error {
	e.store.transport.CloseIdleConnections()
	e.stop()
	<-e.done
	e.output.restore()
	embedded.Store(false)
	err := errors.Join(e.err, os.RemoveAll(filepath.Dir(e.socket)))
	if err != nil {
		return fmt.Errorf("close the object store: %w", err)
	}
	return nil
}
