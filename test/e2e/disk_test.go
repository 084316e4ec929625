package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// smallDisk mounts a file system of that many MiB, for the test alone.
func smallDisk(t *testing.T, kind string, mib int) string {
	t.Helper()
	dir := t.TempDir()
	cant := func(why string, args ...any) {
		if os.Getenv("CI") != "" {
			t.Fatalf("a small "+kind+" can't be mounted here, and CI needs it: "+why, args...)
		}
		t.Skipf("a small "+kind+" can't be mounted here: "+why, args...)
	}
	if os.Getuid() != 0 {
		cant("only root may")
	}
	mount := []string{"mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm,mode=700", mib), "none", dir}
	if kind == "ext4" {
		image := filepath.Join(t.TempDir(), "image")
		if err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, int64(mib)<<20)); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("mkfs.ext4", "-q", "-m", "0", image).CombinedOutput(); err != nil {
			cant("%v %s", err, out)
		}
		mount = []string{"mount", "-o", "loop", image, dir}
	}
	if out, err := exec.Command(mount[0], mount[1:]...).CombinedOutput(); err != nil {
		cant("%v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	return dir
}

// freeOn is how many bytes the file system of dir has left.
func freeOn(t *testing.T, dir string) int64 {
	t.Helper()
	var at syscall.Statfs_t
	if err := syscall.Statfs(dir, &at); err != nil {
		t.Fatal(err)
	}
	return int64(at.Bavail) * int64(at.Bsize)
}

// fillDisk has somebody else write to the disk until at most so many bytes are left.
func fillDisk(t *testing.T, disk string, left int64) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(disk, "somebody-elses"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	for len(block) > 0 {
		n := min(int64(len(block)), freeOn(t, disk)-left)
		if left == 0 {
			n = int64(len(block)) // until it is refused
		}
		if n <= 0 {
			break
		}
		if _, err := f.Write(block[:n]); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

func shrinkBy(t *testing.T, file string, bytes int64) {
	t.Helper()
	info, err := os.Stat(file)
	if err == nil {
		err = os.Truncate(file, info.Size()-bytes)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// onRung waits until the server is ready on that rung of the disk.
func (s *Server) onRung(t *testing.T, want string) {
	t.Helper()
	var got Reply
	for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(50 * time.Millisecond) {
		if got = s.Get(t, "/readyz"); got.Status == http.StatusOK && got.JSON("disk") == want {
			return
		}
	}
	t.Fatalf("/readyz: got %d %s, want 200 and a disk that is %s", got.Status, got.Body, want)
}

// newCSR is a request for a certificate of a new key, as PEM.
func newCSR(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

// each calls do for every number below n, four at once.
func each(n int, do func(int)) {
	next := make(chan int)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
}

// A device fills the disk as far as it may, somebody else the rest, and the
// operator shuts devices out on a disk without a free byte. Then there is room
// again, and all goes on by itself.
func TestFullDisk(t *testing.T) {
	for _, kind := range []string{"tmpfs", "ext4"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			testFullDisk(t, smallDisk(t, kind, 48))
		})
	}
}

func testFullDisk(t *testing.T, disk string) {
	many := 100
	if os.Getenv("MUSTER_NIGHT") != "" {
		many = 1000
	}
	data := filepath.Join(disk, "data")
	s := StartOn(t, data, "--metrics")
	w, other := NewWorld(t, s), NewWorld(t, s)
	w.fleetOfTheDisk(t)
	device := w.Vend(t, Ask{})
	csr, certificates := newCSR(t), make([]string, many)
	each(many, func(i int) {
		certificates[i] = w.API.IoT(t, "POST", "/certificates?setAsActive=true", map[string]string{"certificateSigningRequest": csr}).OK(t).JSON("certificateId")
	})
	s.onRung(t, "ok")

	// The device writes until it is refused, by that refusal and no other.
	var objects []string
	for _, size := range []int{1 << 20, 20 << 10, 1 << 10} {
		for n := 0; ; n++ {
			name := fmt.Sprintf("/%s/device_output/%d-%d", w.Bucket, size, n)
			got := device.S3(t, "PUT", name, strings.Repeat("x", size))
			if got.Status != http.StatusOK {
				got.Refused(t, http.StatusInsufficientStorage, "InsufficientStorage")
				break
			}
			objects = append(objects, name)
		}
	}
	s.onRung(t, "low")
	w.API.IoT(t, "POST", "/things/on-a-disk-that-is-low", struct{}{}).OK(t)

	fillDisk(t, disk, reserveOf(t, disk)-1<<20)
	s.onRung(t, "critical")
	w.addsNothing(t)
	w.Vend(t, Ask{})

	fillDisk(t, disk, 0)
	reserve := filepath.Join(data, "reserve")
	if info, err := os.Stat(reserve); err != nil || info.Size() != reserveOf(t, disk) {
		t.Fatalf("the reserve on the full disk: got %v, %v", info, err)
	}
	for range 3 { // whoever asks doesn't use the reserve up
		s.onRung(t, "critical")
		time.Sleep(400 * time.Millisecond)
	}
	if free := freeOn(t, disk); free != 0 {
		t.Fatalf("got %d bytes free, want none", free)
	}

	// With 0 bytes free, certificates are made INACTIVE and a Deny is put on a role.
	w.setCertificate(t, "INACTIVE")
	each(many, func(i int) {
		w.API.IoT(t, "PUT", "/certificates/"+certificates[i]+"?newStatus=INACTIVE", nil).OK(t)
	})
	for _, id := range certificates {
		if got := w.API.IoT(t, "GET", "/certificates/"+id, nil).OK(t).JSON("certificateDescription", "status"); got != "INACTIVE" {
			t.Fatalf("certificate %s is %s", id, got)
		}
	}
	device.S3(t, "PUT", objects[0], "x").Refused(t, http.StatusForbidden, "InvalidAccessKeyId")
	if got := w.Fresh(t).Ask(t, Ask{}); got.Status != http.StatusForbidden {
		t.Errorf("with an inactive certificate: got %d %s, want 403", got.Status, got.Body)
	}
	shut := other.Vend(t, Ask{})
	location := "/" + other.Bucket + "?location"
	shut.S3(t, "GET", location, "").OK(t)
	w.API.IAM(t, "PutRolePolicy", "RoleName", other.Role, "PolicyName", "shut-out",
		"PolicyDocument", `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`).OK(t)
	shut.S3(t, "GET", location, "").Refused(t, http.StatusForbidden, "AccessDenied")
	s.onRung(t, "full")
	if _, err := os.Stat(reserve); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the reserve of a full disk: got %v, want that it was given up", err)
	}
	w.addsNothing(t)
	other.Vend(t, Ask{})
	for metric, want := range map[string]string{"muster_disk_rung": "3", "muster_disk_reserve_bytes": "0"} {
		if got := s.metric(t, metric); got != want {
			t.Errorf("%s: got %s, want %s", metric, got, want)
		}
	}
	if s.metric(t, "muster_disk_refused_total") == "0" {
		t.Error("muster_disk_refused_total: got 0")
	}
	if out, err := s.attempt(t, t.TempDir(), nil, binary, "doctor", "--data", data); err == nil || !strings.Contains(out, "fail  disk space") {
		t.Errorf("muster doctor: got %v and no failed disk space in %s", err, out)
	}

	// A server that is killed there starts there, even where somebody else has
	// taken what the reserve held, and withdraws in what it has of the disk.
	s.Kill(t)
	fillDisk(t, disk, 0)
	s = StartOn(t, data, "--metrics")
	w.use(t, s)
	s.onRung(t, "full")
	other.use(t, s)
	other.setCertificate(t, "INACTIVE")
	if got := other.Fresh(t).Ask(t, Ask{}); got.Status != http.StatusForbidden {
		t.Errorf("with an inactive certificate after the restart: got %d %s, want 403", got.Status, got.Body)
	}

	// Somebody lets go of a little; what the device wrote is deleted, and there is room again.
	shrinkBy(t, filepath.Join(disk, "somebody-elses"), 2<<20)
	for i := range objects {
		w.API.S3(t, "DELETE", objects[i], "").OK(t)
	}
	s.onRung(t, "ok")
	for began := time.Now(); s.metric(t, "muster_disk_reserve_bytes") == "0" && time.Since(began) < 10*time.Second; {
		time.Sleep(50 * time.Millisecond)
	}
	if info, err := os.Stat(reserve); err != nil || info.Size() != reserveOf(t, disk) {
		t.Errorf("the reserve when there is room again: got %v, %v", info, err)
	}
	w.API.S3(t, "PUT", objects[0], strings.Repeat("x", 1<<20)).OK(t)
	w.API.IoT(t, "POST", "/things/when-there-is-room-again", struct{}{}).OK(t)
	if got := s.metric(t, "muster_disk_rung"); got != "0" {
		t.Errorf("muster_disk_rung: got %s, want 0", got)
	}
}

// A disk that fills up while no server runs: it starts, gives the reserve up,
// and somebody can be shut out.
func TestStartOnAFullDisk(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "tmpfs", 32)
	data := filepath.Join(disk, "data")
	s := StartOn(t, data)
	w := NewWorld(t, s)
	w.fleetOfTheDisk(t)
	s.Kill(t)
	fillDisk(t, disk, 0)
	w.use(t, StartOn(t, data))
	w.Server.onRung(t, "full")
	w.Vend(t, Ask{})
	w.setCertificate(t, "INACTIVE")
	if got := w.Fresh(t).Ask(t, Ask{}); got.Status != http.StatusForbidden {
		t.Errorf("with an inactive certificate: got %d %s, want 403", got.Status, got.Body)
	}
	w.addsNothing(t)
}

// fleetOfTheDisk makes the fleet that addsNothing would register a device in.
func (w *World) fleetOfTheDisk(t *testing.T) {
	t.Helper()
	w.API.IAM(t, "UpdateAssumeRolePolicy", "RoleName", w.Role, "PolicyDocument", strings.ReplaceAll(deviceTrusts, `"credentials.iot.amazonaws.com"`, `["credentials.iot.amazonaws.com","sagemaker.amazonaws.com"]`)).OK(t)
	w.API.SageMaker(t, "CreateDeviceFleet", map[string]any{"DeviceFleetName": "fleet-of-the-disk", "RoleArn": w.RoleARN,
		"OutputConfig": map[string]string{"S3OutputLocation": "s3://" + w.Bucket}}).OK(t)
}

// use takes the world to a server that was started anew.
func (w *World) use(t *testing.T, s *Server) {
	t.Helper()
	w.Server, w.API = s, s.Client()
	w.Endpoint = w.API.IoT(t, "GET", "/endpoint?endpointType=iot%3ACredentialProvider", nil).OK(t).JSON("endpointAddress")
}

// addsNothing sees that whatever adds rows is refused in each service's words.
func (w *World) addsNothing(t *testing.T) {
	t.Helper()
	w.API.IoT(t, "POST", "/things/too-many", struct{}{}).Refused(t, http.StatusServiceUnavailable, "ServiceUnavailableException")
	w.API.IoT(t, "POST", "/keys-and-certificate", nil).Refused(t, http.StatusServiceUnavailable, "ServiceUnavailableException")
	w.API.IAM(t, "CreateUser", "UserName", "too-many").Refused(t, http.StatusServiceUnavailable, "ServiceUnavailable")
	w.API.IAM(t, "AttachRolePolicy", "RoleName", w.Role, "PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess").Refused(t, http.StatusServiceUnavailable, "ServiceUnavailable")
	w.API.SageMaker(t, "RegisterDevices", map[string]any{"DeviceFleetName": "fleet-of-the-disk", "Devices": []any{map[string]string{"DeviceName": "too-many"}}}).
		Refused(t, http.StatusServiceUnavailable, "ServiceUnavailableException")
	for _, what := range []struct{ method, path, body string }{
		{"PUT", "/one-bucket-too-many", ""}, {"PUT", "/" + w.Bucket + "/small", "x"}, {"PUT", "/" + w.Bucket + "/large", strings.Repeat("x", 1<<20)}, {"POST", "/" + w.Bucket + "/upload?uploads", ""},
	} {
		w.API.S3(t, what.method, what.path, what.body).Refused(t, http.StatusInsufficientStorage, "InsufficientStorage")
	}
}

// reserveOf is the size of the reserve on a small disk.
func reserveOf(t *testing.T, disk string) int64 {
	t.Helper()
	var at syscall.Statfs_t
	if err := syscall.Statfs(disk, &at); err != nil {
		t.Fatal(err)
	}
	return int64(at.Blocks) * int64(at.Bsize) / 8 &^ 4095
}

// metric is the value of a metric without labels.
func (s *Server) metric(t *testing.T, name string) string {
	t.Helper()
	for line := range strings.Lines(s.Get(t, "/metrics").OK(t).Body) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("/metrics has no %s", name)
	return ""
}
