package s3front_test

import "testing"

// alone leaves a test out of short ones: it takes long, and what one client does
// alone shows the race detector little.
func alone(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("one client alone")
	}
}
