package sagemakerapi_test

import (
	"cmp"
	"testing"
	"time"

	"muster/internal/awsapi"
	"muster/internal/awsapi/awsapitest"
	"muster/internal/awsapi/sagemakerapi"
	"muster/internal/fleet"
	"muster/internal/iam"
	"muster/internal/rolealias"
)

// the clock of the rooms: 1700000000.123 seconds after the epoch.
var clock = time.UnixMilli(1_700_000_000_123).UTC()

// desk is the door behind the pipeline.
type desk struct {
	*awsapitest.Desk
	aliases *rolealias.Aliases
	fleets  *fleet.Fleets
}

func newDesk(t *testing.T) desk {
	t.Helper()
	d := awsapitest.New(t)
	d.Trust(t, "SageMakerFleet", "credentials.iot.amazonaws.com", "sagemaker.amazonaws.com")
	err := d.Roles.Attach(t.Context(), iam.RoleNamed(awsapitest.Account, "SageMakerFleet"), "arn:aws:iam::aws:policy/service-role/AmazonSageMakerEdgeDeviceFleetPolicy")
	if err != nil {
		t.Fatal(err)
	}
	d.Trust(t, "SageMakerWary", "credentials.iot.amazonaws.com")
	aliases := rolealias.New(d.DB.RoleAliases(), d.Index, d.Roles)
	fleets := fleet.New(d.DB.Fleets(), d.Roles, aliases)
	aliases.Now = func() time.Time { return clock }
	fleets.Now = aliases.Now
	door := &sagemakerapi.Door{Fleets: fleets}
	d.Serve(awsapi.Service{Wire: sagemakerapi.Service, Operations: door.Operations(), Faults: sagemakerapi.Faults})
	return desk{d, aliases, fleets}
}

// step is one request and what is wanted of its answer, as awsapitest.Check
// reads it.
type step struct {
	name      string
	key       string // "" is root's
	operation string
	body      string
	want      string
}

func (d desk) play(t *testing.T, steps []step) {
	t.Helper()
	for _, s := range steps {
		w := d.Ask(t, cmp.Or(s.key, awsapitest.Root), "sagemaker", "POST /", "SageMaker."+s.operation, s.body)
		awsapitest.Check(t, s.name+": "+s.operation, w, s.want)
		if got := w.Header().Get("Content-Type"); got != "application/x-amz-json-1.1" {
			t.Errorf("%s: the content type is %q", s.name, got)
		}
	}
}
