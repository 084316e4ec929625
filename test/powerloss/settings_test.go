package powerloss_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// settingsOf is the bucket whose quota and lifecycle rules a client changes.
func settingsOf(client int) string { return fmt.Sprintf("%s-%d", settings, client) }

// setting changes one of the client's settings. Its name in the ledger says
// what it is and of what: tags of an object, lifecycle or quota of a bucket.
func (w *worker) setting() {
	switch w.random.IntN(4) {
	case 0:
		w.lifecycle()
	case 1:
		w.quota()
	default:
		w.tags()
	}
}

// change writes a value of a setting by one request.
func (w *worker) change(name, value string, send func() (reply, error)) {
	w.changeIn(w.ledger.settings, name, value, send)
}

func (w *worker) changeIn(all map[string]*register, name, value string, send func() (reply, error), refusals ...int) (reply, state) {
	wr := w.begin(all, name, value)
	r, err := send()
	s := w.outcome(fmt.Sprintf("set %s to %q", name, value), r, err, refusals...)
	w.end(wr, s)
	w.acknowledged(s)
	return r, s
}

// tags puts an object with a tag, changes the tag or removes the object.
func (w *worker) tags() {
	key := fmt.Sprintf("c%d/tagged-%d", w.n, w.random.IntN(3))
	name, value := "tags "+key, fmt.Sprintf("t%d", w.random.Uint32())
	there := w.value(w.ledger.settings, name) != ""
	switch n := w.random.IntN(6); {
	case there && n == 0:
		w.change(name, "", func() (reply, error) {
			return w.s3(w.ctx, "DELETE", settings, key, nil, nil, nil)
		})
	case there && n < 4:
		body := "<Tagging><TagSet><Tag><Key>v</Key><Value>" + value + "</Value></Tag></TagSet></Tagging>"
		w.change(name, value, func() (reply, error) {
			return w.s3(w.ctx, "PUT", settings, key, url.Values{"tagging": {""}}, nil, []byte(body))
		})
	default:
		w.change(name, value, func() (reply, error) {
			return w.s3(w.ctx, "PUT", settings, key, nil, map[string]string{"x-amz-tagging": "v=" + value}, w.content().bytes())
		})
	}
}

func (w *worker) lifecycle() {
	bucket := settingsOf(w.n)
	name, value := "lifecycle "+bucket, fmt.Sprintf("rule-%d", w.random.Uint32())
	query := url.Values{"lifecycle": {""}}
	if w.value(w.ledger.settings, name) != "" && w.random.IntN(3) == 0 {
		w.change(name, "", func() (reply, error) { return w.s3(w.ctx, "DELETE", bucket, "", query, nil, nil) })
		return
	}
	body := "<LifecycleConfiguration><Rule><ID>" + value + "</ID><Status>Enabled</Status><Filter><Prefix>nothing/</Prefix></Filter><Expiration><Days>365</Days></Expiration></Rule></LifecycleConfiguration>"
	header := map[string]string{"content-md5": md5Of(body)}
	w.change(name, value, func() (reply, error) { return w.s3(w.ctx, "PUT", bucket, "", query, header, []byte(body)) })
}

func (w *worker) quota() {
	bucket := settingsOf(w.n)
	name, limit := "quota "+bucket, 1+w.random.IntN(1_000_000)
	if w.value(w.ledger.settings, name) != "" && w.random.IntN(3) == 0 {
		w.change(name, "", func() (reply, error) { return w.admin(w.ctx, "DeleteBucketQuota", map[string]any{"Bucket": bucket}) })
		return
	}
	w.change(name, strconv.Itoa(limit), func() (reply, error) {
		return w.admin(w.ctx, "PutBucketQuota", map[string]any{"Bucket": bucket, "Quota": map[string]int{"MaxObjects": limit}})
	})
}

// admin calls an operation of Muster's own.
func (c *client) admin(ctx context.Context, operation string, in any) (reply, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return reply{}, err
	}
	header := map[string]string{"content-type": "application/x-amz-json-1.1", "x-amz-target": "Muster." + operation}
	return c.do(ctx, call{"muster", "POST", "/", nil, header, body})
}

// verifySettings is called when nothing is under way.
func (w *world) verifySettings(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(w.ledger.settings)) {
		s := w.ledger.settings[name]
		if !s.touched() && !w.again() {
			continue
		}
		kind, of, _ := strings.Cut(name, " ")
		got, err := map[string]func(context.Context, string) (string, error){
			"tags": w.tagOf, "lifecycle": w.ruleOf, "quota": w.quotaOf,
		}[kind](ctx, of)
		if err != nil {
			return err
		}
		w.judge(name, s, got)
	}
	return nil
}

// tagOf returns the value of an object's tag, "" when there is no object.
func (w *world) tagOf(ctx context.Context, key string) (string, error) {
	r, err := w.s3(ctx, "GET", settings, key, url.Values{"tagging": {""}}, nil, nil)
	var found struct {
		Value []string `xml:"TagSet>Tag>Value"`
	}
	switch {
	case err != nil || r.status == http.StatusNotFound:
		return "", err
	case r.status != http.StatusOK || xml.Unmarshal(r.body, &found) != nil || len(found.Value) != 1:
		return "what can't be read: " + r.String(), nil
	}
	return found.Value[0], nil
}

// ruleOf returns the id of a bucket's lifecycle rule, "" when it has none.
func (w *world) ruleOf(ctx context.Context, bucket string) (string, error) {
	r, err := w.s3(ctx, "GET", bucket, "", url.Values{"lifecycle": {""}}, nil, nil)
	var found struct {
		ID []string `xml:"Rule>ID"`
	}
	switch {
	case err != nil || r.status == http.StatusNotFound && strings.Contains(string(r.body), "NoSuchLifecycleConfiguration"):
		return "", err
	case r.status != http.StatusOK || xml.Unmarshal(r.body, &found) != nil || len(found.ID) != 1:
		return "what can't be read: " + r.String(), nil
	}
	return found.ID[0], nil
}

// quotaOf returns how many objects a bucket may hold, "" when it has no quota.
func (w *world) quotaOf(ctx context.Context, bucket string) (string, error) {
	r, err := w.admin(ctx, "GetBucketQuota", map[string]any{"Bucket": bucket})
	var found struct {
		Own   bool
		Quota struct{ MaxObjects int }
	}
	switch {
	case err != nil:
		return "", err
	case r.status != http.StatusOK || json.Unmarshal(r.body, &found) != nil:
		return "what can't be read: " + r.String(), nil
	case !found.Own:
		return "", nil
	}
	return strconv.Itoa(found.Quota.MaxObjects), nil
}
