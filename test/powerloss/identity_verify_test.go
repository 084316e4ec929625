package powerloss_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// identityChecks are the steps of verify where clients change identities.
func (w *world) identityChecks() []func(context.Context) error {
	return []func(context.Context) error{w.verifyCertificates, w.verifyNamesThatNeverCame, w.verifyIdentities, w.verifyDevices, w.verifyKeys, w.makeRoom, w.verifyHealth}
}

// verifyIdentities reads all registers that were changed.
func (w *world) verifyIdentities(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(w.identities)) {
		r := w.identities[name]
		if !r.touched() && !w.again() {
			continue
		}
		at := strings.LastIndex(name, " ")
		kind, of := name[:at], name[at+1:]
		if user, id, ok := strings.Cut(strings.TrimPrefix(name, "key "), " "); ok && strings.HasPrefix(name, "key ") {
			kind, of = "key", user+" "+id
		}
		read := map[string]func(context.Context, string) (string, error){
			"item": w.itemIs, "principal": w.principalIs, "attached": w.attachedIs, "alias": w.aliasIs, "certificate": w.certificateIs,
			"policy": w.policyIs, "role": w.roleIs, "inline": w.inlineIs, "held by Role": w.heldByRole, "held by User": w.heldByUser,
			"managed": w.managedIs, "user": w.userIs, "key": w.keyIs, "fleet": w.fleetIs, "devices": w.devicesAre,
		}[kind]
		if read == nil {
			return fmt.Errorf("nothing reads %q", name)
		}
		got, err := read(ctx, of)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		w.judge(name, r, got)
	}
	return nil
}

// verifyNamesThatNeverCame looks for certificates and access keys that nobody
// knows of: there may be as many as were asked for without an answer, each
// whole. They are removed.
func (w *world) verifyNamesThatNeverCame(ctx context.Context) error {
	r, err := w.iot(ctx, "GET", "/certificates", url.Values{"pageSize": {"250"}}, "")
	if err != nil {
		return err
	}
	var list struct {
		Certificates []struct{ CertificateID string }
		NextMarker   string
	}
	if json.Unmarshal(r.body, &list) != nil || list.NextMarker != "" {
		return fmt.Errorf("list the certificates: %v", r)
	}
	for _, c := range list.Certificates {
		id := c.CertificateID
		if w.identities["certificate "+id] != nil || slices.Contains(w.certIDs, id) {
			continue
		}
		if w.unanswered["certificate"]--; w.unanswered["certificate"] < 0 {
			w.report(orphan, "certificate %s is there and nobody made it", id)
		}
		if status, err := w.certificateIs(ctx, id); err != nil || status != "INACTIVE" {
			w.report(torn, "certificate %s, whose making was not acknowledged, is %q, %v", id, status, err)
		}
		if _, err := w.iot(ctx, "DELETE", "/certificates/"+id, nil, ""); err != nil {
			return err
		}
	}
	w.unanswered["certificate"] = 0
	return w.verifyKeysThatNeverCame(ctx)
}

func (w *world) verifyKeysThatNeverCame(ctx context.Context) error {
	for n := range clients {
		user := deviceOf(n)
		r, err := w.iam(ctx, "ListAccessKeys", "UserName", user)
		if err != nil {
			return err
		}
		for _, m := range regexp.MustCompile(`<AccessKeyId>([A-Z0-9]+)</AccessKeyId>`).FindAllSubmatch(r.body, -1) {
			id := string(m[1])
			if w.identities["key "+user+" "+id] != nil {
				continue
			}
			if w.unanswered["key "+user]--; w.unanswered["key "+user] < 0 {
				w.report(orphan, "access key %s of %s is there and nobody made it", id, user)
			}
			if r, err := w.iam(ctx, "DeleteAccessKey", "UserName", user, "AccessKeyId", id); err != nil || r.status != http.StatusOK {
				return errors.Join(err, fmt.Errorf("remove key %s: %v", id, r))
			}
		}
		w.unanswered["key "+user] = 0
	}
	return nil
}

// verifyDevices asks the device port. A device gets credentials when all links
// of its chain are there, and those it got before die with any of them.
func (w *world) verifyDevices(ctx context.Context) error {
	for n, c := range w.chains {
		whole := w.value(w.certs, c.id) == "ACTIVE" && w.value(w.identities, "alias "+deviceOf(n)) != ""
		for _, link := range links(n) {
			whole = whole && w.value(w.identities, link) == there
		}
		r, _, err := w.vend(ctx, n, c)
		if err != nil {
			return err
		}
		if whole {
			w.vended++
		} else {
			w.denied++
		}
		if (r.status == http.StatusOK) != whole {
			w.report(lost, "the chain of device %d is whole: %v, and it gets %v", n, whole, r)
		}
		if k := w.keyNamed("session of " + deviceOf(n)); k.id != "" && !whole {
			if r, err := w.whoAmI(ctx, k); err != nil {
				return err
			} else if r.status == http.StatusOK {
				w.report(lost, "the chain of device %d is broken, and a session from before stands", n)
			}
		}
	}
	return nil
}

// verifyKeys sees that keys that were removed long ago stay so.
func (w *world) verifyKeys(ctx context.Context) error {
	for n := range clients {
		for _, id := range w.keysOf(deviceOf(n)) {
			if w.value(w.identities, "key "+deviceOf(n)+" "+id) != "" {
				continue
			}
			if r, err := w.whoAmI(ctx, w.keyNamed(id)); err != nil {
				return err
			} else if r.status == http.StatusOK {
				w.report(lost, "the access key %s was removed and works", id)
			}
		}
	}
	return nil
}

// makeRoom removes the versions of policies that are not in force.
func (w *world) makeRoom(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(w.identities)) {
		kind, of, _ := strings.Cut(name, " ")
		if w.identities[name].value() == "" || kind != "policy" && kind != "managed" {
			continue
		}
		if err := w.removeVersions(ctx, kind, of); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) removeVersions(ctx context.Context, kind, name string) error {
	if kind == "managed" {
		r, err := w.iam(ctx, "ListPolicyVersions", "PolicyArn", policyARN(name))
		if err != nil {
			return err
		}
		for _, m := range regexp.MustCompile(`(?s)<member>.*?</member>`).FindAll(r.body, -1) {
			id, _ := xmlAt(m, "VersionId")
			if def, _ := xmlAt(m, "IsDefaultVersion"); def == "false" {
				if r, err := w.iam(ctx, "DeletePolicyVersion", "PolicyArn", policyARN(name), "VersionId", id); err != nil || r.status != http.StatusOK {
					return errors.Join(err, fmt.Errorf("remove version %s of %s: %v", id, name, r))
				}
			}
		}
		return nil
	}
	r, err := w.iot(ctx, "GET", "/policies/"+name+"/version", nil, "")
	var list struct {
		PolicyVersions []struct {
			VersionID        string
			IsDefaultVersion bool
		}
	}
	if err != nil || json.Unmarshal(r.body, &list) != nil {
		return errors.Join(err, fmt.Errorf("list the versions of %s: %v", name, r))
	}
	for _, v := range list.PolicyVersions {
		if !v.IsDefaultVersion {
			if r, err := w.iot(ctx, "DELETE", "/policies/"+name+"/version/"+v.VersionID, nil, ""); err != nil || r.status != http.StatusOK {
				return errors.Join(err, fmt.Errorf("remove version %s of %s: %v", v.VersionID, name, r))
			}
		}
	}
	return nil
}

// keysOf returns the ids of a user's access keys that the clients know, in order.
func (l *ledger) keysOf(user string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ids []string
	for name := range l.identities {
		if id, ok := strings.CutPrefix(name, "key "+user+" "); ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (l *ledger) keyNamed(name string) secretKey {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keys[name]
}

// roots are those that the server's devices trust.
func (s *server) roots() (*x509.CertPool, error) {
	raw, there := s.disk.ReadFile("root-ca.pem")
	pool := x509.NewCertPool()
	if !there || !pool.AppendCertsFromPEM(raw) {
		return nil, errors.New("the root certificate can't be read")
	}
	return pool, nil
}
