package sealing

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

func TestAKeyFileThatOthersCanOpenIsNotUsed(t *testing.T) {
	dir, err := os.MkdirTemp("", "key")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "key")
	if err := writeNew(path, []byte("no key")); err != nil {
		t.Fatal(err)
	}
	if _, err := readKeyFile(path); err == nil || !strings.Contains(err.Error(), "is not a file with one key") {
		t.Errorf("a private file: %v", err)
	}
	d, err := windows.SecurityDescriptorFromString("D:(A;;FA;;;BA)(A;;FR;;;WD)")
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := d.DACL()
	if err != nil {
		t.Fatal(err)
	}
	if err := windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION, nil, nil, list, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := readKeyFile(path); err == nil || !strings.Contains(err.Error(), "icacls") {
		t.Errorf("a file for everybody: %v", err)
	}
}
