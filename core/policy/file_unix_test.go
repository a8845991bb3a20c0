//go:build unix

package policy_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/core/policy"
)

func TestOnlyAPolicyOfAnAdministratorIsTrusted(t *testing.T) {
	folder := func(f policy.File) string { return filepath.Dir(f.Path) }
	for what, spoil := range map[string]func(f *policy.File) error{
		"everybody can write to the file":     func(f *policy.File) error { return os.Chmod(f.Path, 0o646) },
		"the group can write to the file":     func(f *policy.File) error { return os.Chmod(f.Path, 0o664) },
		"the group can write to the folder":   func(f *policy.File) error { return os.Chmod(folder(*f), 0o775) },
		"everybody can write to one above it": func(f *policy.File) error { return os.Chmod(filepath.Dir(folder(*f)), 0o757) },
		"a link from an open folder": func(f *policy.File) error {
			open := filepath.Join(t.TempDir(), "open")
			real := f.Path
			f.Path = filepath.Join(open, "policy.toml")
			return errors.Join(os.Mkdir(open, 0o700), os.Chmod(open, 0o777), os.Symlink(real, f.Path))
		},
		"a link through an open folder": func(f *policy.File) error {
			real, open := folder(*f)+".real", filepath.Join(t.TempDir(), "open")
			return errors.Join(os.Rename(folder(*f), real), os.Mkdir(open, 0o700), os.Chmod(open, 0o777),
				os.Symlink(real, filepath.Join(open, "on")), os.Symlink(filepath.Join(open, "on"), folder(*f)))
		},
		"the file belongs to somebody else": func(f *policy.File) error {
			if os.Getuid() == 0 {
				return os.Lchown(f.Path, 12345, -1)
			}
			f.Owner = 12345 // so this user is somebody else
			return nil
		},
	} {
		f := write(t, example)
		if _, err := f.Read(kinds); err != nil {
			t.Fatal(err)
		}
		must(t, spoil(&f))
		p, err := f.Read(kinds)
		if err == nil || p.Gateways.NoPractice || len(p.Gateways.Profiles) > 0 {
			t.Errorf("%s: it is trusted", what)
			continue
		}
		if !strings.Contains(err.Error(), "an administrator has to look at it") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestALinkOfAnAdministratorIsFollowed(t *testing.T) {
	f := write(t, example)
	kept := filepath.Join(t.TempDir(), "kept.toml")
	must(t, os.Rename(f.Path, kept))
	relative, err := filepath.Rel(filepath.Dir(f.Path), kept)
	must(t, err)
	for _, target := range []string{kept, relative} {
		must(t, os.Symlink(target, f.Path))
		if p, err := f.Read(kinds); err != nil || !p.Gateways.NoPractice {
			t.Errorf("a link to %s: %+v, %v", target, p, err)
		}
		must(t, os.Remove(f.Path))
	}
}

func TestNoVariableMovesThePolicy(t *testing.T) {
	before := policy.OfComputer()
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "COUNTERSIGN_HOME", "COUNTERSIGN_POLICY", "ProgramData"} {
		t.Setenv(name, t.TempDir())
	}
	if got := policy.OfComputer(); got != before || !filepath.IsAbs(got.Path) || got.Owner != 0 {
		t.Errorf("it is %+v, and was %+v", got, before)
	}
}
