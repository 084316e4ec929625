package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

// manCommand is hidden: packagers call it, by `make man`.
func manCommand() *cobra.Command {
	dir := "man"
	cmd := &cobra.Command{
		Use:    "man",
		Short:  "Write the manual pages",
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true // pages of one version are equal to the byte
			plain(root)
			return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "muster " + version, Manual: "Muster"}, dir)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", dir, "directory to write to")
	return cmd
}

// plain keeps <data> and the like in the pages: they are made by way of
// Markdown, where it would be HTML.
func plain(cmd *cobra.Command) {
	escape := strings.NewReplacer("<", `\<`, ">", `\>`).Replace
	cmd.Long = escape(cmd.Long)
	cmd.Flags().VisitAll(func(f *pflag.Flag) { f.Usage = escape(f.Usage) })
	for _, c := range cmd.Commands() {
		plain(c)
	}
}
