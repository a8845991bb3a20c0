package register

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The exit codes of check.sh.
const (
	holds      = 0
	broken     = 1
	notChecked = 2
	partly     = 3
)

// installedShells returns the shells that check.sh is tested with, as far as they are installed. Without a tool that check.sh needs, it skips the test.
func installedShells(t testing.TB) [][]string {
	t.Helper()
	for _, tool := range []string{"sh", "openssl", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("install %s (Debian: openssl, coreutils) to run the check of a register", tool)
		}
	}
	shells := slices.DeleteFunc([][]string{{"dash"}, {"bash"}, {"busybox", "sh"}}, func(shell []string) bool {
		_, err := exec.LookPath(shell[0])
		return err != nil
	})
	if len(shells) == 0 {
		return [][]string{{"sh"}}
	}
	return shells
}

// checkRun is a folder with check.sh, a register and a key, and how the script is called there.
type checkRun struct {
	dir   string
	args  []string // register.txt and register.pub unless they are set
	stdin []byte
	env   []string
}

// newCheckRun writes a register and the public part of a key into a new folder.
func newCheckRun(t testing.TB, register string, key ed25519.PrivateKey) checkRun {
	t.Helper()
	run := checkRun{dir: t.TempDir(), args: []string{"register.txt", "register.pub"}}
	run.write(t, "check.sh", CheckScript)
	run.write(t, "register.txt", register)
	run.write(t, "register.pub", publicPEM(t, key))
	return run
}

func (r checkRun) write(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// in runs the script in a shell and returns its exit code and what it prints. It fails the test when the script leaves a
// file behind, as a command in a register would.
func (r checkRun) in(t testing.TB, shell []string) (code int, output string) {
	t.Helper()
	temporary := filepath.Join(r.dir, "temporary files")
	if err := os.MkdirAll(temporary, 0o700); err != nil {
		t.Fatal(err)
	}
	before := r.files(t)
	args := append(append(slices.Clone(shell[1:]), "check.sh"), r.args...)
	command := exec.CommandContext(t.Context(), shell[0], args...)
	command.Dir, command.Stdin = r.dir, bytes.NewReader(r.stdin)
	command.Env = append(append(os.Environ(), "TMPDIR="+temporary), r.env...)
	out, err := command.CombinedOutput()
	if exited, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exited.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if after := r.files(t); !slices.Equal(before, after) {
		t.Errorf("%s: files are %q, and were %q before", shell, after, before)
	}
	return code, string(out)
}

func (r checkRun) files(t testing.TB) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*", "*/*"} {
		found, err := filepath.Glob(filepath.Join(r.dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	return names
}

// mustGive runs the script in every shell and fails the test unless its exit code is code and its output contains says.
func (r checkRun) mustGive(t *testing.T, code int, says string) {
	t.Helper()
	for _, shell := range installedShells(t) {
		if got, output := r.in(t, shell); got != code || !strings.Contains(output, says) {
			t.Errorf("%s: exit code %d, want %d and %q:\n%s", shell, got, code, says, output)
		}
	}
}

const testRegister = "0123456789abcdef"

// part is a range of consecutive entries in a test register.
type part struct {
	first, last int
	hashes      []int // the entries without their events
	signed      []int // the entries with a signature
}

// text returns a register of some parts. Its events are always the same.
func text(t testing.TB, parts ...part) string {
	t.Helper()
	links := testLinks()
	var b bytes.Buffer
	var c Hasher
	for _, p := range parts {
		err := WriteHeader(&b, testRegister, p.first-1, links[p.first-1])
		for n := p.first; n <= p.last && err == nil; n++ {
			if slices.Contains(p.hashes, n) {
				err = WriteEntryHash(&b, n, links[n], c.Entry("0190-r", n, testEvent(n)))
			} else {
				err = WriteEntry(&b, n, links[n], "0190-r", n, testEvent(n))
			}
			if slices.Contains(p.signed, n) && err == nil {
				var s Checkpoint
				if s, err = Sign(testHead(n), key); err == nil {
					err = WriteCheckpoint(&b, s)
				}
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// testEvent returns the event of entry n. It has text that a shell must not touch, and all bytes of UTF-8.
func testEvent(n int) []byte {
	if n != 1 {
		return fmt.Appendf(nil, `{"seq":%d,  "x":"  "}`, n)
	}
	letters := []byte{}
	for r := '\u0080'; r < '\u0800'; r++ {
		letters = append(letters, string(r)...)
	}
	return fmt.Appendf(nil, `{"seq":1,"title":"a \\ \"b\" 'c' $d %%s \c * %c$(touch run)%c È 😀 %s"}`, '`', '`', letters)
}

// testLinks returns the link before the first entry of a test register, and those of eight entries.
func testLinks() []Hash {
	var c Hasher
	links := make([]Hash, 9)
	for n := 1; n < len(links); n++ {
		links[n] = c.Link(links[n-1], c.Entry("0190-r", n, testEvent(n)))
	}
	return links
}

func testHead(n int) Head {
	return Head{Register: testRegister, Count: n, Link: testLinks()[n], At: at.Add(time.Duration(n) * time.Minute)}
}

// whole is a register of four entries with two signatures.
func whole(t testing.TB) string { return text(t, part{first: 1, last: 4, signed: []int{1, 4}}) }

// testSeal returns a seal of a test register at entry n.
func testSeal(n int) Seal {
	head := testHead(n)
	return Seal{At: head.At, Count: n, Link: head.Link, Register: testRegister, Key: Fingerprint(key.Public().(ed25519.PublicKey))}
}

// replaced returns a text in which from was replaced once. It fails the test if from is not there.
func replaced(t testing.TB, text, from, to string) string {
	t.Helper()
	if !strings.Contains(text, from) {
		t.Fatalf("%q is not in it", from)
	}
	return strings.Replace(text, from, to, 1)
}

func TestScriptChecksChainAndSignatures(t *testing.T) {
	t.Parallel()
	good := whole(t)
	lines := strings.SplitAfter(good, "\n")
	swapped := slices.Clone(lines)
	swapped[4], swapped[5] = swapped[5], swapped[4]
	signature := strings.Fields(lines[3])[4]
	other4 := text(t, part{first: 1, last: 4, hashes: []int{3}, signed: []int{4}})
	for name, test := range map[string]struct {
		text string
		key  ed25519.PrivateKey
		code int
		says string
	}{
		"nothing is changed":               {good, key, holds, "holds: up to entry 4"},
		"another key":                      {good, other, broken, "signature at entry 1"},
		"an event is altered":              {replaced(t, good, `{"seq":2,`, `{"seq":7,`), key, broken, "entry 2 is not what it was"},
		"a space of an event is removed":   {replaced(t, good, `{"seq":3,  "x"`, `{"seq":3, "x"`), key, broken, "entry 3"},
		"an entry's hash is altered":       {replaced(t, other4, testLinks()[3].String()+" ", strings.Repeat("0", 64)+" "), key, broken, "entry 3"},
		"an entry is removed":              {strings.Join(slices.Delete(slices.Clone(lines), 4, 5), ""), key, broken, "entry 2 is missing"},
		"entries are swapped":              {strings.Join(swapped, ""), key, broken, "entry 2 is missing"},
		"a signature is altered":           {replaced(t, good, signature, "A"+signature[1:]), key, broken, "signature at entry 1"},
		"the time of a signature":          {replaced(t, good, "2026-11-22", "2026-11-23"), key, broken, "signature at entry 1"},
		"the register is another":          {replaced(t, good, "register 0", "register 1"), key, broken, "signature at entry 1"},
		"the register is nothing":          {replaced(t, good, "register "+testRegister, "register "), key, broken, "signature at entry 1"},
		"the number of a signature":        {replaced(t, good, "signed 1 ", "signed 2 "), key, broken, "the checkpoint does not match"},
		"the link of a signature":          {replaced(t, good, "signed 1 "+testLinks()[1].String(), "signed 1 "+testLinks()[2].String()), key, broken, "the checkpoint does not match"},
		"it begins elsewhere":              {replaced(t, good, "before 0 ", "before 1 "), key, broken, "entry 2 is missing"},
		"another link before the first":    {replaced(t, good, "before 0 0", "before 0 1"), key, broken, "does not build on entry 0"},
		"a line that is none":              {good + "hello\n", key, broken, "line 9: this is not a line of a register"},
		"an empty line":                    {good + "\n", key, broken, "line 9: this is not a line of a register"},
		"an empty line first":              {"\n" + good, key, broken, "line 1: this is not a line of a register"},
		"nothing":                          {"", key, broken, "the file has no register"},
		"twice":                            {good + good, key, broken, "out of order"},
		"two registers":                    {good + replaced(t, good, "register 0", "register 1"), key, broken, "another register"},
		"a part that does not build on it": {good + "register " + testRegister + "\nbefore 4 " + testLinks()[3].String() + "\n", key, broken, "does not build on entry 4"},
	} {
		t.Run(name, func(t *testing.T) { newCheckRun(t, test.text, test.key).mustGive(t, test.code, test.says) })
	}
}

func TestScriptCountsWhatIsMissing(t *testing.T) {
	t.Parallel()
	good := whole(t)
	lines := strings.SplitAfter(good, "\n")
	upTo := func(n int) string { return strings.Join(lines[:n], "") }
	for name, test := range map[string]struct {
		text string
		code int
		says string
	}{
		"the first entry is cut off":         {text(t, part{first: 2, last: 4, signed: []int{4}}), partly, "missing: entries 1 to 1\n"},
		"the first entries are counted":      {text(t, part{first: 4, last: 4, signed: []int{4}}), partly, "3 entries are missing in 1 gaps"},
		"entries in the middle":              {text(t, part{first: 1, last: 1, signed: []int{1}}, part{first: 4, last: 4, signed: []int{4}}), partly, "missing: entries 2 to 3\n"},
		"gaps are counted":                   {text(t, part{first: 2, last: 2, signed: []int{2}}, part{first: 6, last: 7, signed: []int{7}}), partly, "4 entries are missing in 2 gaps"},
		"parts without a gap":                {text(t, part{first: 1, last: 2, signed: []int{2}}, part{first: 3, last: 4, signed: []int{4}}), holds, "0 entries are missing in 0 gaps"},
		"an event is not shown":              {text(t, part{first: 1, last: 4, hashes: []int{2}, signed: []int{4}}), partly, "1 are only hashes"},
		"no event is shown":                  {text(t, part{first: 1, last: 4, hashes: []int{1, 2, 3, 4}, signed: []int{4}}), partly, "4 are only hashes"},
		"the last signature is cut off":      {upTo(7), partly, "the last 3 are not signed"},
		"the last entry is cut off":          {upTo(6), partly, "the last 2 are not signed"},
		"the end of the last line":           {good[:len(good)-2], broken, "not a line of a register"},
		"the last line feed":                 {good[:len(good)-1], holds, "the last of the link " + testLinks()[4].String()},
		"the last line feed of a whole":      {upTo(7) + strings.TrimSuffix(replaced(t, lines[7], "signed 4", "signed 3"), "\n"), broken, "the checkpoint does not match"},
		"a false last line":                  {good + "hello", broken, "not a line of a register"},
		"nothing is signed":                  {text(t, part{first: 1, last: 4}), partly, "0 signatures, the last of the link none"},
		"no entry":                           {upTo(2), partly, "missing: what follows the last line"},
		"no header":                          {strings.Join(lines[2:], ""), broken, "line 1: a line is missing before this one"},
		"half a header":                      {strings.Join(lines[1:], ""), broken, "line 1: a line is missing before this one"},
		"a header without a link":            {lines[0] + strings.Join(lines[2:], ""), broken, "line 2: a line is missing before this one"},
		"a header at the end":                {good + lines[0], partly, "missing: what follows the last line"},
		"a part without entries":             {good + lines[0] + "before 9 " + testLinks()[8].String() + "\n", partly, "missing: entries 5 to 9\n"},
		"unsigned entries before a part":     {text(t, part{first: 1, last: 1}, part{first: 2, last: 2, signed: []int{2}}), broken, "the 1 entries before are not signed"},
		"a signature twice":                  {good + lines[7], broken, "line 9: a line is missing before this one"},
		"a cut at a signature is not seen":   {upTo(4), holds, "Entry 1 was signed at 2026-11-22T10:21:30Z. Whether entries after it were cut off, only a later seal shows.\n"},
		"a register that was not signed yet": {replaced(t, text(t, part{first: 1, last: 2}), testRegister, ""), partly, "of the register none"},
	} {
		t.Run(name, func(t *testing.T) { newCheckRun(t, test.text, key).mustGive(t, test.code, test.says) })
	}
}

func TestScriptChecksSeal(t *testing.T) {
	t.Parallel()
	good := whole(t)
	lines := strings.SplitAfter(good, "\n")
	cut := strings.Join(lines[:4], "")
	change := func(n int, change func(*Seal)) string {
		s := testSeal(n)
		change(&s)
		return s.String()
	}
	gap := text(t, part{first: 3, last: 4, signed: []int{4}})
	headerOnly := "register " + testRegister + "\nbefore 4 " + testLinks()[4].String() + "\n"
	for name, test := range map[string]struct {
		text, seal string
		code       int
		says       string
	}{
		"of the end":              {good, testSeal(4).String(), holds, "The seal of 2026-11-22T10:24:30Z holds at entry 4.\n"},
		"of an earlier entry":     {good, testSeal(2).String(), holds, "holds at entry 2"},
		"of a cut register":       {cut, testSeal(4).String(), partly, "missing: entry 4, which was sealed at 2026-11-22T10:24:30Z"},
		"of a cut beginning":      {gap, testSeal(1).String(), partly, "missing: entry 1, which was sealed at"},
		"of the entry before":     {gap, testSeal(2).String(), partly, "holds at entry 2"},
		"of a header alone":       {headerOnly, testSeal(4).String(), partly, "missing: entry 4, which was sealed at"},
		"of another link":         {good, change(2, func(s *Seal) { s.Link[7] ^= 1 }), broken, "entry 2 is not the one that was sealed"},
		"of another link before":  {gap, change(2, func(s *Seal) { s.Link[7] ^= 1 }), broken, "entry 2 is not the one that was sealed"},
		"of another register":     {good, change(4, func(s *Seal) { s.Register = "1123456789abcdef" }), broken, "the seal is of another register"},
		"of a later key":          {good, change(4, func(s *Seal) { s.Key = "1123456789abcdef" }), holds, "The seal names another key: 1123456789abcdef.\n"},
		"without a key":           {good, change(4, func(s *Seal) { s.Key = "" }), holds, "The seal names another key: none.\n"},
		"of no entry":             {good, change(4, func(s *Seal) { s.Count, s.Link = 0, Hash{} }), notChecked, "not one line as it was printed"},
		"with a typing error":     {good, replaced(t, testSeal(4).String(), "2026-11-22T", "2026-11-23T"), notChecked, "a typing error"},
		"broken":                  {good, wrap(testSeal(4).String(), 72, ""), notChecked, "not one line as it was printed"},
		"twice":                   {good, testSeal(4).String() + "\n" + testSeal(4).String(), notChecked, "not one line as it was printed"},
		"empty":                   {good, "", notChecked, "not one line as it was printed"},
		"an option":               {good, "-n", notChecked, "not one line as it was printed"},
		"a command":               {good, replaced(t, testSeal(4).String(), "4 entries", "a[$(touch run)] entries"), notChecked, "not one line as it was printed"},
		"a format":                {good, "%s%n$(touch run)`touch run`", notChecked, "not one line as it was printed"},
		"a number with a zero":    {good, replaced(t, testSeal(4).String(), "4 entries", "04 entries"), notChecked, "not one line as it was printed"},
		"a number that overflows": {good, replaced(t, testSeal(4).String(), "4 entries", "18446744073709551620 entries"), notChecked, "not one line as it was printed"},
	} {
		t.Run(name, func(t *testing.T) {
			run := newCheckRun(t, test.text, key)
			run.args = append(run.args, test.seal)
			run.mustGive(t, test.code, test.says)
		})
	}
}

// A register may come from anybody. The script runs nothing that is in it, and checks the form of each number before it calculates.
func TestScriptRunsNothingOfARegister(t *testing.T) {
	t.Parallel()
	good := whole(t)
	run := []string{"$(>run)", "`>run`", "a[$(>run)]", "a[`>run`0]", "number[$(>run)]", ";>run;", "|>run", "x=0,unsigned=0", "line", "unsigned"}
	numbers := []string{"+1", "-1", "01", "00", "0x1", "1e0", "2#1", "1 ", "", "18446744073709551617", "9223372036854775808", "1000000000000000", "٣", "1,1", "1\\n", "1?", "*", "~", "-n", "%d", "%s%s%s%n"}
	all := installedShells(t)
	for i, bad := range append(run, numbers...) {
		for j, place := range []struct{ from, to string }{
			{"before 0", "before " + bad},
			{"entry 2", "entry " + bad},
			{"signed 4", "signed " + bad},
			{"0190-r 2 ", "0190-r " + bad + " "},
			{"register 0123456789abcdef", "register 0123456789abcde" + bad},
			{"2026-11-22T10:24:30Z", bad},
			{"==\nentry", bad + "\nentry"},
			{testLinks()[2].String(), bad},
		} {
			text := replaced(t, good, place.from, place.to)
			if place.from == "register 0123456789abcdef" && bad == "" {
				continue // a register without an id is one that was not signed yet
			}
			if got := checkText([]byte(text), key, nil); got != broken {
				t.Errorf("%q as %q: the comparison gives %d", place.from, place.to, got)
			}
			if j != i%7+1 && (j != 0 || i >= len(run)) {
				continue // starting shells takes time: each word once, and what could be run also where it once was
			}
			shell := all[i%len(all)]
			if code, output := newCheckRun(t, text, key).in(t, shell); code != broken {
				t.Errorf("%s: %q as %q: exit code %d:\n%s", shell, place.from, place.to, code, output)
			}
			if j == 0 {
				newCheckRun(t, text, key).mustGive(t, broken, "line 2: this is not a line of a register")
			}
		}
	}
}

func TestScriptRefusesUnusualBytes(t *testing.T) {
	t.Parallel()
	good := whole(t)
	for name, text := range map[string]string{
		"NUL in a number":        replaced(t, good, "entry 2", "entry \x002"),
		"NUL in an event":        replaced(t, good, `{"seq":2,`, "{\"seq\":\x002,"),
		"NUL at the end":         good + "\x00",
		"NUL before a line feed": replaced(t, good, "\nsigned 4", "\x00\nsigned 4"),
		"carriage returns":       strings.ReplaceAll(good, "\n", "\r\n"),
		"a carriage return":      replaced(t, good, "\nsigned 4", "\r\nsigned 4"),
		"a tab":                  replaced(t, good, "entry 2", "entry\t2"),
		"an escape sequence":     replaced(t, good, `{"seq":2,`, "{\"seq\":\x1b[2J2,"),
		"a byte order mark":      "\ufeff" + good,
		"a wide space":           replaced(t, good, "entry 2", "entry\u00a02"),
		"a byte of no text":      replaced(t, good, "entry 2", "entry \xff2"),
		"a quoting byte":         replaced(t, good, "entry 2", "entry \x812"),
		"a blank before":         " " + good,
		"a blank after":          replaced(t, good, "\nbefore", " \nbefore"),
		"UTF-16":                 "\xff\xfe" + strings.Join(strings.Split(good, ""), "\x00"),
	} {
		t.Run(name, func(t *testing.T) {
			newCheckRun(t, text, key).mustGive(t, broken, "DOES NOT HOLD")
			if got := checkText([]byte(text), key, nil); got != broken {
				t.Errorf("the comparison gives %d", got)
			}
		})
	}
	long := "register " + testRegister + "\nbefore 0 " + Hash{}.String() + "\nentry 1 " + strings.Repeat("0", 1<<20)
	newCheckRun(t, long, key).mustGive(t, broken, "line 3: this is not a line of a register")
}

// A long event is hashed whole.
func TestScriptReadsLongLines(t *testing.T) {
	t.Parallel()
	event := fmt.Appendf(nil, `{"note":"%s"}`, strings.Repeat("È$(touch run)", 1<<14))
	var c Hasher
	head := Head{Register: testRegister, Count: 1, Link: c.Link(Hash{}, c.Entry("r", 1, event)), At: at}
	var b bytes.Buffer
	s, err := Sign(head, key)
	if err := errors.Join(err, WriteHeader(&b, testRegister, 0, Hash{}), WriteEntry(&b, 1, head.Link, "r", 1, event), WriteCheckpoint(&b, s)); err != nil {
		t.Fatal(err)
	}
	newCheckRun(t, b.String(), key).mustGive(t, holds, "holds: up to entry 1")
	newCheckRun(t, replaced(t, b.String(), `)"}`, `]"}`), key).mustGive(t, broken, "entry 1 is not what it was")
}

func TestScriptNeedsAPublicKeyOfARegister(t *testing.T) {
	t.Parallel()
	public := publicPEM(t, key)
	for name, test := range map[string]string{
		"empty":           "",
		"text":            "a key",
		"a private key":   replaced(t, strings.ReplaceAll(public, "PUBLIC", "PRIVATE"), "MCow", "MC4w"),
		"cut off":         public[:60],
		"an EC key":       "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEuIYvTFpLL5wHqGsSrlkYLzP8XK1u\nQyCwHiR0gWQ7ASQ7xPbSAErsl9H0z0bb5mYuAgRCwMDFgaHcYZkBtUOeIQ==\n-----END PUBLIC KEY-----\n",
		"an X25519 key":   "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAA7oraJGJVvIFvrgkumnmWWot5ru8BoYybfGD3YrpRbA=\n-----END PUBLIC KEY-----\n",
		"a register":      whole(t),
		"a command":       "$(touch run)",
		"an address of a": "file:register.pub",
	} {
		t.Run(name, func(t *testing.T) {
			run := newCheckRun(t, whole(t), key)
			run.write(t, "register.pub", test)
			run.mustGive(t, notChecked, "not the public key of a register")
		})
	}
}

func TestScriptReadsFilesOfAnyName(t *testing.T) {
	t.Parallel()
	run := newCheckRun(t, "", key)
	run.stdin = []byte(whole(t))
	run.args = []string{"-", "register.pub"}
	run.mustGive(t, holds, "holds: up to entry 4")
	all := installedShells(t)
	for i, name := range []string{"-", "--help", "-x y", "a b", "$(touch run)", "`touch run`", "%s", "a'b\"c", "file:x", "*", "=", "!"} {
		run.write(t, name, whole(t))
		run.args = []string{"./" + name, "register.pub"}
		if name != "-" {
			run.args[0] = name
		}
		if code, output := run.in(t, all[i%len(all)]); code != holds {
			t.Errorf("a register named %q: exit code %d: %s", name, code, output)
		}
		run.write(t, name, publicPEM(t, key))
		run.args = []string{"-", name}
		if code, output := run.in(t, all[i%len(all)]); code != holds {
			t.Errorf("a key named %q: exit code %d: %s", name, code, output)
		}
	}
	for _, args := range [][]string{nil, {"register.txt"}, {"register.txt", "register.pub", "", ""}, {"not there", "register.pub"}, {"register.txt", "not there"}, {".", "register.pub"}, {"", ""}} {
		run.args = args
		run.mustGive(t, notChecked, "NOT CHECKED")
	}
}

// When the output or the temporary files cannot be written, the exit code says that nothing was checked.
func TestScriptThatCannotGoOnGivesNoAnswer(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("only systems with /dev/full can try a full disk")
	}
	defer full.Close()
	run := newCheckRun(t, whole(t), key)
	for _, shell := range installedShells(t) {
		command := exec.CommandContext(t.Context(), shell[0], append(append(shell[1:], "check.sh"), run.args...)...)
		command.Dir, command.Stdout = run.dir, full
		if err := command.Run(); command.ProcessState == nil || command.ProcessState.ExitCode() != notChecked {
			t.Errorf("%s: %v", shell, err)
		}
	}
	run.env = []string{"TMPDIR=" + filepath.Join(run.dir, "not there")}
	run.mustGive(t, notChecked, "there is no temporary folder")
}

func TestScriptGivesTheSameInEveryLocale(t *testing.T) {
	t.Parallel()
	run := newCheckRun(t, whole(t), key)
	for _, locale := range []string{"", "C", "C.UTF-8", "tr_TR.UTF-8", "not a locale"} {
		run.env = []string{"LC_ALL=" + locale, "LANG=" + locale, "LC_NUMERIC=" + locale}
		run.mustGive(t, holds, "holds: up to entry 4")
	}
	// In some locales a to f contains other letters, and 0 to 9 other digits.
	run = newCheckRun(t, replaced(t, whole(t), "register 0123456789abcdef", "register 0123456789abcdéf"), key)
	run.env = []string{"LC_ALL=C.UTF-8"}
	run.mustGive(t, broken, "not a line of a register")
	run = newCheckRun(t, whole(t), key)
	run.env = []string{"POSIXLY_CORRECT=1", "CDPATH=/", "IFS=0", "line=7", "number=7", "register=7", "signatures=7", "unsigned=7", "seal_holds=1", "GREP_OPTIONS=-v", "code=3"}
	run.mustGive(t, holds, "holds: up to entry 4")
}
