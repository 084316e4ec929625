package sigv4_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"muster/internal/secret"
	"muster/internal/sigv4"
)

func BenchmarkVerify(b *testing.B) {
	const body = `{"DeviceFleetName":"east"}`
	r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:4600/", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "SageMaker.DescribeDeviceFleet")
	key, now, hash := secret.New("a secret access key"), time.Now(), sigv4.Hash([]byte(body))
	sigv4.Sign(r, sigv4.Credential{AccessKey: "AKIABENCH", Secret: key}, "sagemaker", "us-east-1", now, hash)
	b.ReportAllocs()
	for b.Loop() {
		s, err := sigv4.Parse(r)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Verify(r, key, now, hash); err != nil {
			b.Fatal(err)
		}
	}
}
