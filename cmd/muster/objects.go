package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/awsapi/adminapi"
	"muster/internal/awsclient"
	"muster/internal/awswire"
)

func objectsCommand() *cobra.Command {
	return group("objects", "The store of S3 objects", objectsStatusCommand(), objectsVerifyCommand(), objectsExportCommand(), objectsRemoveOrphansCommand())
}

func objectsStatusCommand() *cobra.Command {
	var o operator
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Print what the checks of the store found last",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := environment(cmd); err != nil {
				return err
			}
			client, err := o.client()
			if err != nil {
				return err
			}
			found, err := awsclient.Do(cmd.Context(), client, adminapi.GetObjectStore, &adminapi.GetObjectStoreRequest{})
			if err != nil {
				return err
			}
			return o.print(cmd.OutOrStdout(), found, func(w io.Writer) {
				fmt.Fprintf(w, "damaged contents found since the start\t%d\n", *found.Damaged)
				if s := found.Scrub; s != nil {
					fmt.Fprintf(w, "all contents read\t%s\t%d contents, %d bytes, %d damaged\n", span(s.Began, s.Ended), *s.Contents, *s.Bytes, *s.Damaged)
				}
				printSweep(w, found.Sweep)
			})
		},
	}
	o.flags(cmd)
	return cmd
}

// span says from when to when something took.
func span(began, ended *awswire.Time) string {
	if ended == nil {
		return "since " + began.UTC().Format(time.RFC3339)
	}
	return began.UTC().Format(time.RFC3339) + " to " + ended.UTC().Format(time.RFC3339)
}

func printSweep(w io.Writer, s *adminapi.Sweep) {
	if s == nil {
		fmt.Fprintln(w, "files without objects\tnot looked for since the start")
		return
	}
	fmt.Fprintf(w, "files without objects\t%s\t%d of %d, %d bytes; %d files removed\n", s.At.UTC().Format(time.RFC3339), *s.Orphans, *s.Files, *s.Bytes, *s.Removed)
	if s.Held != nil {
		fmt.Fprintf(w, "they were left where they are\t%s\tremove them with `muster objects remove-orphans`\n", *s.Held)
	}
}

func objectsRemoveOrphansCommand() *cobra.Command {
	var o operator
	cmd := &cobra.Command{
		Use:   "remove-orphans",
		Short: "Remove files of contents that no object needs",
		Long: `Remove the files of contents that no object needs and that didn't change for a
day. The server does so by itself, unless there are more of them than crashes
leave, or the database looks older than the files, as after a restore: then it
waits for this command. Be sure that nothing of them is wanted back.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := environment(cmd); err != nil {
				return err
			}
			client, err := o.client()
			if err != nil {
				return err
			}
			client.HTTP.Timeout = time.Hour
			found, err := awsclient.Do(cmd.Context(), client, adminapi.RemoveOrphans, &adminapi.RemoveOrphansRequest{})
			if err != nil {
				return err
			}
			return o.print(cmd.OutOrStdout(), found, func(w io.Writer) { printSweep(w, found.Sweep) })
		},
	}
	o.flags(cmd)
	return cmd
}
