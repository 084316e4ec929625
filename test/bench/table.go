package main

import (
	"fmt"
	"slices"
	"strings"
)

// table prints one row per measurement: what Muster takes, what the work that
// must be done anyway takes, and the ratio of the two.
type table struct{}

func (t *table) head() {
	fmt.Printf("%-32s %15s %15s  %-38s %s\n", "measurement", "Muster", "against", "which is", "ratio (min..max)")
	fmt.Println(strings.Repeat("-", 124))
}

// row takes paired rounds: ours[i] and theirs[i] were measured one after the
// other.
func (t *table) row(name, unit string, ours, theirs []float64, what string) {
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = ours[i] / theirs[i]
	}
	spread := ""
	if len(ratios) > 1 {
		spread = fmt.Sprintf(" (%.2f..%.2f)", slices.Min(ratios), slices.Max(ratios))
	}
	fmt.Printf("%-32s %15s %15s  %-38s %.2f%s\n", name, number(median(ours), unit), number(median(theirs), unit), what, median(ratios), spread)
}

func number(x float64, unit string) string {
	if x < 100 {
		return fmt.Sprintf("%.2f %s", x, unit)
	}
	return fmt.Sprintf("%.0f %s", x, unit)
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}

// pairs measures ours and theirs in turns.
func pairs(rounds int, ours, theirs func() (float64, error)) (a, b []float64, err error) {
	for range rounds {
		x, err := ours()
		if err != nil {
			return nil, nil, err
		}
		y, err := theirs()
		if err != nil {
			return nil, nil, err
		}
		a, b = append(a, x), append(b, y)
	}
	return a, b, nil
}
