//go:build !unix

package export

import "io/fs"

// umasked is the mode of files that people save.
const umasked fs.FileMode = 0o666
