package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"muster/internal/awsapi/adminapi"
	"muster/internal/awsclient"
	"muster/internal/server"
	"muster/internal/sigv4"
)

// operator is a command that asks the running server, with the root key.
type operator struct {
	data   string
	output *oneOf
}

func (o *operator) flags(cmd *cobra.Command) {
	o.data, o.output = server.Default().Data, &oneOf{value: "table", allowed: []string{"table", "json"}}
	cmd.Flags().StringVar(&o.data, "data", o.data, "data directory of the running server")
	cmd.Flags().VarP(o.output, "output", "o", "form of the output")
	completeFlags(cmd)
}

func (o *operator) client() (*awsclient.Client, error) {
	s, key, err := running(o.data)
	if err != nil {
		return nil, err
	}
	client, err := apiClient(s)
	if err != nil {
		return nil, err
	}
	return &awsclient.Client{Endpoint: s.API, Region: s.Region, HTTP: client,
		Credential: sigv4.Credential{AccessKey: key.AccessKeyID, Secret: key.Secret}}, nil
}

// print writes v as JSON, or as table does.
func (o *operator) print(w io.Writer, v any, table func(io.Writer)) error {
	if o.output.value == "json" {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	table(t)
	return t.Flush()
}

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short}
	cmd.AddCommand(commands...)
	return cmd
}

func bucketCommand() *cobra.Command {
	return group("bucket", "Quotas of buckets, and who has how much in them", bucketQuotaCommand(), bucketWritersCommand())
}

// oneBucket wants the name of a bucket as the only argument.
func oneBucket(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{fmt.Errorf("%s takes the name of one bucket", cmd.CommandPath())}
	}
	return nil
}

func bucketQuotaCommand() *cobra.Command {
	var o operator
	var remove bool
	limits := map[string]*size{"max-bytes": {}, "max-objects": {}, "writer-max-bytes": {}, "writer-max-objects": {}}
	cmd := &cobra.Command{
		Use:   "quota BUCKET",
		Short: "Show or set how much a bucket may hold",
		Long: `Show how much a bucket holds and may hold, or set it. A writer is a thing, else
a certificate, a user or a role; unless it is given, each may have a tenth of
what the bucket may. 0 is no limit. All versions and all parts of uploads count.`,
		Args: oneBucket,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := environment(cmd); err != nil {
				return err
			}
			client, err := o.client()
			if err != nil {
				return err
			}
			set := false
			for name := range limits {
				set = set || cmd.Flags().Changed(name)
			}
			switch {
			case set && remove:
				return usageError{fmt.Errorf("--remove goes without the others")}
			case remove:
				_, err = awsclient.Do(cmd.Context(), client, adminapi.DeleteBucketQuota, &adminapi.DeleteBucketQuotaRequest{Bucket: args[0]})
			case set:
				_, err = awsclient.Do(cmd.Context(), client, adminapi.PutBucketQuota, &adminapi.PutBucketQuotaRequest{Bucket: args[0], Quota: &adminapi.Quota{
					MaxBytes: limits["max-bytes"].n, MaxObjects: limits["max-objects"].n,
					WriterMaxBytes: limits["writer-max-bytes"].n, WriterMaxObjects: limits["writer-max-objects"].n}})
			}
			if err != nil {
				return err
			}
			return showQuota(cmd.Context(), cmd.OutOrStdout(), &o, client, args[0])
		},
	}
	o.flags(cmd)
	cmd.Flags().Var(limits["max-bytes"], "max-bytes", "bytes that the bucket may hold, such as 500GiB")
	cmd.Flags().Var(limits["max-objects"], "max-objects", "versions that it may hold")
	cmd.Flags().Var(limits["writer-max-bytes"], "writer-max-bytes", "bytes of one writer (default a tenth of the bucket's)")
	cmd.Flags().Var(limits["writer-max-objects"], "writer-max-objects", "versions of one writer (default a tenth of the bucket's)")
	cmd.Flags().BoolVar(&remove, "remove", false, "remove the quota")
	return cmd
}

func showQuota(ctx context.Context, w io.Writer, o *operator, client *awsclient.Client, bucket string) error {
	found, err := awsclient.Do(ctx, client, adminapi.GetBucketQuota, &adminapi.GetBucketQuotaRequest{Bucket: bucket})
	if err != nil {
		return err
	}
	limit := func(n *int64) string {
		if n == nil {
			return "-"
		}
		return strconv.FormatInt(*n, 10)
	}
	return o.print(w, found, func(w io.Writer) {
		q := found.Quota
		fmt.Fprintln(w, "\tUSED\tMOST\tOF ONE WRITER")
		fmt.Fprintf(w, "bytes\t%d\t%s\t%s\n", *found.Usage.Bytes, limit(q.MaxBytes), limit(q.WriterMaxBytes))
		fmt.Fprintf(w, "objects\t%d\t%s\t%s\n", *found.Usage.Objects, limit(q.MaxObjects), limit(q.WriterMaxObjects))
	})
}

func bucketWritersCommand() *cobra.Command {
	var o operator
	cmd := &cobra.Command{
		Use:   "writers BUCKET",
		Short: "Print who has how much in a bucket",
		Args:  oneBucket,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := environment(cmd); err != nil {
				return err
			}
			client, err := o.client()
			if err != nil {
				return err
			}
			all := []adminapi.Writer{}
			in := &adminapi.ListBucketWritersRequest{Bucket: args[0], MaxResults: new(int32(1000))}
			for more := true; more; {
				page, err := awsclient.Do(cmd.Context(), client, adminapi.ListBucketWriters, in)
				if err != nil {
					return err
				}
				all = append(all, page.Writers...)
				in.NextToken, more = page.NextToken, page.NextToken != nil
			}
			return o.print(cmd.OutOrStdout(), all, func(w io.Writer) {
				fmt.Fprintln(w, "WRITER\tBYTES\tOBJECTS")
				for _, u := range all {
					fmt.Fprintf(w, "%s\t%d\t%d\n", *u.Writer, *u.Usage.Bytes, *u.Usage.Objects)
				}
			})
		},
	}
	o.flags(cmd)
	return cmd
}
