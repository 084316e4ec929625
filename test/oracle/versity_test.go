package oracle

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
)

// gatewayDir is the environment variable that makes this test binary a
// VersityGW over the directory that it names: the gateway changes its working
// directory and prints as it likes, so it gets a process of its own.
const gatewayDir = "ORACLE_GATEWAY_DIR"

const (
	region        = "us-east-1"
	gatewayKey    = "oracle"
	gatewaySecret = "oracle-secret"
)

// runGateway serves VersityGW over dir until the process is told to end.
func runGateway(dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	objects, versions, sidecar := filepath.Join(dir, "objects"), filepath.Join(dir, "versions"), filepath.Join(dir, "sidecar")
	for _, d := range []string{objects, versions} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return err
		}
	}
	attributes, sidecar, err := attributesFor(objects, sidecar)
	if err != nil {
		return err
	}
	options := posix.PosixOpts{VersioningDir: versions, SideCarDir: sidecar, CopyObjectThreshold: 5 << 30}
	files, err := posix.New(objects, attributes, options)
	if err != nil {
		return err
	}
	return embedgw.RunVersityGW(ctx, files, &embedgw.Config{
		RootUserAccess: gatewayKey, RootUserSecret: gatewaySecret, Region: region,
		Ports: []string{socketIn(dir)}, SocketPerm: "0600",
		MaxConnections: 64, MaxRequests: 64, MultipartMaxParts: 10000,
		KeepAlive: true, Quiet: true, DisableACLs: true,
		S3Options: []s3api.Option{s3api.WithOnListen(func() {})},
	})
}

// attributesFor keeps metadata in extended attributes, or in files beside the
// objects where the file system has none.
func attributesFor(objects, sidecar string) (meta.MetadataStorer, string, error) {
	attributes := meta.XattrMeta{}
	if attributes.StoreAttribute(nil, objects, "", "probe", []byte("1")) == nil {
		return attributes, "", attributes.DeleteAttribute(objects, "", "probe")
	}
	if err := os.MkdirAll(sidecar, 0o700); err != nil {
		return nil, "", err
	}
	m, err := meta.NewSideCar(sidecar)
	return m, sidecar, err
}

func socketIn(dir string) string { return filepath.Join(dir, "s") }

// startGateway starts VersityGW on fresh data.
func startGateway(t *testing.T) *server {
	t.Helper()
	dir, err := os.MkdirTemp("", "oracle-") // its path is short enough for a socket's
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), gatewayDir+"="+dir)
	run(t, "VersityGW", cmd)
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	s := &server{name: "VersityGW", url: "http://gateway.internal", accessKey: gatewayKey, secret: gatewaySecret}
	s.client = clientOver("unix", socketIn(dir))
	awaitReady(t, s, func() error {
		conn, err := net.Dial("unix", socketIn(dir))
		if err == nil {
			conn.Close()
		}
		return err
	})
	return s
}

// clientOver returns a client that changes nothing of what it is sent.
func clientOver(network, address string) *http.Client {
	dial := func(ctx context.Context, given, to string) (net.Conn, error) {
		if network != "" {
			given, to = network, address
		}
		conn, err := new(net.Dialer).DialContext(ctx, given, to)
		return &patient{Conn: conn}, err
	}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dial, DisableCompression: true, MaxIdleConnsPerHost: 4},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       time.Minute,
	}
}

// patient is a connection that may be closed while a request is still being
// written: VersityGW refuses some without reading their bodies. What it
// answered can be read nonetheless.
type patient struct{ net.Conn }

func (p *patient) Write(b []byte) (int, error) {
	n, err := p.Conn.Write(b)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return len(b), nil
	}
	return n, err
}

func awaitReady(t *testing.T, s *server, ready func() error) {
	t.Helper()
	for deadline := time.Now().Add(startLimit); ; time.Sleep(20 * time.Millisecond) {
		err := ready()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s isn't ready after %v: %v", s.name, startLimit, err)
		}
	}
}

// gatewayMain is main of a process that runGateway serves.
func gatewayMain(dir string) int {
	if err := runGateway(dir); err != nil {
		fmt.Fprintln(os.Stderr, "VersityGW:", err)
		return 1
	}
	return 0
}
