package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"muster/internal/account"
	"muster/internal/awsapi/stsapi"
	"muster/internal/awsclient"
	"muster/internal/sigv4"
)

// How far the server's clock may be from this one.
const (
	clockDoubt = 30 * time.Second
	clockLimit = sigv4.MaxSkew
)

const clockFix = "set the clock and keep it with NTP: timedatectl set-ntp true"

// checkPorts reports whether both ports can be reached.
func (d *doctor) checkPorts(ctx context.Context) bool {
	u, err := url.Parse(d.state.API)
	if err != nil {
		d.fail("api port", "restart the server", "server.json: %v", err)
		return false
	}
	all := true
	for _, port := range []struct{ check, addr string }{{"api port", u.Host}, {"device port", d.state.Devices}} {
		if err := reach(ctx, port.addr); err != nil {
			d.fail(port.check, "look at the server's log, and at the firewall and the name's address on this machine", "%v", err)
			all = false
			continue
		}
		d.ok(port.check, "%s answers", port.addr)
	}
	return all
}

func reach(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

// checkAPI asks the API port what it answers to everybody, and who the root
// key is.
func (d *doctor) checkAPI(ctx context.Context) {
	client, err := apiClient(d.state)
	if err != nil {
		d.fail("api", "restart the server, which writes the file anew", "%v", err)
		return
	}
	client.Timeout = checkTime
	if !d.checkClock(ctx, client) {
		return // nothing is answered
	}
	d.checkReady(ctx, client)
	d.checkServedRoot(ctx, client)
	d.checkSignature(ctx, client)
	d.checkObjects(ctx, client)
	d.checkBuckets(ctx, client)
	d.checkRoles(ctx, client)
}

// get answers the status, headers and body at a path of the API port.
func (d *doctor) get(ctx context.Context, client *http.Client, path string) (*http.Response, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.state.API+path, nil)
	if err != nil {
		return nil, nil, err
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	return answer, body, err
}

// checkClock compares the clock with the server's, and reports whether it
// answers at all.
func (d *doctor) checkClock(ctx context.Context, client *http.Client) bool {
	const check = "clock"
	sent := d.now()
	answer, _, err := d.get(ctx, client, "/healthz")
	if err != nil {
		d.fail("api", "look at the server's log, and at what stands between it and this machine", "the API port doesn't answer: %v", err)
		return false
	}
	here := sent.Add(d.now().Sub(sent) / 2)
	there, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		d.warn(check, "look for what stands between this machine and the server", "the server doesn't say its time: %v", err)
		return true
	}
	switch apart := here.Sub(there).Abs().Truncate(time.Second); {
	case apart > clockLimit:
		d.fail(check, clockFix, "this machine and the server are %v apart: signatures are refused", apart)
	case apart > clockDoubt:
		d.warn(check, clockFix, "this machine and the server are %v apart", apart)
	default:
		d.ok(check, "%s, as the server's", here.UTC().Format(time.RFC3339))
	}
	return true
}

func (d *doctor) checkReady(ctx context.Context, client *http.Client) {
	const check, fix = "store", "look for \"not ready\" in the server's log: it says what failed"
	answer, body, err := d.get(ctx, client, "/readyz")
	if err != nil {
		d.fail(check, fix, "%v", err)
		return
	}
	said := map[string]string{}
	if err := json.Unmarshal(body, &said); err != nil {
		d.fail(check, "look for what answers at "+d.state.API+" in the server's place", "/readyz answers %s without a reason", answer.Status)
		return
	}
	file := filepath.Join(d.config.Data, "muster.db")
	if _, err := os.Stat(file); said["store"] != "ok" {
		d.fail(check, fix, "the database can't be read or written")
	} else if errors.Is(err, fs.ErrNotExist) {
		d.fail(check, fmt.Sprintf("keep the server running, which still holds it, until it is saved from /proc/%d/fd", d.state.PID), "%s was deleted", file)
	} else {
		d.ok(check, "the database is read and written")
	}
	if said["s3"] != "ok" {
		d.fail("object store", fix, "the object store doesn't answer")
	} else {
		d.ok("object store", "the object store answers")
	}
	if answer.StatusCode != http.StatusOK && said["store"] == "ok" && said["s3"] == "ok" {
		d.warn("server", "wait, or start it again", "the server is %s", said["status"])
	}
}

// checkServedRoot compares the root certificate that clients fetch with the
// one in the data.
func (d *doctor) checkServedRoot(ctx context.Context, client *http.Client) {
	const check = "root served"
	answer, body, err := d.get(ctx, client, "/repository/AmazonRootCA1.pem")
	kept, readErr := os.ReadFile(d.state.RootCA)
	switch err := errors.Join(err, readErr); {
	case err != nil:
		d.fail(check, "restart the server, which writes "+d.state.RootCA+" anew", "%v", err)
	case answer.StatusCode != http.StatusOK || !bytes.Equal(bytes.TrimSpace(body), bytes.TrimSpace(kept)):
		d.fail(check, "look for what answers at "+d.state.API+" in the server's place", "/repository/AmazonRootCA1.pem is not the root certificate in %s (%s)", d.state.RootCA, answer.Status)
	default:
		d.ok(check, "%s/repository/AmazonRootCA1.pem", d.state.API)
	}
}

// asRoot is the API as the root key sees it. It fails when the key can't be read,
// which is said of the root key.
func (d *doctor) asRoot(client *http.Client) (*awsclient.Client, error) {
	key, err := account.ReadRootKey(d.state.RootKey)
	if err != nil {
		return nil, err
	}
	return &awsclient.Client{
		Endpoint: d.state.API, Region: d.state.Region, HTTP: client,
		Credential: sigv4.Credential{AccessKey: key.AccessKeyID, Secret: key.Secret},
	}, nil
}

// checkSignature signs a request with the root key: it is of no use when the
// key, the clock or something in between is wrong.
func (d *doctor) checkSignature(ctx context.Context, client *http.Client) {
	const check = "signed request"
	c, err := d.asRoot(client)
	if err != nil {
		d.warn(check, "see the root key", "not tried: the root key can't be read")
		return
	}
	who, err := awsclient.Do(ctx, c, stsapi.GetCallerIdentity, &stsapi.GetCallerIdentityRequest{})
	var refused *awsclient.Error
	switch {
	case errors.As(err, &refused):
		d.fail(check, "restart the server if the root key was changed; else look for a proxy that changes requests, and at the clock", "the root key is refused: %s: %s", refused.Code, refused.Message)
	case err != nil:
		d.fail(check, "look at the server's log", "%v", err)
	case who.Arn == nil:
		d.fail(check, "look at the server's log", "the server doesn't say who the root key is")
	default:
		d.ok(check, "the root key is %s", *who.Arn)
	}
}
