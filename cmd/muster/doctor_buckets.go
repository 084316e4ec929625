package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"muster/internal/account"
	"muster/internal/bucket"
	"muster/internal/sigv4"
)

// checkBuckets looks for buckets from before their names were Muster's own.
func (d *doctor) checkBuckets(ctx context.Context, client *http.Client) {
	const check = "bucket names"
	key, err := account.ReadRootKey(d.state.RootKey)
	if err != nil {
		return // said of the root key
	}
	cred := sigv4.Credential{AccessKey: key.AccessKeyID, Secret: key.Secret}
	var there []string
	for _, name := range bucket.ReservedNames() {
		found, err := d.bucketThere(ctx, client, cred, name)
		if err != nil {
			d.warn(check, "look at the server's log", "can't tell: %v", err)
			return
		}
		if found {
			there = append(there, name)
		}
	}
	if len(there) > 0 {
		d.warn(check, "copy what is in it to a bucket of another name and delete it", "the path of bucket %s is Muster's own: requests without a signature don't reach it", strings.Join(there, ", "))
		return
	}
	d.ok(check, "none is the name of a path of Muster's own")
}

// bucketThere reports whether there is a bucket of that name, of whichever account.
func (d *doctor) bucketThere(ctx context.Context, client *http.Client, cred sigv4.Credential, name string) (bool, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.state.API+"/"+name+"?location", nil)
	if err != nil {
		return false, err
	}
	sigv4.Sign(r, cred, "s3", d.state.Region, time.Now(), sigv4.Hash(nil))
	answer, err := client.Do(r)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	switch {
	case err != nil:
		return false, err
	case answer.StatusCode == http.StatusOK:
		return true, nil
	case answer.StatusCode == http.StatusForbidden && strings.Contains(string(body), "<Code>AccessDenied</Code>"):
		return true, nil // another account's
	case answer.StatusCode == http.StatusNotFound && strings.Contains(string(body), "<Code>NoSuchBucket</Code>"):
		return false, nil
	}
	return false, fmt.Errorf("GET /%s?location is answered %s", name, answer.Status)
}
