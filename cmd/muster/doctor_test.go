package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/server"
	"muster/internal/space"
)

// patient is a server and the doctor that looks at it.
type patient struct {
	*doctor
	data string
	stop func()
}

// newPatient runs a server on free ports until the test ends.
func newPatient(t *testing.T, change func(*server.Config)) *patient {
	t.Helper()
	c := server.Default()
	c.Data, c.API, c.Devices = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0", "127.0.0.1:0"
	c.Getenv = func(string) string { return "" }
	c.Version, c.Log = version, slog.New(slog.DiscardHandler)
	c.FreeSpace = space.Floor{Given: true, Bytes: 1 << 30}
	if change != nil {
		change(&c)
	}
	t.Chdir(".") // the object store changes the directory of the process
	before := slog.Default()
	slog.SetDefault(c.Log) // the object store's
	t.Cleanup(func() { slog.SetDefault(before) })
	s, err := server.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx) }()
	stopped := false
	p := &patient{data: c.Data, stop: func() {
		if stopped {
			return
		}
		stopped = true
		stop()
		if err := <-served; err != nil && !errors.Is(err, fs.ErrNotExist) { // a test may have taken server.json away
			t.Errorf("the server ends with %v", err)
		}
	}}
	t.Cleanup(p.stop)
	p.doctor = newDoctor(c.Data)
	return p
}

// newDoctor is a doctor with as much space as it wants and a DNS that knows
// localhost only.
func newDoctor(data string) *doctor {
	c := server.Default()
	c.Data, c.API, c.Devices = data, "127.0.0.1:0", "127.0.0.1:0"
	return &doctor{
		config: c, now: time.Now,
		room: func(string) (room, error) {
			return room{Room: space.Room{Free: 1 << 40, Total: 1 << 41, NewFiles: 1 << 20, Files: 1 << 21}, reserve: 64 << 20}, nil
		},
		lookup: func(_ context.Context, host string) ([]string, error) {
			if host == "localhost" {
				return []string{"127.0.0.1"}, nil
			}
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		},
	}
}

// publish changes what the server says of itself.
func (p *patient) publish(t *testing.T, change func(*server.State)) {
	t.Helper()
	s, err := server.ReadState(p.data)
	if err != nil {
		t.Fatal(err)
	}
	change(&s)
	raw, err := json.Marshal(s)
	if err == nil {
		err = os.WriteFile(filepath.Join(p.data, "server.json"), raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// mendAfter puts back, when the test ends, what a test may damage.
func (p *patient) mendAfter(t *testing.T) {
	t.Helper()
	for _, name := range []string{"server.json", "master.key", "root-credentials"} {
		file := filepath.Join(p.data, name)
		kept, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := errors.Join(os.WriteFile(file, kept, 0o600), os.Chmod(file, 0o600)); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { chmod(t, 0o700, p.data) })
}

func chmod(t *testing.T, mode fs.FileMode, file ...string) {
	t.Helper()
	if err := os.Chmod(filepath.Join(file...), mode); err != nil {
		t.Fatal(err)
	}
}

func TestDoctorFindsAHealthyServer(t *testing.T) {
	for name, change := range map[string]func(*server.Config){
		"on plain HTTP": nil,
		"on TLS":        func(c *server.Config) { c.APITLS = true },
		"on an address": func(c *server.Config) { c.Hostname = "127.0.0.1" },
	} {
		t.Run(name, func(t *testing.T) {
			found := newPatient(t, change).examine(t.Context())
			for _, f := range found {
				if f.State != fine {
					t.Errorf("got %+v, want it %s", f, fine)
				}
			}
			if len(found) < 16 || verdict(found) != nil {
				t.Errorf("got %d findings, verdict %v", len(found), verdict(found))
			}
		})
	}
}

// api is an API port in the place of the server's.
func api(t *testing.T, date time.Time, ready string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", date.UTC().Format(http.TimeFormat))
		if r.URL.Path == "/readyz" {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, ready)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// stranger is a TLS port of somebody else.
func stranger(t *testing.T) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// A device port without a certificate for devices that know only RSA is seen.
func TestDoctorMissesTheRSACertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, &x509.Certificate{SerialNumber: big.NewInt(1)}, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.StartTLS()
	t.Cleanup(s.Close)
	d := newDoctor(t.TempDir())
	d.state.Devices = s.Listener.Addr().String()
	d.checkOnlyRSA(t.Context(), x509.NewCertPool(), "localhost")
	if len(d.found) != 1 || d.found[0].State != broken || !strings.Contains(d.found[0].Detail, "know only RSA") {
		t.Errorf("got %+v, want one failure that says whom it is of", d.found)
	}
}

// sick is something wrong and what the doctor says of it.
type sick struct {
	name   string
	damage func(t *testing.T, p *patient)
	check  string
	state  state
	says   string // in the detail
	fix    string // in the fix
}

func (s sick) look(t *testing.T, p *patient) {
	t.Helper()
	if s.damage != nil {
		s.damage(t, p)
	}
	found := p.examine(t.Context())
	if !slices.ContainsFunc(found, func(f finding) bool {
		return f.Check == s.check && f.State == s.state && strings.Contains(f.Detail, s.says) && strings.Contains(f.Fix, s.fix)
	}) {
		t.Errorf("got %+v, want %s: %s that says %q and mends with %q", found, s.check, s.state, s.says, s.fix)
	}
	if s.state == broken && verdict(found) == nil {
		t.Error("the verdict is none")
	}
}

// closed is an address where nobody listens.
func closed(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestDoctorFinds(t *testing.T) {
	p := newPatient(t, nil)
	for _, tc := range []sick{
		{"data open to others", func(t *testing.T, p *patient) { chmod(t, 0o755, p.data) }, "data directory", broken, "mode 0755", "chmod 700 "},
		{"a master key open to others", func(t *testing.T, p *patient) { chmod(t, 0o640, p.data, "master.key") }, "master key", broken, "mode 0640", "chmod 600 "},
		{"a master key that is gone", func(t *testing.T, p *patient) { os.Remove(filepath.Join(p.data, "master.key")) }, "master key", broken, "is gone", "your copy"},
		{"a master key that is none", func(t *testing.T, p *patient) { os.WriteFile(filepath.Join(p.data, "master.key"), []byte("x"), 0o600) }, "master key", broken, "is not a master key", "your copy"},
		{"a root key open to others", func(t *testing.T, p *patient) { chmod(t, 0o604, p.data, "root-credentials") }, "root key", broken, "mode 0604", "chmod 600 "},
		{"a root key that is another", func(t *testing.T, p *patient) {
			os.WriteFile(filepath.Join(p.data, "root-credentials"), []byte("[default]\naws_access_key_id = another\naws_secret_access_key = another-secret\n"), 0o600)
		}, "signed request", broken, "InvalidClientTokenId", "restart the server"},
		{"a full disk", func(t *testing.T, p *patient) {
			p.room = func(string) (room, error) {
				return room{Room: space.Room{Free: 5 << 20, Total: 100 << 30, NewFiles: 1 << 20, Files: 1 << 21}, reserve: 64 << 20}, nil
			}
		}, "disk space", broken, "critical: 5 MiB", "make room"},
		{"nothing left and the reserve given up", func(t *testing.T, p *patient) {
			p.room = func(string) (room, error) {
				return room{Room: space.Room{Free: 60 << 20, Total: 100 << 30, NewFiles: 1 << 20, Files: 1 << 21}}, nil
			}
		}, "disk space", broken, "full: 60 MiB", "make room"},
		{"no reserve", func(t *testing.T, p *patient) {
			p.room = func(string) (room, error) {
				return room{Room: space.Room{Free: 50 << 30, Total: 100 << 30, NewFiles: 1 << 20, Files: 1 << 21}}, nil
			}
		}, "disk space", doubt, "no reserve", "reserve"},
		{"a disk that fills", func(t *testing.T, p *patient) {
			p.room = func(string) (room, error) {
				return room{Room: space.Room{Free: 500 << 20, Total: 100 << 30, NewFiles: 1 << 20, Files: 1 << 21}, reserve: 64 << 20}, nil
			}
		}, "disk space", doubt, "low: 500 MiB", "make room"},
		{"a disk of few files", func(t *testing.T, p *patient) {
			p.room = func(string) (room, error) {
				return room{Room: space.Room{Free: 1 << 40, Total: 1 << 41, NewFiles: 7, Files: 1 << 21}}, nil
			}
		}, "disk space", doubt, "7 more files", "make room"},
		{"a server that isn't up", func(t *testing.T, p *patient) { os.Remove(filepath.Join(p.data, "server.json")) }, "server", broken, "not up", "log"},
		{"an API port that is closed", func(t *testing.T, p *patient) {
			p.publish(t, func(s *server.State) { s.API = "http://" + closed(t) })
		}, "api port", broken, "refused", "firewall"},
		{"a device port that is closed", func(t *testing.T, p *patient) {
			p.publish(t, func(s *server.State) { s.Devices = closed(t) })
		}, "device port", broken, "refused", "firewall"},
		{"a store that fails", func(t *testing.T, p *patient) {
			url := api(t, time.Now(), `{"status":"not ready","store":"failed","s3":"ok"}`)
			p.publish(t, func(s *server.State) { s.API = url })
		}, "store", broken, "can't be read", "log"},
		{"a database that was deleted", func(t *testing.T, p *patient) {
			file := filepath.Join(p.data, "muster.db")
			if err := os.Rename(file, file+".away"); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Rename(file+".away", file) })
		}, "store", broken, "was deleted", "keep the server running"},
		{"a clock before the last write", func(t *testing.T, p *patient) {
			p.now = func() time.Time { return time.Now().Add(-time.Hour) }
		}, "clock", broken, "the data were written at", "NTP"},
		{"an object store that fails", func(t *testing.T, p *patient) {
			url := api(t, time.Now(), `{"status":"not ready","store":"ok","s3":"failed"}`)
			p.publish(t, func(s *server.State) { s.API = url })
		}, "object store", broken, "doesn't answer", "log"},
		{"a server that drains", func(t *testing.T, p *patient) {
			url := api(t, time.Now(), `{"status":"draining","store":"ok","s3":"ok"}`)
			p.publish(t, func(s *server.State) { s.API = url })
		}, "server", doubt, "draining", "wait"},
		{"something else in the API's place", func(t *testing.T, p *patient) {
			url := api(t, time.Now(), `hello`)
			p.publish(t, func(s *server.State) { s.API = url })
		}, "root served", broken, "is not the root certificate", "place"},
		{"a clock that is off", func(t *testing.T, p *patient) {
			url := api(t, time.Now().Add(-time.Hour), `{}`)
			p.publish(t, func(s *server.State) { s.API = url })
		}, "clock", broken, "1h0m", "NTP"},
		{"a clock that drifts", func(t *testing.T, p *patient) {
			url := api(t, time.Now().Add(2*time.Minute), `{}`)
			p.publish(t, func(s *server.State) { s.API = url })
		}, "clock", doubt, "apart", "NTP"},
		{"a certificate that is over", func(t *testing.T, p *patient) {
			p.now = func() time.Time { return time.Now().Add(100 * 24 * time.Hour) }
		}, "device certificate", broken, "not now", "clock"},
		{"a certificate that isn't made anew", func(t *testing.T, p *patient) {
			p.now = func() time.Time { return time.Now().Add(80 * 24 * time.Hour) }
		}, "device certificate", doubt, "it ends on", "restart"},
		{"somebody else's TLS", func(t *testing.T, p *patient) {
			addr := stranger(t)
			p.publish(t, func(s *server.State) { s.Devices, s.Endpoint = addr, "127.0.0.1:1" })
		}, "device certificate", broken, "don't trust", "unopened"},
		{"a certificate of another name", func(t *testing.T, p *patient) {
			p.publish(t, func(s *server.State) { s.Endpoint = "muster.example.com:8443" })
		}, "device certificate", broken, "it is for localhost, not for muster.example.com", "--endpoint"},
		{"a host name the port doesn't know", func(t *testing.T, p *patient) {
			p.publish(t, func(s *server.State) { s.Hostname = "other.example.com" })
		}, "server names", broken, "who asks for other.example.com is shown a certificate for localhost", "SNI"},
		{"a name that leads elsewhere", func(t *testing.T, p *patient) {
			p.lookup = func(context.Context, string) ([]string, error) { return []string{"192.0.2.7"}, nil }
		}, "host name", doubt, "192.0.2.7", "balancer"},
		{"an endpoint that isn't reached", func(t *testing.T, p *patient) {
			addr := closed(t)
			p.publish(t, func(s *server.State) { s.Endpoint = strings.Replace(addr, "127.0.0.1", "localhost", 1) })
		}, "endpoint", doubt, "doesn't reach", "--endpoint"},
		{"an endpoint that is somebody else's", func(t *testing.T, p *patient) {
			addr := stranger(t)
			p.publish(t, func(s *server.State) { s.Endpoint = strings.Replace(addr, "127.0.0.1", "localhost", 1) })
		}, "endpoint", broken, "another certificate", "unopened"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p.doctor = newDoctor(p.data)
			p.mendAfter(t)
			tc.look(t, p)
		})
	}
}

func TestDoctorFindsInAServer(t *testing.T) {
	for _, tc := range []struct {
		sick
		serve func(*server.Config)
	}{
		{sick{"an older server", nil, "server", doubt, "version v0", "restart"}, func(c *server.Config) { c.Version = "v0" }},
		{sick{"no server", func(t *testing.T, p *patient) { p.stop() }, "server", broken, "no muster is running", "muster serve --data"}, nil},
		{sick{"an API certificate of another CA", func(t *testing.T, p *patient) {
			p.publish(t, func(s *server.State) { s.APITLS = "" })
		}, "api certificate", broken, "don't trust", "AWS_CA_BUNDLE"}, func(c *server.Config) { c.APITLS = true }},
		{sick{"a host name that isn't found", nil, "host name", broken, "muster.example.com is not found", "address record for muster.example.com"}, func(c *server.Config) { c.Hostname = "muster.example.com" }},
		{sick{"an endpoint name that isn't found", nil, "endpoint name", broken, "is not found", "*.iot.us-east-1.muster.example.com"}, func(c *server.Config) { c.Hostname = "muster.example.com" }},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.look(t, newPatient(t, tc.serve)) })
	}
}

// What no server holds is looked into on a copy, and stays as it is.
func TestDoctorFindsInWhatWasLeft(t *testing.T) {
	for _, tc := range []sick{
		{"whole data", nil, "store", fine, "whole", ""},
		{"no database", func(t *testing.T, p *patient) { os.Remove(filepath.Join(p.data, "muster.db")) }, "store", doubt, "no database", "next start"},
		{"a file that is no database", func(t *testing.T, p *patient) {
			os.WriteFile(filepath.Join(p.data, "muster.db"), []byte("not a database, though longer than a header"), 0o600)
		}, "store", broken, "not a database", "your copy"},
		{"a page that was overwritten", func(t *testing.T, p *patient) { overwrite(t, filepath.Join(p.data, "muster.db")) }, "store", broken, "", "your copy"},
		{"another master key", func(t *testing.T, p *patient) {
			os.WriteFile(filepath.Join(p.data, "master.key"), []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))), 0o600)
		}, "store", broken, "the master key is another", "restore the master key"},
		{"a database that can't be read", func(t *testing.T, p *patient) {
			file := filepath.Join(p.data, "muster.db")
			if err := errors.Join(os.Remove(file), os.Mkdir(file, 0o700)); err != nil {
				t.Fatal(err)
			}
		}, "store", doubt, "not looked into", "next start"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPatient(t, nil)
			p.stop()
			if tc.damage != nil {
				tc.damage(t, p)
				tc.damage = nil
			}
			before := contents(t, p.data)
			t.Setenv("TMPDIR", t.TempDir())
			tc.look(t, p)
			if after := contents(t, p.data); !maps.Equal(before, after) {
				t.Errorf("the data were %v and are %v", before, after)
			}
			if left := contents(t, os.TempDir()); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// overwrite spoils all of a database but its first page, which has the tables.
func overwrite(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(data); i++ {
		data[i] = 0xaa
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// contents are the files of a directory, each with its hash.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		found[path] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A server that holds the data and isn't up has its ports: nobody else has them.
func TestDoctorKnowsWhoseThePortsAre(t *testing.T) {
	p := newPatient(t, nil)
	p.mendAfter(t)
	if err := os.WriteFile(filepath.Join(p.data, "server.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range p.examine(t.Context()) {
		if strings.HasSuffix(f.Check, " port") || f.Check == "store" {
			t.Errorf("got %+v of a server that holds the data", f)
		}
	}
}

func TestDoctorBeforeAStart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if found := newDoctor(data).examine(t.Context()); len(found) != 1 || found[0].State != broken || !strings.Contains(found[0].Detail, "does not exist") {
		t.Errorf("without data: got %+v", found)
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	d := newDoctor(data)
	d.config.API = taken.Addr().String()
	got := map[string]state{}
	for _, f := range d.examine(t.Context()) {
		got[f.Check] = f.State
	}
	for check, want := range map[string]state{
		"data directory": fine, "server": broken, "disk space": fine, "master key": doubt, "root key": doubt, "store": doubt, "api port": broken, "device port": fine, "host name": fine,
	} {
		if got[check] != want {
			t.Errorf("%s: got %q, want %q", check, got[check], want)
		}
	}
}

func TestDoctorReports(t *testing.T) {
	found := []finding{{Check: "disk space", State: fine, Detail: "9 MB"}, {Check: "root key", State: broken, Detail: "open", Fix: "chmod 600"}}
	var b bytes.Buffer
	if err := printFindings(&b, found); err != nil || b.String() != "ok    disk space  9 MB\nfail  root key    open\n                  fix: chmod 600\n" {
		t.Errorf("the table: got %q, %v", b.String(), err)
	}
	if err := verdict(found); err == nil || err.Error() != "1 of 2 checks failed" {
		t.Errorf("the verdict: got %v", err)
	}
	out, err := told(t, "doctor", "-o", "json", "--data", filepath.Join(t.TempDir(), "none"))
	var read []finding
	if err == nil || json.Unmarshal([]byte(out), &read) != nil || len(read) != 1 || read[0].State != broken || read[0].Fix == "" {
		t.Errorf("-o json: got %q, %v", out, err)
	}
	if left, err := diskRoom(t.TempDir()); err != nil || left.Free == 0 || left.Total == 0 {
		t.Errorf("diskRoom: got %+v, %v", left, err)
	}
}
