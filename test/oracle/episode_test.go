package oracle

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// pairOfServers are the two that answer the same requests.
type pairOfServers struct {
	muster, gateway *server
	buckets         int            // made so far
	requests        int            // sent to each
	hits            map[string]int // by the name of the known difference
}

// finding is a difference that isn't known, or something that muster may
// never answer.
type finding struct {
	at   *request // as generated
	what string   // the same for findings of the same kind
	text string
}

// play runs an episode in a new bucket. It ends it early where the servers no
// longer hold the same.
func (p *pairOfServers) play(t *testing.T, requests []*request) []finding {
	t.Helper()
	p.buckets++
	bucket := fmt.Sprintf("oracle-%d", p.buckets)
	for _, s := range []*server{p.muster, p.gateway} {
		a, err := s.send(t.Context(), bucket, &request{op: "CreateBucket", method: http.MethodPut})
		if err != nil || a.status != http.StatusOK {
			t.Fatalf("%s: create a bucket: %v, %+v", s.name, err, a)
		}
	}
	var findings []finding
	saidMuster, saidGateway := said{}, said{}
	namesMuster, namesGateway := names{}, names{}
	var earlier []*exchange
	for _, r := range requests {
		mine, ok := saidMuster.resolved(r)
		if !ok {
			continue
		}
		theirs, ok := saidGateway.resolved(r)
		if !ok {
			continue
		}
		x, err := p.exchange(t.Context(), bucket, mine, theirs)
		if err != nil {
			return append(findings, finding{r, r.op + ": no answer", err.Error()})
		}
		x.earlier = earlier
		earlier = append(earlier, x)
		saidMuster[r.id], saidGateway[r.id] = x.muster, x.gateway
		x.held = func(versions bool) ([]item, bool) { return p.held(t, bucket, versions) }
		if r.next != 0 {
			x.before = saidMuster[r.next]
		}
		compare(x, namesMuster, namesGateway)
		for _, fault := range x.muster.faults(namesMuster) {
			findings = append(findings, finding{r, mine.op + ": muster " + fault, string(x.muster.content) + "\n"})
		}
		// VersityGW cleans paths and keeps such keys without versions: what it
		// holds then is something else, whatever it said.
		diverged := notAFile(mine.key) && mine.writes()
		for _, d := range x.differences {
			if k := explain(x, d); k != nil {
				p.hits[k.name]++
				diverged = diverged || k.diverged || k.diverges && mine.writes()
				continue
			}
			findings = append(findings, finding{r, kindOf(x, d), d.String() + "\n" + x.muster.excerpt() + x.gateway.excerpt()})
			diverged = diverged || r.audit || d.where == "outcome" && mine.writes()
		}
		if diverged {
			break
		}
	}
	return findings
}

// kindOf names what a difference has in common with others of its kind.
func kindOf(x *exchange, d difference) string {
	if d.where == "outcome" {
		return fmt.Sprintf("%s: %s, VersityGW %s", x.op, d.muster, d.gateway)
	}
	return fmt.Sprintf("%s: %s", x.op, d.where)
}

// excerpt is the beginning of what an error says.
func (a *answer) excerpt() string {
	if a.code == "" {
		return ""
	}
	message, _ := a.text("Error/Message")
	return fmt.Sprintf("    %s: %s\n", a.code, shorten(message, 300))
}

// exchange sends a request to both at once.
func (p *pairOfServers) exchange(ctx context.Context, bucket string, mine, theirs *request) (*exchange, error) {
	p.requests++
	x := &exchange{request: mine}
	var failed error
	var wait sync.WaitGroup
	wait.Go(func() { x.gateway, failed = p.gateway.send(ctx, bucket, theirs) })
	var err error
	x.muster, err = p.muster.send(ctx, bucket, mine)
	wait.Wait()
	if err != nil {
		return nil, err
	}
	return x, failed
}

// shrink returns the fewest requests it can find that still show a finding of
// that kind, in at most so many tries.
func (p *pairOfServers) shrink(t *testing.T, requests []*request, found finding, tries int) []*request {
	t.Helper()
	end := slices.IndexFunc(requests, func(r *request) bool { return r.id == found.at.id })
	requests = slices.Clone(requests[:end+1])
	hits := p.hits
	p.hits = map[string]int{}
	defer func() { p.hits = hits }()
	for step := len(requests) / 2; step > 0; {
		smaller := false
		for from := 0; from+step < len(requests) && tries > 0; {
			without := slices.Concat(requests[:from], requests[from+step:])
			tries--
			if slices.ContainsFunc(p.play(t, without), func(f finding) bool { return f.what == found.what && f.at.id == found.at.id }) {
				requests, smaller = without, true
			} else {
				from += step
			}
		}
		if !smaller || step > 1 {
			step /= 2
		}
	}
	return requests
}

// story is an episode for a person who wants to repeat it.
func story(requests []*request) string {
	var b strings.Builder
	for _, r := range requests {
		fmt.Fprintf(&b, "    %s\n", r)
	}
	return b.String()
}
