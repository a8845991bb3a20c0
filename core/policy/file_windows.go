package policy

import (
	"io/fs"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"

	"countersign/core/request"
)

// OfComputer returns the file with the policy of this computer. The folder is asked of Windows: a user could avoid the policy by changing the
// variable ProgramData.
func OfComputer() File {
	folder, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, 0)
	if err != nil {
		folder = `C:\ProgramData` // where it is unless an administrator has moved it
	}
	return File{Path: filepath.Join(folder, "Countersign", "policy.toml")}
}

// Rights with which a file, or an entry of a folder, is changed. Others may add files to the folder: they cannot replace this one.
const (
	changesFile   = windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA | windows.DELETE | windows.WRITE_DAC | windows.WRITE_OWNER | windows.GENERIC_WRITE | windows.GENERIC_ALL
	changesFolder = fileDeleteChild | windows.DELETE | windows.WRITE_DAC | windows.WRITE_OWNER | windows.GENERIC_ALL

	fileDeleteChild = 0x40 // FILE_DELETE_CHILD of winnt.h
)

// checkTrusted returns an error unless the file and its folder belong to the administrators or to the system, and the access lists of both let nobody
// else change the file. ProgramData itself, where users may make folders, lets nobody replace those of others.
func (f File) checkTrusted() error {
	for path, rights := range map[string]windows.ACCESS_MASK{f.Path: changesFile, filepath.Dir(f.Path): changesFolder} {
		info, err := os.Lstat(path)
		if err != nil {
			return unreadable(err)
		}
		if info.Mode()&(fs.ModeSymlink|fs.ModeIrregular) != 0 {
			return request.Errorf("policy_link", "%s is a link: put the policy there itself", path)
		}
		if err := checkAccess(path, rights); err != nil {
			return err
		}
	}
	return nil
}

func checkAccess(path string, rights windows.ACCESS_MASK) error {
	security, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return unreadable(err)
	}
	return judge(path, security, rights)
}

// judge returns an error unless a file or folder belongs to an administrator, and its access list gives nobody else one of these rights.
func judge(path string, security *windows.SECURITY_DESCRIPTOR, rights windows.ACCESS_MASK) error {
	owner, _, err := security.Owner()
	if err != nil {
		return unreadable(err)
	}
	if !isAdministrator(owner) {
		return request.Errorf("policy_owner_windows", "%s does not belong to the administrators, so anybody may have written it: an administrator has to look at it, and then: icacls %s /setowner *S-1-5-32-544", path, path)
	}
	list, _, err := security.DACL()
	if err != nil {
		return unreadable(err)
	}
	writable := request.Errorf("policy_writable_windows", "others than administrators can change %s: an administrator has to look at it, and then: icacls %s /reset", path, path)
	if list == nil { // everybody has all rights
		return writable
	}
	for i := range uint32(list.AceCount) {
		var entry *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &entry); err != nil {
			return unreadable(err)
		}
		if entry.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0 || entry.Header.AceType == windows.ACCESS_DENIED_ACE_TYPE {
			continue
		}
		if entry.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE {
			return writable // an entry of a kind that this program cannot read
		}
		who := (*windows.SID)(unsafe.Pointer(&entry.SidStart)) // #nosec G103 -- where Windows has the SID of such an entry
		if entry.Mask&rights != 0 && !isAdministrator(who) {
			return writable
		}
	}
	return nil
}

// isAdministrator reports whether who are the administrators, the system, or its installer.
func isAdministrator(who *windows.SID) bool {
	return who.IsWellKnown(windows.WinBuiltinAdministratorsSid) || who.IsWellKnown(windows.WinLocalSystemSid) || who.String() == trustedInstaller
}

// trustedInstaller is the service NT SERVICE\TrustedInstaller, to which files of Windows belong.
const trustedInstaller = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
