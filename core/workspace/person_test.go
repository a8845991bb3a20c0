package workspace

import (
	"errors"
	"os/user"
	"testing"

	"countersign/core/settings"
)

func TestAPersonHasTheNameThatTheSystemKnows(t *testing.T) {
	system := func(u *user.User) func() (*user.User, error) { return func() (*user.User, error) { return u, nil } }
	for name, test := range map[string]struct {
		account string
		user    func() (*user.User, error)
		want    string
	}{
		"a full name":                        {"mara", system(&user.User{Username: "mara", Name: "Mara Vidal"}), "Mara Vidal"},
		"no full name":                       {"mara", system(&user.User{Username: "mara", Name: " "}), "mara"},
		"the account with its domain":        {"mara", system(&user.User{Username: `TOWN\mara`, Name: `TOWN\mara`}), "mara"},
		"a name that is no line":             {"mara", system(&user.User{Username: "mara", Name: "Mara\nVidal"}), "mara"},
		"another account than the program's": {"jordi", system(&user.User{Username: "mara", Name: "Mara Vidal"}), "jordi"},
		"a system that knows nobody":         {"mara", func() (*user.User, error) { return nil, errors.New("unknown") }, "mara"},
	} {
		if got := personOf(test.account, test.user); got != (settings.Person{Account: test.account, Name: test.want}) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
