package powerloss_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// there is the value of a register that is there or isn't.
const there = "there"

// identityRounds are those of a test run that says nothing.
const identityRounds = 15

// TestPowerLossOfIdentities is TestPowerLoss for the database of identities:
// clients change all that decisions are made from. What was acknowledged holds
// after the cut, and a revocation through the device port, too.
func TestPowerLossOfIdentities(t *testing.T) {
	began := time.Now()
	total := liveRounds(t, identityRounds, func(l *ledger, seed uint64) *world { return newWorld(l, seed).ofIdentities() })
	t.Logf("%v found", total.found)
	t.Logf("%d cuts (%d of them while the server started, %d while it stopped, %d right after an acknowledgement), %d changes acknowledged, devices got credentials %d times and were refused %d times, in %v; doctor doubted %v",
		total.cuts, total.starting, total.stopping, total.afterAck, total.acks, total.vended, total.denied, time.Since(began).Round(time.Second), total.doubts)
	if total.acks == 0 {
		t.Error("no change was acknowledged: the rounds prove nothing")
	}
	if total.cuts >= identityRounds && (total.vended == 0 || total.denied == 0) {
		t.Error("devices were never refused, or always: the rounds prove nothing of revocation")
	}
}

// ofIdentities lets the clients change identities only.
func (w *world) ofIdentities() *world {
	w.step = (*worker).identityStep
	w.moments = []moment{afterAck, afterAck, afterAck, soonAfterAck, soonAfterAck, afterChange, afterChange, afterChange, whileStopping}
	w.checks = w.identityChecks()
	return w
}

// identityStep does one thing.
func (w *worker) identityStep() {
	steps := []func(){
		w.item, w.item, w.principal, w.principal, w.attached, w.attached, w.alias, w.certificate, w.certificate, w.session,
		w.newCertificate, w.oldCertificate, w.iotPolicy, w.iotVersion, w.spareAlias, w.role, w.rolePolicy, w.attachment,
		w.managedPolicy, w.managedVersion, w.user, w.newKey, w.keyStatus, w.fleet, w.devices, w.devices,
	}
	steps[w.random.IntN(len(steps))]()
}

// set writes a value of an identity's register by one request.
func (w *worker) set(kind, name, value string, send func() (reply, error), refusals ...int) (reply, state) {
	return w.changeIn(w.identities, kind+" "+name, value, send, refusals...)
}

func (w *worker) has(kind, name string) string { return w.value(w.identities, kind+" "+name) }

// spare is a name of the client's of which there are a few.
func (w *worker) spare() string { return fmt.Sprintf("c%d-%d", w.n, w.random.IntN(3)) }

func (w *worker) mark() string { return fmt.Sprintf("v%d", w.random.Uint32()) }

// flip makes what isn't there and removes what is.
func (w *worker) flip(kind, name string, make, remove func() (reply, error)) {
	if w.has(kind, name) == "" {
		w.set(kind, name, there, make)
	} else {
		w.set(kind, name, "", remove)
	}
}

// item makes a thing with an attribute, changes the attribute or removes the thing.
func (w *worker) item() {
	name, value := w.spare(), w.mark()
	body := `{"attributePayload":{"attributes":{"mark":"` + value + `"}}}`
	switch has := w.has("item", name); {
	case has == "":
		w.set("item", name, value, func() (reply, error) { return w.iot(w.ctx, "POST", "/things/"+name, nil, body) })
	case w.random.IntN(2) == 0:
		w.set("item", name, value, func() (reply, error) { return w.iot(w.ctx, "PATCH", "/things/"+name, nil, body) })
	default:
		w.set("item", name, "", func() (reply, error) { return w.iot(w.ctx, "DELETE", "/things/"+name, nil, "") })
	}
}

func (w *worker) principal() {
	name, cert := deviceOf(w.n), w.chains[w.n].arn
	w.flip("principal", name,
		func() (reply, error) { return w.attachThing(w.ctx, "PUT", name, cert) },
		func() (reply, error) { return w.attachThing(w.ctx, "DELETE", name, cert) })
}

func (w *worker) attached() {
	name, cert := deviceOf(w.n), w.chains[w.n].arn
	w.flip("attached", name,
		func() (reply, error) {
			return w.iot(w.ctx, "PUT", "/target-policies/"+name, nil, jsonOf("target", cert))
		},
		func() (reply, error) {
			return w.iot(w.ctx, "POST", "/target-policies/"+name, nil, jsonOf("target", cert))
		})
}

func (w *worker) alias()      { w.aliasNamed(deviceOf(w.n)) }
func (w *worker) spareAlias() { w.aliasNamed(w.spare()) }

func (w *worker) aliasNamed(name string) {
	seconds := 900 + w.random.IntN(2000)
	method, value, body := "POST", strconv.Itoa(seconds), aliasBody(seconds)
	if w.has("alias", name) != "" {
		method = "PUT"
		if w.random.IntN(3) == 0 {
			method, value, body = "DELETE", "", ""
		}
	}
	w.set("alias", name, value, func() (reply, error) { return w.iot(w.ctx, method, "/role-aliases/"+name, nil, body) })
}

// session has the client's device get credentials, which must be refused once
// a link is broken.
func (w *worker) session() {
	r, key, err := w.vend(w.ctx, w.n, w.chains[w.n])
	if err == nil && r.status == http.StatusOK {
		w.keep("session of "+deviceOf(w.n), key)
	}
}

// keep notes a key that a client was given.
func (l *ledger) keep(name string, k secretKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys[name] = k
}

// newCertificate makes a certificate. Its id comes with the acknowledgement.
func (w *worker) newCertificate() {
	r, err := w.iot(w.ctx, "POST", "/keys-and-certificate", nil, "")
	s := w.outcome("make a certificate", r, err)
	if s == done {
		made, err := chainOf(r.body)
		if err != nil {
			w.report(wrong, "a certificate was made and can't be used: %v", err)
			return
		}
		w.end(w.begin(w.identities, "certificate "+made.id, "INACTIVE"), done)
		w.mine(made.id)
	} else {
		w.noAnswer("certificate")
	}
	w.acknowledged(s)
}

func (l *ledger) noAnswer(kind string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unanswered[kind]++
}

// mine notes a certificate that the client made.
func (w *worker) mine(id string) {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	w.made[w.n] = append(w.made[w.n], id)
}

// oldCertificate activates a certificate that the client made, or removes it.
func (w *worker) oldCertificate() {
	w.ledger.mu.Lock()
	made := w.made[w.n]
	w.ledger.mu.Unlock()
	if len(made) == 0 {
		return
	}
	id := made[w.random.IntN(len(made))]
	to := func(status string) {
		w.set("certificate", id, status, func() (reply, error) {
			return w.iot(w.ctx, "PUT", "/certificates/"+id, url.Values{"newStatus": {status}}, "")
		})
	}
	switch w.has("certificate", id) {
	case "ACTIVE":
		to([]string{"INACTIVE", "REVOKED"}[w.random.IntN(2)])
	case "INACTIVE":
		if w.random.IntN(2) == 0 {
			to("ACTIVE")
			return
		}
		fallthrough
	case "REVOKED":
		w.set("certificate", id, "", func() (reply, error) { return w.iot(w.ctx, "DELETE", "/certificates/"+id, nil, "") })
	}
}

func (w *worker) iotPolicy() {
	name, value := w.spare(), w.mark()
	if w.has("policy", name) != "" {
		w.set("policy", name, "", func() (reply, error) { return w.iot(w.ctx, "DELETE", "/policies/"+name, nil, "") }, http.StatusConflict) // it has versions
		return
	}
	w.set("policy", name, value, func() (reply, error) {
		return w.iot(w.ctx, "POST", "/policies/"+name, nil, jsonOf("policyDocument", iotDocument(w.n, value)))
	})
}

// iotVersion puts another version of an IoT policy in force; there is room for five.
func (w *worker) iotVersion() {
	name, value := []string{w.spare(), deviceOf(w.n)}[w.random.IntN(2)], w.mark()
	if w.has("policy", name) == "" && name != deviceOf(w.n) {
		return
	}
	w.set("policy", name, value, func() (reply, error) {
		return w.iot(w.ctx, "POST", "/policies/"+name+"/version", url.Values{"setAsDefault": {"true"}}, jsonOf("policyDocument", iotDocument(w.n, value)))
	}, http.StatusConflict)
}

func (w *worker) role() {
	name, value := w.spare(), w.mark()
	switch has := w.has("role", name); {
	case has == "":
		w.set("role", name, value, func() (reply, error) {
			return w.iam(w.ctx, "CreateRole", "RoleName", name, "AssumeRolePolicyDocument", trust, "Description", value, "Tags.member.1.Key", "made", "Tags.member.1.Value", "whole")
		})
	case w.random.IntN(2) == 0:
		w.set("role", name, value, func() (reply, error) { return w.iam(w.ctx, "UpdateRole", "RoleName", name, "Description", value) })
	default:
		w.set("role", name, "", func() (reply, error) { return w.iam(w.ctx, "DeleteRole", "RoleName", name) })
	}
}

func (w *worker) rolePolicy() {
	name, value := w.spare(), w.mark()
	if w.has("inline", name) != "" && w.random.IntN(2) == 0 {
		w.set("inline", name, "", func() (reply, error) {
			return w.iam(w.ctx, "DeleteRolePolicy", "RoleName", deviceOf(w.n), "PolicyName", name)
		})
		return
	}
	w.set("inline", name, value, func() (reply, error) {
		return w.iam(w.ctx, "PutRolePolicy", "RoleName", deviceOf(w.n), "PolicyName", name, "PolicyDocument", document(value))
	})
}

// attachment attaches the client's managed policy to its role or user, or detaches it.
func (w *worker) attachment() {
	kind := []string{"Role", "User"}[w.random.IntN(2)]
	send := func(action string) func() (reply, error) {
		return func() (reply, error) {
			return w.iam(w.ctx, action+kind+"Policy", kind+"Name", deviceOf(w.n), "PolicyArn", policyARN(deviceOf(w.n)))
		}
	}
	w.flip("held by "+kind, deviceOf(w.n), send("Attach"), send("Detach"))
}

func policyARN(name string) string { return "arn:aws:iam::" + account + ":policy/" + name }

func (w *worker) managedPolicy() {
	name, value := w.spare(), w.mark()
	if w.has("managed", name) != "" {
		w.set("managed", name, "", func() (reply, error) { return w.iam(w.ctx, "DeletePolicy", "PolicyArn", policyARN(name)) }, http.StatusConflict)
		return
	}
	w.set("managed", name, value, func() (reply, error) {
		return w.iam(w.ctx, "CreatePolicy", "PolicyName", name, "PolicyDocument", document(value))
	})
}

func (w *worker) managedVersion() {
	name, value := w.spare(), w.mark()
	if w.has("managed", name) == "" {
		return
	}
	w.set("managed", name, value, func() (reply, error) {
		return w.iam(w.ctx, "CreatePolicyVersion", "PolicyArn", policyARN(name), "PolicyDocument", document(value), "SetAsDefault", "true")
	}, http.StatusConflict)
}

func (w *worker) user() {
	name := w.spare()
	w.flip("user", name,
		func() (reply, error) {
			return w.iam(w.ctx, "CreateUser", "UserName", name, "Tags.member.1.Key", "made", "Tags.member.1.Value", "whole")
		},
		func() (reply, error) { return w.iam(w.ctx, "DeleteUser", "UserName", name) })
}

var keyOf = regexp.MustCompile(`(?s)<AccessKeyId>([A-Z0-9]+)</AccessKeyId>.*<SecretAccessKey>([^<]+)</SecretAccessKey>`)

// newKey makes an access key of the client's user, who may have two.
func (w *worker) newKey() {
	user := deviceOf(w.n)
	r, err := w.iam(w.ctx, "CreateAccessKey", "UserName", user)
	switch s := w.outcome("make an access key", r, err, http.StatusConflict); s {
	case done:
		found := keyOf.FindSubmatch(r.body)
		if found == nil {
			w.report(wrong, "an access key was made without an id and a secret")
			return
		}
		id := string(found[1])
		w.keep(id, secretKey{id: id, secret: string(found[2])})
		w.end(w.begin(w.identities, "key "+user+" "+id, "Active"), done)
		w.acknowledged(s)
	case unknown:
		w.noAnswer("key " + user)
	}
}

// keyStatus puts a key out of use, into use or removes it.
func (w *worker) keyStatus() {
	user := deviceOf(w.n)
	for _, id := range w.keysOf(user) {
		status := w.has("key", user+" "+id)
		if status == "" {
			continue
		}
		if w.random.IntN(3) == 0 {
			w.set("key", user+" "+id, "", func() (reply, error) {
				return w.iam(w.ctx, "DeleteAccessKey", "UserName", user, "AccessKeyId", id)
			})
			return
		}
		to := map[string]string{"Active": "Inactive", "Inactive": "Active"}[status]
		w.set("key", user+" "+id, to, func() (reply, error) {
			return w.iam(w.ctx, "UpdateAccessKey", "UserName", user, "AccessKeyId", id, "Status", to)
		})
		return
	}
}

// fleet makes a fleet with a role alias, describes it anew or removes it.
func (w *worker) fleet() {
	name, value := w.spare(), w.mark()
	switch has := w.has("fleet", name); {
	case has == "":
		w.set("fleet", name, value, func() (reply, error) { return w.sagemaker(w.ctx, "CreateDeviceFleet", fleetOf(name, value, true)) })
	case w.random.IntN(2) == 0:
		w.set("fleet", name, value, func() (reply, error) { return w.sagemaker(w.ctx, "UpdateDeviceFleet", fleetOf(name, value, true)) })
	default:
		w.set("fleet", name, "", func() (reply, error) {
			return w.sagemaker(w.ctx, "DeleteDeviceFleet", map[string]any{"DeviceFleetName": name})
		})
	}
}

// devices registers three devices at once, describes them anew or removes them.
func (w *worker) devices() {
	fleet, set, value := deviceOf(w.n), w.spare(), w.mark()
	var all []map[string]string
	for _, name := range trio(set) {
		all = append(all, map[string]string{"DeviceName": name, "Description": value})
	}
	described := map[string]any{"DeviceFleetName": fleet, "Devices": all}
	switch has := w.has("devices", set); {
	case has == "":
		w.set("devices", set, value, func() (reply, error) { return w.sagemaker(w.ctx, "RegisterDevices", described) })
	case w.random.IntN(2) == 0:
		w.set("devices", set, value, func() (reply, error) { return w.sagemaker(w.ctx, "UpdateDevices", described) })
	default:
		w.set("devices", set, "", func() (reply, error) {
			return w.sagemaker(w.ctx, "DeregisterDevices", map[string]any{"DeviceFleetName": fleet, "DeviceNames": trio(set)})
		})
	}
}

func trio(set string) []string { return []string{set + "-a", set + "-b", set + "-c"} }
