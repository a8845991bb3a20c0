package filename

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"countersign/core/request"
)

func TestANameIsOneThatEverySystemTakes(t *testing.T) {
	for text, want := range map[string]string{
		"Lease": "Lease", "../../etc/passwd": "_.._etc_passwd", `C:\x:y|z*?"<>`: "C__x_y_z_____", ".hidden": "hidden", "a:b": "a_b",
		"CON": "_CON", "nul.txt": "_nul.txt", "nul.tar.gz": "_nul.tar.gz", "com1.pdf": "_com1.pdf", "LPT³": "_LPT³", "lpt¹.x": "_lpt¹.x", "Com": "Com", "COM10": "COM10", "console": "console",
		"aux .x": "_aux .x", "conin$": "_conin$", "CONOUT$.log": "_CONOUT$.log", "CON ": "_CON", "CON...": "_CON",
		"ends. . ": "ends", "ends\u00a0": "ends", "...": "document", "": "document", "a\u202eb\nc\x00d": "abcd", "\xff": "\uFFFD",
		strings.Repeat("é", 100): strings.Repeat("é", MaxName/2), "e\u0301": "é", "Ａ": "Ａ",
	} {
		if got := Of(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzOf(f *testing.F) {
	for _, seed := range []string{"", "Lease.pdf", "..", "con.con", "a/b\\c", "\x00\xff", "COM\u00b9", " . ", "e\u0301", "nul\u0301", "a:b", strings.Repeat("\u0958", 100), strings.Repeat("😀", 40)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name := Of(text)
		if name == "" || len(name) > MaxName+1 || len(utf16.Encode([]rune(name))) > MaxName+1 || !utf8.ValidString(name) || !norm.NFC.IsNormalString(name) ||
			!filepath.IsLocal(name) || filepath.Base(name) != name || strings.ContainsAny(name, forbidden+"\n\x00") ||
			strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") || isDevice(name) {
			t.Errorf("%q becomes %q", text, name)
		}
		if again := Of(name); again != name {
			t.Errorf("%q becomes %q, and that %q", text, name, again)
		}
		if err := check(name); err != nil {
			t.Errorf("%q becomes %q: %v", text, name, err)
		}
		if Key(name) != Key(norm.NFD.String(name)) || Key(name) != Key(strings.ToUpper(name)) {
			t.Errorf("%q is not one name: %q, %q, %q", name, Key(name), Key(norm.NFD.String(name)), Key(strings.ToUpper(name)))
		}
	})
}

func TestNamesThatAreOneSomewhereHaveOneKey(t *testing.T) {
	for _, pair := range [][2]string{{"Lease.pdf", "LEASE.PDF"}, {"é.pdf", "e\u0301.pdf"}, {"É", "e\u0301"}, {"ſ", "s"}, {"σ", "ς"}, {"straße", "STRASSE"}, {"K", "k"}} {
		if Key(pair[0]) != Key(pair[1]) {
			t.Errorf("%q and %q: %q, %q", pair[0], pair[1], Key(pair[0]), Key(pair[1]))
		}
	}
	if Key("a") == Key("á") || Key("a (2)") == Key("a (3)") {
		t.Error("different names have one key")
	}
}

func TestWindowsTakesAPathForWhatItSays(t *testing.T) {
	for path, code := range map[string]string{
		`C:\Users\Ana\Lease.pdf`: "", `\\server\share\Lease.pdf`: "", `C:relative.pdf`: "", `..\Lease.pdf`: "", `C:/Users/x`: "", `\\?\C:\con`: "", `C:\.hidden\x`: "", "console.pdf": "",
		`C:\Users\nul.pdf`: "name_device", `C:\con\Lease.pdf`: "name_device", "COM¹.zip": "name_device", `C:\a:b`: "name_characters", `C:\x\a.pdf:stream`: "name_characters", `C:\what?.pdf`: "name_characters",
		`C:\desk. \x`: "name_end", `C:\Lease.pdf.`: "name_end", "C:\\a\x01b": "name_characters",
	} {
		err := check(path)
		if (err == nil) != (code == "") || err != nil && request.SentenceOf(err).Cause.Code != code {
			t.Errorf("%s: %v", path, err)
		}
	}
}
