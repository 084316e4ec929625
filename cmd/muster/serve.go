package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"muster/internal/server"
)

func serveCommand() *cobra.Command {
	c := server.Default()
	free := &freeSpace{}
	var bucketBytes, bucketObjects size
	bodyMemory, decisionMemory := size{n: &c.BodyMemory}, size{n: &c.DecisionMemory}
	apiTLS := &oneOf{value: "off", allowed: []string{"off", "auto"}}
	format := &oneOf{allowed: []string{"text", "json"}}
	level := &oneOf{value: "info", allowed: []string{"debug", "info", "warn", "error"}}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server. Every flag can be given as an environment variable: --data as
MUSTER_DATA, --api-tls as MUSTER_API_TLS, and so on. The root access key is
MUSTER_ROOT_ACCESS_KEY_ID and MUSTER_ROOT_SECRET_ACCESS_KEY, or one that the
first start makes and keeps in <data>/root-credentials.

SIGTERM lets requests under way finish and ends with 0. SIGHUP has the files of
--api-tls-cert and --api-tls-key read again; without it they are read within a
minute after they changed.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := environment(cmd); err != nil {
				return err
			}
			c.APITLS = apiTLS.value == "auto"
			c.BodyMemory = bodyMemory.value()
			c.FreeSpace = free.floor
			c.S3BucketBytes, c.S3BucketObjects = bucketBytes.value(), bucketObjects.value()
			c.DecisionMemory = decisionMemory.value()
			c.Version = version
			c.Log = logger(cmd.ErrOrStderr(), format.value, level.value)
			slog.SetDefault(c.Log)
			hangUp := make(chan os.Signal, 1)
			signal.Notify(hangUp, syscall.SIGHUP) // before the start, which it would end
			defer signal.Stop(hangUp)
			s, err := server.Open(cmd.Context(), c)
			if err != nil {
				return asUsage(err)
			}
			go reloadOn(cmd.Context(), hangUp, s)
			announce(cmd.OutOrStdout(), s.State(), c.Data)
			return s.Serve(cmd.Context())
		},
	}
	sections := &flagSections{}
	f := sections.section("Data and ports")
	f.StringVar(&c.Data, "data", c.Data, "data `directory`")
	f.StringVar(&c.MasterKeyFile, "master-key-file", "", "`file` of the key that seals every private key, or - to read it from standard input once (default <data>/master.key)")
	f.StringVar(&c.API, "api", c.API, "address of the AWS APIs, S3, the root certificate and health")
	f.StringVar(&c.Devices, "devices", c.Devices, "address of the mutual-TLS port: the credentials provider")
	f.StringVar(&c.Hostname, "hostname", c.Hostname, "name (or IP) in the server certificate")
	f.StringVar(&c.Endpoint, "endpoint", "", "`host[:port]` that DescribeEndpoint answers, where the reachable address isn't the listening one")
	f.StringVar(&c.TrustedProxies, "trusted-proxies", "", "`addresses` or CIDR blocks, with commas between them, whose connections to either port begin with a PROXY protocol header of version 2 that says where they come from")
	f.StringVar(&c.Region, "region", c.Region, "the region that muster env names; any region in a request is its own namespace")
	f.StringVar(&c.Account, "account", c.Account, "the first account")
	f = sections.section("TLS of the API port")
	f.Var(apiTLS, "api-tls", "serve the API port on TLS with Muster's own CA")
	f.StringVar(&c.APITLSCert, "api-tls-cert", "", "`file` of the certificate chain of the API port (PEM)")
	f.StringVar(&c.APITLSKey, "api-tls-key", "", "`file` of its key (PEM)")
	f.BoolVar(&c.InsecureHTTP, "insecure-http", false, "allow plain HTTP on the API port beyond loopback")
	f = sections.section("Devices")
	f.IntVar(&c.CertificateDays, "certificate-days", 0, "life of issued device certificates in days (default until 2049-12-31T23:59:59Z)")
	f.DurationVar(&c.ThingTypeDeleteDelay, "thing-type-delete-delay", c.ThingTypeDeleteDelay, "wait between deprecating and deleting a thing type")
	f.BoolVar(&c.DeviceControlPlane, "device-control-plane", false, "let sessions of devices pass roles and change iot, iam and sagemaker as far as their roles' policies allow, as AWS does")
	f = sections.section("Objects")
	f.StringVar(&c.S3, "s3", "", "`URL` of an external S3; its key in MUSTER_S3_ACCESS_KEY_ID and MUSTER_S3_SECRET_ACCESS_KEY (default: Muster's own store)")
	f.BoolVar(&c.S3InsecureHTTP, "s3-insecure-http", false, "allow plain HTTP to the external S3 beyond loopback")
	f.BoolVar(&c.S3AdoptBuckets, "s3-adopt-buckets", false, "let CreateBucket take over buckets that the external S3's key owns already")
	f.Var(&bucketBytes, "s3-bucket-max-bytes", "`bytes` that a bucket without a quota of its own may hold, such as 500GiB, and one writer a tenth of it (default no limit)")
	f.Var(&bucketObjects, "s3-bucket-max-objects", "versions of objects that such a bucket may hold, and one writer a tenth of it (default no limit)")
	f = sections.section("Limits (docs/limits.md explains each)")
	f.Var(free, "free-space", "what stays free of the disk, such as 10GiB or 5%: below it contents of objects are refused, and below a quarter of it whatever adds (default the larger of 5% and 1GiB, at most 25%)")
	f.IntVar(&c.MaxConnections, "max-connections", 0, "connections of the API port at once (default a quarter of the file descriptors that the process may have, at most 16384)")
	f.IntVar(&c.MaxDeviceConnections, "max-device-connections", 0, "connections of the device port at once (default half of the file descriptors, at most 32768)")
	f.IntVar(&c.MaxHandshakes, "max-handshakes", 0, "TLS handshakes that each port computes at once (default the number of processors)")
	f.Var(&bodyMemory, "body-memory", "`bytes` of memory for bodies of requests that are being read, such as 1GiB, of which one caller gets a quarter at most")
	f.Var(&decisionMemory, "decision-memory", "`bytes` of memory for what decisions are made from: devices, roles, policies (600MiB is enough for a million devices)")
	f.IntVar(&c.S3Requests, "s3-requests", c.S3Requests, "S3 requests served at once")
	f.IntVar(&c.S3PerCaller, "s3-requests-per-caller", c.S3PerCaller, "S3 requests of one caller served at once")
	f = sections.section("Log and metrics")
	f.Var(format, "log-format", "log format (default text on a terminal, else json)")
	f.Var(level, "log-level", "log level")
	f.BoolVar(&c.Metrics, "metrics", false, "serve Prometheus metrics at /metrics of the API port")
	sections.addTo(cmd)
	return cmd
}

// reloadOn has the server read again what may be changed at each signal.
func reloadOn(ctx context.Context, signals <-chan os.Signal, s *server.Server) {
	for {
		select {
		case <-signals:
			s.Reload()
		case <-ctx.Done():
			return
		}
	}
}

// asUsage makes a refused configuration a usage error.
func asUsage(err error) error {
	var bad server.BadConfig
	if errors.As(err, &bad) {
		return usageError{err}
	}
	return err
}

func logger(w io.Writer, format, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		panic(err) // the flag takes only the levels
	}
	options := &slog.HandlerOptions{Level: l}
	if f, ok := w.(*os.File); format == "text" || format == "" && ok && term.IsTerminal(int(f.Fd())) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	options.ReplaceAttr = inMilliseconds
	return slog.New(slog.NewJSONHandler(w, options))
}

// inMilliseconds writes durations in a unit that says so: in JSON they would be
// bare nanoseconds.
func inMilliseconds(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() != slog.KindDuration {
		return a
	}
	return slog.Float64(a.Key+"_ms", float64(a.Value.Duration().Microseconds())/1000)
}

func announce(w io.Writer, s server.State, data string) {
	fmt.Fprintf(w, `Muster %s is up.
  AWS APIs and S3    %s
  device port        https://%s (mutual TLS), endpoint %s
  root key           %s
  root certificates  %s, also at %s/repository/AmazonRootCA1.pem
                     SHA-256 %s

In another shell:  eval "$(muster env%s)"
`, s.Version, s.API, s.Devices, s.Endpoint, s.RootKey, s.RootCA, s.API, s.RootSum, dataFlag(data))
}

func dataFlag(data string) string {
	if data == server.Default().Data {
		return ""
	}
	return " --data " + data
}
