package powerloss

import (
	"fmt"
	"os"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// Mount shows the disk to programs at dir, which must be there and empty. A disk
// is mounted once; after it, Clone or Survivors gives the disk to go on with.
func (d *Disk) Mount(dir string) (unmount func() error, err error) {
	var all fuse.RawFileSystem = &files{RawFileSystem: fuse.NewDefaultRawFileSystem(), disk: d}
	if d.Odd != nil {
		all = &odd{RawFileSystem: all, Oddity: d.Odd}
	}
	server, err := fuse.NewServer(all, dir, &fuse.MountOptions{
		FsName: "powerloss", Name: "powerloss",
		DirectMountStrict: true, // needs no fusermount
		AllowOther:        os.Geteuid() == 0,
		MaxWrite:          1 << 20,
		// Programs come to the disk through one kernel, so what it remembers is true.
		ExplicitDataCacheControl: true,
	})
	if err != nil {
		return nil, fmt.Errorf("mount: %w", err)
	}
	go server.Serve()
	if err := server.WaitMount(); err != nil {
		return nil, fmt.Errorf("mount: %w", err)
	}
	return server.Unmount, nil
}
