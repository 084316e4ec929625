package main

import (
	"fmt"
	"strconv"
	"strings"

	"muster/internal/space"
)

// freeSpace is a flag that takes bytes or a part of the disk.
type freeSpace struct {
	text  string
	floor space.Floor
}

func (f *freeSpace) Type() string   { return "size|percent" }
func (f *freeSpace) String() string { return f.text }

func (f *freeSpace) Set(text string) error {
	floor := space.Floor{Given: true}
	if part, ok := strings.CutSuffix(text, "%"); ok {
		percent, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || !(percent >= 0 && percent <= 90) {
			return fmt.Errorf("must be from 0%% to 90%%, or bytes such as 10GiB")
		}
		floor.Percent = percent
	} else {
		var bytes size
		if err := bytes.Set(text); err != nil {
			return fmt.Errorf("must be bytes, such as 10GiB, or a part of the disk, such as 5%%")
		}
		floor.Bytes = bytes.value()
	}
	f.text, f.floor = text, floor
	return nil
}
