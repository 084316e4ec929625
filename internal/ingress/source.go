package ingress

import (
	"net"
	"net/http"
	"net/netip"
)

// Source is who connections are counted against: an IPv4 address, or the /64 of
// an IPv6 one, which is the least that one customer of a network has.
type Source struct{ addr netip.Addr }

// SourceOf returns the source of an address. Addresses that aren't of the
// Internet have one source together.
func SourceOf(a netip.Addr) Source {
	a = a.Unmap().WithZone("")
	if a.Is6() && !a.IsLoopback() {
		if p, err := a.Prefix(64); err == nil {
			a = p.Addr()
		}
	}
	return Source{a}
}

// SourceOfRequest returns the source of a request, by its RemoteAddr.
func SourceOfRequest(r *http.Request) Source {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return Source{}
	}
	return SourceOf(a.Addr())
}

func sourceOf(a net.Addr) Source { return SourceOf(addrOf(a)) }

// addrOf returns the IP address in a, unmapped; the zero one if there is none.
func addrOf(a net.Addr) netip.Addr {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	ip, _ := netip.AddrFromSlice(tcp.IP)
	return ip.Unmap()
}
