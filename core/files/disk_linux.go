package files

import "syscall"

// shares are the network file systems by their magic numbers (statfs(2)). Whether a FUSE file system
// is one is not known.
var shares = map[uint32]string{
	0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB", 0x564c: "NCP",
	0x5346414f: "AFS", 0x73757245: "Coda", 0x01021997: "9P", 0x00c36400: "Ceph",
}

// DiskOf returns what is known about the disk of an existing folder.
func DiskOf(path string) Disk {
	var s syscall.Statfs_t
	if syscall.Statfs(path, &s) != nil {
		return Disk{}
	}
	return Disk{Known: true, Free: s.Bavail * uint64(s.Bsize), Network: shares[uint32(s.Type)]} // #nosec G115 -- the size of a block is positive, and the kind of file system is a bit pattern of 32 bits
}
