package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// size is a flag for a number, perhaps with a unit.
type size struct{ n *int64 }

// value is the number; 0 when it was not given.
func (s *size) value() int64 {
	if s.n == nil {
		return 0
	}
	return *s.n
}

func (s *size) Type() string { return "number" }

func (s *size) String() string {
	if s.n == nil {
		return ""
	}
	for _, u := range slices.Backward(units[:binary]) {
		if *s.n >= u.of && *s.n%u.of == 0 {
			return strconv.FormatInt(*s.n/u.of, 10) + u.name
		}
	}
	return strconv.FormatInt(*s.n, 10)
}

// units are the multiples that a size may have.
var units = []struct {
	name string
	of   int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}

// binary is how many of units are powers of two, which come first and grow.
const binary = 4

func (s *size) Set(text string) error {
	times := int64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(text, u.name); ok {
			text, times = strings.TrimSpace(rest), u.of
			break
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/times {
		return fmt.Errorf("must be a number from 0 on, such as 5000000 or 20GiB")
	}
	n *= times
	s.n = &n
	return nil
}
