package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"muster/internal/durable"
)

// State is what a running server tells the commands beside it, in server.json
// of its data directory.
type State struct {
	PID      int    `json:"pid"`
	Version  string `json:"version"`
	API      string `json:"api"`      // URL with an IP address: SDKs then use path-style S3
	Address  string `json:"address"`  // host:port of the API on this machine, whatever its name resolves to
	Devices  string `json:"devices"`  // host:port of the mutual-TLS port
	Endpoint string `json:"endpoint"` // what DescribeEndpoint answers for iot:CredentialProvider
	Hostname string `json:"hostname"`
	Region   string `json:"region"`
	Account  string `json:"account"`
	RootKey  string `json:"root_key"`           // file of the root access key
	Master   string `json:"master_key"`         // file of the master key; "-" where it was read from standard input
	RootCA   string `json:"root_ca"`            // file of the root certificates
	RootSum  string `json:"root_ca_sha256"`     // SHA-256 of that file, as sha256sum writes it
	APICert  string `json:"api_cert,omitempty"` // file of the operator's certificate of the API; "" when there is none
	APITLS   string `json:"api_ca,omitempty"`   // file of the CA to trust for the API; "" when it speaks plain HTTP or a certificate of the operator's
	// FreeSpace is how many bytes of the disk are to stay free of contents of
	// objects, as --free-space says.
	FreeSpace int64 `json:"free_space"`
}

// NotRunning is the answer of ReadState where no server has written its state.
var NotRunning = errors.New("no muster is running on this data directory")

func stateFile(data string) string { return filepath.Join(data, "server.json") }

// ReadState reads the state of the server on data; NotRunning when none is there.
func ReadState(data string) (State, error) {
	raw, err := os.ReadFile(stateFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, NotRunning
	}
	if err != nil {
		return State{}, fmt.Errorf("read the server's state: %w", err)
	}
	var s State
	if err := json.Unmarshal(raw, &s); err != nil {
		return State{}, fmt.Errorf("read the server's state in %s: %w", stateFile(data), err)
	}
	return s, nil
}

// forgetState takes away what a server that was killed left: its addresses are
// no longer anybody's.
func forgetState(data string) error {
	if err := os.Remove(stateFile(data)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget the state of an earlier server: %w", err)
	}
	return nil
}

// Running reports whether a server holds the data directory.
func Running(data string) bool {
	f, err := os.Open(lockFile(data))
	if err != nil {
		return false
	}
	defer f.Close()
	return unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB) != nil
}

func (s State) write(data string) error {
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(stateFile(data), append(raw, '\n'), 0o600)
}
