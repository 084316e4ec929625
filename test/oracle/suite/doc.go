// Package suite runs the integration tests that VersityGW brings along, as its
// makers run them against any S3, against the muster binary.
//
//	go test ./suite                                     builds ../../cmd/muster first
//	MUSTER_BINARY=../../bin/muster go test ./suite
//	go test -run TestSuite/CopyObject ./suite           one group
//
// Each group has a fresh server and a process of its own. A test that can't
// pass is on a list (known_test.go) with the reason and with what it complains
// of; the test fails where another one fails, where a listed one passes or
// complains of something else, and where the server answers 500.
//
// Left out are the groups about what Muster leaves to an external S3 or does
// another way: bucket policies, ACLs, object locks, websites, VersityGW's own
// users, and the group that wants what Muster does not to be done.
package suite
