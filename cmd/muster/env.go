package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/account"
	"muster/internal/private"
	"muster/internal/server"
)

func envCommand() *cobra.Command {
	data, wait := server.Default().Data, 5*time.Second
	shell := &oneOf{value: "sh", allowed: []string{"sh", "fish", "powershell"}}
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Print what points AWS clients at the running server",
		Long: `Print the lines that point boto3, the AWS CLI and the AWS SDKs at the running
server. They hold the root key: use them as  eval "$(muster env)".`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := environment(cmd); err != nil {
				return err
			}
			s, key, err := awaited(cmd.Context(), data, wait)
			if err != nil {
				return err
			}
			return printEnvironment(cmd.OutOrStdout(), shell.value, clientEnvironment(s, key))
		},
	}
	cmd.Flags().StringVar(&data, "data", data, "data directory of the running server")
	cmd.Flags().DurationVar(&wait, "wait", wait, "how long to wait for a server that is coming up")
	cmd.Flags().Var(shell, "shell", "shell to print for")
	return cmd
}

// awaited is running for a server that was started a moment ago: whoever pastes
// both lines of the README asks before it is up, and would go on without an
// AWS_ENDPOINT_URL, to the real AWS.
func awaited(ctx context.Context, data string, wait time.Duration) (server.State, account.RootKey, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		s, key, err := running(data)
		if !errors.Is(err, server.NotRunning) {
			return s, key, err
		}
		select {
		case <-ctx.Done():
			return s, key, err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// running answers the server on data and its root key. A directory of another
// user's would point clients wherever that one likes: only root may use it, and
// only one that is named.
func running(data string) (server.State, account.RootKey, error) {
	if os.Geteuid() != 0 || data == server.Default().Data {
		if err := private.OwnOrRoots(data); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return server.State{}, account.RootKey{}, err
		}
	}
	s, err := server.ReadState(data)
	if err == nil && !server.Running(data) {
		err = server.NotRunning
	}
	if err != nil {
		return s, account.RootKey{}, fmt.Errorf("%w (%s): start one with `muster serve`, or name its --data", err, data)
	}
	key, err := account.ReadRootKey(s.RootKey)
	return s, key, err
}

type variable struct{ name, value string }

// clientEnvironment is what an AWS client needs to be told.
func clientEnvironment(s server.State, key account.RootKey) []variable {
	vars := []variable{
		{"AWS_ENDPOINT_URL", s.API},
		{"AWS_ACCESS_KEY_ID", key.AccessKeyID},
		{"AWS_SECRET_ACCESS_KEY", key.Secret.Reveal()},
		{"AWS_DEFAULT_REGION", s.Region},
		{"AWS_REGION", s.Region},
		{"MUSTER_ROOT_CA_URL", s.API + "/repository/AmazonRootCA1.pem"},
		{"MUSTER_ROOT_CA_SHA256", s.RootSum},
	}
	if s.APITLS != "" {
		vars = append(vars, variable{"AWS_CA_BUNDLE", s.APITLS})
	}
	if os.Getenv("AWS_SESSION_TOKEN") != "" { // of other credentials: clients would send it beside the root key
		vars = append(vars, variable{"AWS_SESSION_TOKEN", ""})
	}
	return vars
}

// powershellQuotes doubles what PowerShell takes for a single quote: beside the
// one of ASCII four of typography (about_Quoting_Rules).
var powershellQuotes = strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛")

func printEnvironment(w io.Writer, shell string, vars []variable) error {
	for _, v := range vars {
		var line string
		switch shell {
		case "fish":
			line = fmt.Sprintf("set -gx %s '%s';", v.name, strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v.value))
		case "powershell":
			line = fmt.Sprintf("$env:%s = '%s'", v.name, powershellQuotes.Replace(v.value))
		default:
			line = fmt.Sprintf("export %s='%s'", v.name, strings.ReplaceAll(v.value, "'", `'\''`))
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}
