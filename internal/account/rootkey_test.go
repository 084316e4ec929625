package account_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muster/internal/account"
)

const file = "[default]\naws_access_key_id = AKIAKEPT\naws_secret_access_key = kept/secret+0=\n"

func environment(key, secret string) func(string) string {
	return func(name string) string {
		return map[string]string{"MUSTER_ROOT_ACCESS_KEY_ID": key, "MUSTER_ROOT_SECRET_ACCESS_KEY": secret}[name]
	}
}

func TestLoadRootKeyMakesOneAndKeepsIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "root-credentials")
	made, err := account.LoadRootKey(id, path, environment("", ""))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`).MatchString(made.AccessKeyID) || len(made.Secret.Reveal()) != 40 || made.Account != id {
		t.Errorf("made %s with a secret of %d letters for %s", made.AccessKeyID, len(made.Secret.Reveal()), made.Account)
	}
	again, err := account.LoadRootKey(id, path, environment("", ""))
	if err != nil || again != made {
		t.Errorf("at the next start: got %s, %v, want %s", again.AccessKeyID, err, made.AccessKeyID)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v, want 0600", info.Mode(), err)
	}
	got, err := os.ReadFile(path)
	want := "[default]\naws_access_key_id = " + made.AccessKeyID + "\naws_secret_access_key = " + made.Secret.Reveal() + "\n"
	if err != nil || string(got) != want {
		t.Errorf("the file holds %q, %v, want %q", got, err, want)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".root*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestLoadRootKeyFromTheEnvironment(t *testing.T) {
	for _, tc := range []struct {
		name, key, secret string
		ok                bool
	}{
		{"the shortest", "abc", "12345678", true},
		{"the longest id", strings.Repeat("A_9", 42) + "zz", "a secret with spaces", true},
		{"an id of two letters", "ab", "12345678", false},
		{"an id of 129 letters", strings.Repeat("A", 129), "12345678", false},
		{"an id with a dash", "my-key", "12345678", false},
		{"an id with a line break", "abc\n", "12345678", false},
		{"a secret of seven", "abc", "1234567", false},
		{"a secret with a line break", "abc", "12345678\n9", false},
		{"a secret that begins with a space", "abc", " 12345678", false},
		{"a secret outside ASCII", "abc", "pässwörd", false},
		{"no secret", "abc", "", false},
		{"no id", "", "12345678", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "root-credentials")
			if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := account.LoadRootKey(id, path, environment(tc.key, tc.secret))
			if (err == nil) != tc.ok {
				t.Fatalf("got %v", err)
			}
			if err != nil {
				if tc.secret != "" && strings.Contains(err.Error(), tc.secret) {
					t.Errorf("the error says the secret: %v", err)
				}
				if kept, err := os.ReadFile(path); err != nil || string(kept) != file {
					t.Errorf("a refused key replaced the file: %q, %v", kept, err)
				}
				return
			}
			if got.AccessKeyID != tc.key || got.Secret.Reveal() != tc.secret {
				t.Errorf("got %s", got.AccessKeyID)
			}
			if kept, err := account.ReadRootKey(path); err != nil || kept.AccessKeyID != tc.key || !kept.Secret.Equal(got.Secret) {
				t.Errorf("the file holds %s, %v", kept.AccessKeyID, err)
			}
		})
	}
}

func TestLoadRootKeyRefusesTheFile(t *testing.T) {
	for _, tc := range []struct {
		name string
		text string
		mode os.FileMode
		says string
	}{
		{"readable by all", file, 0o644, "chmod 600"},
		{"readable by the group", file, 0o640, "chmod 600"},
		{"writable by all", file, 0o602, "chmod 600"},
		{"empty", "", 0o600, "does not set both"},
		{"another profile only", strings.Replace(file, "default", "muster", 1), 0o600, "does not set both"},
		{"no profile", strings.TrimPrefix(file, "[default]\n"), 0o600, "line 1"},
		{"no secret", "[default]\naws_access_key_id = AKIAKEPT\n", 0o600, "does not set both"},
		{"an id twice", file + "aws_access_key_id = AKIAELSE\n", 0o600, "again"},
		{"a session token", file + "aws_session_token = x\n", 0o600, "line 4"},
		{"a line that sets nothing", file + "garbage\n", 0o600, "line 4"},
		{"an id that can't be", strings.Replace(file, "AKIAKEPT", "AK/A", 1), 0o600, "access key id"},
		{"a short secret", strings.Replace(file, "kept/secret+0=", "short", 1), 0o600, "secret access key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "root-credentials")
			if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tc.mode); err != nil {
				t.Fatal(err)
			}
			_, err := account.LoadRootKey(id, path, environment("", ""))
			if err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want an error that names the file and says %q", err, tc.says)
			}
			if err != nil && strings.Contains(err.Error(), "kept/secret") {
				t.Errorf("the error says the secret: %v", err)
			}
		})
	}
}

func TestParseRootKey(t *testing.T) {
	key, err := account.ParseRootKey(strings.NewReader("# made by hand\r\n[other]\r\nregion = x\r\n\r\n[ default ]\r\nAWS_ACCESS_KEY_ID=AKIAKEPT\r\n; note\r\naws_secret_access_key=kept/secret+0=\r\n"))
	if err != nil || key.AccessKeyID != "AKIAKEPT" || key.Secret.Reveal() != "kept/secret+0=" {
		t.Errorf("got %s, %v", key.AccessKeyID, err)
	}
}

func FuzzParseRootKey(f *testing.F) {
	f.Add(file)
	f.Add("[default]\n=\n[")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := account.ParseRootKey(strings.NewReader(text))
		if err == nil && (len(key.AccessKeyID) < 3 || len(key.Secret.Reveal()) < 8) {
			t.Errorf("ParseRootKey(%q): got %s", text, key.AccessKeyID)
		}
	})
}
