package home

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAHomeInTheRoamingProfileIsFoundUntilItIsMoved(t *testing.T) {
	root, err := os.MkdirTemp("", "profile")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(Env, "")
	t.Setenv("AppData", filepath.Join(root, "Roaming"))
	t.Setenv("LocalAppData", filepath.Join(root, "Local"))
	if f, found := FindFormer(); found {
		t.Errorf("one was found where there is none: %+v", f)
	}
	d, err := Open(filepath.Join(root, "Roaming", "Countersign"))
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(d.Gateways(), nil); err != nil {
		t.Fatal(err)
	}
	f, found := FindFormer()
	if want := filepath.Join(root, "Local", "Countersign"); !found || f.From != d.Path() || f.To != want {
		t.Fatalf("found: %v, %+v", found, f)
	}
	if err := f.Move(t.Context()); err != nil {
		if _, left := errors.AsType[LeftError](err); !left {
			t.Fatal(err)
		}
	}
	if (Dir{f.To}).IsNew() {
		t.Error("it is not at its new place")
	}
	if f, found := FindFormer(); found {
		t.Errorf("it is found still: %+v", f)
	}
}
