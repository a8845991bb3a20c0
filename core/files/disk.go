package files

// Disk is what the system knows about the disk that a folder is on. The zero value knows nothing.
type Disk struct {
	Known   bool   // whether Free is known
	Free    uint64 // bytes that this user may still write
	Network string // the kind of network share that it is, such as "NFS"; empty when it is none or not known
}
