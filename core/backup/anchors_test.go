package backup

import (
	"archive/tar"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// People name the files in the trust folder, and sort them into folders. All that are read there come back.
func TestAnchorsOfAllNamesAndFoldersComeBack(t *testing.T) {
	d := newDesk(t)
	want := []string{
		"trust/Autorität (2).CRT", "trust/a/root.cer", "trust/a/b/c/d/e/f/g/h/deep.der", "trust/País/FNMT raíz.p7b", "trust/bundle.p7c",
	}
	for _, name := range want {
		d.write(name, name)
	}
	for _, name := range []string{"trust/a/notes.txt", "trust/.hidden/x.pem", "trust/a/.x.pem", "trust/1/2/3/4/5/6/7/8/9/x.pem"} {
		d.write(name, "x")
	}
	out, s := d.backup(Options{})
	if len(s.Warnings) > 0 {
		t.Errorf("warnings %q", s.Warnings)
	}
	to := filepath.Join(t.TempDir(), "to")
	s, err := Restore(t.Context(), out, to, Options{WithTrust: true, WithGateways: true})
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, "trust/Our CA.pem")
	files := filesIn(t, to)
	var got []string
	for name := range files {
		if strings.HasPrefix(name, trustDir+"/") {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || files["trust/País/FNMT raíz.p7b"] != "trust/País/FNMT raíz.p7b" {
		t.Errorf("restored %q, want %q", got, want)
	}
	if len(s.Taken) != len(want) {
		t.Errorf("taken %v", s.Taken)
	}
	s, err = Restore(t.Context(), out, filepath.Join(t.TempDir(), "to"), Options{})
	if err != nil || len(s.LeftOut) < len(want) || len(s.Taken) > 0 {
		t.Errorf("without the anchors: left out %v, taken %v, %v", s.LeftOut, s.Taken, err)
	}
}

func TestOnlyNamesOfAnchorsAreAccepted(t *testing.T) {
	for name, want := range map[string]bool{
		"trust/a.pem": true, "trust/a/b.P7B": true, "trust/É.crt": true,
		"a.pem": false, "trust": false, "trust/": false, "trust/.pem": false, "trust/a.txt": false, "trust/..pem": false,
		"trust/../a.pem": false, "trust/a/../../b.pem": false, "trust/a//b.pem": false, "trust//a.pem": false, "trust/./a.pem": false, "/trust/a.pem": false,
		`trust/a\b.pem`: false, "trust/c:a.pem": false, "trust/a\n.pem": false, "trust/a\u202e.pem": false, "trust/a\xff.pem": false, "trust/a /b.pem": false, "trust/a./b.pem": false,
		"trust/" + strings.Repeat("a/", 8) + "b.pem": true, "trust/" + strings.Repeat("a/", 9) + "b.pem": false,
		"trust/" + strings.Repeat("a", 300) + ".pem": false, "trust/" + strings.Repeat(strings.Repeat("a", 200)+"/", 6) + "b.pem": false,
	} {
		if isAnchorName(name) != want || (kindOf(name) == smallFile) != want {
			t.Errorf("%q is accepted: %t", name, !want)
		}
	}
}

func TestALinkedTrustFolderIsInTheBackup(t *testing.T) {
	d := newDesk(t)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Rename(d.dir.Trust(), elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, d.dir.Trust()); err != nil {
		t.Fatal(err)
	}
	names, _, err := anchorFiles(d.dir)
	if err != nil || !slices.Equal(names, []string{"trust/Our CA.pem"}) {
		t.Errorf("got %q, %v", names, err)
	}
}

func TestTooManyFilesWithAnchorsAreRefused(t *testing.T) {
	r := archiveReader{}
	r.summary.Files, r.anchorFiles, r.budget, r.seen = 2, maxAnchorFiles, 100, map[string]bool{}
	err := r.readEntry(&tar.Header{Typeflag: tar.TypeReg, Name: "trust/a.pem", Size: 1}, strings.NewReader("x"))
	if err == nil || !strings.Contains(err.Error(), "more certificates") {
		t.Errorf("got %v", err)
	}
}

func TestAnchorsThatStayOutAreNamed(t *testing.T) {
	d := newDesk(t)
	d.write("trust/odd: name.pem", "x")
	if _, s := d.backup(Options{}); len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "trust/odd: name.pem is not in the backup") {
		t.Errorf("warnings %q", s.Warnings)
	}
	for i := range maxAnchorFiles {
		d.write(fmt.Sprintf("trust/more/%d.pem", i), "x")
	}
	names, warnings, err := anchorFiles(d.dir)
	if err != nil || len(names) != maxAnchorFiles || len(warnings) == 0 || !strings.Contains(warnings[len(warnings)-1], "more than 2000 files") {
		t.Errorf("%d names, warnings %q, %v", len(names), warnings, err)
	}
}
