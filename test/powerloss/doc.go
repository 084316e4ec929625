// Package powerloss cuts the power under the muster binary, again and again,
// and checks that nothing which was acknowledged is lost. It is a module of its
// own, so that FUSE never enters the server's.
//
// A Disk is a disk with a write-back cache, in memory, mounted through FUSE.
// The binary runs on it unchanged, SQLite included. What a program writes is
// seen by programs at once and is durable later:
//
//   - the bytes and the size of a file when that file is synced;
//   - the names in a directory (made, renamed, linked, removed) when that
//     directory is synced.
//
// Cut ends everything in one moment. Of what was not durable, Survivors keeps a
// random part, as disks and file systems do: all of it, none, the first writes,
// any of the writes, single sectors of a write, a size without the bytes. Names
// survive each for itself or in the order in which they were changed, as in a
// journal. What holds everywhere holds here too: a sector is old or new, a
// write changes no byte outside of itself, a rename loses no file, modes and
// times are durable at once.
//
// The tests run rounds: start the server on the disk, let signed clients write,
// cut, kill, start again on what survived, and compare it with what the clients
// were told. When a disk has lived its rounds, muster objects verify reads what
// the stopped server has kept, and muster doctor --deep reads its databases. A Disk can also be full for a while: then what
// doesn't fit must be refused with a status that says so. And a Disk can lie and
// ignore a sync: the tests that use this prove that the rounds would see a
// server that doesn't sync.
//
//	go test ./...                               20 rounds of objects and 15 of identities, from fixed seeds
//	MUSTER_NIGHT=1 go test -timeout 90m ./...   1,000 rounds of each
//
// MUSTER_POWERLOSS_ROUNDS, MUSTER_POWERLOSS_STARTS and MUSTER_POWERLOSS_FULL
// say how many rounds, first starts and rounds with a full disk there are,
// MUSTER_POWERLOSS_SEED chooses others, and MUSTER_BINARY names a server, so
// that ../../cmd/muster isn't built.
package powerloss
