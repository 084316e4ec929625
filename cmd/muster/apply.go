package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"muster/internal/apply"
	"muster/internal/server"
)

// maxParallel bounds --parallel: the requests of one caller are bounded, too.
const maxParallel = 64

func applyCommand() *cobra.Command {
	data, parallel := server.Default().Data, 8
	var names []string
	var dry bool
	output := &oneOf{value: "table", allowed: []string{"table", "json"}}
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Make what a file names: things, fleets, policies, roles, buckets",
		Long: `Make what a file names, in YAML or JSON: buckets, policies, users, roles, role
aliases, IoT policies, thing types, things, device fleets and devices, and what is
attached to certificates. What is missing is created, what differs is changed;
nothing is removed that the file doesn't name, and a second run changes nothing.

It makes signed requests to the API with AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION and AWS_CA_BUNDLE, or, without
a key there or with --data, with the root key of the server on that directory.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			named := cmd.Flags().Changed("data")
			if err := environment(cmd); err != nil {
				return err
			}
			if len(names) == 0 {
				return usageError{errors.New("apply needs -f FILE, or -f - for standard input")}
			}
			if parallel < 1 || parallel > maxParallel {
				return usageError{fmt.Errorf("--parallel must be from 1 to %d", maxParallel)}
			}
			files, err := readFiles(names, cmd.InOrStdin())
			if err != nil {
				return err
			}
			client, err := callerClient(data, named)
			if err != nil {
				return err
			}
			if t, ok := client.HTTP.Transport.(*http.Transport); ok {
				t.MaxIdleConnsPerHost = parallel
			}
			work := newProgress(cmd.ErrOrStderr())
			run := apply.Run{Client: client, DryRun: dry, Parallel: parallel, Progress: func(kind string, done, of int) { work.say("%d of %d (%s)", done, of, kind) }}
			report, err := run.Apply(cmd.Context(), files)
			if report == nil {
				return err
			}
			return errors.Join(err, printReport(cmd, output.value, report))
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&names, "file", "f", nil, "file to apply, - for standard input; may be given more than once")
	f.StringVar(&data, "data", data, "data directory of the running server, whose root key is then used")
	f.BoolVar(&dry, "dry-run", false, "print what would be done, and do nothing")
	f.IntVar(&parallel, "parallel", parallel, "how much is done at the same time, up to 64")
	f.VarP(output, "output", "o", "form of the output")
	return cmd
}

func readFiles(names []string, stdin io.Reader) ([]apply.File, error) {
	var files []apply.File
	for _, name := range names {
		file, err := readFile(name, stdin)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, apply.Check(files)
}

func readFile(name string, stdin io.Reader) (apply.File, error) {
	if name == "-" {
		return apply.Read(apply.Stdin, stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return apply.File{}, err
	}
	defer f.Close()
	return apply.Read(name, f)
}

// printReport prints the report, and fails where something of it failed.
func printReport(cmd *cobra.Command, form string, report *apply.Report) error {
	out := cmd.OutOrStdout()
	if form == "json" {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		if err := e.Encode(report); err != nil {
			return err
		}
	} else {
		t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, r := range report.Results {
			row := []string{string(r.Action), r.Kind, r.Name}
			if len(r.Changes) > 0 {
				row = append(row, strings.Join(r.Changes, ", "))
			}
			fmt.Fprintln(t, strings.Join(row, "\t"))
		}
		fmt.Fprintln(t, report)
		if err := t.Flush(); err != nil {
			return err
		}
	}
	if report.Failed == 0 {
		return nil
	}
	for _, r := range report.Results {
		if r.Action == apply.Failed {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s:%d: %s %s: %s\n", r.File, r.Line, r.Kind, r.Name, r.Error)
		}
	}
	return fmt.Errorf("%d failed", report.Failed)
}
