package policy

import (
	"cmp"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

var (
	errNumber = errors.New("it must be a number")
	errDate   = errors.New("it must be a date of ISO 8601 with a time zone, or seconds since 1970")
	errPrefix = errors.New("it must be an IP address or a range in CIDR notation")
)

// number compares whole numbers exactly and others as float64.
type number struct {
	whole   int64
	isWhole bool
	float   float64
}

func parseNumber(text string) (number, error) {
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return number{}, errNumber // no hexadecimal, no infinity, no underscores
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return number{}, errNumber
	}
	n := number{float: f}
	n.whole, err = strconv.ParseInt(text, 10, 64)
	n.isWhole = err == nil
	return n, nil
}

func (a number) compare(b number) int {
	if a.isWhole && b.isWhole {
		return cmp.Compare(a.whole, b.whole)
	}
	return cmp.Compare(a.float, b.float)
}

// dateLayouts are the W3C profiles of ISO 8601 that AWS names. Four digits
// are a year, not a time shortly after the epoch began.
var dateLayouts = []string{
	time.RFC3339, "2006-01-02", "2006", "2006-01",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z0700",
}

// latestEpoch bounds dates given in seconds, far past the year 9999.
const latestEpoch = 1 << 40

// longestDate is more than a date with its zone and a fraction of nanoseconds has.
const longestDate = 40

// parseDate reads ISO 8601 or seconds since the epoch.
func parseDate(text string) (time.Time, error) {
	if len(text) != len("2006") && strings.Trim(text, "0123456789") == "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || seconds > latestEpoch {
			return time.Time{}, errDate
		}
		return time.Unix(seconds, 0), nil
	}
	if len(text) > longestDate {
		return time.Time{}, errDate
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errDate
}

// parsePrefix reads an address or a range of addresses in CIDR notation. The
// bits after the range's length don't matter.
func parsePrefix(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		if a.Zone() != "" {
			return netip.Prefix{}, errPrefix
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, errPrefix
	}
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}
