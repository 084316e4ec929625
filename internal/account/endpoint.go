package account

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"muster/internal/arn"
	"muster/internal/fault"
)

// Place is where devices reach the server.
type Place struct {
	Hostname string // a name or an IP address, without a port
	Port     int    // of the device listener, as it listens
	Endpoint string // host[:port] that DescribeEndpoint answers instead; "" derives it
}

// Kind is one of the endpoints AWS IoT has per account and region.
type Kind string

// The kinds, by the endpointType of DescribeEndpoint. A host name that serves
// all accounts and regions is of the kind Shared.
const (
	Shared             Kind = ""
	Data               Kind = "iot:Data"
	DataATS            Kind = "iot:Data-ATS"
	DataBeta           Kind = "iot:Data-Beta"
	CredentialProvider Kind = "iot:CredentialProvider"
	Jobs               Kind = "iot:Jobs"
	DeviceAdvisor      Kind = "iot:DeviceAdvisor"
)

// label is how an endpoint's host name begins: the first component, and what
// stands between it and "iot".
type label struct{ first, service string }

func labels(p Prefixes) map[Kind]label {
	return map[Kind]label{
		Data:               {p.Data, ""},
		DataATS:            {p.Data + "-ats", ""},
		DataBeta:           {p.Data + "-beta", ""},
		CredentialProvider: {p.Credentials, "credentials"},
		Jobs:               {p.Jobs, "jobs"},
		DeviceAdvisor:      {p.DeviceAdvisor, "deviceadvisor"},
	}
}

func (l label) host(region, hostname string) string {
	if l.service == "" {
		return l.first + ".iot." + region + "." + hostname
	}
	return l.first + "." + l.service + ".iot." + region + "." + hostname
}

// Endpoint answers the address of an endpoint, as DescribeEndpoint does: a
// bare host, with a port only where it isn't 443. "" means iot:Data. Where the
// host has no names below it (localhost, an IP address, a configured
// endpoint), the host itself serves every type.
// It fails with fault.Invalid when the type is unknown, and with
// fault.NotFound when the account is.
func (a *Accounts) Endpoint(scope arn.Scope, endpointType string) (string, error) {
	if endpointType == "" {
		endpointType = string(Data)
	}
	account, ok := a.known.Load().byID[scope.Account]
	if !ok {
		return "", fault.NotFound.Errorf("account %s does not exist", scope.Account)
	}
	l, ok := labels(account.Prefixes)[Kind(endpointType)]
	if !ok {
		return "", fault.Invalid.Errorf("The endpoint type %q is not supported.", endpointType)
	}
	if a.place.Endpoint != "" {
		return a.place.Endpoint, nil
	}
	host := a.place.Hostname
	if a.place.hasNames() {
		host = l.host(scope.Region, canonical(host))
	}
	return a.place.address(host), nil
}

// address is host as a URL's authority has it.
func (p Place) address(host string) string {
	if p.Port != 443 {
		return net.JoinHostPort(host, strconv.Itoa(p.Port))
	}
	if isIP(host) && strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// hasNames reports whether names below the host name lead to it.
func (p Place) hasNames() bool {
	return !isIP(p.Hostname) && canonical(p.Hostname) != "localhost"
}

// hosts are the names that serve all accounts: the host name, and the host of
// the configured endpoint.
func (p Place) hosts() []string {
	hosts := []string{canonical(p.Hostname)}
	if p.Endpoint == "" {
		return hosts
	}
	host, _, err := net.SplitHostPort(p.Endpoint)
	if err != nil { // no port
		host = strings.Trim(p.Endpoint, "[]")
	}
	return append(hosts, canonical(host))
}

// ServerName is a name that a TLS client may ask for.
type ServerName struct {
	Host  string    // lower case, without a final dot; an IP address where no name is expected
	Kind  Kind      // Shared: the name says nothing about account and region
	Scope arn.Scope // zero when Shared
}

// AcceptsServerName answers what a TLS client asks for by sni: a host name, or
// an endpoint of an account that exists, in any well-formed region. Without a
// name it is a host that is an IP address, if there is one. A certificate is
// made for no other name.
func (a *Accounts) AcceptsServerName(sni string) (ServerName, bool) {
	name := canonical(sni)
	for _, host := range a.hosts {
		if name == host || name == "" && isIP(host) {
			return ServerName{Host: host}, true
		}
	}
	below, ok := strings.CutSuffix(name, a.hosts[0])
	if ok {
		below, ok = strings.CutSuffix(below, ".")
	}
	if !ok || !a.place.hasNames() {
		return ServerName{}, false
	}
	l, region, ok := splitEndpoint(below)
	if !ok {
		return ServerName{}, false
	}
	found, ok := a.known.Load().byPrefix[l]
	if !ok {
		return ServerName{}, false
	}
	return ServerName{Host: name, Kind: found.kind, Scope: arn.Scope{Account: found.account, Region: region}}, true
}

// splitEndpoint reads an endpoint's name without the host name it ends with.
func splitEndpoint(name string) (l label, region string, ok bool) {
	switch p := strings.Split(name, "."); {
	case len(p) == 3 && p[1] == "iot":
		l, region = label{p[0], ""}, p[2]
	case len(p) == 4 && p[2] == "iot" && p[1] != "":
		l, region = label{p[0], p[1]}, p[3]
	}
	return l, region, arn.IsRegion(region)
}

// canonical is a host name as names are compared.
func canonical(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
