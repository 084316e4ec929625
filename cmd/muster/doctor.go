package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/server"
)

// state is how a check came out.
type state string

const (
	fine   state = "ok"
	doubt  state = "warn"
	broken state = "fail"
)

// finding is what one check found, and what to do about it.
type finding struct {
	Check  string `json:"check"`
	State  state  `json:"state"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
	Table  string `json:"table,omitempty"` // of a database, where it is damaged
	Row    string `json:"row,omitempty"`   // its primary key
}

// checkTime bounds each look over the network.
const checkTime = 5 * time.Second

// doctor looks at a server from outside: at its files, its ports, and the names
// that lead to them. It changes nothing.
type doctor struct {
	config server.Config // as serve would have it; the running server's goes before it
	now    func() time.Time
	lookup func(ctx context.Context, host string) ([]string, error)
	room   func(dir string) (room, error)

	deep bool // read the databases whole
	say  func(format string, args ...any)

	locked  bool // a server holds the data, up or not
	running bool
	state   server.State // of the running server
	found   []finding
}

func doctorCommand() *cobra.Command {
	c := server.Default()
	deep := false
	output := &oneOf{value: "table", allowed: []string{"table", "json"}}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check the server, its files, ports, certificates and names",
		Long: `Check the server and what it stands on: the data directory and the keys in it,
the disk, the clock, both ports, the store, the certificates, and the names that
lead devices to it. Each check is ok, warn or fail and says what to do. It exits
1 when one failed. Run it as the user of the server, on its machine; without a
running server it checks what can be checked before a start.

With --deep it also reads both databases whole, beside a running server or
without one: SQLite's integrity check, every policy document and certificate,
and every sealed value, which the master key must open. It names table and row
of what is damaged.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := environment(cmd); err != nil {
				return err
			}
			d := &doctor{config: c, now: time.Now, lookup: net.DefaultResolver.LookupHost, room: diskRoom, deep: deep, say: newProgress(cmd.ErrOrStderr()).say}
			found := d.examine(cmd.Context())
			report := printFindings
			if output.value == "json" {
				report = findingsJSON
			}
			if err := report(cmd.OutOrStdout(), found); err != nil {
				return err
			}
			return verdict(found)
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.Data, "data", c.Data, "data directory of the server")
	f.StringVar(&c.API, "api", c.API, "address serve will be given, where no server is running")
	f.StringVar(&c.Devices, "devices", c.Devices, "address serve will be given, where no server is running")
	f.StringVar(&c.Hostname, "hostname", c.Hostname, "name serve will be given, where no server is running")
	f.StringVar(&c.MasterKeyFile, "master-key-file", "", "file serve will be given, where no server is running, or - for none to look at (default <data>/master.key)")
	f.BoolVar(&deep, "deep", false, "read the databases whole and name what is damaged")
	f.VarP(output, "output", "o", "form of the output")
	return cmd
}

// examine makes every check that can be made.
func (d *doctor) examine(ctx context.Context) []finding {
	if data, err := filepath.Abs(d.config.Data); err == nil {
		d.config.Data = data
	}
	if !d.checkData() {
		return d.found // nothing else can be seen
	}
	d.checkServer()
	d.checkDisk()
	d.checkKeys()
	d.checkAge()
	d.checkContent()
	if d.deep {
		d.checkDeep(ctx)
	}
	if !d.running {
		if !d.locked {
			d.checkKept(ctx)
			d.checkKeptObjects(ctx)
			d.checkFreePorts()
		}
		d.checkName(ctx, "host name", d.config.Hostname, "")
		return d.found
	}
	if d.checkPorts(ctx) {
		d.checkCertificates(ctx)
		d.checkAPI(ctx)
	}
	d.checkNames(ctx)
	return d.found
}

func (d *doctor) ok(check, detail string, args ...any) {
	d.found = append(d.found, finding{Check: check, State: fine, Detail: fmt.Sprintf(detail, args...)})
}

func (d *doctor) warn(check, fix, detail string, args ...any) {
	d.found = append(d.found, finding{Check: check, State: doubt, Fix: fix, Detail: fmt.Sprintf(detail, args...)})
}

func (d *doctor) fail(check, fix, detail string, args ...any) {
	d.found = append(d.found, finding{Check: check, State: broken, Fix: fix, Detail: fmt.Sprintf(detail, args...)})
}

// verdict is an error when a check failed.
func verdict(found []finding) error {
	failed := 0
	for _, f := range found {
		if f.State == broken {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(found))
	}
	return nil
}

func printFindings(w io.Writer, found []finding) error {
	widest := 0
	for _, f := range found {
		widest = max(widest, len(f.Check))
	}
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%-4s  %-*s  %s\n", f.State, widest, f.Check, f.Detail)
		if f.Fix != "" {
			fmt.Fprintf(&b, "%-4s  %-*s  fix: %s\n", "", widest, "", f.Fix)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func findingsJSON(w io.Writer, found []finding) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(found)
}
