package policy

import (
	"errors"
	"io/fs"
	"os"

	"countersign/core/gateway"
	"countersign/core/request"
)

// File is where the policy of a computer is, and whom it must belong to. [OfComputer] returns the one that programs use; tests make
// others.
type File struct {
	Path  string
	Owner int // besides root, the number of the user whom the file and its folders may belong to; not used on Windows
}

// Read reads the policy. It returns the zero value if there is no file. Its error says why the policy cannot be used: it cannot be
// read, somebody else than an administrator may have written it, or there are mistakes in it.
func (f File) Read(kinds []gateway.Kind) (Policy, error) {
	p, err := f.read(kinds)
	if err != nil {
		return Policy{}, request.Errorf("policy_unusable", "the policy of this computer cannot be used, so nothing is started: %w", err)
	}
	return p, nil
}

func (f File) read(kinds []gateway.Kind) (Policy, error) {
	// A link that leads nowhere is no missing policy.
	if _, err := os.Lstat(f.Path); errors.Is(err, fs.ErrNotExist) {
		return Policy{}, nil
	} else if err != nil {
		return Policy{}, unreadable(err)
	}
	if err := f.checkTrusted(); err != nil {
		return Policy{}, err
	}
	text, err := gateway.ReadConfig(f.Path)
	if err != nil {
		return Policy{}, unreadable(err)
	}
	p, mistakes := Parse(text, kinds)
	if len(mistakes) > 0 {
		return Policy{}, request.Errorf("policy_mistakes", "%s: %w: countersignctl policy check %s lists all mistakes", f.Path, mistakes[0], f.Path)
	}
	p.Path = f.Path
	return p, nil
}

func unreadable(err error) error {
	return request.Errorf("policy_unreadable", "it cannot be read: %w: all users have to be able to read it", err)
}
