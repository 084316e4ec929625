package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// posix are Java's ASCII classes, as ranges that stand inside brackets.
var posix = map[string]string{
	"Graph": `\x21-\x7E`, "Print": `\x20-\x7E`, "Upper": `A-Z`, "Lower": `a-z`,
	"Alpha": `A-Za-z`, "Digit": `0-9`, "Alnum": `A-Za-z0-9`, "Space": `\t-\r\x20`,
	"Blank": `\t\x20`, "XDigit": `0-9A-Fa-f`, "Cntrl": `\x00-\x1F\x7F`,
	"Punct": `\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E`, "ASCII": `\x00-\x7F`,
	"IsAlphabetic": `\p{L}\p{Nl}`, "IsDigit": `\p{Nd}`,
}

// maxRepeat is the largest count RE2 accepts in {n,m}.
const maxRepeat = 1000

var (
	class      = regexp.MustCompile(`\\p\{([A-Za-z]+)\}`)
	unicode    = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)
	wholeCount = regexp.MustCompile(`^\^?(\[(?:[^\]\\]|\\.)+\]|\.|\\[wdsWDS])\{(\d+)(,(\d*))?\}\$?$`)
)

// translate finds the RE2 form of the shape's Java pattern and keeps it in RE2
// where it differs. It fails where that needs a hand: say "re2" in the overlay.
func (s *shape) translate() error {
	if strings.HasPrefix(s.Type, "unknown") {
		return fmt.Errorf("%s", s.Type)
	}
	if s.Pattern == "" {
		return nil
	}
	re := s.RE2
	if re == "" {
		re = s.javaToRE2()
	}
	if _, err := regexp.Compile(re); err != nil {
		return fmt.Errorf("pattern %q needs an re2 form in the overlay: %w", s.Pattern, err)
	}
	if re != s.Pattern {
		s.RE2 = re
	}
	return nil
}

func (s *shape) javaToRE2() string {
	re := s.Pattern
	inBrackets := bracketed(re)
	re = class.ReplaceAllStringFunc(re, func(m string) string {
		ranges, ok := posix[class.FindStringSubmatch(m)[1]]
		switch {
		case !ok:
			return m
		case inBrackets:
			return ranges
		default:
			return "[" + ranges + "]"
		}
	})
	// Four digits exactly, as Java reads them; models that write five need a hand.
	if !regexp.MustCompile(`\\u[0-9A-Fa-f]{5}`).MatchString(re) {
		re = unicode.ReplaceAllString(re, `\x{$1}`)
	}
	re = strings.ReplaceAll(re, `\/`, `/`)
	// One repeated class, counted beyond what RE2 counts, is a length check.
	if m := wholeCount.FindStringSubmatch(re); m != nil {
		low, _ := strconv.Atoi(m[2])
		high := low
		if m[3] != "" {
			high, _ = strconv.Atoi(m[4])
		}
		if low > maxRepeat || high > maxRepeat {
			s.MinRunes, s.MaxRunes = low, high
			re = m[1] + "*"
		}
	}
	return re
}

// bracketed reports whether every \p{…} of re stands inside brackets.
func bracketed(re string) bool {
	depth := 0
	for i := 0; i < len(re); i++ {
		switch re[i] {
		case '\\':
			if strings.HasPrefix(re[i:], `\p{`) && depth == 0 {
				return false
			}
			i++
		case '[':
			depth = 1
		case ']':
			depth = 0
		}
	}
	return true
}
