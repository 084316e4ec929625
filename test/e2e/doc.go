// Package e2e runs the muster binary as its users do: it starts the server on
// free ports in a temporary directory and speaks to it with boto3, the AWS CLI,
// curl, wget and plain Go TLS clients. It imports nothing of Muster, so a
// mistake shared by a client and the server of one code base can't hide. It
// also runs the programs of examples/ and what README.md says to copy.
//
//	go test ./test/e2e                        builds ./cmd/muster first
//	MUSTER_BINARY=bin/muster go test ./test/e2e
//	go test -short ./test/e2e                 fewer rounds of the kill test, no SDK compiled or installed
//
// A client that isn't installed skips its tests; with CI=true it fails them.
package e2e
