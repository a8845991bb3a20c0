package files

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// shares are the network file systems by their magic numbers (statfs(2)).
var shares = map[uint32]string{
	0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB", 0x564c: "NCP",
	0x5346414f: "AFS", 0x6b414653: "AFS", 0x73757245: "Coda", 0x01021997: "9P", 0x00c36400: "Ceph",
}

// DiskOf returns what is known about the disk of an existing folder, which is nothing if the system cannot be asked.
func DiskOf(path string) Disk {
	var s syscall.Statfs_t
	if syscall.Statfs(path, &s) != nil {
		return Disk{}
	}
	d := Disk{Known: true, Free: s.Bavail * uint64(s.Bsize), Network: shares[uint32(s.Type)]} // #nosec G115 -- the size of a block is positive, and the kind of file system is a bit pattern of 32 bits
	if uint32(s.Type) == fuse {                                                               // #nosec G115 -- a bit pattern of 32 bits
		d.Network = remoteOf(path)
	}
	return d
}

// fuse is the magic number of all file systems that a program provides. The mount table says which one it is.
const fuse = 0x65735546

// remoteFUSE are the names of FUSE file systems whose files are on another computer.
var remoteFUSE = []string{"sshfs", "rclone", "davfs", "curlftpfs", "s3fs", "glusterfs", "ceph", "gvfsd-fuse", "smbnetfs", "goofys", "gcsfuse"}

// maxMounts is how many bytes of the mount table are read.
const maxMounts = 1 << 20

// remoteOf returns the name of the FUSE file system that a path is on if it is one of remoteFUSE. It returns "" for any other,
// or if that cannot be found out.
func remoteOf(path string) string {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	mounts, err := io.ReadAll(io.LimitReader(f, maxMounts))
	if err != nil {
		return ""
	}
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	return remoteMount(mounts, path)
}

// remoteMount returns the name of the FUSE file system that a path is on if it is one of remoteFUSE, and "" if not. mounts is
// the content of the mount table (/proc/self/mountinfo, proc(5)).
func remoteMount(mounts []byte, path string) string {
	kind, longest := "", 0
	lines := bufio.NewScanner(bytes.NewReader(mounts))
	for lines.Scan() {
		mount, source, found := strings.Cut(lines.Text(), " - ")
		fields, types := strings.Fields(mount), strings.Fields(source)
		if !found || len(fields) < 5 || len(types) == 0 {
			continue
		}
		point := unescapeMount(fields[4])
		inside := path == point || strings.HasPrefix(path, strings.TrimSuffix(point, "/")+"/")
		if inside && len(point) >= longest { // of two at one point, the later one covers the other
			kind, longest = types[0], len(point)
		}
	}
	name := strings.TrimPrefix(kind, "fuse.")
	if slices.Contains(remoteFUSE, name) {
		return name
	}
	return ""
}

// unescapeMount decodes a path of the mount table: blanks, tabs, line ends and backslashes are written as three octal digits.
func unescapeMount(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
