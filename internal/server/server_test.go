package server

import (
	"bytes"
	"encoding/base64"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/minio/crc64nvme"

	"muster/internal/sigv4"
)

func TestCheckRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Config)
		want   string // in the reason; "" is accepted
	}{
		{"the defaults", func(*Config) {}, ""},
		{"no port", func(c *Config) { c.API = "127.0.0.1" }, "--api"},
		{"plain HTTP beyond loopback", func(c *Config) { c.API = "0.0.0.0:4600" }, "--api-tls=auto"},
		{"plain HTTP on a name", func(c *Config) { c.API = "muster.example:4600" }, "--api-tls=auto"},
		{"plain HTTP on every address", func(c *Config) { c.API = ":4600" }, "--api-tls=auto"},
		{"plain HTTP beyond loopback, asked for", func(c *Config) { c.API, c.InsecureHTTP = "0.0.0.0:4600", true }, ""},
		{"TLS beyond loopback", func(c *Config) { c.API, c.APITLS = "0.0.0.0:4600", true }, ""},
		{"IPv6 loopback", func(c *Config) { c.API = "[::1]:4600" }, ""},
		{"a certificate without its key", func(c *Config) { c.APITLSCert = "cert.pem" }, "go together"},
		{"a region that could widen an ARN", func(c *Config) { c.Region = "*" }, "--region"},
		{"a short account", func(c *Config) { c.Account = "12" }, "--account"},
		{"a host name with a port", func(c *Config) { c.Hostname = "a:1" }, "--hostname"},
		{"an IP as host name", func(c *Config) { c.Hostname = "192.0.2.7" }, ""},
		{"an endpoint with a path", func(c *Config) { c.Endpoint = "a/b" }, "--endpoint"},
		{"an endpoint with a port", func(c *Config) { c.Endpoint = "muster.example:443" }, ""},
		{"a negative delay", func(c *Config) { c.ThingTypeDeleteDelay = -1 }, "delay"},
		{"an external S3 without TLS", func(c *Config) { c.S3 = "http://s3.example.org" }, "--s3-insecure-http"},
		{"an external S3 without TLS, asked for", func(c *Config) { c.S3, c.S3InsecureHTTP = "http://s3.example.org", true }, ""},
		{"an external S3 on loopback", func(c *Config) { c.S3 = "http://[::1]:9000" }, ""},
		{"an external S3 with TLS", func(c *Config) { c.S3 = "https://s3.example.org" }, ""},
		{"an external S3 that is no URL", func(c *Config) { c.S3 = "s3.example.org" }, "--s3"},
		{"an external S3 with a key in its URL", func(c *Config) { c.S3 = "https://a:b@s3.example.org" }, "--s3"},
		{"no memory for bodies", func(c *Config) { c.BodyMemory = 1 << 20 }, "--body-memory"},
		{"no requests at all", func(c *Config) { c.S3Requests = 0 }, "--s3-requests"},
		{"one caller alone", func(c *Config) { c.S3PerCaller = c.S3Requests + 1 }, "--s3-requests-per-caller"},
		{"a proxy by its name", func(c *Config) { c.TrustedProxies = "10.0.0.1,proxy.example" }, "--trusted-proxies"},
		{"proxies", func(c *Config) { c.TrustedProxies = "10.0.0.1, 2001:db8::/32" }, ""},
		{"negative connections", func(c *Config) { c.MaxDeviceConnections = -1 }, "--max-device-connections"},
		{"negative handshakes", func(c *Config) { c.MaxHandshakes = -1 }, "--max-handshakes"},
		{"negative days", func(c *Config) { c.CertificateDays = -1 }, "days"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := Default()
			tc.change(&c)
			err := c.check()
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want a reason with %q", err, tc.want)
			}
		})
	}
}

// Every address is reached through 127.0.0.1: a container often has no ::1.
func TestReachable(t *testing.T) {
	for addr, want := range map[string]string{"0.0.0.0:0": "127.0.0.1", "[::]:0": "127.0.0.1", ":0": "127.0.0.1", "127.0.0.1:0": "127.0.0.1", "[::1]:0": "::1"} {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Logf("not tried: %v", err) // a machine without IPv6
			continue
		}
		defer l.Close()
		host, _, err := net.SplitHostPort(reachable(l))
		if err != nil || host != want {
			t.Errorf("%s is reached at %q, %v; want %s", addr, host, err, want)
		}
		c, err := net.Dial("tcp", reachable(l))
		if err != nil {
			t.Errorf("%s: %v", addr, err)
			continue
		}
		c.Close()
	}
}

// The quick CRC64NVME is the one that the signatures' package knows.
func TestQuickChecksum(t *testing.T) {
	for _, size := range []int{0, 1, 15, 127, 128, 4096, 1 << 20} {
		data := bytes.Repeat([]byte("pump-7 "), size/7+1)[:size]
		quick := crc64nvme.New()
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 1000)
			quick.Write(rest[:n])
			rest = rest[n:]
		}
		got := base64.StdEncoding.EncodeToString(quick.Sum(nil))
		if want, _ := sigv4.Checksum("x-amz-checksum-crc64nvme", data); got != want {
			t.Errorf("%d bytes: got %s, want %s", size, got, want)
		}
	}
}

func TestAMissingMasterKeyIsNotMadeAnew(t *testing.T) {
	c := Default()
	c.Data, c.API, c.Devices = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
	c.Getenv = func(string) string { return "" }
	c.Log = slog.New(slog.DiscardHandler)
	s, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(c.Data, "master.key")
	kept, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("without its master key: got %v, want an error that says so", err)
	}
	if exists(key) {
		t.Error("another master key was made")
	}
	if err := os.WriteFile(key, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err = Open(t.Context(), c)
	if err != nil {
		t.Fatalf("with its master key again: %v", err)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}

// A secret that can be guessed is for this machine alone.
func TestAShortRootSecret(t *testing.T) {
	for _, tc := range []struct {
		name, api, devices, secret string
		refused, warned            bool
	}{
		{"on loopback", "127.0.0.1:0", "127.0.0.1:0", "short-secret", false, true},
		{"devices from elsewhere", "127.0.0.1:0", "0.0.0.0:0", "short-secret", true, false},
		{"the API from elsewhere", "0.0.0.0:0", "127.0.0.1:0", "short-secret", true, false},
		{"a long one on loopback", "127.0.0.1:0", "127.0.0.1:0", "twenty-characters-it", false, false},
		{"a long one from elsewhere", "127.0.0.1:0", "0.0.0.0:0", "twenty-characters-it", false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var log bytes.Buffer
			c := Default()
			c.Data, c.API, c.Devices, c.InsecureHTTP = t.TempDir(), tc.api, tc.devices, true
			c.Getenv = func(name string) string {
				return map[string]string{"MUSTER_ROOT_ACCESS_KEY_ID": "AKIAROOT", "MUSTER_ROOT_SECRET_ACCESS_KEY": tc.secret}[name]
			}
			c.Log = slog.New(slog.NewTextHandler(&log, nil))
			s, err := Open(t.Context(), c)
			if err == nil {
				defer s.close()
			}
			var bad BadConfig
			if errors.As(err, &bad) != tc.refused || !tc.refused && err != nil {
				t.Errorf("got %v, want a refusal: %v", err, tc.refused)
			}
			if strings.Contains(log.String(), "secret access key is short") != tc.warned || strings.Contains(log.String(), tc.secret) {
				t.Errorf("the log: %s", &log)
			}
		})
	}
}

func TestDataIsLockedOnce(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lockData(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockData(dir); err == nil || !strings.Contains(err.Error(), "another muster") {
		t.Errorf("a second lock: got %v", err)
	}
	unlock()
	again, err := lockData(dir)
	if err != nil {
		t.Fatalf("after the first let go: %v", err)
	}
	again()
}
