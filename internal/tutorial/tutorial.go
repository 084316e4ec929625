// Package tutorial runs Amazon's tutorial "register and authenticate a device
// fleet" against a running Muster, over the real wire, as a client with
// nothing but its address and a key: signed AWS calls, a mutual-TLS request
// with the device's certificate, and S3. It says what each step does and what
// it proves, and fails at the first thing that isn't so.
package tutorial

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"muster/internal/awsclient"
	"muster/internal/sigv4"
)

// Tutorial is one run.
type Tutorial struct {
	API        string // URL of the API port
	DeviceAddr string // host:port the device port listens on; the endpoint's name need not resolve
	Region     string
	Account    string
	Key        sigv4.Credential
	HTTP       *http.Client // for the API port; it trusts the API's certificate where that is on TLS
	Out        io.Writer
	Keep       bool // leave what was made

	names  names
	roots  *x509.CertPool // what the device trusts: the downloaded root certificate
	device device
	step   int
	proofs int
}

// names of what a run makes; a suffix keeps two runs apart.
type names struct {
	thingType, thing, fleet, device, role, bucket, other, policy, alias string
}

func newNames(suffix string) names {
	fleet := "demo-device-fleet" + suffix
	return names{
		thingType: "getting-started-demo-" + suffix, thing: "sample-device-" + suffix,
		fleet: fleet, device: "sagemaker-edge-demo-device" + suffix,
		role: "SageMakerDeviceFleetRole-" + suffix, bucket: "sagemaker-edge-demo-" + suffix, other: "someone-elses-" + suffix,
		policy: "aliaspolicy-" + suffix, alias: "SageMakerEdge-" + fleet,
	}
}

// Run runs the whole tutorial. What it made is deleted again at the end, also
// when a step failed, unless Keep is set.
func (t *Tutorial) Run(ctx context.Context) (err error) {
	began := time.Now()
	t.names = newNames(strconv.FormatInt(began.Unix(), 10))
	steps := []struct {
		title string
		run   func(context.Context) error
	}{
		{"Set up: a bucket, and a role that the fleet's devices will take", t.setUp},
		{"Create a thing type and a thing", t.createThing},
		{"Create the device fleet: the role alias comes with it", t.createFleet},
		{"Register a device in the fleet", t.registerDevice},
		{"Create the device's keys and certificate", t.createCertificate},
		{"Allow the certificate to use the role alias", t.allowAlias},
		{"Ask for the credentials endpoint, fetch the root certificate", t.findEndpoint},
		{"Exchange the certificate for temporary credentials", t.exchange},
		{"Keep the device's files in the bucket", t.uploadFiles},
		{"Use the credentials: what the role allows, and nothing else", t.useCredentials},
		{"Withdraw: the next request is refused, and old credentials die", t.withdraw},
	}
	defer func() {
		if t.Keep {
			t.say("\nKept as asked: fleet %s, thing %s, bucket %s, role %s.", t.names.fleet, t.names.thing, t.names.bucket, t.names.role)
		} else if cleanErr := t.cleanUp(context.WithoutCancel(ctx), err != nil); cleanErr != nil {
			err = errors.Join(err, fmt.Errorf("clean up: %w", cleanErr))
		}
		if err == nil {
			t.say("\nDone: %d steps, %d proofs, %s.", t.step, t.proofs, time.Since(began).Round(time.Millisecond))
		}
	}()
	for _, s := range steps {
		t.title(s.title)
		if err := s.run(ctx); err != nil {
			return fmt.Errorf("step %d (%s): %w", t.step, s.title, err)
		}
	}
	return nil
}

func (t *Tutorial) client(cred sigv4.Credential) *awsclient.Client {
	return &awsclient.Client{Endpoint: t.API, Region: t.Region, Credential: cred, HTTP: t.HTTP}
}

func (t *Tutorial) title(title string) {
	t.step++
	t.say("\nStep %d. %s", t.step, title)
}

// did tells what was done; proves, what is now known to be so.
func (t *Tutorial) did(format string, args ...any) { t.say("   "+format, args...) }

func (t *Tutorial) proves(format string, args ...any) {
	t.proofs++
	t.say("   proves: "+format, args...)
}

func (t *Tutorial) say(format string, args ...any) { fmt.Fprintf(t.Out, format+"\n", args...) }

// refused checks that err is the AWS error code; nil or another error is a failure.
func refused(what string, err error, code string) error {
	var e *awsclient.Error
	switch {
	case err == nil:
		return fmt.Errorf("%s was allowed; it must be refused with %s", what, code)
	case errors.As(err, &e) && e.Code == code:
		return nil
	default:
		return fmt.Errorf("%s: got %w, want %s", what, err, code)
	}
}
