package ingress

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// Share is how the file descriptors of the process are shared out.
type Share struct {
	Descriptors int // all that the process may have
	API         int // connections of the API port
	Devices     int // connections of the device port
	Files       int // left for the store's files and all else
}

const (
	// leastPlaces is how few a port can do with.
	leastPlaces = 8
	// mostByDefault descriptors are shared out where there are more: connections
	// take memory, a silent one 12 KiB.
	mostByDefault = 64 << 10
)

// ShareOut shares out n file descriptors: half are for devices, a quarter for
// the API, a quarter for files. The device port can't take those of the API.
// api and devices are the operator's numbers, and 0 without one. It fails when
// there aren't as many.
func ShareOut(n, api, devices int) (Share, error) {
	usual, leastFiles := min(n, mostByDefault), leastFiles(n)
	left := max(0, usual-max(leastFiles, usual/4))
	s := Share{Descriptors: n, API: api, Devices: devices}
	if s.API == 0 {
		s.API = max(leastPlaces, left/3)
	}
	if s.Devices == 0 {
		s.Devices = max(leastPlaces, min(left-left/3, n-leastFiles-s.API))
	}
	if s.Files = n - s.API - s.Devices; s.Files < leastFiles {
		return Share{}, fmt.Errorf("--max-connections %d, --max-device-connections %d and %d files are more than the %d file descriptors that the process may have (ulimit -n, LimitNOFILE)", s.API, s.Devices, leastFiles, n)
	}
	return s, nil
}

// leastFiles is how many descriptors the process needs beside its connections:
// those of its start, and two for each reader of either database, of which there
// are two for each processor.
func leastFiles(n int) int { return min(40+8*runtime.GOMAXPROCS(0), n/2) }

// Descriptors is how many file descriptors the process may have. Go has raised
// the soft limit to the hard one at its start.
func Descriptors() (int, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("read the limit of file descriptors: %w", err)
	}
	const plenty = 1 << 20
	return int(min(limit.Cur, plenty)), nil
}
