package ingress

import "sync/atomic"

// Counts are what became of a port's connections since the start.
type Counts struct {
	Accepted         atomic.Int64
	AcceptErrors     atomic.Int64 // such as that there are no file descriptors
	BadProxyHeaders  atomic.Int64 // of trusted proxies: none, of version 1, too late
	Refused          atomic.Int64 // newcomers for which there was no place
	Handshakes       atomic.Int64 // that were finished
	HandshakesFailed atomic.Int64
	Silent           atomic.Int64 // closed without a byte of a handshake
	NoTurn           atomic.Int64 // handshakes that waited too long for their turn
	Gone             atomic.Int64 // that were given up by their clients meanwhile
	Slow             atomic.Int64 // closed since the client didn't take an answer
	LargeHeads       atomic.Int64 // heads of requests for which no memory was left

	byStage [stages]atomic.Int64
}

func (c *Counts) shed(s stage) { c.byStage[s].Add(1) }

// Shed is how many connections were closed for newcomers, by how far they had
// come.
func (c *Counts) Shed() map[string]int64 {
	all := make(map[string]int64, stages)
	for s := range c.byStage {
		all[stageNames[s]] = c.byStage[s].Load()
	}
	return all
}

// Stages are the keys of Counts.Shed.
func Stages() []string { return stageNames[:] }
