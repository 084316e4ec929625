package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// suitesOfMbedTLS are those that mbed TLS 2 offers by default, in its order, as
// far as OpenSSL knows them: with RSA's own key exchange last, and no ECDSA, as in
// a build for little memory.
const suitesOfMbedTLS = "DHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-SHA256:" +
	"ECDHE-RSA-AES256-SHA:DHE-RSA-AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:" +
	"ECDHE-RSA-AES128-SHA:AES256-GCM-SHA384:AES256-SHA256:AES256-SHA:AES128-GCM-SHA256:AES128-SHA256:AES128-SHA:@SECLEVEL=0"

// keyFiles are what a device has: its certificate and key, and roots to trust.
type keyFiles struct{ cert, key, both, rsa, ecdsa string }

func (w *World) keyFiles(t *testing.T) keyFiles {
	t.Helper()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return keyFiles{
		cert: file("device.pem.crt", w.PEM), key: file("private.pem.key", w.KeyPEM), both: file("AmazonRootCA1.pem", w.Roots),
		rsa:   file("rsa.pem", w.Server.Get(t, "/repository/MusterRootCA-RSA.pem").OK(t).Body),
		ecdsa: file("ecdsa.pem", w.Server.Get(t, "/repository/MusterRootCA-ECDSA.pem").OK(t).Body),
	}
}

// withECDSAKey gives the world's device another certificate, made from a request
// with a key on P-256.
func (w *World) withECDSAKey(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	made := w.API.IoT(t, "POST", "/certificates?setAsActive=true", map[string]string{
		"certificateSigningRequest": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})),
	}).OK(t)
	w.CertificateID, w.CertificateARN, w.PEM = made.JSON("certificateId"), made.JSON("certificateArn"), made.JSON("certificatePem")
	w.KeyPEM = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	w.attachPolicy(t, w.Policy)
}

// openssl asks for credentials as openssl s_client does and returns all that it
// says, the answer among it.
func (w *World) openssl(t *testing.T, files keyFiles, roots string, flags ...string) string {
	t.Helper()
	host, _, _ := strings.Cut(w.Endpoint, ":")
	args := append([]string{
		"s_client", "-connect", w.Endpoint, "-servername", host, "-verify_hostname", host, "-verify_return_error",
		"-CAfile", roots, "-cert", files.cert, "-key", files.key, "-ign_eof",
	}, flags...)
	cmd := exec.CommandContext(t.Context(), need(t, "openssl"), args...)
	cmd.Env = CleanEnv(t)
	cmd.Stdin = strings.NewReader("GET /role-aliases/" + w.Alias + "/credentials HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
	out, _ := cmd.CombinedOutput() // what it says tells more than its status
	return string(out)
}

// A device whose TLS knows only RSA gets credentials with the RSA root alone, and
// whoever knows ECDSA is shown that.
func TestDevicesThatKnowOnlyRSA(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, Start(t))
	withRSA := w.keyFiles(t)
	w.withECDSAKey(t)
	withECDSA := w.keyFiles(t)
	const signedRSA, signedPSS, signedECDSA = "Peer signature type: RSA\n", "Peer signature type: RSA-PSS\n", "Peer signature type: ECDSA\n"
	for _, tc := range []struct {
		name  string
		files keyFiles
		roots string
		flags string
		want  string // of what is said; "" for no handshake
	}{
		{"one suite and one signature", withRSA, withRSA.rsa, "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256 -sigalgs RSA+SHA256", signedRSA},
		{"the signatures of old firmware", withRSA, withRSA.rsa, "-tls1_2 -cipher " + suitesOfMbedTLS + " -sigalgs RSA+SHA512:RSA+SHA384:RSA+SHA256:RSA+SHA224:RSA+SHA1 -curves P-256:P-384", signedRSA},
		{"AES-CBC", withRSA, withRSA.rsa, "-tls1_2 -cipher ECDHE-RSA-AES128-SHA -sigalgs RSA+SHA256", signedRSA},
		{"AES-CBC of 256 bits", withRSA, withRSA.rsa, "-tls1_2 -cipher ECDHE-RSA-AES256-SHA -sigalgs RSA+SHA256", signedRSA},
		{"TLS 1.3 without ECDSA", withRSA, withRSA.rsa, "-tls1_3 -sigalgs rsa_pss_rsae_sha256:rsa_pkcs1_sha256", signedPSS},
		{"both roots", withRSA, withRSA.both, "-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384 -sigalgs RSA+SHA256", signedRSA},
		{"an ECDSA key of the device", withECDSA, withECDSA.rsa, "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256", "Peer signature type: RSA"},
		{"whoever knows ECDSA, TLS 1.2", withRSA, withRSA.ecdsa, "-tls1_2", signedECDSA},
		{"whoever knows ECDSA, TLS 1.3", withRSA, withRSA.ecdsa, "-tls1_3", signedECDSA},
		{"ECDSA of device and server", withECDSA, withECDSA.both, "-tls1_2", signedECDSA},
		{"RSA preferred, and ECDSA known", withRSA, withRSA.ecdsa, "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", signedECDSA},

		{"only the ECDSA root for RSA", withRSA, withRSA.ecdsa, "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256", ""},
		{"RSA's own key exchange", withRSA, withRSA.both, "-tls1_2 -cipher AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA:AES256-SHA:@SECLEVEL=0", ""},
		{"ephemeral keys without curves", withRSA, withRSA.both, "-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256", ""},
		{"AES-CBC with SHA-256", withRSA, withRSA.both, "-tls1_2 -cipher ECDHE-RSA-AES128-SHA256", ""},
		{"signatures with SHA-1 alone", withRSA, withRSA.both, "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0 -sigalgs RSA+SHA1", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			said := w.openssl(t, tc.files, tc.roots, strings.Fields(tc.flags)...)
			vended := strings.Contains(said, `"accessKeyId"`)
			refused := strings.Contains(said, "alert handshake failure") || strings.Contains(said, "certificate verify failed")
			if vended != (tc.want != "") || refused == vended || !strings.Contains(said, tc.want) {
				t.Errorf("vended %v, refused %v, want %q; openssl says:\n%s", vended, refused, tc.want, said)
			}
		})
	}

	for name, flags := range map[string][]string{
		"curl":                   {"--cacert", withRSA.both},
		"curl with RSA":          {"--cacert", withRSA.both, "--tls-max", "1.2", "--ciphers", "ECDHE-RSA-AES128-GCM-SHA256"},
		"curl with the RSA root": {"--cacert", withRSA.rsa, "--tls-max", "1.2", "--ciphers", "ECDHE-RSA-AES128-GCM-SHA256"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"-sS", "--fail", "--cert", withRSA.cert, "--key", withRSA.key, "https://" + w.Endpoint + "/role-aliases/" + w.Alias + "/credentials"}, flags...)
			cmd := exec.CommandContext(t.Context(), need(t, "curl"), args...)
			cmd.Env = CleanEnv(t)
			if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte(`"accessKeyId"`)) {
				t.Errorf("got %v\n%s", err, out)
			}
		})
	}
}

// On TLS with Muster's own CA the API port has both certificates, too, and the
// file that muster env names is enough for Python and curl.
func TestTheAPIPortHasAnRSACertificate(t *testing.T) {
	t.Parallel()
	s := Start(t, "--api-tls=auto")
	bundle := s.Env["AWS_CA_BUNDLE"]
	for name, flags := range map[string][]string{"RSA": {"--tls-max", "1.2", "--ciphers", "ECDHE-RSA-AES128-GCM-SHA256"}, "ECDSA": {"--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"}} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), need(t, "curl"), append([]string{"-sSv", "--fail", "--cacert", bundle, s.URL + "/healthz"}, flags...)...)
			cmd.Env = CleanEnv(t)
			if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("ECDHE-"+name+"-AES128-GCM-SHA256")) {
				t.Errorf("got %v\n%s", err, out)
			}
		})
	}
	t.Run("boto3", func(t *testing.T) {
		path, _ := python(t)
		cmd := exec.CommandContext(t.Context(), path, "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])")
		cmd.Env = CleanEnv(t)
		for name, value := range s.Env {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte(":root")) {
			t.Errorf("got %v\n%s", err, out)
		}
	})
}
