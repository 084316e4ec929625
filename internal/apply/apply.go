// Package apply makes what a file names, as a client with nothing but an
// address and a key: it reads what is there with signed AWS calls, creates what
// is missing and changes what differs. It removes nothing that the file doesn't
// name, and a second run changes nothing. docs/apply.md describes the file.
//
// Things that must exist first are made first: the work is done in stages, and
// in a stage side by side. A run that was interrupted is completed by the next.
package apply

import (
	"context"
	"fmt"

	"muster/internal/awsapi/stsapi"
	"muster/internal/awsclient"
)

// Action is what became of an item, or in a dry run what would.
type Action string

const (
	Create Action = "create"
	Change Action = "change"
	Same   Action = "same"
	Failed Action = "failed"
)

// Result is what became of one item of a file.
type Result struct {
	Kind    string   `json:"kind"` // such as thing
	Name    string   `json:"name"`
	Action  Action   `json:"action"`
	Changes []string `json:"changes,omitempty"` // what was changed, such as "attribute site"
	Error   string   `json:"error,omitempty"`   // with Failed
	File    string   `json:"file"`
	Line    int      `json:"line"`
}

// Report is what became of all.
type Report struct {
	DryRun   bool     `json:"dryRun"`
	Results  []Result `json:"results"` // in the order of the work; kinds that depend on others are later
	Created  int      `json:"created"`
	Changed  int      `json:"changed"`
	Same     int      `json:"same"`
	Failed   int      `json:"failed"`
	NotTried int      `json:"notTried"` // left out after a failure
}

// Run is one application of files.
type Run struct {
	Client   *awsclient.Client
	DryRun   bool                            // read only, and tell what would be done
	Parallel int                             // items at the same time; 1 when it is 0
	Progress func(kind string, done, of int) // called after each item, by many at once; may be nil
}

// maxFailures ends a stage: what fails ten times, fails a thousand times.
const maxFailures = 10

// Apply makes what the files name. It fails where it could not begin; what
// failed of the work is in the report.
func (r *Run) Apply(ctx context.Context, files []File) (*Report, error) {
	if err := Check(files); err != nil {
		return nil, err
	}
	who, err := awsclient.Do(ctx, r.Client, stsapi.GetCallerIdentity, &stsapi.GetCallerIdentityRequest{})
	if err != nil {
		return nil, err
	}
	c := &caller{Client: r.Client, dry: r.DryRun, account: value(who.Account)}
	stages := c.stages(files)
	report := &Report{DryRun: r.DryRun, Results: []Result{}}
	all := 0
	for _, s := range stages {
		all += s.size()
	}
	p := &pool{run: r, caller: c, of: all}
	for _, s := range stages {
		// What comes later needs what failed; a dry run goes on, to tell all.
		if ctx.Err() != nil || report.Failed > 0 && !r.DryRun {
			report.NotTried += s.size()
			continue
		}
		results, notTried := p.stage(ctx, s)
		report.NotTried += notTried
		for _, result := range results {
			report.add(result)
		}
	}
	return report, ctx.Err()
}

func (r *Report) add(result Result) {
	r.Results = append(r.Results, result)
	switch result.Action {
	case Create:
		r.Created++
	case Change:
		r.Changed++
	case Same:
		r.Same++
	case Failed:
		r.Failed++
	}
}

// String is one line that counts.
func (r *Report) String() string {
	text := fmt.Sprintf("%d created, %d changed, %d the same", r.Created, r.Changed, r.Same)
	if r.DryRun {
		text = fmt.Sprintf("dry run: %d to create, %d to change, %d the same", r.Created, r.Changed, r.Same)
	}
	if r.Failed > 0 {
		text += fmt.Sprintf(", %d failed", r.Failed)
	}
	if r.NotTried > 0 {
		text += fmt.Sprintf(", %d not tried", r.NotTried)
	}
	return text
}
