package files

import "testing"

func TestTheMountTableSaysWhatIsRemote(t *testing.T) {
	const table = `22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw
40 22 0:40 / /mnt/far rw shared:2 - fuse.sshfs user@host:/ rw
41 40 0:41 / /mnt/far/near rw - tmpfs tmpfs rw
42 22 0:42 / /mnt/with\040blank rw - fuse.rclone drive: rw
43 22 0:43 / /mnt/disk rw - fuseblk /dev/sdb1 rw
broken
`
	for path, want := range map[string]string{
		"/mnt/far": "sshfs", "/mnt/far/home": "sshfs", "/mnt/farther": "", "/mnt/far/near/home": "", "/mnt/with blank/home": "rclone", "/mnt/disk/home": "", "/home": "",
	} {
		if got := remoteMount([]byte(table), path); got != want {
			t.Errorf("%s: %q, not %q", path, got, want)
		}
	}
}
