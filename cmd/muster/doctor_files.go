package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"muster/internal/account"
	"muster/internal/private"
	"muster/internal/seal"
	"muster/internal/server"
	"muster/internal/space"
)

// fewFiles is what is left of inodes when it is time to do something: each
// object of S3 but the small ones is a file.
const fewFiles = 10_000

// checkData reports whether the data directory can be looked into.
func (d *doctor) checkData() bool {
	const check = "data directory"
	dir := d.config.Data
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.fail(check, "start one with `muster serve`, which makes it, or name the one there is with --data", "%s does not exist", dir)
		return false
	case err != nil:
		d.fail(check, "run this as the user of the server", "%v", err)
		return false
	case !info.IsDir():
		d.fail(check, "name a directory with --data", "%s is not a directory", dir)
		return false
	}
	if _, err := os.ReadDir(dir); err != nil {
		d.fail(check, "run this as the user of the server", "%v", err)
		return false
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		d.fail(check, "chmod 700 "+dir, "%s has mode %04o: others may look into it", dir, mode)
	} else if stray := strayFile(dir, info); stray != "" {
		d.fail(check, fmt.Sprintf("stop the server, then chown -R to the owner of %s: a server was once started as another user", dir), "%s belongs to another user than %s", stray, dir)
	} else {
		d.ok(check, "%s, mode %04o", dir, mode)
	}
	return true
}

// strayFile names a file of the data directory that belongs to another user
// than the directory; "" when none does.
func strayFile(dir string, of fs.FileInfo) string {
	owner, ok := of.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	for _, name := range []string{"lock", "master.key", "root-credentials", "muster.db", "muster.db-wal", "objects.db", "objects.db-wal", "reserve", "content", "s3"} {
		info, err := os.Lstat(filepath.Join(dir, name)) // what a key's link leads to is looked at with the key
		if err != nil {
			continue
		}
		if s, ok := info.Sys().(*syscall.Stat_t); ok && s.Uid != owner.Uid {
			return filepath.Join(dir, name)
		}
	}
	return ""
}

func (d *doctor) checkServer() {
	const check = "server"
	s, err := server.ReadState(d.config.Data)
	d.locked = server.Running(d.config.Data)
	switch {
	case !d.locked:
		d.fail(check, "muster serve --data "+d.config.Data, "no muster is running on this data directory")
	case errors.Is(err, server.NotRunning):
		d.fail(check, "wait until it is up and look at its log", "a muster holds the lock but is not up: it starts, or stops")
	case err != nil:
		d.fail(check, "restart the server, which writes it anew", "%v", err)
	default:
		d.running, d.state = true, s
		if s.Version != version {
			d.warn(check, "restart the server to run what is installed", "process %d runs version %s, this is %s", s.PID, s.Version, version)
			return
		}
		d.ok(check, "process %d, version %s", s.PID, s.Version)
	}
}

// room is what the file system of the data has.
type room struct {
	space.Room
	reserve int64 // bytes of the reserve for when nothing is left
}

func diskRoom(dir string) (room, error) {
	has, err := space.Measure(dir)
	return room{Room: has, reserve: space.Reserved(dir)}, err
}

func (d *doctor) checkDisk() {
	const check, fix = "disk space", "make room, or move the data directory to a larger disk while the server is stopped"
	left, err := d.room(d.config.Data)
	if err != nil {
		d.warn(check, "look at the disk by hand", "can't tell: %v", err)
		return
	}
	var floor space.Floor
	if d.running && d.state.FreeSpace > 0 {
		floor = space.Floor{Given: true, Bytes: d.state.FreeSpace}
	}
	ladder := floor.On(left.Total)
	reserve := fmt.Sprintf("the reserve of %d MiB is there", left.reserve>>20)
	if left.reserve == 0 {
		reserve = "there is no reserve for a full disk"
	}
	mib, low, critical := left.Free>>20, ladder.Low>>20, ladder.Critical>>20
	switch rung := ladder.Rung(left.Free, left.reserve > 0); {
	case rung == space.Full && d.locked:
		d.fail(check, fix, "full: %d MiB are left and the reserve was given up: only what replaces, detaches, deactivates or deletes goes on", mib)
	case rung >= space.Critical:
		d.fail(check, fix, "critical: %d MiB are left, and below %d MiB all that adds is refused; %s", mib, critical, reserve)
	case rung == space.Low:
		d.warn(check, fix, "low: %d MiB are left, and below %d MiB objects are refused; %s", mib, low, reserve)
	case left.Files > 0 && left.NewFiles < fewFiles:
		d.warn(check, fix, "the file system holds only %d more files, and each object of more than 16 KiB is one", left.NewFiles)
	case left.reserve == 0 && d.running:
		d.warn(check, "look for \"reserve\" in the server's log", "%d MiB are left, and there is no reserve for when none are", mib)
	default:
		d.ok(check, "%d MiB are left; objects are refused below %d MiB, all that adds below %d MiB; %s", mib, low, critical, reserve)
	}
}

// checkKeys looks at the two files that open everything.
func (d *doctor) checkKeys() {
	master := d.masterKeyFile()
	root := filepath.Join(d.config.Data, "root-credentials")
	if d.running {
		master, root = d.state.Master, d.state.RootKey
	}
	_, kept := os.Stat(filepath.Join(d.config.Data, "muster.db"))
	if master == server.OnInput {
		d.ok("master key", "it is given on standard input at each start")
	} else {
		d.checkKey("master key", master, kept == nil, "restore it from your copy: without it nothing that is kept can be opened", func() error {
			_, _, err := seal.Load(master) // makes none: it is there
			return err
		})
	}
	d.checkKey("root key", root, false, "", func() error {
		_, err := account.ReadRootKey(root)
		return err
	})
}

func (d *doctor) masterKeyFile() string {
	if d.config.MasterKeyFile != "" {
		return d.config.MasterKeyFile
	}
	return filepath.Join(d.config.Data, "master.key")
}

// checkKey checks a key's file. It is needed when the data were made with it;
// else the first start makes it.
func (d *doctor) checkKey(check, file string, needed bool, restore string, read func() error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && needed:
		d.fail(check, restore, "%s is gone", file)
		return
	case errors.Is(err, fs.ErrNotExist):
		d.warn(check, "none is needed: the next start makes it", "there is no %s", file)
		return
	case err != nil:
		d.fail(check, "run this as the user of the server", "%v", err)
		return
	}
	if err := private.Check(file, info); err != nil {
		d.fail(check, "chmod 600 "+file+", and replace the key if somebody may have read it", "%v", err)
		return
	}
	if err := private.OwnOrRoots(file, d.users()...); err != nil {
		d.fail(check, "give it to the user of the server with chown, and replace the key if it may be another", "%v", err)
		return
	}
	if err := read(); err != nil {
		d.fail(check, "restore the file from your copy", "%v", err)
		return
	}
	d.ok(check, "%s, mode %04o", file, info.Mode().Perm())
}

// users are those whose files the server may use beside root's and this one's: whose
// the data directory is, when root looks.
func (d *doctor) users() []uint32 {
	info, err := os.Stat(d.config.Data)
	if err != nil {
		return nil
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return []uint32{s.Uid}
	}
	return nil
}

// checkAge compares the clock with the time of the last write. A machine that
// doesn't keep the time while it is off starts in the past, where certificates
// are not valid yet.
func (d *doctor) checkAge() {
	for _, name := range []string{"muster.db-wal", "muster.db", "objects.db-wal", "objects.db"} {
		info, err := os.Stat(filepath.Join(d.config.Data, name))
		if err != nil {
			continue
		}
		if wrote := info.ModTime(); wrote.Sub(d.now()) > clockDoubt {
			d.fail("clock", clockFix, "it is %s here, and the data were written at %s", d.now().UTC().Format(time.RFC3339), wrote.UTC().Format(time.RFC3339))
			return
		}
	}
}

// checkKept looks into the data that no server holds, as the next one will.
func (d *doctor) checkKept(ctx context.Context) {
	const check = "store"
	err := server.Examine(ctx, d.config.Data, d.masterKeyFile())
	if server.Running(d.config.Data) {
		return // one was started meanwhile, and wrote what was being read
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.warn(check, "none is needed: the next start makes it", "there is no database in %s", d.config.Data)
	case errors.Is(err, server.NotExamined):
		d.warn(check, "look whether the next start succeeds, or read it whole with --deep", "%v", err)
	case errors.Is(err, seal.ErrWrongKey):
		d.fail(check, "restore the master key that the data were made with, or name its file with --master-key-file", "the master key is another: %v", err)
	case err != nil:
		d.fail(check, "restore the data directory from your copy, or install the version of Muster that wrote it", "the database can't be used: %v", err)
	default:
		d.ok(check, "the database is whole")
	}
}

// checkFreePorts tries the ports that a server would take.
func (d *doctor) checkFreePorts() {
	for _, port := range []struct{ check, addr string }{{"api port", d.config.API}, {"device port", d.config.Devices}} {
		check, addr := port.check, port.addr
		l, err := net.Listen("tcp", addr)
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			d.fail(check, "stop the program that has it (ss -ltnp), or give serve another", "%s is taken by another program", addr)
		case errors.Is(err, syscall.EACCES):
			d.fail(check, "give the binary the capability: setcap cap_net_bind_service=+ep, or AmbientCapabilities=CAP_NET_BIND_SERVICE in its unit", "%s may not be taken by this user", addr)
		case err != nil:
			d.fail(check, "give serve an address of this machine", "%v", err)
		default:
			l.Close()
			d.ok(check, "%s is free", addr)
		}
	}
}
