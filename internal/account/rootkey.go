package account

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"muster/internal/durable"
	"muster/internal/private"
	"muster/internal/secret"
)

// RootKey is the access key of an account's root user.
type RootKey struct {
	Account     string
	AccessKeyID string
	Secret      secret.String
}

// The variables that give the root key.
const (
	rootKeyVariable    = "MUSTER_ROOT_ACCESS_KEY_ID"
	rootSecretVariable = "MUSTER_ROOT_SECRET_ACCESS_KEY"
)

// The names in the shared-credentials format,
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html.
const (
	profile    = "default"
	keyName    = "aws_access_key_id"
	secretName = "aws_secret_access_key"
)

// maxKeyFile is more than any sensible key file has, in bytes.
const maxKeyFile = 64 << 10

// LoadRootKey answers the root key of account: from the environment when it
// names one, else from the file at path, else a new one. The file then holds
// it, readable by its owner only, in AWS's shared-credentials format, so that
// operator commands on the same machine find it whatever their environment.
//
// It fails when the environment names half a key or one that can't be used,
// and when the file is malformed or others may read it.
func LoadRootKey(account, path string, getenv func(string) string) (RootKey, error) {
	key, err := rootKeyOf(getenv)
	if err != nil {
		return RootKey{}, err
	}
	kept, err := ReadRootKey(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if key.AccessKeyID == "" {
			key = newRootKey()
		}
	case err != nil:
		return RootKey{}, err
	case key.AccessKeyID == "" || key == kept:
		kept.Account = account
		return kept, nil
	}
	if err := durable.WriteFile(path, key.text(), 0o600); err != nil {
		return RootKey{}, fmt.Errorf("keep the root key: %w", err)
	}
	key.Account = account
	return key, nil
}

// rootKeyOf reads the key from the environment; it is empty when the
// environment names none.
func rootKeyOf(getenv func(string) string) (RootKey, error) {
	id, text := getenv(rootKeyVariable), getenv(rootSecretVariable)
	if id == "" && text == "" {
		return RootKey{}, nil
	}
	if id == "" || text == "" {
		return RootKey{}, fmt.Errorf("%s and %s must be set together", rootKeyVariable, rootSecretVariable)
	}
	if err := checkKeyID(id); err != nil {
		return RootKey{}, fmt.Errorf("%s: %w", rootKeyVariable, err)
	}
	if err := checkSecret(text); err != nil {
		return RootKey{}, fmt.Errorf("%s: %w", rootSecretVariable, err)
	}
	return RootKey{AccessKeyID: id, Secret: secret.New(text)}, nil
}

var keyIDForm = regexp.MustCompile(`^[A-Za-z0-9_]{3,128}$`)

func checkKeyID(id string) error {
	if !keyIDForm.MatchString(id) {
		return errors.New("an access key id is 3 to 128 letters, digits and underscores")
	}
	return nil
}

// checkSecret never says the secret.
func checkSecret(text string) error {
	unprintable := func(r rune) bool { return r < ' ' || r > '~' }
	if len(text) < 8 || strings.ContainsFunc(text, unprintable) || strings.TrimSpace(text) != text {
		return errors.New("a secret access key is at least 8 printable ASCII characters, not beginning or ending with a space")
	}
	return nil
}

// newRootKey makes a key in the form of AWS's long-lived ones.
func newRootKey() RootKey {
	b := make([]byte, 30) // 40 letters of base64
	rand.Read(b)          // never fails
	return RootKey{
		AccessKeyID: "AKIA" + randomText("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
		Secret:      secret.New(base64.StdEncoding.EncodeToString(b)),
	}
}

// ReadRootKey reads the file that LoadRootKey keeps; the account stays empty.
// It fails with fs.ErrNotExist when there is none.
func ReadRootKey(path string) (RootKey, error) {
	f, err := private.Open(path)
	if err != nil {
		return RootKey{}, fmt.Errorf("read the root key: %w", err)
	}
	defer f.Close()
	key, err := ParseRootKey(f)
	if err != nil {
		return RootKey{}, fmt.Errorf("the root key file %s is malformed: %w", path, err)
	}
	return key, nil
}

// ParseRootKey reads the profile "default" of a file in the shared-credentials
// format. Other profiles are skipped. It fails when the profile lacks the key
// or holds anything else, as a session token, which no root key has.
func ParseRootKey(r io.Reader) (RootKey, error) {
	found := map[string]string{}
	section := ""
	lines := bufio.NewScanner(io.LimitReader(r, maxKeyFile))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if line[0] == '[' && line[len(line)-1] == ']' {
			section = strings.TrimSpace(line[1 : len(line)-1])
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		switch {
		case !ok || section == "":
			return RootKey{}, fmt.Errorf("line %d is neither a profile nor a setting of one", n)
		case section != profile:
			continue
		case name != keyName && name != secretName:
			return RootKey{}, fmt.Errorf("line %d sets something other than %s and %s", n, keyName, secretName)
		case found[name] != "":
			return RootKey{}, fmt.Errorf("line %d sets %s again", n, name)
		}
		found[name] = strings.TrimSpace(value)
	}
	if err := lines.Err(); err != nil {
		return RootKey{}, err
	}
	if found[keyName] == "" || found[secretName] == "" {
		return RootKey{}, fmt.Errorf("the profile [%s] does not set both %s and %s", profile, keyName, secretName)
	}
	if err := errors.Join(checkKeyID(found[keyName]), checkSecret(found[secretName])); err != nil {
		return RootKey{}, err
	}
	return RootKey{AccessKeyID: found[keyName], Secret: secret.New(found[secretName])}, nil
}

// text returns the file that holds the key.
func (k RootKey) text() []byte {
	return fmt.Appendf(nil, "[%s]\n%s = %s\n%s = %s\n", profile, keyName, k.AccessKeyID, secretName, k.Secret.Reveal())
}
