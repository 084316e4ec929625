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
)

// model is Muster as a few maps: what each operation answers, and changes, as
// AWS's documentation has it. It knows nothing of stores, indexes or wires.
type model struct {
	kinds    map[string]*kind
	things   map[string]*thing
	certs    map[string]*cert
	made     []string // ids of certificates in the order of their creation
	policies map[string]*iotPolicy
	aliases  map[string]*alias
	roles    map[string]*role
	fleets   map[string]*fleet
}

func newModel() *model {
	return &model{
		kinds: map[string]*kind{}, things: map[string]*thing{}, certs: map[string]*cert{}, policies: map[string]*iotPolicy{},
		aliases: map[string]*alias{}, roles: map[string]*role{}, fleets: map[string]*fleet{},
	}
}

// trial runs random operations against Muster and the model.
type trial struct {
	t      *testing.T
	m      *muster
	r      *rand.Rand
	world  *model
	device *askingDevice
}

// A step asks Muster and the model for the same; got and want are what they
// answered: the code of a refusal, or the contents as text.
type step struct {
	name string
	do   func(x *trial) (asked, got, want string)
}

// Random operations answer as the model says, over several restarts.
func TestAnswersAsTheModel(t *testing.T) {
	steps, restart := 4000, 500
	if testing.Short() {
		steps, restart = 800, 300
	}
	if text := os.Getenv("MUSTER_PROOF_STEPS"); text != "" {
		var err error
		if steps, err = strconv.Atoi(text); err != nil {
			t.Fatalf("MUSTER_PROOF_STEPS: %v", err)
		}
	}
	data := t.TempDir()
	x := &trial{t: t, m: start(t, data), r: rand.New(rand.NewPCG(seed(t), 0)), world: newModel()}
	x.device = newAskingDevice()
	all := slices.Concat(thingSteps, certificateSteps, policySteps, accessSteps, fleetSteps)
	succeeded, refused := map[string]int{}, map[string]int{}
	var history []string
	for n := range steps {
		if n > 0 && n%restart == 0 {
			x.m.stop()
			x.m = start(t, data)
			history = append(history, "restart")
		}
		s := all[x.r.IntN(len(all))]
		asked, got, want := x.run(s)
		history = append(history, fmt.Sprintf("%s %s: %s", s.name, asked, got))
		if got != want {
			last := history[max(0, len(history)-40):]
			t.Fatalf("step %d: %s %s\n got %s\nwant %s\nbefore it:\n%s", n, s.name, asked, got, want, strings.Join(last, "\n"))
		}
		if strings.HasPrefix(got, "refused ") {
			refused[s.name]++
		} else {
			succeeded[s.name]++
		}
	}
	// By chance one or two may have been refused all the time; were it many,
	// little would have been compared.
	var never []string
	for _, s := range all {
		if succeeded[s.name] == 0 {
			never = append(never, s.name)
		}
	}
	if len(never) > len(all)/10 && !testing.Short() {
		t.Errorf("%v never succeeded in %d steps: the names are too many", never, steps)
	}
	t.Logf("%d steps: %d answered, %d refused; %d restarts; never done: %v", steps, total(succeeded), total(refused), (steps-1)/restart, never)
}

func (x *trial) run(s step) (asked, got, want string) {
	defer func() {
		if p := recover(); p != nil {
			x.t.Fatalf("%s: the model panics: %v\n%s", s.name, p, debug.Stack())
		}
	}()
	return s.do(x)
}

func total(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// say makes a call and answers what Muster said: what text makes of the
// output, or the refusal.
func say[In, Out any](x *trial, op awswire.Op[In, Out], in *In, text func(*Out) string) string {
	out, err := awsclient.Do(x.t.Context(), x.m.root, op, in)
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

// name answers one of few names, so that operations meet.
func (x *trial) name(prefix string, few int) string {
	return prefix + strconv.Itoa(x.r.IntN(few))
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
