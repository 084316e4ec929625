package ingress_test

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/ingress"
)

const balancer = "10.1.2.3"

func trusting(t *testing.T, text string) *ingress.Proxies {
	t.Helper()
	p, err := ingress.ParseProxies(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// header is a PROXY header of version 2, byte by byte as the specification has it.
func header(command, family byte, block []byte) string {
	h := []byte("\r\n\r\n\x00\r\nQUIT\n")
	h = append(h, 0x20|command, family)
	h = binary.BigEndian.AppendUint16(h, uint16(len(block)))
	return string(append(h, block...))
}

func addresses(from, to string) []byte {
	a, b := netip.MustParseAddr(from), netip.MustParseAddr(to)
	block := append(a.AsSlice(), b.AsSlice()...)
	return append(block, 0x1f, 0x90, 0x01, 0xbb) // 8080, 443
}

func TestProxyHeader(t *testing.T) {
	const local, proxy, unspec, tcp4, udp4, tcp6, unix = 0, 1, 0x00, 0x11, 0x12, 0x21, 0x31
	four := header(proxy, tcp4, addresses("192.0.2.44", "10.1.2.9"))
	for _, tc := range []struct {
		name, from, sent string
		want             string // the address that the server believes; "" where it closes the connection
	}{
		{"IPv4", balancer, four, "192.0.2.44:8080"},
		{"IPv6", balancer, header(proxy, tcp6, addresses("2001:db8::7", "2001:db8::1")), "[2001:db8::7]:8080"},
		{"IPv4 written as IPv6", balancer, header(proxy, tcp6, addresses("::ffff:192.0.2.44", "::ffff:10.1.2.9")), "192.0.2.44:8080"},
		{"with more after the addresses", balancer, header(proxy, tcp4, append(addresses("192.0.2.44", "10.1.2.9"), 0x04, 0, 3, 1, 2, 3)), "192.0.2.44:8080"},
		{"of a proxy of a block", "10.2.0.77", four, "192.0.2.44:8080"},
		{"of an IPv6 proxy", "2001:db8:ffff::9", four, "192.0.2.44:8080"},
		{"a health check", balancer, header(local, unspec, nil), balancer + ":40000"},
		{"a health check with addresses", balancer, header(local, tcp4, addresses("192.0.2.44", "10.1.2.9")), balancer + ":40000"},
		{"a health check with anything", balancer, header(local, unspec, []byte("anything")), balancer + ":40000"},

		{"of nobody trusted", attacker, four, ""},
		{"nothing of a trusted proxy", balancer, "", ""},
		{"version 1", balancer, "PROXY TCP4 192.0.2.44 10.1.2.9 8080 443\r\n", ""},
		{"version 3", balancer, strings.Replace(four, "\x21", "\x31", 1), ""},
		{"an unknown command", balancer, header(2, tcp4, addresses("192.0.2.44", "10.1.2.9")), ""},
		{"UDP", balancer, header(proxy, udp4, addresses("192.0.2.44", "10.1.2.9")), ""},
		{"a Unix socket", balancer, header(proxy, unix, make([]byte, 216)), ""},
		{"no address", balancer, header(proxy, unspec, nil), ""},
		{"too short for its family", balancer, header(proxy, tcp6, addresses("192.0.2.44", "10.1.2.9")), ""},
		{"five KiB", balancer, header(proxy, tcp4, append(addresses("192.0.2.44", "10.1.2.9"), make([]byte, 5<<10)...)), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				port := &ingress.Port{Places: 4, Proxies: trusting(t, balancer+", 10.2.0.0/16,2001:db8:ffff::/48")}
				w := serve(t, port, nil, whoAmI)
				c := w.dial(t, tc.from)
				go c.Write([]byte(tc.sent + get))
				got := c.answer(0)
				_, body, _ := strings.Cut(got, "\r\n\r\n")
				switch {
				case tc.want != "" && body != tc.want:
					t.Errorf("got %q, want %s", got, tc.want)
				case tc.want == "" && strings.HasPrefix(got, "HTTP/1.1 200"):
					t.Errorf("got %q, want the connection closed", got)
				case tc.want == "" && tc.from == balancer && (got != "" || port.Counts.BadProxyHeaders.Load() != 1 || port.Open() != 0):
					t.Errorf("got %q, %d counted, %d open, want nothing said", got, port.Counts.BadProxyHeaders.Load(), port.Open())
				}
			})
		})
	}
}

// Behind a trusted proxy everybody is counted as who they are, and nobody before
// it is known who that is.
func TestSourcesBehindAProxy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 4, Proxies: trusting(t, balancer)}
		w := serve(t, port, nil, whoAmI)
		for range 3 {
			w.silent(t, balancer) // whose header never comes
		}
		if port.Open() != 0 {
			t.Errorf("got %d places taken before a header came", port.Open())
		}
		behind := func(from string) *client {
			c := w.dial(t, balancer)
			c.say(header(1, 0x11, addresses(from, "10.1.2.9")))
			go c.watch()
			return c
		}
		var hostile []*client
		for range 4 {
			hostile = append(hostile, behind(attacker))
		}
		if !behind(neighbour).isOpen() || count(hostile) != 3 {
			t.Errorf("got %d of four of one source, want 3 beside a newcomer of another", count(hostile))
		}
	})
}

func TestProxyHeaderInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 64, Proxies: trusting(t, balancer)}
		w := serve(t, port, nil, whoAmI)
		late := w.dial(t, balancer)
		late.say("\r\n\r\n\x00\r\nQUI")
		go late.watch()
		time.Sleep(2900 * time.Millisecond)
		if !late.isOpen() {
			t.Error("closed before its time")
		}
		time.Sleep(200 * time.Millisecond)
		if late.isOpen() {
			t.Error("half a header is waited for after 3 s")
		}
		waiting := silents(t, w, balancer, 10)
		if got := count(waiting); got != 4 || !waiting[9].isOpen() {
			t.Errorf("got %d connections that wait without a place, want the last 4", got)
		}
	})
}

// The client's TLS begins in the same packet as the header.
func TestProxyHeaderBeforeTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &ingress.Port{Places: 4, AtOnce: 1, Proxies: trusting(t, balancer)}
		var from []string
		w := serve(t, port, slowServer(&from, func(int) time.Duration { return 0 }), whoAmI)
		c := w.dial(t, balancer)
		c.say(header(1, 0x11, addresses("192.0.2.44", "10.1.2.9")) + string(hello(t)))
		if len(from) != 1 || from[0] != "192.0.2.44" {
			t.Errorf("got handshakes of %v, want one of 192.0.2.44", from)
		}
	})
}

func TestParseProxies(t *testing.T) {
	for _, tc := range []struct {
		text string
		ok   bool
	}{
		{"", true}, {"10.0.0.1", true}, {"10.0.0.0/8, 2001:db8::/32", true}, {"::1", true},
		{"10.0.0.1/8", false}, {"proxy.example", false}, {"10.0.0.0/33", false}, {"10.0.0.1,", false}, {"::ffff:10.0.0.0/104", false}, {"fe80::1%eth0", false},
	} {
		if _, err := ingress.ParseProxies(tc.text); (err == nil) != tc.ok {
			t.Errorf("%q: got %v", tc.text, err)
		}
	}
}
