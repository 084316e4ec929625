package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is how many columns the help of flags takes, at most.
const helpWidth = 100

// flagSections are the flags of a command that has many, by what they are about.
type flagSections struct {
	titles []string
	sets   []*pflag.FlagSet
}

// section begins another one, and returns the set for its flags.
func (s *flagSections) section(title string) *pflag.FlagSet {
	set := pflag.NewFlagSet(title, pflag.ContinueOnError)
	set.SortFlags = false
	s.titles, s.sets = append(s.titles, title), append(s.sets, set)
	return set
}

// addTo gives the command all flags, and a help that shows them in their
// sections.
func (s *flagSections) addTo(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	for _, set := range s.sets {
		cmd.Flags().AddFlagSet(set)
	}
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		out := cmd.OutOrStdout()
		_, err := fmt.Fprintf(out, "Usage:\n  %s\n", cmd.UseLine())
		for i, set := range s.sets {
			if err == nil {
				_, err = fmt.Fprintf(out, "\n%s:\n%s", s.titles[i], set.FlagUsagesWrapped(helpWidth))
			}
		}
		return err
	})
}
