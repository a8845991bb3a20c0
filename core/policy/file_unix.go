//go:build unix

package policy

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"countersign/core/request"
)

// OfComputer returns the file with the policy of this computer. No variable of the environment changes that: a user could avoid the policy with
// one.
func OfComputer() File {
	if runtime.GOOS == "darwin" {
		return File{Path: "/Library/Application Support/Countersign/policy.toml"}
	}
	return File{Path: "/etc/countersign/policy.toml"}
}

const (
	root     = 0  // the number of the user
	maxLinks = 40 // symbolic links that lead to one file, as in Linux
)

// checkTrusted returns an error unless the file, all folders above it and all links that lead to it belong to root or to f.Owner, and nobody else can
// write to them. What root has made in a folder with the sticky bit, such as /tmp, nobody else can replace.
func (f File) checkTrusted() error {
	at, rest, links := "/", names(f.Path), 0
	for {
		info, err := os.Lstat(at)
		if err != nil {
			return unreadable(err)
		}
		if err := f.checkOwned(at, info); err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			if links++; links > maxLinks {
				return request.Errorf("policy_links", "too many links lead to %s: put the file there itself", f.Path)
			}
			target, err := os.Readlink(at)
			if err != nil {
				return unreadable(err)
			}
			if at = filepath.Dir(at); filepath.IsAbs(target) {
				at = "/"
			}
			rest = append(names(target), rest...)
		}
		if len(rest) == 0 {
			return nil
		}
		at, rest = filepath.Join(at, rest[0]), rest[1:]
	}
}

// names returns the names on the way of a path.
func names(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

func (f File) checkOwned(path string, info fs.FileInfo) error {
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid != root && int(owner.Uid) != f.Owner {
		return request.Errorf("policy_owner", "%s does not belong to root, so anybody may have written it: an administrator has to look at it, and then: chown root %s", path, path)
	}
	sticky := info.IsDir() && info.Mode()&fs.ModeSticky != 0
	if info.Mode()&fs.ModeSymlink == 0 && !sticky && info.Mode().Perm()&0o022 != 0 {
		return request.Errorf("policy_writable", "others than root can write to %s: an administrator has to look at it, and then: chmod go-w %s", path, path)
	}
	return nil
}
