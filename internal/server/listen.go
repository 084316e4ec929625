package server

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
)

// listen opens addr. A default on 127.0.0.1 listens on ::1 too, on the same
// port, where the machine has IPv6: "localhost" means either to a client.
func listen(addr, byDefault string) ([]net.Listener, error) {
	first, err := net.Listen("tcp", addr)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("%s is taken by another program: %w", addr, err)
		}
		return nil, err
	}
	all := []net.Listener{first}
	if addr == byDefault {
		_, port, _ := net.SplitHostPort(first.Addr().String())
		if second, err := net.Listen("tcp", net.JoinHostPort("::1", port)); err == nil {
			all = append(all, second)
		}
	}
	return all, nil
}

// reachable is the address of a listener as a program on this machine reaches
// it. An unspecified one, which takes IPv4 and IPv6, is reached through the
// loopback: that of IPv4, since containers often have no other.
func reachable(l net.Listener) string {
	host, port, _ := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = loopback()
	}
	return net.JoinHostPort(host, port)
}

func loopback() string {
	const four, six = "127.0.0.1", "::1"
	own, err := net.InterfaceAddrs()
	has := func(a net.Addr) bool {
		n, ok := a.(*net.IPNet)
		return ok && n.IP.Equal(net.ParseIP(four))
	}
	if err == nil && !slices.ContainsFunc(own, has) {
		return six
	}
	return four
}

func port(l net.Listener) string {
	_, p, _ := net.SplitHostPort(l.Addr().String())
	return p
}

func closeAll(ls []net.Listener) {
	for _, l := range ls {
		l.Close()
	}
}
