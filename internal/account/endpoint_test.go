package account_test

import (
	"errors"
	"strings"
	"testing"

	"muster/internal/account"
	"muster/internal/arn"
	"muster/internal/fault"
)

// mask puts D, C, J and A in the place of the account's prefixes.
func mask(text string, p account.Prefixes) string {
	return strings.NewReplacer(p.Data, "D", p.Credentials, "C", p.Jobs, "J", p.DeviceAdvisor, "A").Replace(text)
}

func TestEndpoint(t *testing.T) {
	named := account.Place{Hostname: "Muster.example.org", Port: 443}
	for _, tc := range []struct {
		name         string
		place        account.Place
		endpointType string
		want         string
	}{
		{"no type", named, "", "D.iot.us-east-1.muster.example.org"},
		{"data", named, "iot:Data", "D.iot.us-east-1.muster.example.org"},
		{"data of Amazon Trust Services", named, "iot:Data-ATS", "D-ats.iot.us-east-1.muster.example.org"},
		{"data, beta", named, "iot:Data-Beta", "D-beta.iot.us-east-1.muster.example.org"},
		{"credentials provider", named, "iot:CredentialProvider", "C.credentials.iot.us-east-1.muster.example.org"},
		{"jobs", named, "iot:Jobs", "J.jobs.iot.us-east-1.muster.example.org"},
		{"device advisor", named, "iot:DeviceAdvisor", "A.deviceadvisor.iot.us-east-1.muster.example.org"},
		{"another port", account.Place{Hostname: "muster.example.org", Port: 8443}, "iot:CredentialProvider", "C.credentials.iot.us-east-1.muster.example.org:8443"},
		{"localhost", account.Place{Hostname: "localhost", Port: 8443}, "iot:CredentialProvider", "localhost:8443"},
		{"localhost on 443", account.Place{Hostname: "localhost", Port: 443}, "iot:CredentialProvider", "localhost"},
		{"an address", account.Place{Hostname: "192.0.2.7", Port: 8443}, "iot:CredentialProvider", "192.0.2.7:8443"},
		{"an IPv6 address", account.Place{Hostname: "2001:db8::7", Port: 8443}, "iot:Data-ATS", "[2001:db8::7]:8443"},
		{"an IPv6 address on 443", account.Place{Hostname: "2001:db8::7", Port: 443}, "iot:Data-ATS", "[2001:db8::7]"},
		{"a configured endpoint", account.Place{Hostname: "localhost", Port: 8443, Endpoint: "gate.example.org:9000"}, "iot:CredentialProvider", "gate.example.org:9000"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			accounts, made := newAccounts(t, tc.place)
			got, err := accounts.Endpoint(east, tc.endpointType)
			if got = mask(got, made.Prefixes); err != nil || got != tc.want {
				t.Errorf("Endpoint(%q): got %q, %v, want %q", tc.endpointType, got, err, tc.want)
			}
		})
	}
}

func TestEndpointRefused(t *testing.T) {
	accounts, _ := newAccounts(t, account.Place{Hostname: "localhost", Port: 8443})
	for _, unknown := range []string{"iot:Toaster", "Data", "iot:data", " "} {
		if got, err := accounts.Endpoint(east, unknown); !errors.Is(err, fault.Invalid) {
			t.Errorf("type %q: got %q, %v, want %v", unknown, got, err, fault.Invalid)
		}
	}
	if got, err := accounts.Endpoint(arn.Scope{Account: "111111111111", Region: "us-east-1"}, ""); !errors.Is(err, fault.NotFound) {
		t.Errorf("an unknown account: got %q, %v, want %v", got, err, fault.NotFound)
	}
}

func TestAcceptsServerName(t *testing.T) {
	named := account.Place{Hostname: "muster.example.org", Port: 8443}
	local := account.Place{Hostname: "localhost", Port: 8443}
	address := account.Place{Hostname: "192.0.2.7", Port: 8443}
	behind := account.Place{Hostname: "muster.internal", Port: 8443, Endpoint: "gate.example.org:443"}
	west := arn.Scope{Account: id, Region: "us-west-2"}
	for _, tc := range []struct {
		name  string
		place account.Place
		sni   string // D, C, J and A stand for the account's prefixes
		want  account.ServerName
		ok    bool
	}{
		{"the host name", named, "muster.example.org", account.ServerName{Host: "muster.example.org"}, true},
		{"the host name in capitals, with a final dot", named, "MUSTER.Example.ORG.", account.ServerName{Host: "muster.example.org"}, true},
		{"credentials", named, "{C}.credentials.iot.us-east-1.muster.example.org", account.ServerName{Host: "C.credentials.iot.us-east-1.muster.example.org", Kind: account.CredentialProvider, Scope: east}, true},
		{"credentials in capitals, with a final dot", named, "{C}.CREDENTIALS.iot.US-WEST-2.muster.example.org.", account.ServerName{Host: "C.credentials.iot.us-west-2.muster.example.org", Kind: account.CredentialProvider, Scope: west}, true},
		{"data", named, "{D}.iot.us-west-2.muster.example.org", account.ServerName{Host: "D.iot.us-west-2.muster.example.org", Kind: account.Data, Scope: west}, true},
		{"data of Amazon Trust Services", named, "{D}-ats.iot.us-east-1.muster.example.org", account.ServerName{Host: "D-ats.iot.us-east-1.muster.example.org", Kind: account.DataATS, Scope: east}, true},
		{"jobs", named, "{J}.jobs.iot.us-east-1.muster.example.org", account.ServerName{Host: "J.jobs.iot.us-east-1.muster.example.org", Kind: account.Jobs, Scope: east}, true},
		{"device advisor", named, "{A}.deviceadvisor.iot.us-east-1.muster.example.org", account.ServerName{Host: "A.deviceadvisor.iot.us-east-1.muster.example.org", Kind: account.DeviceAdvisor, Scope: east}, true},

		{"no name", named, "", account.ServerName{}, false},
		{"a stranger", named, "example.org", account.ServerName{}, false},
		{"a name that only ends like the host name", named, "evilmuster.example.org", account.ServerName{}, false},
		{"any name below the host name", named, "x.muster.example.org", account.ServerName{}, false},
		{"an unknown prefix", named, "c0000000000000.credentials.iot.us-east-1.muster.example.org", account.ServerName{}, false},
		{"the prefix of another kind", named, "{D}.credentials.iot.us-east-1.muster.example.org", account.ServerName{}, false},
		{"an empty region", named, "{C}.credentials.iot..muster.example.org", account.ServerName{}, false},
		{"no region", named, "{C}.credentials.iot.muster.example.org", account.ServerName{}, false},
		{"a malformed region", named, "{C}.credentials.iot.us_east_1.muster.example.org", account.ServerName{}, false},
		{"a long region", named, "{C}.credentials.iot." + strings.Repeat("a", 33) + ".muster.example.org", account.ServerName{}, false},
		{"one label too many", named, "x.{C}.credentials.iot.us-east-1.muster.example.org", account.ServerName{}, false},
		{"AWS's own name", named, "{C}.credentials.iot.us-east-1.amazonaws.com", account.ServerName{}, false},

		{"localhost", local, "localhost", account.ServerName{Host: "localhost"}, true},
		{"no name for localhost", local, "", account.ServerName{}, false},
		{"an endpoint below localhost", local, "{C}.credentials.iot.us-east-1.localhost", account.ServerName{}, false},

		{"no name for an address", address, "", account.ServerName{Host: "192.0.2.7"}, true},
		{"the address as a name", address, "192.0.2.7", account.ServerName{Host: "192.0.2.7"}, true},
		{"a name for an address", address, "localhost", account.ServerName{}, false},

		{"the host of a configured endpoint", behind, "gate.example.org", account.ServerName{Host: "gate.example.org"}, true},
		{"the host name behind a configured endpoint", behind, "{C}.credentials.iot.us-east-1.muster.internal", account.ServerName{Host: "C.credentials.iot.us-east-1.muster.internal", Kind: account.CredentialProvider, Scope: east}, true},
		{"no name for a configured address", account.Place{Hostname: "localhost", Endpoint: "[2001:db8::7]:8443"}, "", account.ServerName{Host: "2001:db8::7"}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			accounts, made := newAccounts(t, tc.place)
			p := made.Prefixes
			sni := strings.NewReplacer("{D}", p.Data, "{C}", p.Credentials, "{J}", p.Jobs, "{A}", p.DeviceAdvisor).Replace(tc.sni)
			got, ok := accounts.AcceptsServerName(sni)
			if got.Host = mask(got.Host, p); ok != tc.ok || got != tc.want {
				t.Errorf("AcceptsServerName(%q): got %+v, %v, want %+v, %v", tc.sni, got, ok, tc.want, tc.ok)
			}
		})
	}
}

// What DescribeEndpoint answers must be a name that the device port accepts.
func TestEveryEndpointIsAccepted(t *testing.T) {
	accounts, _ := newAccounts(t, account.Place{Hostname: "muster.example.org", Port: 443})
	for _, kind := range []account.Kind{account.Data, account.DataATS, account.DataBeta, account.CredentialProvider, account.Jobs, account.DeviceAdvisor} {
		host, err := accounts.Endpoint(east, string(kind))
		if err != nil {
			t.Fatal(err)
		}
		want := account.ServerName{Host: host, Kind: kind, Scope: east}
		if got, ok := accounts.AcceptsServerName(host); !ok || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", host, got, ok, want)
		}
	}
}

// Whatever name a client asks for, only the host's and those of the account's
// endpoints are its.
func FuzzAcceptsServerName(f *testing.F) {
	const host = "muster.example.org"
	accounts, made := newAccounts(f, account.Place{Hostname: host})
	f.Add(host)
	f.Add(made.Prefixes.Credentials + ".credentials.iot.us-east-1." + host)
	f.Add(strings.ToUpper(made.Prefixes.Data) + "-ats.iot.eu-west-1." + host + ".")
	f.Add("a.credentials.iot.us-east-1." + host)
	f.Add("....")
	prefixes := made.Prefixes
	f.Fuzz(func(t *testing.T, sni string) {
		got, ok := accounts.AcceptsServerName(sni)
		if !ok || got == (account.ServerName{Host: host}) {
			return
		}
		if got.Host != strings.ToLower(strings.TrimSuffix(sni, ".")) || got.Scope.Account != id || !arn.IsRegion(got.Scope.Region) {
			t.Errorf("AcceptsServerName(%q): got %+v", sni, got)
		}
		own := false
		for _, label := range []string{prefixes.Data, prefixes.Data + "-ats", prefixes.Data + "-beta", prefixes.Credentials + ".credentials", prefixes.Jobs + ".jobs", prefixes.DeviceAdvisor + ".deviceadvisor"} {
			own = own || got.Host == label+".iot."+got.Scope.Region+"."+host
		}
		if !own {
			t.Errorf("AcceptsServerName(%q): got %+v, which is no endpoint of the account", sni, got)
		}
	})
}
