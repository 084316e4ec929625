package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/server"
)

// maxHealth bounds what is read of the answer of /readyz, in bytes.
const maxHealth = 64 << 10

// health asks one server whether it is ready.
type health struct {
	data, url, ca string
	timeout       time.Duration
}

func healthcheckCommand() *cobra.Command {
	h := health{data: server.Default().Data, timeout: 5 * time.Second}
	output := &oneOf{value: "table", allowed: []string{"table", "json"}}
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Exit 0 when the server is ready, 1 when it isn't",
		Long: `Ask /readyz of the server on a data directory, or of the one at --url, and exit 0
when it is ready, else 1: for HEALTHCHECK of a container, probes and scripts. A
server that is starting, draining or stopped is not ready. It needs no key.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := environment(cmd); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), h.timeout)
			defer cancel()
			status, body, err := h.ask(ctx)
			if err != nil {
				return err
			}
			if err := printHealth(cmd.OutOrStdout(), output.value, body); err != nil {
				return err
			}
			if status != http.StatusOK {
				return fmt.Errorf("the server is not ready: /readyz says %d", status)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&h.data, "data", h.data, "data directory of the server")
	f.StringVar(&h.url, "url", "", "URL of the API port of another server, such as https://muster.example.com:4600")
	f.StringVar(&h.ca, "ca", "", "PEM file of the certificates to trust at --url (default the system's)")
	f.DurationVar(&h.timeout, "timeout", h.timeout, "how long to wait for the answer")
	f.VarP(output, "output", "o", "form of the output; json is what /readyz says")
	return cmd
}

// ask returns the status and the body of /readyz.
func (h *health) ask(ctx context.Context) (int, []byte, error) {
	target, client, err := h.client()
	if err != nil {
		return 0, nil, err
	}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target+"/readyz", nil)
	if err != nil {
		return 0, nil, usageError{fmt.Errorf("--url: %w", err)}
	}
	answer, err := client.Do(r)
	if errors.Is(err, context.DeadlineExceeded) {
		return 0, nil, fmt.Errorf("%s/readyz: no answer within %v", target, h.timeout)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("the server can't be asked: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxHealth))
	if err != nil {
		return 0, nil, fmt.Errorf("read what /readyz says: %w", err)
	}
	return answer.StatusCode, body, nil
}

// client returns the URL of the API, and what reaches it. The server on a data
// directory is reached on this machine, by no proxy and whatever its name
// resolves to here, and its certificate is checked by its name all the same.
func (h *health) client() (string, *http.Client, error) {
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{}}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	target, ca := strings.TrimSuffix(h.url, "/"), h.ca
	if target != "" {
		if u, err := url.Parse(target); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" {
			return "", nil, usageError{fmt.Errorf("--url %q is not the URL of an API port, such as https://muster.example.com:4600", h.url)}
		}
	} else {
		s, err := server.ReadState(h.data)
		if err == nil && !server.Running(h.data) {
			err = server.NotRunning
		}
		if err != nil {
			return "", nil, fmt.Errorf("%w (%s)", err, h.data)
		}
		target = s.API
		if s.Address != "" {
			transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, s.Address)
			}
		}
		if ca == "" {
			ca = s.APITLS
		}
	}
	if ca == "" {
		return target, client, nil
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return "", nil, err
	}
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
		return "", nil, fmt.Errorf("%s holds no certificate", ca)
	}
	return target, client, nil
}

// printHealth prints what /readyz says: its JSON, or a line of it.
func printHealth(w io.Writer, form string, body []byte) error {
	var said struct {
		Status string `json:"status"`
		Store  string `json:"store"`
		S3     string `json:"s3"`
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Status == "" {
		return errors.New("what answers /readyz is no Muster")
	}
	if form == "json" {
		_, err := w.Write(body)
		return err
	}
	_, err := fmt.Fprintf(w, "%s (store %s, objects %s)\n", said.Status, said.Store, said.S3)
	return err
}
