package proof

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"

	"muster/internal/awsclient"
	"muster/internal/awswire"
	"muster/internal/server"
)

// model is Muster as a few maps: what each operation answers, and changes, as
// AWS's documentation has it. It knows nothing of stores, indexes or wires.
type model struct {
	kinds    map[string]*kind
	things   map[string]*thing
	certs    map[string]*cert
	made     []string // ids of certificates in the order of their creation
	policies map[string]*versioned
	aliases  map[string]*alias
	fleets   map[string]*fleet

	roles   map[string]*role
	users   map[string]*user
	keys    []*userKey // in the order of their creation, deleted ones too
	managed map[string]*versioned
}

func newModel() *model {
	return &model{
		kinds: map[string]*kind{}, things: map[string]*thing{}, certs: map[string]*cert{}, policies: map[string]*versioned{},
		aliases: map[string]*alias{}, fleets: map[string]*fleet{},
		roles: map[string]*role{}, users: map[string]*user{}, managed: map[string]*versioned{},
	}
}

// trial runs random operations against Muster and the model.
type trial struct {
	t        *testing.T
	m        *muster
	r        *rand.Rand
	world    *model
	device   *askingDevice
	sessions []*session // of roles, those of late
	given    []*given   // credentials of devices, those of late

	answered map[string]bool // operations that Muster has done something for
	history  []string
}

// A step asks Muster and the model for the same; got and want are what they
// answered: the code of a refusal, or the contents as text.
type step struct {
	name string
	do   func(x *trial) (asked, got, want string)
}

// A look is what changes nothing: of one name by chance as a step, and of all
// of them before and after a restart.
type look struct {
	name string
	of   func(x *trial) []string
	ask  func(x *trial, name string) (got, want string)
}

// nothing is what a list of everything is asked for by.
func nothing(*trial) []string { return []string{""} }

func (l look) step() step {
	return step{l.name, func(x *trial) (string, string, string) {
		name := one(x, l.of(x)...)
		got, want := l.ask(x, name)
		return name, got, want
	}}
}

var looks = slices.Concat(thingLooks, certificateLooks, policyLooks, aliasLooks, fleetLooks, tagLooks, roleLooks, userLooks, managedLooks, iamTagLooks, simulationLooks)

// steps are all that may happen.
func steps() []step {
	all := slices.Concat(thingSteps, certificateSteps, policySteps, aliasSteps, fleetSteps, tagSteps, roleSteps, userSteps, managedSteps, iamTagSteps, sessionSteps)
	for _, l := range looks {
		all = append(all, l.step())
	}
	return all
}

// costly names steps that take a hundred times as long as the others.
var costly = map[string]bool{"iot:CreateKeysAndCertificate": true}

// The numbers of steps that a run has unless told otherwise.
const (
	usualSteps   = 4500
	usualRestart = 700
)

// Random operations answer as the model says, over several restarts. Each of
// them does something at least once in every run of the usual length, and so
// does every operation of these services that Muster has.
func TestAnswersAsTheModel(t *testing.T) {
	n, restart := usualSteps, usualRestart
	if testing.Short() {
		n, restart = 800, 300
	}
	if text := os.Getenv("MUSTER_PROOF_STEPS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatalf("MUSTER_PROOF_STEPS: %v", err)
		}
	}
	data := t.TempDir()
	x := &trial{t: t, m: startWithoutObjects(t, data), r: rand.New(rand.NewPCG(seed(t), 0)), world: newModel(), answered: map[string]bool{}}
	x.device = newAskingDevice()
	all := steps()
	done, refused := map[string]int{}, map[string]int{}
	i := 0
	for ; i < n || n >= usualSteps && i < n+n/2 && len(undone(all, done)) > 0; i++ { // the last to be done may take longer
		if i > 0 && i%restart == 0 {
			x.compare() // with what is remembered from before the changes
			x.m.stop()
			x.m = startWithoutObjects(t, data)
			x.history = append(x.history, "restart")
			x.compare()
		}
		s := x.pick(all, done)
		if got := x.run(s.name, s.do); strings.HasPrefix(got, "refused ") {
			refused[s.name]++
		} else {
			done[s.name]++
		}
	}
	x.compare()
	never := append(undone(all, done), x.unanswered()...)
	if len(never) > 0 && n >= usualSteps {
		t.Errorf("%v did nothing in %d steps", never, i)
	}
	t.Logf("%d steps of %d kinds: %d answered, %d refused; %d restarts", i, len(all), total(done), total(refused), (i-1)/restart)
}

// pick is a step by chance. One that did nothing so far is more likely, so that
// all of them do something.
func (x *trial) pick(all []step, done map[string]int) step {
	if left := undone(all, done); len(left) > 0 && x.r.IntN(4) == 0 {
		name := one(x, left...)
		return all[slices.IndexFunc(all, func(s step) bool { return s.name == name })]
	}
	for {
		if s := one(x, all...); !costly[s.name] || x.r.IntN(20) == 0 {
			return s
		}
	}
}

// undone names the steps that did nothing so far.
func undone(all []step, done map[string]int) []string {
	var left []string
	for _, s := range all {
		if done[s.name] == 0 {
			left = append(left, s.name)
		}
	}
	return left
}

// unanswered names the operations of the services of the model that Muster has
// and did nothing for.
func (x *trial) unanswered() []string {
	var left []string
	for _, o := range server.Operations() {
		if name := o.Service + ":" + o.Name; o.Built && slices.Contains([]string{"iam", "iot", "sagemaker"}, o.Service) && !x.answered[name] {
			left = append(left, name)
		}
	}
	return left
}

// compare looks at everything there is.
func (x *trial) compare() {
	for _, l := range looks {
		for _, name := range l.of(x) {
			x.run(l.name, func(x *trial) (string, string, string) {
				got, want := l.ask(x, name)
				return name, got, want
			})
		}
	}
}

// run takes a step, and ends the test unless both answer the same.
func (x *trial) run(name string, do func(x *trial) (asked, got, want string)) string {
	defer func() {
		if p := recover(); p != nil {
			x.t.Fatalf("%s: the model panics: %v\n%s", name, p, debug.Stack())
		}
	}()
	asked, got, want := do(x)
	if got != want {
		last := x.history[max(0, len(x.history)-40):]
		x.t.Fatalf("step %d: %s %s\n got %s\nwant %s\nbefore it:\n%s", len(x.history), name, asked, got, want, strings.Join(last, "\n"))
	}
	x.history = append(x.history, fmt.Sprintf("%s %s: %s", name, asked, got))
	return got
}

func total(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// say makes a call as root and answers what Muster said: what text makes of
// the output, or the refusal.
func say[In, Out any](x *trial, op awswire.Op[In, Out], in *In, text func(*Out) string) string {
	said := sayAs(x, x.m.root, op, in, text)
	if !strings.HasPrefix(said, "refused ") {
		x.answered[op.Service.SigningName()+":"+op.Name] = true
	}
	return said
}

// sayAs is say with the credentials of c.
func sayAs[In, Out any](x *trial, c *awsclient.Client, op awswire.Op[In, Out], in *In, text func(*Out) string) string {
	out, err := awsclient.Do(x.t.Context(), c, op, in)
	var e *awsclient.Error
	switch {
	case errors.As(err, &e):
		return "refused " + e.Code
	case err != nil:
		x.t.Fatal(err)
	}
	return text(out)
}

// fine is the text of an output that says nothing of interest.
func fine[Out any](*Out) string { return "fine" }

const fineWord = "fine"

func no(code string) string { return "refused " + code }

// Codes of IoT.
var (
	notThere   = no("ResourceNotFoundException")
	itsThere   = no("ResourceAlreadyExistsException")
	badRequest = no("InvalidRequestException")
	inUse      = no("DeleteConflictException")
	badState   = no("CertificateStateException")
	badVersion = no("VersionConflictException")
)

// one picks one of some.
func one[T any](x *trial, some ...T) T { return some[x.r.IntN(len(some))] }

// few are some names, so that operations meet.
func few(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = prefix + strconv.Itoa(i)
	}
	return all
}

// apt is one of all, two times out of three one that fits, if there is one: by
// chance few names are ready for what asks for much.
func apt[T any](x *trial, all []T, fits func(T) bool) T {
	if x.r.IntN(3) > 0 {
		if good := slices.DeleteFunc(slices.Clone(all), func(v T) bool { return !fits(v) }); len(good) > 0 {
			return one(x, good...)
		}
	}
	return one(x, all...)
}

// in reports whether a map has the name; an apt name is often one that is there.
func in[V any](m map[string]V) func(string) bool {
	return func(name string) bool { _, ok := m[name]; return ok }
}

// out is the contrary of in.
func out[V any](m map[string]V) func(string) bool {
	return func(name string) bool { return !in(m)(name) }
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// pages puts the pages of a list together.
func pages(all *[]string, next func(token *string) (items []string, more *string, refused string)) string {
	var token *string
	for {
		items, more, refused := next(token)
		if refused != "" {
			return refused
		}
		*all = append(*all, items...)
		if more == nil {
			return strings.Join(*all, ", ")
		}
		token = more
	}
}
