// Package sdk runs Amazon's tutorial with the official AWS SDK for Go against
// the muster binary. It is a module of its own, so that the SDK never enters
// the server's.
//
//	go test ./...                          builds ../../cmd/muster first
//	MUSTER_BINARY=../../bin/muster go test ./...
//
// Compiling the SDK's clients takes minutes the first time.
package sdk
