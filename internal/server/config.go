package server

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"muster/internal/arn"
	"muster/internal/ingress"
	"muster/internal/space"
)

// The addresses Muster listens on when none is given. They listen on the
// IPv6 loopback too.
const (
	DefaultAPI     = "127.0.0.1:4600"
	DefaultDevices = "127.0.0.1:8443"
)

// Config is what an operator decides. The zero value of a field that is not
// given here means its default; see Default.
type Config struct {
	Data          string // the data directory; made absolute by check
	API           string // host:port of the AWS APIs and S3
	Devices       string // host:port of the mutual-TLS port
	Hostname      string // the name (or IP) in the server certificate
	Endpoint      string // host[:port] DescribeEndpoint answers; "" derives it
	Region        string
	Account       string // the first account, twelve digits
	MasterKeyFile string // "" is master.key in the data directory, OnInput the first line of Stdin
	S3            string // "" is Muster's own store, else the URL of an S3

	S3InsecureHTTP  bool  // allow plain HTTP to an external S3 beyond loopback
	S3AdoptBuckets  bool  // let CreateBucket take over buckets that the external S3's key owns already
	S3BucketBytes   int64 // that a bucket without a quota of its own may hold, and one writer a tenth of it; 0 for no limit
	S3BucketObjects int64 // versions, likewise
	BodyMemory      int64 // bytes of memory for bodies of requests, of which one caller gets a quarter
	S3Requests      int   // S3 requests served at once
	S3PerCaller     int   // of them, those of one caller

	DecisionMemory int64 // bytes that what decisions are made from may take, session policies with a sixteenth of it

	APITLS       bool   // serve the API port on TLS with Muster's own CA
	APITLSCert   string // PEM file of the API port's certificate chain; read again when it changes
	APITLSKey    string // PEM file of its key; likewise
	InsecureHTTP bool   // allow plain HTTP beyond loopback

	TrustedProxies       string // addresses and blocks, with commas between them, whose PROXY headers are believed
	MaxConnections       int    // of the API port at once; 0 for a share of the process's file descriptors
	MaxDeviceConnections int    // of the device port, likewise
	MaxHandshakes        int    // computed at once, on each port; 0 for as many as there are processors

	DeviceControlPlane bool // let sessions of devices change iot, iam and sagemaker as far as their roles' policies allow

	ThingTypeDeleteDelay time.Duration // AWS's wait between deprecating and deleting a type
	CertificateDays      int           // life of device certificates in days; 0 is until 2049-12-31T23:59:59Z
	Metrics              bool          // serve /metrics

	FreeSpace space.Floor // of the disk, below which contents of objects are refused; a quarter of it for whatever adds rows

	Getenv  func(string) string // the root key and the external S3's key are read from it
	Stdin   io.Reader           // the master key may be read from it
	Version string
	Log     *slog.Logger
}

// Default is the configuration of a bare `muster serve`.
func Default() Config {
	return Config{
		Data: "./muster-data", API: DefaultAPI, Devices: DefaultDevices, Hostname: "localhost",
		Region: "us-east-1", Account: "000000000000", ThingTypeDeleteDelay: 5 * time.Minute,
		BodyMemory: 256 << 20, DecisionMemory: 600 << 20, S3Requests: 1024, S3PerCaller: 256,
		Getenv: os.Getenv, Stdin: os.Stdin, Version: "unknown", Log: slog.Default(),
	}
}

// leastBodyMemory lets one caller, who gets a quarter, send the largest document
// that S3 takes, which is an 8 MiB DeleteObjects.
const leastBodyMemory = 64 << 20

// leastDecisionMemory is enough for a few thousand devices and the largest roles.
const leastDecisionMemory = 32 << 20

// BadConfig is a configuration that can't be meant.
type BadConfig struct{ error }

// check completes the configuration, or says which flag can't be meant.
func (c *Config) check() error {
	if err := c.complete(); err != nil {
		return BadConfig{err}
	}
	return nil
}

func (c *Config) complete() error {
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return fmt.Errorf("--data %q: %w", c.Data, err)
	}
	c.Data = data
	if c.MasterKeyFile == "" {
		c.MasterKeyFile = filepath.Join(c.Data, "master.key")
	} else if c.MasterKeyFile != OnInput {
		if c.MasterKeyFile, err = filepath.Abs(c.MasterKeyFile); err != nil {
			return fmt.Errorf("--master-key-file: %w", err)
		}
	}
	for flag, addr := range map[string]string{"--api": c.API, "--devices": c.Devices} {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return fmt.Errorf("%s %q is not host:port: %w", flag, addr, err)
		}
	}
	if !isHost(c.Hostname) {
		return fmt.Errorf("--hostname %q is neither a host name nor an IP address", c.Hostname)
	}
	if c.Endpoint != "" && !isEndpoint(c.Endpoint) {
		return fmt.Errorf("--endpoint %q is not host or host:port", c.Endpoint)
	}
	if !arn.IsRegion(c.Region) {
		return fmt.Errorf("--region %q: at most 32 of a-z, 0-9 and '-'", c.Region)
	}
	if !arn.IsAccount(c.Account) {
		return fmt.Errorf("--account %q: twelve digits", c.Account)
	}
	if c.ThingTypeDeleteDelay < 0 {
		return fmt.Errorf("--thing-type-delete-delay %s is negative", c.ThingTypeDeleteDelay)
	}
	if c.FreeSpace.Bytes < 0 || c.FreeSpace.Percent < 0 || c.FreeSpace.Percent > 90 {
		return fmt.Errorf("--free-space is not negative, and at most 90%% of the disk")
	}
	if c.CertificateDays < 0 {
		return fmt.Errorf("--certificate-days %d is negative", c.CertificateDays)
	}
	if c.BodyMemory < leastBodyMemory {
		return fmt.Errorf("--body-memory %d: at least %d bytes", c.BodyMemory, leastBodyMemory)
	}
	if c.DecisionMemory < leastDecisionMemory {
		return fmt.Errorf("--decision-memory %d: at least %d bytes, since what a role may do can take as much as a thousand devices", c.DecisionMemory, leastDecisionMemory)
	}
	if c.MaxConnections < 0 || c.MaxDeviceConnections < 0 || c.MaxHandshakes < 0 {
		return fmt.Errorf("--max-connections, --max-device-connections and --max-handshakes are not negative")
	}
	if _, err := ingress.ParseProxies(c.TrustedProxies); err != nil {
		return fmt.Errorf("--trusted-proxies: %w", err)
	}
	if err := c.checkS3(); err != nil {
		return err
	}
	return c.checkAPI()
}

// checkS3 keeps plain HTTP to an external S3 on loopback, too: objects may hold
// as much as any answer of the API.
func (c *Config) checkS3() error {
	switch {
	case c.S3BucketBytes < 0 || c.S3BucketObjects < 0:
		return fmt.Errorf("--s3-bucket-max-bytes and --s3-bucket-max-objects are not negative")
	case c.S3Requests < 1 || c.S3PerCaller < 1 || c.S3PerCaller > c.S3Requests:
		return fmt.Errorf("--s3-requests %d and --s3-requests-per-caller %d: at least 1, and a caller's at most as many as all", c.S3Requests, c.S3PerCaller)
	case c.S3 == "":
		return nil
	}
	u, err := url.Parse(c.S3)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return fmt.Errorf("--s3 is not the URL of an S3, such as https://s3.example.org")
	}
	if u.Scheme == "http" && !c.S3InsecureHTTP && !isLoopback(net.JoinHostPort(u.Hostname(), "80")) {
		return fmt.Errorf("--s3 %s would send objects over plain HTTP beyond loopback: give an https URL, or accept the risk with --s3-insecure-http", c.S3)
	}
	return nil
}

// checkAPI keeps plain HTTP on loopback: whoever can read the wire could read
// every private key CreateKeysAndCertificate hands out.
func (c *Config) checkAPI() error {
	if (c.APITLSCert == "") != (c.APITLSKey == "") {
		return fmt.Errorf("--api-tls-cert and --api-tls-key go together")
	}
	for flag, file := range map[string]*string{"--api-tls-cert": &c.APITLSCert, "--api-tls-key": &c.APITLSKey} {
		var err error
		if *file == "" {
			continue
		}
		if *file, err = filepath.Abs(*file); err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
	}
	if c.onTLS() || c.InsecureHTTP || isLoopback(c.API) {
		return nil
	}
	return fmt.Errorf("--api %s would speak plain HTTP beyond loopback: give --api-tls=auto, or --api-tls-cert and --api-tls-key, or accept the risk with --insecure-http", c.API)
}

func (c *Config) onTLS() bool { return c.APITLS || c.APITLSCert != "" }

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
				return false
			}
		}
	}
	return true
}

func isEndpoint(s string) bool {
	if host, port, err := net.SplitHostPort(s); err == nil {
		return isHost(host) && port != ""
	}
	return isHost(s)
}
