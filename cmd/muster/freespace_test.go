package main

import (
	"testing"

	"muster/internal/space"
)

func TestFreeSpaceFlag(t *testing.T) {
	for text, want := range map[string]space.Floor{
		"10GiB": {Given: true, Bytes: 10 << 30},
		"0":     {Given: true},
		"12345": {Given: true, Bytes: 12345},
		"5%":    {Given: true, Percent: 5},
		"2.5 %": {Given: true, Percent: 2.5},
	} {
		var f freeSpace
		if err := f.Set(text); err != nil || f.floor != want || f.String() != text {
			t.Errorf("--free-space %s: got %+v and %v, want %+v", text, f.floor, err, want)
		}
	}
	for _, text := range []string{"", "-1", "-1%", "91%", "NaN%", "5 percent", "10GiB%", "%"} {
		var f freeSpace
		if err := f.Set(text); err == nil || f.floor != (space.Floor{}) {
			t.Errorf("--free-space %q: got %+v and %v, want it refused", text, f.floor, err)
		}
	}
}
