// Command muster is the server of a device fleet's identities, and the
// commands of its operator. See `muster help`.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the build.
var version = "unknown"

// Exit codes.
const (
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a mistake in the command line, not in the work.
type usageError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:]))
}

// rootCommand is the whole command line, which prints to out.
func rootCommand(out io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "muster",
		Short: "Identities and temporary cloud credentials for a fleet of devices, through the AWS APIs",
		Long: `Muster registers a fleet of edge devices, gives each an X.509 identity and turns
that identity into short-lived cloud credentials, on your own machines, through
the AWS APIs your code already speaks.

    muster serve &            start it
    eval "$(muster env)"      point boto3, the AWS CLI and the SDKs at it
    muster tutorial           see the whole path run`,
		SilenceUsage: true, SilenceErrors: true,
	}
	root.SetOut(out) // before the completion command, which remembers it
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(serveCommand(), envCommand(), masterKeyCommand(), tutorialCommand(), operationsCommand(), applyCommand(), bucketCommand(), objectsCommand(), doctorCommand(), healthcheckCommand(), manCommand(), versionCommand())
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		c.Args = noArgs
		if !c.Runnable() { // a command that only holds others
			c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
		completeFlags(c)
	}
	return root
}

func run(ctx context.Context, args []string) int {
	root := rootCommand(os.Stdout)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "muster:", err)
	var usage usageError
	if errors.As(err, &usage) || !known(root, args) {
		fmt.Fprintln(os.Stderr, "See `muster help`.")
		return exitUsage
	}
	return exitFailed
}

// known reports whether args name a command: cobra answers an unknown one with
// an error like any other.
func known(root *cobra.Command, args []string) bool {
	_, _, err := root.Find(args)
	return err == nil
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no argument, got %q", cmd.CommandPath(), args[0])}
	}
	return nil
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "muster", version)
			return err
		},
	}
}
