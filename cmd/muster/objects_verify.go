package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"muster/internal/objects"
)

func objectsVerifyCommand() *cobra.Command {
	var s stoppedFlags
	output := &oneOf{value: "table", allowed: []string{"table", "json"}}
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Read all objects of a stopped server and say which are damaged",
		Long: `Read the contents of all objects of a stopped server, from its data directory and
its master key alone. It changes nothing. It names each object, version and part
of an upload whose content is damaged or missing, and exits 1 when there is one.
Names are quoted, since keys may hold anything.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := environment(cmd); err != nil {
				return err
			}
			report, err := s.verify(cmd.Context(), newProgress(cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			print := report.print
			if output.value == "json" {
				print = report.printJSON
			}
			if err := print(cmd.OutOrStdout()); err != nil {
				return err
			}
			return report.verdict()
		},
	}
	s.flags(cmd)
	cmd.Flags().VarP(output, "output", "o", "form of the output")
	completeFlags(cmd)
	return cmd
}

// verifyReport is what verify found.
type verifyReport struct {
	Contents int64      `json:"contents"`
	Bytes    int64      `json:"bytes"`
	Damaged  int64      `json:"damaged"`
	Files    int64      `json:"files"`
	Orphans  int64      `json:"files_without_objects"`
	Loose    int64      `json:"temporary_files"`
	Affected []affected `json:"affected"`
}

// affected is an object that can't be read.
type affected struct {
	Bucket  string `json:"bucket"`
	Key     string `json:"key"`
	Version string `json:"version,omitempty"`
	Upload  string `json:"upload,omitempty"` // of a part of an upload under way
	Part    int    `json:"part,omitempty"`
	Reason  string `json:"reason"`
}

func (s *stoppedFlags) verify(ctx context.Context, p *progress) (_ *verifyReport, err error) {
	kept, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	if err := kept.Check(ctx); err != nil {
		return nil, err
	}
	report := &verifyReport{Affected: []affected{}}
	found, err := kept.Verify(ctx, func(v objects.Verified) {
		p.say("%d contents read, %d MiB, %d damaged", v.Contents, v.Bytes>>20, v.Damaged)
	}, func(a objects.Affected) {
		report.Affected = append(report.Affected, affected{a.Bucket, a.Key, a.Version, a.Upload, a.Part, a.Err.Error()})
	})
	report.Contents, report.Bytes, report.Damaged = found.Contents, found.Bytes, found.Damaged
	report.Files, report.Orphans, report.Loose = found.Files, found.Orphans, found.Loose
	return report, err
}

func (r *verifyReport) print(w io.Writer) error {
	for _, a := range r.Affected {
		where := fmt.Sprintf("version %q", a.Version)
		if a.Upload != "" {
			where = fmt.Sprintf("part %d of the upload %q", a.Part, a.Upload)
		}
		if _, err := fmt.Fprintf(w, "damaged: bucket %q, key %q, %s: %s\n", a.Bucket, a.Key, where, a.Reason); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%d contents read, %d bytes, %d damaged\n%d files, %d of them without objects, and %d temporary ones\n",
		r.Contents, r.Bytes, r.Damaged, r.Files, r.Orphans, r.Loose)
	return err
}

func (r *verifyReport) printJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func (r *verifyReport) verdict() error {
	if r.Damaged > 0 {
		return fmt.Errorf("%d of %d contents are damaged or missing", r.Damaged, r.Contents)
	}
	return nil
}
