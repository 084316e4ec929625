package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"muster/internal/seal"
)

func masterKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "master-key",
		Short: "Print a new master key, for serve --master-key-file",
		Long: `Print a new master key: 32 random bytes in base64, on one line. The first start
makes one in the data directory by itself; this one is for who keeps it elsewhere,
as a credential of systemd, a secret of Kubernetes or in a vault:

    (umask 077; muster master-key >master.key)
    muster master-key | kubectl create secret generic muster --from-file=master.key=/dev/stdin

Keep a copy: what is sealed with it opens with nothing else.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), seal.NewKey())
			return err
		},
	}
}
