package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/account"
	"muster/internal/arn"
	"muster/internal/awsapi"
	"muster/internal/awsapi/adminapi"
	"muster/internal/awsapi/edgeapi"
	"muster/internal/awsapi/iamapi"
	"muster/internal/awsapi/iotapi"
	"muster/internal/awsapi/sagemakerapi"
	"muster/internal/awsapi/stsapi"
	"muster/internal/bucket"
	"muster/internal/ca"
	"muster/internal/certificate"
	"muster/internal/credentials"
	"muster/internal/fleet"
	"muster/internal/iam"
	"muster/internal/index"
	"muster/internal/iotpolicy"
	"muster/internal/lifecycle"
	"muster/internal/objects"
	"muster/internal/private"
	"muster/internal/registry"
	"muster/internal/rolealias"
	"muster/internal/s3front"
	"muster/internal/seal"
	"muster/internal/space"
	"muster/internal/store"
	"muster/internal/sts"
	"muster/internal/tally"
)

// sessionPolicyShare of the memory for decisions is for session policies, whose
// texts callers choose.
const sessionPolicyShare = 16

// house is every room, built once.
type house struct {
	db           *store.DB
	index        *index.Index
	accounts     *account.Accounts
	authority    *ca.Authority
	things       *registry.Registry
	certificates *certificate.Registry
	policies     *iotpolicy.Policies
	roles        *iam.Directory
	aliases      *rolealias.Aliases
	sessions     *sts.Service
	provider     *credentials.Provider
	fleets       *fleet.Fleets
	buckets      *bucket.Buckets
	objects      objects.Keeper
	own          *objects.Objects // nil where objects are kept in an external S3
	disk         *space.Disk      // of the data directory
	fileDisk     *space.Disk      // of the contents of objects: the same, unless they lie elsewhere; nil with an external S3
	s3           *s3front.Front
}

func (s *Server) scope() arn.Scope {
	return arn.Scope{Account: s.config.Account, Region: s.config.Region}
}

func rootKeyFile(data string) string { return filepath.Join(data, "root-credentials") }

// build opens the data and puts every room and door in its place.
func (s *Server) build(ctx context.Context) error {
	background, stop := context.WithCancel(context.Background())
	s.stopBackground = stop
	c := s.config
	if err := private.OwnOrRoots(rootKeyFile(c.Data)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	root, err := account.LoadRootKey(c.Account, rootKeyFile(c.Data), c.Getenv)
	if err != nil {
		return err
	}
	if err := s.checkRootSecret(root); err != nil {
		return err
	}
	database := filepath.Join(c.Data, "muster.db")
	master, err := s.masterKey(ctx, database)
	if err != nil {
		return err
	}
	sessions := c.DecisionMemory / sessionPolicyShare
	x := index.New(c.DecisionMemory - sessions)
	s.index = x
	if s.db, err = store.Open(ctx, database, x); err != nil {
		return err
	}
	s.undo = append(s.undo, s.db.Close)
	s.db.StandOn(s.disk)
	if err := s.openRooms(ctx, x, master, root); err != nil {
		return err
	}
	if err := s.openObjects(ctx, x, master); err != nil {
		return err
	}
	s.background.Go(func() {
		if err := s.authority.MakeKeysAhead(background); err != nil && background.Err() == nil {
			s.log.Warn("device keys are no longer made ahead", "err", err)
		}
	})
	s.background.Go(func() { s.keepUses(background) })
	s.openBudgets()
	s.runDisks(background)
	if s.own != nil {
		s.background.Go(func() { s.own.Run(background) })
		s.background.Go(func() { lifecycle.New(s.buckets, s.own).Run(background) })
	}
	if err := s.openDoors(); err != nil {
		return err
	}
	s.background.Go(func() { tally.Report(background, s.log, s.events()...) })
	if s.apiPair != nil {
		s.background.Go(func() { s.apiPair.watch(background, pairLooked) })
	}
	return nil
}

// usesKept is how often it is kept what keys and roles were used last: what a
// process that dies has noted since is lost.
const usesKept = time.Minute

// keepUses keeps what keys and roles were used last until ctx ends, which it
// does when the last request was answered, and then once more.
func (s *Server) keepUses(ctx context.Context) {
	every := time.NewTicker(usesKept)
	defer every.Stop()
	for going := true; going; {
		select {
		case <-every.C:
		case <-ctx.Done():
			going = false
		}
		// A write that has begun isn't given up when the server stops.
		// Without room for it, it is kept in memory until there is some.
		if err := s.roles.FlushUses(context.WithoutCancel(ctx)); err != nil && !errors.Is(err, space.ErrNoRoom) {
			s.log.Error("when keys and roles were used last can't be kept", "err", err)
		}
	}
}

// leastSecret is how long the secret of a root key is at least that is fit to
// be used beyond this machine: every signed request lets whoever sees it guess.
const leastSecret = 20

// checkRootSecret warns of a secret that can be guessed, and refuses it where
// others can see what is signed with it.
func (s *Server) checkRootSecret(root account.RootKey) error {
	if len(root.Secret.Reveal()) >= leastSecret {
		return nil
	}
	if !isLoopback(s.config.API) || !isLoopback(s.config.Devices) {
		return BadConfig{fmt.Errorf("MUSTER_ROOT_SECRET_ACCESS_KEY has fewer than %d characters: too few where a port is open beyond loopback, since whoever sees a signed request can guess it", leastSecret)}
	}
	s.log.Warn("the root secret access key is short: whoever sees a signed request can guess it", "characters_at_least", leastSecret)
	return nil
}

func (s *Server) openRooms(ctx context.Context, x *index.Index, master *seal.Master, root account.RootKey) (err error) {
	c := s.config
	devicePort, err := strconv.Atoi(port(s.devOn[0]))
	if err != nil {
		return err
	}
	s.accounts = account.New(s.db.Accounts(), account.Place{Hostname: c.Hostname, Port: devicePort, Endpoint: c.Endpoint}, root)
	if _, err := s.accounts.Ensure(ctx, c.Account); err != nil {
		return err
	}
	if s.authority, err = ca.Open(ctx, s.db.Authorities(), master); err != nil {
		return err
	}
	s.authority.Life = time.Duration(c.CertificateDays) * 24 * time.Hour
	s.things = registry.New(s.db.Registry(), x)
	s.things.DeleteDelay = c.ThingTypeDeleteDelay
	s.certificates = certificate.New(s.db.Certificates(), x, s.authority)
	s.certificates.Caller, s.certificates.Log = callerName, s.log
	s.policies = iotpolicy.New(s.db.IoTPolicies(), x)
	s.roles = iam.New(s.db.IAM(), x)
	s.roles.Master, s.roles.DeviceControlPlane = master, c.DeviceControlPlane
	s.roles.SessionPolicies = iam.NewSessionPolicies(c.DecisionMemory / sessionPolicyShare)
	if c.DeviceControlPlane {
		s.log.Warn("--device-control-plane: sessions of devices may change certificates, policies, role aliases, fleets and identities as far as their roles' policies allow; with AWS's AmazonSageMakerEdgeDeviceFleetPolicy one device can take the role of any fleet")
	}
	s.aliases = rolealias.New(s.db.RoleAliases(), x, s.roles)
	s.fleets = fleet.New(s.db.Fleets(), s.roles, s.aliases)
	s.sessions = sts.New(s.db.STS(), master, s.roles)
	s.sessions.RootKey = s.accounts.RootKey
	s.sessions.Log = s.log
	s.provider = &credentials.Provider{
		Accounts: s.accounts, Certificates: s.certificates, Things: s.things, Policies: s.policies,
		Aliases: s.aliases, Roles: s.roles, Sessions: s.sessions,
	}
	s.sessions.Granted = s.provider.Granted
	return s.sessions.Prepare(ctx)
}

// callerName is whom audit records name.
func callerName(ctx context.Context) string {
	if caller := iam.CallerFrom(ctx); caller != nil {
		return string(caller.ARN)
	}
	return ""
}

// services are the doors of the signed APIs other than S3.
func (h *house) services() []awsapi.Service {
	iot := &iotapi.Door{Things: h.things, Certificates: h.certificates, Policies: h.policies, Aliases: h.aliases, Accounts: h.accounts, Devices: h.provider}
	sagemaker := &sagemakerapi.Door{Fleets: h.fleets}
	roles := &iamapi.Door{Roles: h.roles}
	tokens := &stsapi.Door{Sessions: h.sessions}
	admin := &adminapi.Door{Buckets: h.buckets, Objects: h.own}
	return []awsapi.Service{
		{Wire: iotapi.Service, Operations: iot.Operations(), Faults: iotapi.Faults, Effects: iotapi.Effects},
		{Wire: sagemakerapi.Service, Operations: sagemaker.Operations(), Faults: sagemakerapi.Faults, Effects: sagemakerapi.Effects},
		{Wire: edgeapi.Service},
		{Wire: iamapi.Service, Operations: roles.Operations(), Faults: iamapi.Faults, Effects: iamapi.Effects},
		{Wire: stsapi.Service, Operations: tokens.Operations(), Faults: stsapi.Faults, Effects: stsapi.Effects},
		{Wire: adminapi.Service, Operations: admin.Operations(), Faults: adminapi.Faults, Effects: adminapi.Effects},
	}
}

// Operations are all operations that the doors of a server know, built or not,
// by service and name.
func Operations() []awsapi.Known {
	all := awsapi.New(new(house).services()...).Operations()
	for _, name := range s3front.Operations() {
		all = append(all, awsapi.Known{Service: "s3", Name: name, Built: true, Effect: s3front.Effects.Of(name)})
	}
	for _, name := range s3front.Unbuilt() {
		all = append(all, awsapi.Known{Service: "s3", Name: name})
	}
	slices.SortStableFunc(all, func(a, b awsapi.Known) int {
		return cmp.Or(strings.Compare(a.Service, b.Service), strings.Compare(a.Name, b.Name))
	})
	return all
}

func (s *Server) openDoors() error {
	aws := awsapi.New(s.services()...)
	aws.Authenticate, aws.Authorize, aws.Log, aws.Bodies, aws.Met = s.sessions.Authenticate, s.roles.Authorize, s.log, s.bodies, s.met
	s.s3 = &s3front.Front{
		Buckets: s.buckets, IAM: s.roles, Objects: s.objects, Authenticate: s.sessions.Authenticate,
		Hostname: s.config.Hostname, Region: s.config.Region,
		Requests: s.requests, Bodies: s.bodies, Met: s.met,
	}
	if s.own != nil {
		s.s3.Encrypted, s.s3.ObeysLifecycle = objects.Encrypted, true
	}
	rootCA, rootECDSA := certificates(s.authority.RootPEM()), certificates(s.authority.RootECDSAPEM())
	port := &api{aws: aws, s3: s.s3, own: map[string]http.Handler{
		"/repository/AmazonRootCA1.pem": rootCA,
		"/repository/MusterRootCA1.pem": rootCA,
		// AWS's third is that of ECDSA on P-256, too.
		"/repository/AmazonRootCA3.pem":      rootECDSA,
		"/repository/MusterRootCA-ECDSA.pem": rootECDSA,
		"/repository/MusterRootCA-RSA.pem":   certificates(s.authority.RootRSAPEM()),
		"/healthz":                           http.HandlerFunc(healthz),
		"/readyz":                            http.HandlerFunc(s.readyz),
	}}
	handler, err := s.withMetrics(port)
	if err != nil {
		return err
	}
	if err := s.openAPI(handler); err != nil {
		return err
	}
	return s.openDevices()
}

// certificates serves certificates in PEM: those of the roots at the path where
// the tutorial looks for Amazon's, and each alone.
func certificates(pem []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-pem-file")
		w.Header().Set("Content-Length", strconv.Itoa(len(pem)))
		w.Write(pem)
	})
}
