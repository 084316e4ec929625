package s3front_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/arn"
	"muster/internal/bucket"
	"muster/internal/iam"
	"muster/internal/objects"
	"muster/internal/page"
	"muster/internal/s3front"
	"muster/internal/s3front/s3fronttest"
	"muster/internal/seal"
	"muster/internal/sigv4"
	"muster/internal/sts"
)

const (
	account = "000000000000"
	theirs  = "222222222222"
)

// world is a front over a store and everything it stands on.
type world struct {
	t       testing.TB
	front   *s3front.Front
	server  *httptest.Server
	roles   *iam.Directory
	buckets *bucket.Buckets
	objects objects.Keeper

	root, other sigv4.Credential // root users of account and theirs
	device      sigv4.Credential // a session of a role that may only what may says
	withdrawn   *atomic.Bool     // the root key is gone
}

const roleName = "device"

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, withdrawn: new(atomic.Bool), root: s3fronttest.Root("AKIAROOT"), other: s3fronttest.Root("AKIATHEIRS")}
	keeper := func(dir string, master *seal.Master) objects.Keeper { return newKeeper(t, dir, master) }
	door := s3fronttest.Open(t, keeper, func(accessKey string) string {
		switch {
		case accessKey == "AKIAROOT" && !w.withdrawn.Load():
			return account
		case accessKey == "AKIATHEIRS":
			return theirs
		}
		return ""
	})
	w.front, w.server, w.roles, w.buckets, w.objects = door.Front, door.Server, door.IAM, door.Buckets, door.Objects
	w.device = w.session(door.Sessions)
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	must(t, err)
	return u
}

func (w *world) session(service *sts.Service) sigv4.Credential {
	w.t.Helper()
	_, err := w.roles.CreateRole(w.t.Context(), iam.Role{Account: account, Path: "/", Name: roleName, MaxSession: time.Hour,
		TrustDocument: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::` + account + `:root"}}]}`})
	must(w.t, err)
	login, err := service.Authenticate(w.t.Context(), "AKIAROOT", "")
	must(w.t, err)
	caller, err := login.Caller(w.t.Context(), iam.Place{})
	must(w.t, err)
	a, err := service.AssumeRole(w.t.Context(), caller, sts.Ask{Role: arn.Role(account, "/", roleName), SessionName: "test"})
	must(w.t, err)
	return sigv4.Credential{AccessKey: a.AccessKeyID, Secret: a.Secret, Token: a.SessionToken}
}

// statement is a line of a policy.
type statement struct {
	Effect    string
	Action    string `json:",omitempty"`
	NotAction string `json:",omitempty"`
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

func allow(action, resource string) statement {
	return statement{Effect: "Allow", Action: action, Resource: "arn:aws:s3:::" + resource}
}

// may says all that the device may do from now on.
func (w *world) may(statements ...statement) {
	w.t.Helper()
	if len(statements) == 0 {
		statements = []statement{{Effect: "Deny", Action: "none:Nothing", Resource: "*"}}
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	must(w.t, err)
	must(w.t, w.roles.PutInline(context.Background(), iam.RoleNamed(account, roleName), iam.Inline{Name: "p", Document: string(text)}))
}

// call is a request to be made.
type call struct {
	method, path string // path with query, escaped as it is sent
	body         string
	header       []string // "Name: value"
}

func (c call) String() string { return c.method + " " + c.path }

// reply is what came back.
type reply struct {
	status int
	code   string // of an error's XML
	body   string
	header http.Header
}

func (r reply) String() string { return fmt.Sprintf("%d %s %s", r.status, r.code, r.body) }

// request signs c, unless cred has no key.
func (w *world) request(cred sigv4.Credential, c call) *http.Request {
	w.t.Helper()
	r, err := http.NewRequest(c.method, w.server.URL+c.path, strings.NewReader(c.body))
	must(w.t, err)
	for _, h := range c.header {
		name, value, _ := strings.Cut(h, ": ")
		if r.Header.Add(name, value); name == "Host" {
			r.Host = value
			r.Header.Del(name)
		}
	}
	if cred.AccessKey != "" {
		hash := sigv4.Hash([]byte(c.body))
		if r.Header.Get("X-Amz-Content-Sha256") != "" {
			hash = r.Header.Get("X-Amz-Content-Sha256")
		}
		sigv4.Sign(r, cred, "s3", "us-east-1", time.Now(), hash)
	}
	return r
}

var transport = &http.Transport{DisableCompression: true}

func (w *world) send(r *http.Request) reply {
	w.t.Helper()
	resp, err := transport.RoundTrip(r)
	must(w.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(w.t, err)
	got := reply{status: resp.StatusCode, body: string(body), header: resp.Header}
	if resp.StatusCode >= 300 {
		var e struct{ Code string }
		if xml.NewDecoder(bytes.NewReader(body)).Decode(&e) == nil {
			got.code = e.Code
		}
	}
	return got
}

func (w *world) do(cred sigv4.Credential, method, path string, more ...string) reply {
	w.t.Helper()
	c := call{method: method, path: path}
	if len(more) > 0 {
		c.body, c.header = more[0], more[1:]
	}
	return w.send(w.request(cred, c))
}

// ok does it as root, who may, and it must succeed.
func (w *world) ok(method, path string, more ...string) reply {
	w.t.Helper()
	got := w.do(w.root, method, path, more...)
	if got.status >= 300 {
		w.t.Fatalf("%s %s: %v", method, path, got)
	}
	return got
}

// kept is everything that the store keeps, so that a test can see that nothing
// has changed.
func (w *world) kept() map[string]string {
	w.t.Helper()
	found, ctx := map[string]string{}, w.t.Context()
	for _, owner := range []string{account, theirs} {
		all, err := w.buckets.List(ctx, bucket.Filter{Account: owner}, page.Request{Limit: 1000})
		must(w.t, err)
		for _, b := range all.Items {
			found[b.Name] = fmt.Sprintf("%+v", b)
			w.keptIn(b.Name, found)
		}
	}
	return found
}

func (w *world) keptIn(name string, found map[string]string) {
	w.t.Helper()
	ctx := w.t.Context()
	versioning, err := w.objects.Versioning(ctx, name)
	must(w.t, err)
	found[name+" versioning"] = string(versioning)
	versions, err := w.objects.ListVersions(ctx, objects.List{Bucket: name, Max: 100000})
	must(w.t, err)
	for _, o := range versions.Objects {
		place := name + "/" + o.Key + " " + o.Version
		if found[place] = fmt.Sprintf("%+v", o); o.Marker {
			continue
		}
		got, err := w.objects.Get(ctx, objects.Read{Ref: objects.Ref{Bucket: name, Key: o.Key, Version: o.Version}})
		must(w.t, err)
		content, err := io.ReadAll(got.Body)
		must(w.t, err)
		must(w.t, got.Body.Close())
		found[place] += fmt.Sprintf(" %+v %x", got.Object, sha256.Sum256(content))
	}
	uploads, err := w.objects.ListUploads(ctx, objects.List{Bucket: name, Max: 100000})
	must(w.t, err)
	for _, u := range uploads.Uploads {
		parts, err := w.objects.ListParts(ctx, u.Upload, 0, 10000)
		must(w.t, err)
		found[name+"/"+u.Key+" upload "+u.ID] = fmt.Sprintf("%+v %+v", u, parts)
	}
}

func readCloser(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }
