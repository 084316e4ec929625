package policy

import "strings"

// operator is a condition operator without its prefix, suffix and negation.
type operator struct {
	family  family
	negated bool
	accept  func(order int) bool // of the request's value against the policy's, for numbers and dates
}

type family uint8

const (
	strict family = iota // strings, exactly
	noCase
	like
	arns
	boolean
	numeric
	date
	address
	binary
	null
)

func equal(order int) bool     { return order == 0 }
func less(order int) bool      { return order < 0 }
func lessEqual(order int) bool { return order <= 0 }
func more(order int) bool      { return order > 0 }
func moreEqual(order int) bool { return order >= 0 }

// operators are those of the IAM User Guide, "IAM JSON policy elements:
// Condition operators".
var operators = map[string]operator{
	"StringEquals":              {family: strict},
	"StringNotEquals":           {family: strict, negated: true},
	"StringEqualsIgnoreCase":    {family: noCase},
	"StringNotEqualsIgnoreCase": {family: noCase, negated: true},
	"StringLike":                {family: like},
	"StringNotLike":             {family: like, negated: true},
	"ArnEquals":                 {family: arns},
	"ArnLike":                   {family: arns},
	"ArnNotEquals":              {family: arns, negated: true},
	"ArnNotLike":                {family: arns, negated: true},
	"Bool":                      {family: boolean},
	"NumericEquals":             {family: numeric, accept: equal},
	"NumericNotEquals":          {family: numeric, accept: equal, negated: true},
	"NumericLessThan":           {family: numeric, accept: less},
	"NumericLessThanEquals":     {family: numeric, accept: lessEqual},
	"NumericGreaterThan":        {family: numeric, accept: more},
	"NumericGreaterThanEquals":  {family: numeric, accept: moreEqual},
	"DateEquals":                {family: date, accept: equal},
	"DateNotEquals":             {family: date, accept: equal, negated: true},
	"DateLessThan":              {family: date, accept: less},
	"DateLessThanEquals":        {family: date, accept: lessEqual},
	"DateGreaterThan":           {family: date, accept: more},
	"DateGreaterThanEquals":     {family: date, accept: moreEqual},
	"IpAddress":                 {family: address},
	"NotIpAddress":              {family: address, negated: true},
	"BinaryEquals":              {family: binary},
	"Null":                      {family: null},
}

// readOperator reads an operator's full name, such as
// ForAnyValue:StringLikeIfExists. Null has neither prefix nor suffix: it is
// the question whether there is a value.
func readOperator(name string) (c conditionOnAKey, op operator, ok bool) {
	name, all := strings.CutPrefix(name, "ForAllValues:")
	if all {
		c.set = forAll
	} else if rest, some := strings.CutPrefix(name, "ForAnyValue:"); some {
		name, c.set = rest, forAny
	}
	name, c.ifExists = strings.CutSuffix(name, "IfExists")
	op, ok = operators[name]
	c.negated = op.negated
	return c, op, ok && (op.family != null || c.set == together && !c.ifExists)
}
