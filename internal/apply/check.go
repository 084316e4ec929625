package apply

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// maxFaults is how many faults of files are told at once.
const maxFaults = 20

// faults collects what is wrong with files, and what was named where.
type faults struct {
	all   []error
	named map[string]place
}

func (f *faults) add(at place, format string, args ...any) {
	f.all = append(f.all, fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...)))
}

// name notes that an item is named, which it may be once.
func (f *faults) name(at place, kind, name string) {
	if name == "" {
		f.add(at, "a %s without a name", kind)
		return
	}
	key := kind + " " + name
	if before, twice := f.named[key]; twice {
		f.add(at, "the %s is named at %s already", key, before)
		return
	}
	f.named[key] = at
}

func (f *faults) want(at place, ok bool, kind, name, field string) {
	if !ok {
		f.add(at, "the %s %s has no %s", kind, name, field)
	}
}

func (f *faults) path(at place, kind, name, path string) {
	if path != "" && (!strings.HasPrefix(path, "/") || !strings.HasSuffix(path, "/")) {
		f.add(at, "the path of the %s %s must begin and end with /, got %q", kind, name, path)
	}
}

// Check tells what is wrong with the files themselves: fields that are missing,
// what is named twice, certificates that can't be read.
func Check(files []File) error {
	f := &faults{named: map[string]place{}}
	for _, file := range files {
		for i := range file.parts {
			f.part(file.name, &file.parts[i])
		}
	}
	if n := len(f.all); n > maxFaults {
		f.all = append(f.all[:maxFaults], fmt.Errorf("and %d more", n-maxFaults))
	}
	return errors.Join(f.all...)
}

func (f *faults) part(file string, p *part) {
	for i, b := range p.Buckets {
		at := p.at(file, "buckets", i)
		f.name(at, kindBucket, b.Name)
		if b.Versioning != "" && b.Versioning != "Enabled" && b.Versioning != "Suspended" {
			f.add(at, "the versioning of the bucket %s must be Enabled or Suspended, got %q", b.Name, b.Versioning)
		}
	}
	for i, x := range p.Policies {
		at := p.at(file, "policies", i)
		f.name(at, kindPolicy, x.Name)
		f.path(at, kindPolicy, x.Name, x.Path)
		f.want(at, x.Document != "", kindPolicy, x.Name, "document")
	}
	for i, x := range p.Users {
		at := p.at(file, "users", i)
		f.name(at, kindUser, x.Name)
		f.path(at, kindUser, x.Name, x.Path)
	}
	for i, x := range p.Roles {
		at := p.at(file, "roles", i)
		f.name(at, kindRole, x.Name)
		f.path(at, kindRole, x.Name, x.Path)
		f.want(at, x.Trust != "", kindRole, x.Name, "trust")
	}
	for i, x := range p.IoTPolicies {
		at := p.at(file, "iotPolicies", i)
		f.name(at, kindIoTPolicy, x.Name)
		f.want(at, x.Document != "", kindIoTPolicy, x.Name, "document")
	}
	for i, x := range p.RoleAliases {
		at := p.at(file, "roleAliases", i)
		f.name(at, kindRoleAlias, x.Name)
		f.want(at, x.Role != "", kindRoleAlias, x.Name, "role")
	}
	for i, x := range p.ThingTypes {
		f.name(p.at(file, "thingTypes", i), kindThingType, x.Name)
	}
	for i, x := range p.Things {
		f.name(p.at(file, "things", i), kindThing, x.Name)
	}
	for i := range p.Certificates {
		f.certificate(p.at(file, "certificates", i), &p.Certificates[i])
	}
	for i, x := range p.DeviceFleets {
		at := p.at(file, "deviceFleets", i)
		f.name(at, kindFleet, x.Name)
		f.want(at, x.Output != "", kindFleet, x.Name, "output")
		f.want(at, x.Role != "", kindFleet, x.Name, "role")
		for _, d := range x.Devices {
			f.name(at, kindDevice, x.Name+"/"+d.Name)
			f.want(at, d.Name != "", kindDevice, "of "+x.Name, "name")
		}
	}
}

// certificate also learns the id of one that is given as a file: it is the
// SHA-256 of the certificate.
func (f *faults) certificate(at place, c *certificate) {
	if (c.ID == "") == (c.File == "") {
		f.add(at, "a certificate has either an id or a file")
		return
	}
	if c.id = c.ID; c.File != "" {
		file := c.File
		if !filepath.IsAbs(file) && at.file != Stdin {
			file = filepath.Join(filepath.Dir(at.file), file)
		}
		raw, err := readCertificate(file)
		if err != nil {
			f.add(at, "%v", err)
			return
		}
		block, _ := pem.Decode(raw)
		if block == nil || block.Type != "CERTIFICATE" {
			f.add(at, "%s doesn't begin with a certificate in PEM", file)
			return
		}
		sum := sha256.Sum256(block.Bytes)
		c.id = hex.EncodeToString(sum[:])
	}
	f.name(at, kindCertificate, c.id)
	if c.Status != "" && !slices.Contains([]string{"ACTIVE", "INACTIVE", "REVOKED"}, c.Status) {
		f.add(at, "the status of a certificate must be ACTIVE, INACTIVE or REVOKED, got %q", c.Status)
	}
}

// maxCertificate is how large the file of a certificate may be, in bytes.
const maxCertificate = 1 << 20

// readCertificate reads a regular file: the one who wrote what is applied may be
// another than who applies it, and a pipe or device would be read without end.
func readCertificate(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would be waited for
	if err != nil {
		return nil, err
	}
	defer f.Close()
	switch info, err := f.Stat(); {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxCertificate+1))
	if err == nil && len(raw) > maxCertificate {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxCertificate)
	}
	return raw, err
}

// Stdin is the name of a file that was read from standard input.
const Stdin = "standard input"
