package awswire_test

import (
	"fmt"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/sagemakerapi"
)

const largest = 1 << 20 // bytes of a body

// fill repeats text with the number of each repeat, up to the largest body.
func fill(before, each, between, after string) string {
	var b strings.Builder
	b.WriteString(before)
	for i := 0; b.Len() < largest-len(after)-len(each)-32; i++ {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString(strings.ReplaceAll(each, "#", fmt.Sprint(i+1)))
	}
	return b.String() + after
}

// many repeats text n times, each with its number.
func many(text string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(text, "#", fmt.Sprint(i+1)))
	}
	return b.String()
}

// The worst that the largest body can hold takes little more memory and time
// than it is long, and is refused while it is read.
func TestWorstBodies(t *testing.T) {
	json := func(target string) func(string) error {
		return func(body string) error {
			r := httptest.NewRequest("POST", "/", nil)
			r.Header.Set("X-Amz-Target", "SageMaker."+target)
			c, err := sagemakerapi.Service.Route(r, []byte(body))
			if err != nil {
				return err
			}
			_, err = sagemakerapi.RegisterDevices.Read(c)
			return err
		}
	}("RegisterDevices")
	rest := func(body string) error {
		c, err := iotapi.Service.Route(httptest.NewRequest("POST", "/things/pump-7", nil), []byte(body))
		if err != nil {
			return err
		}
		_, err = iotapi.CreateThing.Read(c)
		return err
	}
	form := func(body string) error {
		r := httptest.NewRequest("POST", "/", nil)
		c, err := iamapi.Service.Route(r, []byte(body))
		if err != nil {
			return err
		}
		_, err = iamapi.SimulateCustomPolicy.Read(c)
		return err
	}
	action := "Action=SimulateCustomPolicy&Version=2010-05-08&"
	for _, tc := range []struct {
		name, body string
		read       func(string) error
	}{
		{"empty structures in a list", fill(`{"DeviceFleetName":"f","Devices":[`, `{}`, ",", `]}`), json},
		{"structures with the smallest members", fill(`{"DeviceFleetName":"f","Devices":[`, `{"DeviceName":""}`, ",", `]}`), json},
		{"texts that break their pattern", fill(`{"DeviceFleetName":"f","Tags":[`, `{"Key":"\u0001","Value":""}`, ",", `]}`), json},
		{"unknown members", fill(`{`, `"a#":0`, ",", `}`), json},
		{"unknown lists", fill(`{"a":[`, `[]`, ",", `]}`), json},
		{"a deep unknown list", `{"a":` + strings.Repeat("[", largest-8), json},
		{"the entries of a map", fill(`{"attributePayload":{"attributes":{`, `"#":""`, ",", `}}}`), rest},
		{"nulls in a map", fill(`{"attributePayload":{"attributes":{`, `"#":null`, ",", `}}}`), rest},
		{"one escaped text", `{"attributePayload":{"attributes":{"a":"` + strings.Repeat(`\n`, largest/2-64) + `"}}}`, rest},
		{"parameters", fill(action, "a#=", "&", ""), form},
		{"elements of a list", fill(action, "ActionNames.member.#=", "&", ""), form},
		{"structures in a list", fill(action, "ContextEntries.member.#.ContextKeyType=x", "&", ""), form},
		{"long names of many parts", fill(action, "a#.b#.c#.d#.e#.f#.g#.h#.i#.j#.k#.l#.m#.n#.o#=", "&", ""), form},
		{"names of many short parts", fill(action, "#.#.#.#.#.#.#.#.#.#.#.#.#.#.#.#.#.#.#.#=", "&", ""), form},
		{"as many parameters as there may be, of many parts", action + strings.TrimSuffix(many("a#.b#.c#.d#.e#.f#.g#.h#.i#.j#.k#.l#.m#=&", 9990), "&"), form},
		{"as many structures as there may be", action + strings.TrimSuffix(many("ContextEntries.member.#.ContextKeyType=x&", 9990), "&"), form},
		{"ampersands", action + strings.Repeat("&", largest-len(action)), form},
		{"one long value", action + "PolicyInputList.member.1=" + strings.Repeat("%41", (largest-128)/3), form},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_ = tc.read("") // the model is read once
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			err := tc.read(tc.body)
			took := time.Since(began)
			runtime.ReadMemStats(&after)
			allocated := int64(after.TotalAlloc - before.TotalAlloc)
			said := 0
			if err != nil {
				said = len(err.Error())
			}
			t.Logf("%d KiB: %d KiB allocated, %v, %d bytes said", len(tc.body)>>10, allocated>>10, took, said)
			if allocated > 16*largest || said > 64<<10 {
				t.Errorf("got %d KiB allocated and %d bytes said for %d KiB", allocated>>10, said, len(tc.body)>>10)
			}
		})
	}
}
