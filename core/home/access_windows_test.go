package home

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

// underWine reports whether this is Wine, which keeps no access lists. It makes them of the modes of Unix, passes none on to what is made in a folder, and
// adds to a list that is set what the folder above has.
func underWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

// The access lists are in the form in which Windows writes them (SDDL): BA are the administrators, SY is the system, BU are the users, WD is everybody,
// CO is whoever makes a file, and OW is its owner. %s is the user.
func TestWhichAccessListsArePrivate(t *testing.T) {
	user, err := currentUser()
	if err != nil {
		t.Fatal(err)
	}
	me := user.String()
	for _, c := range []struct {
		what, access string
		want         judgement
	}{
		{"that of a home", "O:" + me + access(user, passedOn), judgement{private: true, protected: true}},
		{"as it is in the folder of a user", "O:" + me + "D:(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;FA;;;" + me + ")", judgement{private: true}},
		{"as on a second disk", "O:" + me + "D:(A;OICIID;FA;;;BA)(A;OICIID;0x1301bf;;;AU)(A;OICIID;FRFX;;;BU)", judgement{}},
		{"of an owner alone", "O:" + me + "D:P(A;;FA;;;OW)", judgement{private: true, protected: true}},
		{"others may read", "O:" + me + "D:P(A;;FA;;;" + me + ")(A;;FR;;;BU)", judgement{protected: true}},
		{"others may look into the folder", "O:" + me + "D:P(A;;FA;;;" + me + ")(A;;0x1;;;WD)", judgement{protected: true}},
		{"others may read what is made in it", "O:" + me + "D:P(A;;FA;;;" + me + ")(A;OICIIO;FR;;;BU)", judgement{protected: true}},
		{"others must not read", "O:" + me + "D:P(D;;FA;;;BU)(A;;FA;;;" + me + ")", judgement{private: true, protected: true}},
		{"of somebody else", "O:S-1-5-21-1-2-3-1001D:P(A;;FA;;;" + me + ")", judgement{protected: true}},
		{"made by an administrator", "O:BAD:P(A;;FA;;;" + me + ")(A;OICIIO;FA;;;CO)", judgement{private: true, protected: true}},
	} {
		d, err := windows.SecurityDescriptorFromString(c.access)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if got, err := judge(d, user); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", c.what, got, err)
		}
	}
}

// What files and folders are made with gives all rights to the user, the system and the administrators. A folder of a home passes them on to what is
// made in it, and neither takes any from above. They have no owner, so Windows sets whom it always does.
func TestTheAccessListsThatFilesAndFoldersAreMadeWith(t *testing.T) {
	const allRights = 0x1f01ff // FILE_ALL_ACCESS
	for flags, inherited := range map[string]uint8{passedOn: windows.OBJECT_INHERIT_ACE | windows.CONTAINER_INHERIT_ACE, "": 0} {
		made, err := newAttributes(flags)
		if err != nil {
			t.Fatal(err)
		}
		control, _, err := made.SecurityDescriptor.Control()
		if err != nil || control&windows.SE_DACL_PROTECTED == 0 {
			t.Errorf("%q: it is not protected from the folder above: %#x, %v", flags, control, err)
		}
		if owner, _, err := made.SecurityDescriptor.Owner(); owner != nil && err == nil {
			t.Errorf("%q: it has the owner %s", flags, owner)
		}
		list, _, err := made.SecurityDescriptor.DACL()
		if err != nil {
			t.Fatal(err)
		}
		who := []*windows.SID{must(currentUser()), must(windows.CreateWellKnownSid(windows.WinLocalSystemSid)), must(windows.CreateWellKnownSid(windows.WinBuiltinAdministratorsSid))}
		if int(list.AceCount) != len(who) {
			t.Fatalf("%q: %d entries", flags, list.AceCount)
		}
		for i, sid := range who {
			var entry *windows.ACCESS_ALLOWED_ACE
			if err := windows.GetAce(list, uint32(i), &entry); err != nil {
				t.Fatal(err)
			}
			got := (*windows.SID)(unsafe.Pointer(&entry.SidStart))
			if entry.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE || entry.Header.AceFlags != inherited || entry.Mask != allRights || !got.Equals(sid) {
				t.Errorf("%q: entry %d: %+v for %s, want %s", flags, i, entry.Header, got, sid)
			}
		}
	}
}

// Without an access list, everybody has all rights.
func TestAHomeWithoutAnAccessListIsNotPrivate(t *testing.T) {
	d, err := windows.NewSecurityDescriptor()
	if err != nil {
		t.Fatal(err)
	}
	user := must(currentUser())
	if err := errors.Join(d.SetOwner(user, false), d.SetDACL(nil, true, false)); err != nil {
		t.Fatal(err)
	}
	if is, err := judge(d, user); err != nil || is.private {
		t.Errorf("%+v, %v", is, err)
	}
}

// namesOf returns whom the access list of a path gives rights.
func namesOf(t *testing.T, path string) (who []string) {
	t.Helper()
	security, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := security.DACL()
	if err != nil || list == nil {
		t.Fatal(list, err)
	}
	for i := range uint32(list.AceCount) {
		var entry *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &entry); err != nil {
			t.Fatal(err)
		}
		who = append(who, (*windows.SID)(unsafe.Pointer(&entry.SidStart)).String())
	}
	return who
}

func TestAHomeAndWhatIsMadeInItAreForTheUserAlone(t *testing.T) {
	if underWine() {
		t.Skip("Wine keeps no access lists")
	}
	for what, before := range map[string]bool{"a new home": false, "a home that others could read": true} {
		root, err := os.MkdirTemp("", "home")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(root, "deep", "home")
		old := filepath.Join(path, "documents", "old.pdf")
		if before {
			if err := errors.Join(os.MkdirAll(filepath.Dir(old), 0o777), os.WriteFile(old, []byte("old"), 0o666)); err != nil {
				t.Fatal(err)
			}
			share(t, path, old)
			if others := (Dir{path}).OpenToOthers(); others != path {
				t.Errorf("%s: what others can open is %q", what, others)
			}
		}
		d, err := Open(path)
		if err != nil {
			t.Fatal(what, err)
		}
		if err := WriteFile(filepath.Join(path, "later"), []byte("later")); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{path, filepath.Join(path, "later"), old} {
			if _, err := os.Stat(file); err != nil {
				continue
			}
			if is, err := judgePath(file, must(currentUser())); err != nil || !is.private || is.protected != (file == path) {
				t.Errorf("%s: %s: %+v, %v: %v", what, file, is, err, namesOf(t, file))
			}
		}
		if others := d.OpenToOthers(); others != "" {
			t.Errorf("%s: others can open %s: %v", what, others, namesOf(t, others))
		}
	}
}

// There is no moment at which others can open a new home.
func TestAFolderIsMadeWithItsAccessList(t *testing.T) {
	root, err := os.MkdirTemp("", "home")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "deep", "home")
	if err := makeFolder(path); err != nil {
		t.Fatal(err)
	}
	if is, err := judgePath(path, must(currentUser())); err != nil || !is.private || !is.protected && !underWine() {
		t.Errorf("%+v, %v: %v", is, err, namesOf(t, path))
	}
	if err := makeFolder(path); err != nil {
		t.Errorf("the second time: %v", err)
	}
	key := filepath.Join(root, "key")
	f, err := CreatePrivate(key)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("key")
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if is, err := judgePath(key, must(currentUser())); err != nil || !is.private || !is.protected && !underWine() {
		t.Errorf("a file: %+v, %v: %v", is, err, namesOf(t, key))
	}
	if _, err := CreatePrivate(key); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file that is there already: %v", err)
	}
}

func must(user *windows.SID, err error) *windows.SID {
	if err != nil {
		panic(err)
	}
	return user
}

// share lets everybody read the files.
func share(t *testing.T, paths ...string) {
	t.Helper()
	d, err := windows.SecurityDescriptorFromString("D:(A;;FA;;;" + must(currentUser()).String() + ")(A;;FR;;;WD)")
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := d.DACL()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if err := windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION, nil, nil, list, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFileOfAHomeThatOthersCanOpenIsFound(t *testing.T) {
	root, err := os.MkdirTemp("", "home")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(filepath.Join(root, "home"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(d.Path(), "moved-here.pdf")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	share(t, file)
	if underWine() {
		t.Skip("what was made in the home has no list of its own")
	}
	if got := d.OpenToOthers(); got != file {
		t.Errorf("got %q", got)
	}
}
