package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/account"
	"muster/internal/server"
	"muster/internal/sigv4"
	"muster/internal/tutorial"
)

func tutorialCommand() *cobra.Command {
	data := server.Default().Data
	var fresh, keep bool
	cmd := &cobra.Command{
		Use:   "tutorial",
		Short: "Run the whole tutorial against a server, over the real wire",
		Long: `Run Amazon's tutorial "register and authenticate a device fleet" over the real
wire: against the running server, or where there is none, against one started
on free ports in a temporary directory. It shows each step and what it proves.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := environment(cmd); err != nil {
				return err
			}
			if s, key, err := running(data); err == nil && !fresh {
				fmt.Fprintf(cmd.OutOrStdout(), "Against the running server, %s.\n", s.API)
				return runTutorial(cmd.Context(), cmd.OutOrStdout(), s, key, keep)
			} else if err != nil && !errors.Is(err, server.NotRunning) {
				return err
			}
			return tutorialOnFresh(cmd.Context(), cmd.OutOrStdout(), keep)
		},
	}
	cmd.Flags().StringVar(&data, "data", data, "data directory of the running server")
	cmd.Flags().BoolVar(&fresh, "fresh", false, "start a server of its own even where one is running")
	cmd.Flags().BoolVar(&keep, "keep", false, "leave what was made, and the server if one was started, until interrupted")
	return cmd
}

// tutorialOnFresh starts a server on free ports with its embedded defaults.
func tutorialOnFresh(ctx context.Context, out io.Writer, keep bool) (err error) {
	dir, err := os.MkdirTemp("", "muster-tutorial-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	logs, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer logs.Close()
	c := server.Default()
	c.Data, c.API, c.Devices, c.Version = filepath.Join(dir, "data"), "127.0.0.1:0", "127.0.0.1:0", version
	c.Getenv = func(string) string { return "" } // its own key, whatever the environment says
	c.ThingTypeDeleteDelay = 0
	c.Log = slog.New(slog.NewTextHandler(logs, nil))
	slog.SetDefault(c.Log)
	fmt.Fprintln(out, "Starting a Muster on free ports in a temporary directory.")
	s, err := server.Open(ctx, c)
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- s.Serve(serving) }()

	state := s.State()
	fmt.Fprintf(out, "It serves the AWS APIs and S3 at %s, devices at https://%s.\n", state.API, state.Endpoint)
	key, err := account.ReadRootKey(state.RootKey)
	if err == nil {
		err = runTutorial(ctx, out, state, key, keep)
	}
	if err == nil && keep {
		fmt.Fprintf(out, "\nThe server stays up until you interrupt it (Ctrl-C). In another shell:\n  eval \"$(muster env --data %s)\"\n", c.Data)
		<-ctx.Done()
	}
	stop()
	return errors.Join(err, <-served)
}

func runTutorial(ctx context.Context, out io.Writer, s server.State, key account.RootKey, keep bool) error {
	client, err := apiClient(s)
	if err != nil {
		return err
	}
	run := &tutorial.Tutorial{
		API: s.API, DeviceAddr: s.Devices, Region: s.Region, Account: s.Account, HTTP: client, Out: out, Keep: keep,
		Key: sigv4.Credential{AccessKey: key.AccessKeyID, Secret: key.Secret},
	}
	return run.Run(ctx)
}

// apiClient trusts the API's certificate where Muster's own CA made it.
func apiClient(s server.State) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if s.APITLS != "" {
		pem, err := os.ReadFile(s.APITLS)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", s.APITLS)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return &http.Client{Transport: transport, Timeout: time.Minute}, nil
}
