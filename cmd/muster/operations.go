package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"muster/internal/awsapi"
	"muster/internal/server"
)

func operationsCommand() *cobra.Command {
	output := &oneOf{value: "table", allowed: []string{"table", "json", "markdown"}}
	var service string
	cmd := &cobra.Command{
		Use:   "operations",
		Short: "Print the operations of the AWS APIs that are built, and those that are not",
		Long: `Print every operation of the AWS APIs that Muster speaks, by service, and
whether it is built. One that is not built answers 501 NotImplementedException,
or NotImplemented in S3, with its name. It needs no server.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := environment(cmd); err != nil {
				return err
			}
			all, err := operationsOf(service)
			if err != nil {
				return err
			}
			switch out := cmd.OutOrStdout(); output.value {
			case "json":
				return operationsJSON(out, all)
			case "markdown":
				return operationsMarkdown(out, all)
			default:
				return operationsTable(out, all)
			}
		},
	}
	cmd.Flags().VarP(output, "output", "o", "form of the output")
	cmd.Flags().StringVar(&service, "service", "", "only the operations of this service, such as iot")
	return cmd
}

// operationsOf answers the operations of a service, of all when it is "".
func operationsOf(service string) ([]awsapi.Known, error) {
	all := server.Operations()
	if service == "" {
		return all, nil
	}
	of := slices.DeleteFunc(slices.Clone(all), func(o awsapi.Known) bool { return o.Service != service })
	if len(of) == 0 {
		return nil, usageError{fmt.Errorf("--service %q: must be one of %s", service, strings.Join(servicesOf(all), ", "))}
	}
	return of, nil
}

func servicesOf(all []awsapi.Known) []string {
	var names []string
	for _, o := range all {
		names = append(names, o.Service)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// named are the names of the operations of a service that are built, or not.
func named(all []awsapi.Known, service string, built bool) []string {
	var names []string
	for _, o := range all {
		if o.Service == service && o.Built == built {
			names = append(names, o.Name)
		}
	}
	return names
}

func operationsJSON(w io.Writer, all []awsapi.Known) error {
	type row struct {
		Service   string `json:"service"`
		Operation string `json:"operation"`
		Built     bool   `json:"built"`
	}
	rows := []row{}
	for _, o := range all {
		rows = append(rows, row{o.Service, o.Name, o.Built})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(rows)
}

func operationsTable(out io.Writer, all []awsapi.Known) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SERVICE\tOPERATION\tSTATE")
	for _, o := range all {
		state := "not built"
		if o.Built {
			state = "built"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", o.Service, o.Name, state)
	}
	if err := w.Flush(); err != nil { // the widths begin anew
		return err
	}
	fmt.Fprintln(w, "\nSERVICE\tBUILT\tNOT BUILT")
	for _, service := range servicesOf(all) {
		fmt.Fprintf(w, "%s\t%d\t%d\n", service, len(named(all, service, true)), len(named(all, service, false)))
	}
	return w.Flush()
}

// operationsMarkdown writes docs/operations.md.
func operationsMarkdown(w io.Writer, all []awsapi.Known) error {
	var b strings.Builder
	b.WriteString(`# Operations

The operations of the AWS APIs that Muster speaks, by the signing name of their service. One
that is not built answers 501 ` + "`NotImplementedException`" + ` with its name, in S3's words
` + "`NotImplemented`" + `. The operations of SageMaker Edge are among those of sagemaker, whose
signing name they share. This page is what ` + "`muster operations -o markdown`" + ` prints.

| service | built | not built |
|---|---:|---:|
`)
	for _, service := range servicesOf(all) {
		fmt.Fprintf(&b, "| %s | %d | %d |\n", service, len(named(all, service, true)), len(named(all, service, false)))
	}
	for _, service := range servicesOf(all) {
		fmt.Fprintf(&b, "\n## %s\n\n", service)
		for _, name := range named(all, service, true) {
			fmt.Fprintf(&b, "- %s\n", name)
		}
		if missing := named(all, service, false); len(missing) > 0 {
			fmt.Fprintf(&b, "\n<details><summary>Not built</summary>\n\n%s\n\n</details>\n", strings.Join(missing, ", "))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
