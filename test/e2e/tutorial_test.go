package e2e

import (
	"os"
	"testing"
)

// The tutorial deletes its thing type at once, where AWS wants five minutes between.
const atOnce = "--thing-type-delete-delay=0s"

// AWS_ENDPOINT_URL is known since botocore 1.31 and AWS CLI 1.29 and 2.13.

func TestTutorialBoto3(t *testing.T) {
	t.Parallel()
	path, botocore := python(t)
	for _, tc := range []struct {
		name     string
		explicit bool // hands every client the endpoint
		region   string
	}{
		{"endpoint handed to each client", true, ""},
		{"endpoint handed to each client in another region", true, "us-west-2"},
		{"the environment alone", false, ""},
		{"the environment alone in another region", false, "us-west-2"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if !tc.explicit && !botocore.atLeast(1, 31) {
				t.Skipf("botocore %v knows no AWS_ENDPOINT_URL", botocore)
			}
			s := Start(t, atOnce)
			var args []string
			extra := map[string]string{}
			if tc.explicit {
				args = append(args, "--endpoint", s.URL)
				extra["AWS_ENDPOINT_URL"] = ""
			}
			if tc.region != "" {
				args = append(args, "--region", tc.region)
			}
			s.script(t, path, "tutorial.py", extra, args...)
		})
	}
}

func TestTutorialCLI(t *testing.T) {
	t.Parallel()
	_, cli := awsCLI(t)
	need(t, "curl")
	need(t, "wget")
	shell := need(t, "sh")
	knows := cli.atLeast(1, 29) && (cli.major != 2 || cli.atLeast(2, 13))
	t.Run("the environment alone", func(t *testing.T) {
		if !knows {
			t.Skipf("AWS CLI %v knows no AWS_ENDPOINT_URL", cli)
		}
		Start(t, atOnce).script(t, shell, "tutorial.sh", nil)
	})
	t.Run("endpoint handed to each command", func(t *testing.T) {
		if knows && os.Getenv("MUSTER_NIGHT") == "" {
			t.Skip("half a minute of work for what the environment did: at night")
		}
		Start(t, atOnce).script(t, shell, "tutorial.sh", map[string]string{"EXPLICIT_ENDPOINT": "1"})
	})
}

// Modelled errors arrive as boto3's exceptions, lists come in pages.
func TestBoto3(t *testing.T) {
	t.Parallel()
	path, _ := python(t)
	s := Start(t, atOnce)
	for _, name := range []string{"exceptions.py", "pages.py"} {
		t.Run(name, func(t *testing.T) {
			s.script(t, path, name, nil, "--endpoint", s.URL)
		})
	}
}
