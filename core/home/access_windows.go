package home

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// access is the access list of a home, in the form in which Windows writes them (Security Descriptor String Format). It inherits nothing from the
// folder above (P), and has all rights for the user with that SID, the system and the administrators. With the flags [passedOn], they are rights
// to whatever is made in the folder later, too.
func access(user *windows.SID, flags string) string {
	return "D:P(A;" + flags + ";FA;;;" + user.String() + ")(A;" + flags + ";FA;;;SY)(A;" + flags + ";FA;;;BA)"
}

// passedOn are the flags of entries that files and folders inherit.
const passedOn = "OICI"

// CreatePrivate creates a file for writing that only its owner can open, on Windows also the system and the administrators. It fails with [fs.ErrExist] if there
// is something at path already.
func CreatePrivate(path string) (*os.File, error) {
	attributes, err := newAttributes("")
	if err != nil {
		return nil, err
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	handle, err := windows.CreateFile(name, windows.GENERIC_WRITE, windows.FILE_SHARE_READ, attributes, windows.CREATE_NEW, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(handle), path), nil
}

// newAttributes returns what a file or folder is made with to have the access list from the beginning.
func newAttributes(flags string) (*windows.SecurityAttributes, error) {
	user, err := currentUser()
	if err != nil {
		return nil, err
	}
	list, err := windows.SecurityDescriptorFromString(access(user, flags))
	return &windows.SecurityAttributes{Length: uint32(unsafe.Sizeof(windows.SecurityAttributes{})), SecurityDescriptor: list}, err
}

// makeFolder makes the folder of a home, with its access list, if there is none.
func makeFolder(folder string) error {
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
		return err
	}
	attributes, err := newAttributes(passedOn)
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return err
	}
	if err := windows.CreateDirectory(name, attributes); err == nil {
		return nil
	}
	return os.MkdirAll(folder, 0o700) // for paths that are too long for older versions of Windows, and for disks that keep no lists
}

// makePrivate sets the access list of a home, unless it has one that is as strict. Windows passes the list on to what is in the home. If others had rights
// before, the files in it also lose the entries of their own: whoever knows the path of a file can open it, whatever the list of its folder says.
func makePrivate(folder string) error {
	user, err := currentUser()
	if err != nil {
		return err
	}
	before, err := judgePath(folder, user)
	if err != nil || before.private && before.protected {
		return err
	}
	list, err := windows.SecurityDescriptorFromString(access(user, passedOn))
	if err != nil {
		return err
	}
	entries, _, err := list.DACL()
	if err != nil {
		return err
	}
	if err := windows.SetNamedSecurityInfo(folder, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, entries, nil); err != nil {
		if before.private { // somebody lets this user write here, and nobody else read
			return nil
		}
		return &os.PathError{Op: "set the access list of", Path: folder, Err: err}
	}
	if before.private {
		return nil
	}
	return inheritAll(folder)
}

// inheritAll has everything in a folder inherit its access list from it, without entries of its own. What it cannot change stays as it is:
// [Dir.OpenToOthers] finds that.
func inheritAll(folder string) error {
	list, err := windows.SecurityDescriptorFromString("D:")
	if err != nil {
		return err
	}
	none, _, err := list.DACL()
	if err != nil {
		return err
	}
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && path != folder && !isLink(entry) {
			_ = windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.UNPROTECTED_DACL_SECURITY_INFORMATION, nil, nil, none, nil)
		}
		return nil
	})
}

// isLink reports whether an entry of a folder is a link or a junction. What it leads to is not of the home.
func isLink(entry fs.DirEntry) bool { return entry.Type()&(fs.ModeSymlink|fs.ModeIrregular) != 0 }

// IsPrivate reports whether nobody can open a file but its owner, the system and the administrators.
func IsPrivate(path string) bool {
	user, err := currentUser()
	if err != nil {
		return false
	}
	is, err := judgePath(path, user)
	return err == nil && is.private
}

// maxLooked is how many files [Dir.OpenToOthers] looks at, at most.
const maxLooked = 2000

// errLooked ends a walk early.
var errLooked = errors.New("enough was looked at")

// openToOthers does the work of [Dir.OpenToOthers].
func openToOthers(folder string) string {
	user, err := currentUser()
	if err != nil {
		return ""
	}
	found, looked := "", 0
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || isLink(entry) {
			return nil
		}
		if looked++; looked > maxLooked {
			return errLooked
		}
		if is, err := judgePath(path, user); err == nil && !is.private {
			found = path
			return errLooked
		}
		return nil
	})
	return found
}

func currentUser() (*windows.SID, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, err
	}
	return user.User.Sid, nil
}

// judgement is what an access list says.
type judgement struct {
	private   bool // nobody has rights but the user, the system and the administrators
	protected bool // it inherits nothing from the folder above
}

func judgePath(path string, user *windows.SID) (judgement, error) {
	security, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return judgement{}, &os.PathError{Op: "read the access list of", Path: path, Err: err}
	}
	return judge(security, user)
}

// judge judges the access list of a file or folder. Its owner counts, too: an owner may change the list.
func judge(security *windows.SECURITY_DESCRIPTOR, user *windows.SID) (judgement, error) {
	control, _, err := security.Control()
	if err != nil {
		return judgement{}, err
	}
	is := judgement{protected: control&windows.SE_DACL_PROTECTED != 0}
	owner, _, err := security.Owner()
	if err != nil {
		return judgement{}, err
	}
	list, _, err := security.DACL()
	if errors.Is(err, windows.ERROR_OBJECT_NOT_FOUND) || err == nil && list == nil { // everybody has all rights, as on a disk that keeps no lists
		return is, nil
	}
	if err != nil {
		return judgement{}, err
	}
	if owner != nil && !mayRead(owner, user) {
		return is, nil
	}
	for i := range uint32(list.AceCount) {
		var entry *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &entry); err != nil {
			return judgement{}, err
		}
		switch {
		case entry.Header.AceType == windows.ACCESS_DENIED_ACE_TYPE:
			continue
		case entry.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE: // of a kind that this program cannot read
			return is, nil
		case entry.Mask != 0 && !mayRead((*windows.SID)(unsafe.Pointer(&entry.SidStart)), user): // #nosec G103 -- where Windows has the SID of such an entry
			return is, nil
		}
	}
	is.private = true
	return is, nil
}

// mayRead reports whether who may read a home of the user: the user, the system, the administrators, and whoever makes or owns a file, which
// stands for one of these.
func mayRead(who, user *windows.SID) bool {
	return who.Equals(user) || who.IsWellKnown(windows.WinLocalSystemSid) || who.IsWellKnown(windows.WinBuiltinAdministratorsSid) ||
		who.IsWellKnown(windows.WinCreatorOwnerSid) || who.IsWellKnown(windows.WinCreatorOwnerRightsSid)
}
