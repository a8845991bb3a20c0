// Package office makes a home a desk of an office, whose register is a database that many desks share. It lets a home join and leave
// ([Joiner]), keeps which office that is ([Membership]), and connects the desk's ledger, which is a copy of the office's register, to the
// server ([Link]).
//
// Package team speaks to the server, and package ledger keeps the copy; neither knows the other. A home of its own pays for none of
// this.
package office

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"

	"github.com/BurntSushi/toml"

	"countersign/core/home"
	"countersign/core/request"
	"countersign/core/team"
)

const fileHead = `# This home is a desk of an office. countersignctl team join has written this file, and countersignctl team leave removes it.
# There is never a password in it.

`

// Membership is what a home knows of the office that it is a desk of: the content of office.toml.
type Membership struct {
	DSN   string    `toml:"dsn"`            // of the office's database, without a password
	ID    string    `toml:"id"`             // of the office's register
	Name  string    `toml:"name"`           // what the office calls itself
	Desk  string    `toml:"desk,omitempty"` // the name of this desk; empty for an auditor, who has none
	Login string    `toml:"login"`          // by which the server knows the person
	Role  team.Role `toml:"role"`           // of the login when the home joined; see [Link.Role]
	// Password is set if a password was entered. It is kept with the secrets of the home.
	Password bool `toml:"password,omitempty"`
	// Rejoining is the name of the folder with what this desk had read, from when it begins to join anew until it is done; see
	// [Joiner.Rejoin].
	Rejoining string `toml:"rejoining,omitempty"`
	// Bringing is what is left to do of bringing the requests of the home along; nil when nothing is. See [Joiner.Bring].
	Bringing *Bringing `toml:"bringing,omitempty"`
}

// Read returns the membership of a home, or nil for a home of its own.
func Read(dir home.Dir) (*Membership, error) {
	text, err := home.ReadFile(dir.Office(), home.MaxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var m Membership
	meta, err := toml.Decode(string(text), &m)
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("unknown key %s", meta.Undecoded()[0])
	}
	if err == nil && (m.ID == "" || m.Login == "" || m.Desk == "" && m.Role != team.Auditor) {
		err = errors.New("the office, the desk or the login is missing")
	}
	if err == nil && m.Bringing != nil && m.Bringing.Folder == "" {
		err = errors.New("the folder of what is brought along is missing")
	}
	if err == nil {
		err = team.CheckDSN(m.DSN)
	}
	if err != nil {
		return nil, request.Errorf("office_file", "%s cannot be used: correct it, or move it away (%w)", dir.Office(), err)
	}
	return &m, nil
}

func (m Membership) write(dir home.Dir) error {
	var text bytes.Buffer
	text.WriteString(fileHead)
	encoder := toml.NewEncoder(&text)
	encoder.Indent = ""
	if err := encoder.Encode(m); err != nil {
		return fmt.Errorf("write %s: %w", dir.Office(), err)
	}
	return home.WriteFile(dir.Office(), text.Bytes())
}
