package content

import "os"

// BeforeSync makes the store call fn with the path of whatever it is about to
// sync, and fail where fn fails.
func (s *Store) BeforeSync(fn func(path string) error) {
	s.sync = func(f *os.File) error {
		if err := fn(f.Name()); err != nil {
			return err
		}
		return f.Sync()
	}
}
