package files

import (
	"path/filepath"
	"strings"
)

// BehindLinks returns a path to the same place without any links, as far as there is something at it. A folder cannot be renamed to a link, and what is
// renamed or removed at one is the link alone.
func BehindLinks(path string) string {
	for there := path; ; there = filepath.Dir(there) {
		real, err := filepath.EvalSymlinks(there)
		switch {
		case err == nil:
			return filepath.Join(real, strings.TrimPrefix(path, there))
		case there == filepath.Dir(there):
			return path
		}
	}
}
