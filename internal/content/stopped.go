package content

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"muster/internal/objects"
)

// Stopped returns the store of the folder dir for reading what is there. It
// makes no folder: what is missing is ErrNoFile when it is read.
func Stopped(dir string) (objects.Files, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder of contents: %w", err)
	}
	return stopped{&Store{dir: dir}}, nil
}

// stopped is a Store that changes nothing.
type stopped struct{ *Store }

var errStopped = errors.New("the contents were opened for reading only")

func (stopped) Write(context.Context, objects.ContentID, objects.SealingKey, int64, io.Reader) error {
	return errStopped
}

func (stopped) Remove(objects.ContentID) error { return errStopped }

func (stopped) Discard(objects.File) error { return errStopped }
