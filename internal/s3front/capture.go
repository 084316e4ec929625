package s3front

import (
	"bufio"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"
)

// capture is what stands in for the process's output streams.
type capture struct {
	stdout, stderr *os.File // the real ones
	end            func()
}

// captureOutput turns what the embedded store prints, which it does to
// os.Stdout and os.Stderr whatever it is told, into log records. What was
// opened on the real streams before, such as a logger, keeps them.
//
// Once it runs the store prints to os.Stderr only, and only what it calls
// internal errors: os.Stdout can be given back as soon as it has started.
func captureOutput() (*capture, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	log := slog.Default() // it holds the real streams
	var reader sync.WaitGroup
	reader.Go(func() {
		defer r.Close()
		lines := bufio.NewReader(r)
		for {
			line, _, err := lines.ReadLine()
			if err != nil {
				return
			}
			record(log, string(line))
		}
	})
	c := &capture{stdout: os.Stdout, stderr: os.Stderr}
	c.end = sync.OnceFunc(func() {
		os.Stdout, os.Stderr = c.stdout, c.stderr
		w.Close()
		reader.Wait()
	})
	os.Stdout, os.Stderr = w, w
	return c, nil
}

// giveStdoutBack ends the capture of os.Stdout.
func (c *capture) giveStdoutBack() { os.Stdout = c.stdout }

// restore ends the capture of both and waits for the last record.
func (c *capture) restore() { c.end() }

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

func record(log *slog.Logger, line string) {
	line = strings.TrimSpace(colours.ReplaceAllString(line, ""))
	switch {
	case line == "":
	case strings.HasPrefix(line, "[PANIC]"), strings.HasPrefix(line, "[INTERNAL ERROR]"):
		log.Error("object store", "says", line)
	default:
		log.Info("object store", "says", line)
	}
}
