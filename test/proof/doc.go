// Package proof holds the tests that prove what Muster promises of all its
// operations at once, against a whole server inside the test's process:
//
//   - who has no permission is refused, and nothing has happened (denied_test.go);
//   - no request that began after a withdrawal was acknowledged is allowed
//     (truth_test.go);
//   - thousands of random operations answer as a simple model does, with
//     restarts in between (model_test.go);
//   - every operation answers what boto3 sent to the byte as it did when it was
//     put on record: success, each error that AWS's model names, and the denial
//     (wire_test.go; testdata/wire has the scripts and the transcripts).
//
// The random ones log their seed; MUSTER_PROOF_SEED repeats it, and
// MUSTER_PROOF_TIME and MUSTER_PROOF_STEPS make them longer. A process can
// have one server at a time, so the tests here don't run side by side.
package proof
