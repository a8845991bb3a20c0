package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

// The access lists are in the form in which Windows writes them (SDDL): BA are the administrators, SY is the system, BU are the users, WD is
// everybody and CO is whoever makes a file.
func TestOnlyAdministratorsMayChangeAPolicy(t *testing.T) {
	const others, owner = "others than administrators can change", "does not belong to the administrators"
	for _, c := range []struct {
		what, access string
		rights       windows.ACCESS_MASK
		says         string
	}{
		{"a file that users read", "O:BAD:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;FRFX;;;BU)", changesFile, ""},
		{"a file of the system", "O:SYD:P(A;;FA;;;SY)(A;;FR;;;WD)", changesFile, ""},
		{"a file that users write", "O:BAD:P(A;;FA;;;BA)(A;;FRFW;;;BU)", changesFile, others},
		{"a file that users delete", "O:BAD:P(A;;FA;;;BA)(A;;SD;;;BU)", changesFile, others},
		{"a file whose list users change", "O:BAD:P(A;;FA;;;BA)(A;;WD;;;BU)", changesFile, others},
		{"a file that everybody may use", "O:BAD:P(A;;GA;;;WD)", changesFile, others},
		{"a file that users must not write", "O:BAD:P(D;;FW;;;BU)(A;;FA;;;BA)(A;;FR;;;BU)", changesFile, ""},
		{"a file of a user", "O:S-1-5-21-1-2-3-1001D:P(A;;FA;;;BA)", changesFile, owner},
		{"a folder as it inherits from ProgramData", "O:BAD:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;FRFX;;;BU)(A;;0x6;;;BU)(A;OICIIO;GA;;;CO)", changesFolder, ""},
		{"a folder from which users delete", "O:BAD:P(A;;FA;;;BA)(A;;0x40;;;BU)", changesFolder, others},
	} {
		d, err := windows.SecurityDescriptorFromString(c.access)
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if err := judge("policy.toml", d, c.rights); c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

// Without an access list, everybody has all rights.
func TestAPolicyWithoutAnAccessListIsNotTrusted(t *testing.T) {
	administrators, err := windows.CreateWellKnownSid(windows.WinBuiltinAdministratorsSid)
	if err != nil {
		t.Fatal(err)
	}
	d, err := windows.NewSecurityDescriptor()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.SetOwner(administrators, false); err != nil {
		t.Fatal(err)
	}
	if err := d.SetDACL(nil, true, false); err != nil {
		t.Fatal(err)
	}
	if err := judge("policy.toml", d, changesFile); err == nil {
		t.Error("it is trusted")
	}
}

func TestAFileOfAUserIsNoPolicy(t *testing.T) {
	folder, err := os.MkdirTemp("", "policy")
	if err != nil {
		t.Fatal(err)
	}
	f := File{Path: filepath.Join(folder, "policy.toml")}
	if err := os.WriteFile(f.Path, []byte("version = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(nil); err == nil {
		t.Error("it is trusted")
	} else {
		t.Log(err)
	}
	if _, err := (File{Path: filepath.Join(folder, "none.toml")}).Read(nil); err != nil {
		t.Error(err)
	}
}

func TestNoVariableMovesThePolicy(t *testing.T) {
	before := OfComputer().Path
	t.Setenv("ProgramData", `C:\elsewhere`)
	if got := OfComputer().Path; got != before || !strings.HasSuffix(strings.ToLower(got), `\programdata\countersign\policy.toml`) {
		t.Errorf("it is %s, and was %s", got, before)
	}
}
