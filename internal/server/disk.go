package server

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"muster/internal/space"
)

// diskOf returns the disk of a directory below the data: that of the data,
// unless another file system is mounted there, or linked to.
func (s *Server) diskOf(dir string) (*space.Disk, error) {
	same, err := sameDevice(s.config.Data, dir)
	if err != nil || same {
		return s.disk, err
	}
	return space.Watch(dir, s.config.FreeSpace, s.log)
}

func sameDevice(a, b string) (bool, error) {
	var devices [2]any
	for i, path := range []string{a, b} {
		info, err := os.Stat(path)
		if err != nil {
			return false, fmt.Errorf("look which disk it is on: %w", err)
		}
		at, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return true, nil
		}
		devices[i] = at.Dev
	}
	return devices[0] == devices[1], nil
}

// disks are all that the server writes to.
func (s *Server) disks() []*space.Disk {
	if s.fileDisk == nil || s.fileDisk == s.disk {
		return []*space.Disk{s.disk}
	}
	return []*space.Disk{s.disk, s.fileDisk}
}

// runDisks looks after the disks until ctx ends.
func (s *Server) runDisks(ctx context.Context) {
	for _, d := range s.disks() {
		s.background.Go(func() { d.Run(ctx) })
	}
}

// rung is that of the fuller disk.
func (s *Server) rung() (lowest space.Rung) {
	for _, d := range s.disks() {
		lowest = max(lowest, d.State().Rung)
	}
	return lowest
}

func (s *Server) diskMetrics() []prometheus.Collector {
	return []prometheus.Collector{
		gauge("muster_disk_rung", "How far the disk is filled: 0 ok, 1 contents of objects are refused, 2 whatever adds rows is refused, 3 the reserve was given up.",
			func() float64 { return float64(s.rung()) }),
		gauge("muster_disk_free_bytes", "Bytes that may still be written to the disk of the databases, without the reserve.",
			func() float64 { return float64(s.disk.State().Free) }),
		gauge("muster_disk_reserve_bytes", "Bytes of the reserve for a full disk; 0 when it was given up.",
			func() float64 { return float64(s.disk.State().Reserve) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "muster_disk_refused_total", Help: "Writes that were refused because the disk has too little room."}, func() float64 {
			var all int64
			for _, d := range s.disks() {
				all += d.State().Refused
			}
			return float64(all)
		}),
	}
}
