// Package oracle sends the same random S3 requests to VersityGW and to the
// muster binary and compares what they answer: status and code, headers,
// documents element by element, and bodies. It is a module of its own, so that
// VersityGW and what it needs never enter the server's.
//
//	go test ./...                                       builds ../../cmd/muster first
//	MUSTER_BINARY=../../bin/muster go test ./...
//	MUSTER_NIGHT=1 go test -timeout 1h -v ./...         half an hour, and other episodes
//	ORACLE_SEED=7 ORACLE_EPISODES=1 go test -v ./...    one episode again
//
// Compiling VersityGW takes minutes the first time.
//
// Requests come in episodes, each in a bucket of its own and made from a seed
// alone. They refer to earlier answers where they need a version, an upload, a
// date or an ETag, so that each server is sent its own. What is new in both
// answers at the same place is taken for the same.
//
// VersityGW is another implementation, not the measure. Where it does
// something else than S3 the difference is on a list (known_*_test.go), with
// the place where it is written or recorded what S3 does; any other fails the
// test, and so does a 5xx of muster's that isn't a 501. An episode ends where
// the two no longer hold the same. Where nobody says what S3 does, such as
// which of two faults it names, nothing is asked.
package oracle
