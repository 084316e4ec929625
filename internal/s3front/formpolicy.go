package s3front

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// formPolicy is what the signer of a browser's upload allows.
//
// Source: "POST policy" in the S3 API Reference,
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html.
type formPolicy struct {
	expiration time.Time
	conditions []formCondition
	sized      bool // least and most are given
	least      int64
	most       int64
}

// formCondition is one condition on a field.
type formCondition struct {
	field, value string // the field's name in lower case
	begins       bool   // the field's value begins with value, rather than be it
	text         string // as refusals name it
}

const (
	maxFormPolicy     = 64 << 10 // bytes
	maxFormConditions = 200
)

func badPolicy(why string) error {
	return refusal(http.StatusBadRequest, "InvalidPolicyDocument", "Invalid Policy: "+why)
}

func outsidePolicy(why string) error {
	return refusal(http.StatusForbidden, "AccessDenied", "Invalid according to Policy: "+why)
}

// parseFormPolicy reads a policy in base64. A member twice, or one that it
// doesn't know, makes it unreadable: what can't be obeyed must not be allowed.
func parseFormPolicy(encoded string) (*formPolicy, error) {
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(text) > maxFormPolicy {
		return nil, badPolicy("Invalid base64.")
	}
	var p formPolicy
	seen := map[string]bool{}
	err = eachMember(text, func(name string, value json.RawMessage) error {
		if seen[name] {
			return badPolicy("Duplicate element: " + name)
		}
		seen[name] = true
		switch name {
		case "expiration":
			var at string
			if json.Unmarshal(value, &at) != nil {
				return badPolicy("Invalid 'expiration' value.")
			}
			var bad error
			if p.expiration, bad = time.Parse(time.RFC3339, at); bad != nil {
				return badPolicy("Invalid 'expiration' value: '" + at + "'")
			}
			return nil
		case "conditions":
			return p.readConditions(value)
		}
		return badPolicy("Unexpected: '" + name + "'")
	})
	switch {
	case err != nil:
		return nil, err
	case !seen["expiration"]:
		return nil, badPolicy("Policy missing expiration.")
	case !seen["conditions"]:
		return nil, badPolicy("Policy missing conditions.")
	}
	return &p, nil
}

// eachMember calls fn for the members of a JSON object in their order, those
// that are there twice included.
func eachMember(text []byte, fn func(name string, value json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return badPolicy("Invalid JSON.")
	}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		var value json.RawMessage
		if err != nil || !ok || d.Decode(&value) != nil {
			return badPolicy("Invalid JSON.")
		}
		if err := fn(name, value); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return badPolicy("Invalid JSON.")
	}
	if _, err := d.Token(); err != io.EOF {
		return badPolicy("Invalid JSON.")
	}
	return nil
}

func (p *formPolicy) readConditions(text json.RawMessage) error {
	var all []json.RawMessage
	if json.Unmarshal(text, &all) != nil {
		return badPolicy("Invalid 'conditions' value: must be a List.")
	}
	if len(all) > maxFormConditions {
		return badPolicy(fmt.Sprintf("More than %d conditions.", maxFormConditions))
	}
	for _, one := range all {
		var list []any
		if json.Unmarshal(one, &list) == nil {
			if err := p.readList(list); err != nil {
				return err
			}
			continue
		}
		err := eachMember(one, func(name string, value json.RawMessage) error {
			var text string
			if json.Unmarshal(value, &text) != nil {
				return badPolicy("Invalid Simple-Condition: value of '" + name + "' must be a string.")
			}
			p.add("eq", name, text)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readList reads a condition of the form ["eq", "$field", "value"].
func (p *formPolicy) readList(list []any) error {
	if len(list) != 3 {
		return badPolicy("Invalid Condition: wrong number of arguments.")
	}
	kind, _ := list[0].(string)
	kind = strings.ToLower(kind)
	if kind == "content-length-range" {
		least, ok := list[1].(float64)
		most, also := list[2].(float64)
		if !ok || !also || least < 0 || most < least || most > 1<<53 || least != float64(int64(least)) || most != float64(int64(most)) {
			return badPolicy("Invalid content-length-range.")
		}
		if p.sized { // both hold
			least, most = max(least, float64(p.least)), min(most, float64(p.most))
		}
		p.sized, p.least, p.most = true, int64(least), int64(most)
		return nil
	}
	field, ok := list[1].(string)
	value, also := list[2].(string)
	field, named := strings.CutPrefix(field, "$")
	if !ok || !also || !named || kind != "eq" && kind != "starts-with" {
		return badPolicy("Invalid Condition: it must be one of eq, starts-with and content-length-range, of a $field.")
	}
	p.add(kind, field, value)
	return nil
}

func (p *formPolicy) add(kind, field, value string) {
	text, _ := json.Marshal([]string{kind, "$" + field, value}) // strings always can
	p.conditions = append(p.conditions, formCondition{field: strings.ToLower(field), value: value, begins: kind == "starts-with", text: string(text)})
}

// unconditioned are the fields that need no condition: what signs, and the file.
var unconditioned = []string{"policy", "x-amz-signature", "signature", "awsaccesskeyid", "file"}

// check fails unless every condition holds for fields, whose names are in lower
// case, and every field has a condition. The bucket that the form was sent to
// is a field as well.
func (p *formPolicy) check(fields map[string]string, now time.Time) error {
	if !now.Before(p.expiration) {
		return outsidePolicy("Policy expired.")
	}
	for _, c := range p.conditions {
		if !c.holds(fields[c.field]) {
			return outsidePolicy("Policy Condition failed: " + c.text)
		}
	}
	var extra []string
	for name := range fields {
		covered := slices.ContainsFunc(p.conditions, func(c formCondition) bool { return c.field == name })
		if !covered && !slices.Contains(unconditioned, name) && !strings.HasPrefix(name, "x-ignore-") {
			extra = append(extra, name)
		}
	}
	if len(extra) > 0 {
		slices.Sort(extra)
		return outsidePolicy("Extra input fields: " + strings.Join(extra, ", "))
	}
	return nil
}

// holds reports whether value meets the condition. Of a type, each of several
// by commas must.
func (c formCondition) holds(value string) bool {
	if !c.begins {
		return value == c.value
	}
	if c.field != "content-type" {
		return strings.HasPrefix(value, c.value)
	}
	for one := range strings.SplitSeq(value, ",") {
		if !strings.HasPrefix(strings.TrimSpace(one), c.value) {
			return false
		}
	}
	return true
}

// checkSize fails for content of another size than the policy wants.
func (p *formPolicy) checkSize(size int64) error {
	switch {
	case p.sized && size < p.least:
		return refusal(http.StatusBadRequest, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
	case p.sized && size > p.most, size > maxObject:
		return refusal(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
	}
	return nil
}
