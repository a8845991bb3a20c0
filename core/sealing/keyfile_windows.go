package sealing

import (
	"io/fs"

	"countersign/core/home"
	"countersign/core/request"
)

// isPrivate reports whether nobody may open a file but the user of this process, the system and the administrators.
func isPrivate(path string, _ fs.FileInfo) bool { return home.IsPrivate(path) }

// openToOthers returns what is wrong with a key file that others may open, and what to do.
func openToOthers(path string) error {
	return request.Errorf("key_file_open_to_others_windows", "%s must belong to you and be readable only by you: %s", path, `icacls "`+path+`" /inheritance:r /grant:r %USERNAME%:F`)
}
