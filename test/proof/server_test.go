package proof

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/internal/account"
	"muster/internal/arn"
	"muster/internal/awsapi/stsapi"
	"muster/internal/awsclient"
	"muster/internal/secret"
	"muster/internal/server"
	"muster/internal/sigv4"
)

const (
	accountID = "000000000000"
	region    = "us-east-1"
)

var scope = arn.Scope{Account: accountID, Region: region}

// folder is where the tests begin: the embedded object store goes to a folder
// of its own, which is gone when the next test begins.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.Getwd(); err != nil {
		panic(err)
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // one record of every request
	os.Exit(m.Run())
}

// muster is a server in this process.
type muster struct {
	data  string
	state server.State
	root  *awsclient.Client
	stop  func() // ends it; again it does nothing
}

// start serves data on free ports until the test ends or stop is called.
func start(t *testing.T, data string) *muster {
	t.Helper()
	return startWith(t, data, server.Default())
}

// startWithoutObjects is start for tests that ask for no object: the object
// store is said to be elsewhere, where nothing is.
func startWithoutObjects(t *testing.T, data string) *muster {
	t.Helper()
	c := server.Default()
	c.S3 = "http://127.0.0.1:1"
	return startWith(t, data, c)
}

func startWith(t *testing.T, data string, c server.Config) *muster {
	t.Helper()
	c.Data, c.API, c.Devices = data, "127.0.0.1:0", "127.0.0.1:0"
	c.Region, c.Account, c.ThingTypeDeleteDelay = region, accountID, 0
	c.Log, c.Getenv = slog.New(slog.DiscardHandler), func(name string) string {
		if strings.HasPrefix(name, "MUSTER_S3_") {
			return "unused"
		}
		return ""
	}
	t.Cleanup(func() {
		if err := os.Chdir(folder); err != nil {
			t.Error(err)
		}
	})
	s, err := server.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	m := &muster{data: data, state: s.State()}
	pool := &http.Transport{MaxIdleConnsPerHost: 64}
	stopped := false
	m.stop = func() {
		if stopped {
			return
		}
		stopped = true
		pool.CloseIdleConnections()
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("stop the server: %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("the server doesn't stop")
		}
	}
	t.Cleanup(m.stop)
	key, err := account.ReadRootKey(filepath.Join(data, "root-credentials"))
	if err != nil {
		t.Fatal(err)
	}
	m.root = &awsclient.Client{
		Endpoint: m.state.API, Region: region, Credential: sigv4.Credential{AccessKey: key.AccessKeyID, Secret: key.Secret},
		HTTP: &http.Client{Transport: pool, Timeout: 30 * time.Second},
	}
	return m
}

// as is the client of other credentials.
func (m *muster) as(c sigv4.Credential) *awsclient.Client {
	other := *m.root
	other.Credential = c
	return &other
}

// assume becomes a role.
func (m *muster) assume(t *testing.T, role string) *awsclient.Client {
	t.Helper()
	out, err := awsclient.Do(t.Context(), m.root, stsapi.AssumeRole, &stsapi.AssumeRoleRequest{
		RoleArn: string(arn.Role(accountID, "/", role)), RoleSessionName: "proof",
	})
	if err != nil {
		t.Fatal(err)
	}
	c := out.Credentials
	return m.as(sigv4.Credential{AccessKey: *c.AccessKeyId, Secret: secret.New(*c.SecretAccessKey), Token: secret.New(*c.SessionToken)})
}

// answer is what S3 answered.
type answer struct {
	status int
	header http.Header
	body   string
}

func read(t *testing.T, r *http.Response) answer {
	t.Helper()
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{r.StatusCode, r.Header, string(body)}
}

// seed is that of a random test: MUSTER_PROOF_SEED, or one that is logged.
func seed(t *testing.T) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(cmp.Or(os.Getenv("MUSTER_PROOF_SEED"), strconv.FormatInt(time.Now().UnixNano(), 10)), 10, 64)
	if err != nil {
		t.Fatalf("MUSTER_PROOF_SEED: %v", err)
	}
	t.Logf("seed: MUSTER_PROOF_SEED=%d", n)
	return n
}
