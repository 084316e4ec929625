package powerloss_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// absent is how SageMaker says so.
var absent = regexp.MustCompile(`"message":"No device(fleet)? with name \S+ found`)

// gone reports whether a reply says that there is no such thing.
func gone(r reply) bool {
	return r.status == http.StatusNotFound || r.status == http.StatusBadRequest && absent.Match(r.body)
}

// valued returns what get makes of a reply, "" where there is nothing.
func valued(r reply, err error, get func() (string, bool)) (string, error) {
	if err != nil || gone(r) {
		return "", err
	}
	if r.status == http.StatusOK {
		if value, ok := get(); ok {
			return value, nil
		}
	}
	return "what can't be read: " + r.String(), nil
}

// jsonAt returns the text at a path of names in JSON.
func jsonAt(body []byte, path ...string) (string, bool) {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return "", false
	}
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return "", false
		}
		v = m[name]
	}
	switch v := v.(type) {
	case string:
		return v, true
	case float64:
		return strconv.Itoa(int(v)), true
	}
	return "", false
}

// xmlAt returns the text of the first element of that name.
func xmlAt(body []byte, name string) (string, bool) {
	found := regexp.MustCompile(`<` + name + `>([^<]*)</` + name + `>`).FindSubmatch(body)
	if found == nil {
		return "", false
	}
	return string(found[1]), true
}

// sidOf returns the mark of a document, which may be escaped as in a URL.
func sidOf(document string) (string, bool) {
	if plain, err := url.QueryUnescape(document); err == nil {
		document = plain
	}
	var d struct{ Statement []struct{ Sid string } }
	if json.Unmarshal([]byte(document), &d) != nil || len(d.Statement) != 1 {
		return "", false
	}
	return d.Statement[0].Sid, true
}

// itemIs reads a thing by its name and by its attribute, which must agree.
func (w *world) itemIs(ctx context.Context, name string) (string, error) {
	r, err := w.iot(ctx, "GET", "/things/"+name, nil, "")
	value, err := valued(r, err, func() (string, bool) { return jsonAt(r.body, "attributes", "mark") })
	if err != nil || value == "" {
		return value, err
	}
	r, err = w.iot(ctx, "GET", "/things", url.Values{"attributeName": {"mark"}, "attributeValue": {value}}, "")
	if err == nil && !strings.Contains(string(r.body), `"`+name+`"`) {
		return "not found by its attribute: " + r.String(), nil
	}
	return value, err
}

func clientOf(device string) (n int) {
	_, _ = fmt.Sscanf(device, "device-%d", &n) // the names here have one
	return n
}

// principalIs reads an attachment from both ends.
func (w *world) principalIs(ctx context.Context, name string) (string, error) {
	cert := w.chains[clientOf(name)].arn
	one, err := w.iot(ctx, "GET", "/things/"+name+"/principals", nil, "")
	if err != nil {
		return "", err
	}
	other, err := w.do(ctx, call{"iot", "GET", "/principals/things", nil, map[string]string{"x-amzn-principal": cert}, nil})
	return bothEnds(one, other, cert, name, err)
}

func (w *world) attachedIs(ctx context.Context, name string) (string, error) {
	cert := w.chains[clientOf(name)].arn
	one, err := w.iot(ctx, "POST", "/policy-targets/"+name, nil, "")
	if err != nil {
		return "", err
	}
	other, err := w.iot(ctx, "POST", "/attached-policies/"+url.QueryEscape(cert), nil, "")
	return bothEnds(one, other, cert, name, err)
}

func bothEnds(one, other reply, inOne, inOther string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	a, b := strings.Contains(string(one.body), `"`+inOne+`"`), strings.Contains(string(other.body), `"`+inOther+`"`)
	switch {
	case one.status != http.StatusOK || other.status != http.StatusOK || a != b:
		return fmt.Sprintf("two ends that differ: %v and %v", one, other), nil
	case a:
		return there, nil
	}
	return "", nil
}

func (w *world) aliasIs(ctx context.Context, name string) (string, error) {
	r, err := w.iot(ctx, "GET", "/role-aliases/"+name, nil, "")
	return valued(r, err, func() (string, bool) { return jsonAt(r.body, "roleAliasDescription", "credentialDurationSeconds") })
}

// certificateIs returns a certificate's status, having compared it with its id.
func (w *world) certificateIs(ctx context.Context, id string) (string, error) {
	r, err := w.iot(ctx, "GET", "/certificates/"+id, nil, "")
	return valued(r, err, func() (string, bool) {
		text, _ := jsonAt(r.body, "certificateDescription", "certificatePem")
		block, _ := pem.Decode([]byte(text))
		if block == nil || fmt.Sprintf("%x", sha256.Sum256(block.Bytes)) != id {
			return "", false
		}
		return jsonAt(r.body, "certificateDescription", "status")
	})
}

func (w *world) policyIs(ctx context.Context, name string) (string, error) {
	r, err := w.iot(ctx, "GET", "/policies/"+name, nil, "")
	value, err := valued(r, err, func() (string, bool) {
		text, _ := jsonAt(r.body, "policyDocument")
		return sidOf(text)
	})
	if err != nil || value == "" {
		return value, err
	}
	version, _ := jsonAt(r.body, "defaultVersionId")
	r, err = w.iot(ctx, "GET", "/policies/"+name+"/version/"+version, nil, "")
	if err == nil && !strings.Contains(string(r.body), value) {
		return "another document in its default version: " + r.String(), nil
	}
	return value, err
}

func (w *world) roleIs(ctx context.Context, name string) (string, error) {
	r, err := w.iam(ctx, "GetRole", "RoleName", name)
	return valued(r, err, func() (string, bool) {
		tag, _ := xmlAt(r.body, "Value")
		value, ok := xmlAt(r.body, "Description")
		return value, ok && tag == "whole"
	})
}

func (w *world) inlineIs(ctx context.Context, name string) (string, error) {
	owner, _, _ := strings.Cut(strings.TrimPrefix(name, "c"), "-")
	n, err := strconv.Atoi(owner)
	if err != nil {
		return "", err
	}
	r, err := w.iam(ctx, "GetRolePolicy", "RoleName", deviceOf(n), "PolicyName", name)
	return valued(r, err, func() (string, bool) {
		text, _ := xmlAt(r.body, "PolicyDocument")
		return sidOf(text)
	})
}

func (w *world) heldByRole(ctx context.Context, name string) (string, error) {
	return w.heldBy(ctx, "Role", name)
}

func (w *world) heldByUser(ctx context.Context, name string) (string, error) {
	return w.heldBy(ctx, "User", name)
}

func (w *world) heldBy(ctx context.Context, kind, name string) (string, error) {
	r, err := w.iam(ctx, "ListAttached"+kind+"Policies", kind+"Name", name)
	return valued(r, err, func() (string, bool) {
		if strings.Contains(string(r.body), policyARN(name)+"<") {
			return there, true
		}
		return "", true
	})
}

func (w *world) managedIs(ctx context.Context, name string) (string, error) {
	r, err := w.iam(ctx, "GetPolicy", "PolicyArn", policyARN(name))
	if err != nil || gone(r) {
		return "", err
	}
	version, _ := xmlAt(r.body, "DefaultVersionId")
	r, err = w.iam(ctx, "GetPolicyVersion", "PolicyArn", policyARN(name), "VersionId", version)
	if err != nil || r.status != http.StatusOK {
		return "a policy without its default version: " + r.String(), err
	}
	return valued(r, err, func() (string, bool) {
		text, _ := xmlAt(r.body, "Document")
		return sidOf(text)
	})
}

func (w *world) userIs(ctx context.Context, name string) (string, error) {
	r, err := w.iam(ctx, "GetUser", "UserName", name)
	return valued(r, err, func() (string, bool) {
		tag, _ := xmlAt(r.body, "Value")
		return there, tag == "whole"
	})
}

// keyIs returns the status of an access key, having used it.
func (w *world) keyIs(ctx context.Context, name string) (string, error) {
	user, id, _ := strings.Cut(name, " ")
	r, err := w.iam(ctx, "ListAccessKeys", "UserName", user)
	if err != nil {
		return "", err
	}
	status := ""
	for _, m := range regexp.MustCompile(`(?s)<member>.*?</member>`).FindAll(r.body, -1) {
		if found, _ := xmlAt(m, "AccessKeyId"); found == id {
			status, _ = xmlAt(m, "Status")
		}
	}
	used, err := w.whoAmI(ctx, w.keyNamed(id))
	if err == nil && (used.status == http.StatusOK) != (status == "Active") {
		return fmt.Sprintf("%q, and using it is %v", status, used), nil
	}
	return status, err
}

// fleetIs reads a fleet with the alias that was made in the same write.
func (w *world) fleetIs(ctx context.Context, name string) (string, error) {
	r, err := w.sagemaker(ctx, "DescribeDeviceFleet", map[string]any{"DeviceFleetName": name})
	value, err := valued(r, err, func() (string, bool) { return jsonAt(r.body, "Description") })
	if err != nil || value == "" {
		return value, err
	}
	r, err = w.iot(ctx, "GET", "/role-aliases/SageMakerEdge-"+name, nil, "")
	if err == nil && r.status != http.StatusOK {
		return "a fleet without its alias: " + r.String(), nil
	}
	return value, err
}

// devicesAre reads devices that were registered in one call.
func (w *world) devicesAre(ctx context.Context, set string) (string, error) {
	owner, _, _ := strings.Cut(strings.TrimPrefix(set, "c"), "-")
	var all []string
	for _, name := range trio(set) {
		r, err := w.sagemaker(ctx, "DescribeDevice", map[string]any{"DeviceFleetName": "device-" + owner, "DeviceName": name})
		value, err := valued(r, err, func() (string, bool) { return jsonAt(r.body, "Description") })
		if err != nil {
			return "", err
		}
		all = append(all, value)
	}
	if all = slices.Compact(all); len(all) != 1 {
		return fmt.Sprintf("devices in part: %q", all), nil
	}
	return all[0], nil
}
