package office_test

import (
	"archive/zip"
	"crypto/ed25519"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/core/i18n"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/workspace"
)

// witnessed returns the number of the last entry that a desk has signed.
func (f *fixture) witnessed(w *workspace.Workspace) int {
	f.t.Helper()
	desks, err := w.Office.Desks(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	for _, d := range desks {
		if d.Name == w.Office.Membership().Desk {
			return d.Witnessed
		}
	}
	return 0
}

// A program that does not follow the office, such as a command, signs at its end.
func TestADeskThatDoesNotFollowSignsOff(t *testing.T) {
	f := newFixture(t)
	front, floor := f.join(f.clara, "front"), f.join(f.max, "first floor")
	signOff := func(w *workspace.Workspace, want int) {
		t.Helper()
		if err := w.Office.SignOff(t.Context(), w.Ledger); err != nil {
			t.Error(err)
		}
		if got := f.witnessed(w); got != want {
			t.Errorf("entry %d is signed, and not %d", got, want)
		}
	}
	catchUp := func(w *workspace.Workspace) {
		t.Helper()
		if err := w.Office.CatchUp(t.Context(), w.Ledger); err != nil {
			t.Fatal(err)
		}
	}
	signOff(front, 0) // it has not read anything
	catchUp(front)
	signOff(front, 2)
	f.add(front, "r-1")
	signOff(front, 2) // it has done so just now
	earlier := "UPDATE countersign.witnesses SET at = at - interval '2 minutes'"
	cluster.MustExec(t, f.owner, f.owner, earlier)
	signOff(front, 3)
	cluster.MustExec(t, f.owner, f.owner, earlier)
	signOff(front, 3) // there is nothing new
	catchUp(floor)
	signOff(floor, 3)

	ada := f.join(f.ada, "unused")
	catchUp(ada)
	signOff(ada, 0)
	if err := cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := front.Office.CatchUp(t.Context(), front.Ledger); err == nil {
		t.Error("the server answers")
	}
	if err := front.Office.SignOff(t.Context(), front.Ledger); err != nil {
		t.Errorf("it asks a server that is out of reach: %v", err)
	}
	if err := cluster.Restart(); err != nil {
		t.Fatal(err)
	}
}

// packed returns what the register in the evidence pack of a request says of witnesses, and the names of the other files.
func (f *fixture) packed(w *workspace.Workspace, id request.ID) (witnesses, names string) {
	f.t.Helper()
	path := filepath.Join(f.t.TempDir(), "pack.zip")
	if err := w.SaveEvidence(f.t.Context(), id, path, false, i18n.English); err != nil {
		f.t.Fatal(err)
	}
	pack, err := zip.OpenReader(path)
	if err != nil {
		f.t.Fatal(err)
	}
	defer pack.Close()
	for _, file := range pack.File {
		names += file.Name + "\n"
		if !strings.HasSuffix(file.Name, "register.txt") {
			continue
		}
		r, err := file.Open()
		if err != nil {
			f.t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			f.t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); fields[0] == "witness" {
				witnesses += fields[1] + " " + strings.Join(fields[6:], " ") + "\n"
			}
		}
	}
	return witnesses, names
}

func TestAPackHasTheSignaturesOfDesksBeforeAnyAudit(t *testing.T) {
	const both = "6 first floor\n6 front\n"
	for name, c := range map[string]struct {
		change []string
		want   string
	}{
		"as they are":          {nil, both},
		"one is forged":        {[]string{"UPDATE countersign.witnesses SET signature = decode(repeat('00', 64), 'hex') WHERE desk = 'front'"}, "6 first floor\n"},
		"a key is another":     {nil, "6 first floor\n"},
		"a desk is a stranger": {[]string{"UPDATE countersign.desks SET number = 3 WHERE desk = 'front'"}, "6 first floor\n"},
	} {
		t.Run(name, func(t *testing.T) {
			f, front, floor := newWitnessed(t)
			change := c.change
			if name == "a key is another" {
				change = f.forge(floor)
			}
			cluster.MustExec(t, f.owner, f.owner, change...)
			witnesses, names := f.packed(floor, "r-4")
			if witnesses != c.want {
				t.Errorf("it has %q", witnesses)
			}
			if has := strings.Contains(names, "desk-"+register.Fingerprint(mustKey(t, front.Home))+".pem"); has != (c.want == both) {
				t.Errorf("its files are\n%s", names)
			}
			f.restore()
			if got := f.audit(floor); got.Fault != nil {
				t.Errorf("the next audit: %+v", got.Fault)
			}
		})
	}
}

// forge returns statements by which the owner of the database makes a key for the desk front and signs with it.
func (f *fixture) forge(w *workspace.Workspace) []string {
	f.t.Helper()
	head, err := w.Ledger.Head(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	head.At = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	forged, err := register.Sign(head, private)
	if err != nil || !forged.SignedBy(public) {
		f.t.Fatal(err)
	}
	return []string{
		fmt.Sprintf(`UPDATE countersign.desks SET key = '\x%x' WHERE desk = 'front'`, []byte(public)),
		fmt.Sprintf(`UPDATE countersign.witnesses SET signature = '\x%x', at = '2026-11-21T12:00:00Z' WHERE desk = 'front'`, forged.Signature),
	}
}

func TestAPackIsMadeWithoutTheServer(t *testing.T) {
	f, _, floor := newWitnessed(t)
	if err := cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	if witnesses, _ := f.packed(floor, "r-4"); witnesses != "" {
		t.Errorf("it has %q", witnesses)
	}
	if err := cluster.Restart(); err != nil {
		t.Fatal(err)
	}
	if witnesses, _ := f.packed(floor, "r-4"); witnesses == "" {
		t.Error("it has none once the server is back")
	}
}
