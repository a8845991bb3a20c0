package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
	"countersign/core/register"
	"countersign/core/request"
)

// The key of the desk in these tests, and a key of somebody else.
var (
	deskKey         = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	otherKey        = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))
	deskFingerprint = register.Fingerprint(deskKey.Public().(ed25519.PublicKey))
)

// newPDFFile returns a file of a pack with its signatures.
func newPDFFile(t testing.TB, content []byte) PDFFile {
	t.Helper()
	signatures, err := pdf.Signatures(bytes.NewReader(content), int64(len(content)), pdftest.Anchors(t))
	if err != nil {
		t.Fatal(err)
	}
	return PDFFile{SHA256: digestOf(content), Size: int64(len(content)), Signatures: signatures, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	}}
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// newPack returns the pack of a signed request with two documents. The register has entries of other requests before,
// between and after its events.
func newPack(t testing.TB) Pack {
	t.Helper()
	return newPackBy(t, func(file []byte) []byte { return pdftest.Sign(t, file, "Bo") })
}

// newPackBy returns the pack of [newPack], with sign(original) as the signed file of the second document.
func newPackBy(t testing.TB, sign func(file []byte) []byte) Pack {
	t.Helper()
	now := time.Date(2026, 5, 4, 9, 0, 0, 0, time.FixedZone("", 2*60*60))
	one, two := pdftest.Plain(t, "Lease"), pdftest.Plain(t, "Annex")
	signed := []PDFFile{newPDFFile(t, pdftest.Sign(t, one, "Núria <b>Puig</b>")), newPDFFile(t, sign(two))}
	originals := []PDFFile{newPDFFile(t, one), newPDFFile(t, two)}
	store, err := ledger.Open(t.Context(), t.TempDir(), ledger.Options{
		Exclusive: true, Now: func() time.Time { now = now.Add(time.Second); return now },
		Signer: func(context.Context) crypto.Signer { return deskKey },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	const id = "0190-lease"
	visit := request.Visit{ID: "t1", Gateway: "one", Requests: []request.ID{id}, ProcessID: "p1", URL: "https://one.example/p1", ReturnURL: "http://127.0.0.1:1/return/t1"}
	add := func(to request.ID, events ...request.Event) {
		t.Helper()
		var version int
		if r, err := store.Get(t.Context(), to); err == nil {
			version = r.Version
		}
		if _, err := store.Append(t.Context(), ledger.Change{ID: to, Version: version, Events: events}); err != nil {
			t.Fatal(err)
		}
	}
	other := request.Event{Kind: request.KindAdded, Added: &request.Added{Title: "Another’s", Gateway: "one", RemoteID: "7"}}
	add("other-1", other)
	add(id, request.Event{Kind: request.KindAdded, By: "ana", Added: &request.Added{
		Title: `Lease <script>alert("1")</script>`, Gateway: "one", Reference: "{L-1}", Documents: []request.Original{
			{Name: `{"sha256":"` + strings.Repeat("0", 64) + `"} $(touch pwned)`, SHA256: originals[0].SHA256, Size: originals[0].Size},
			{Name: "Annex.pdf", SHA256: originals[1].SHA256, Size: originals[1].Size},
		}, Signers: []request.Signer{{Name: "Núria <b>Puig</b>", Email: "nuria@example.org", Country: "ES", Number: "1"}},
	}})
	add("other-2", other)
	add(id, request.Event{Kind: request.KindLaunched, Visit: &visit}, request.Event{Kind: request.KindOpened})
	add("other-3", other)
	add(id, request.Event{Kind: request.KindReturned, Return: &request.Return{VisitID: "t1", Code: "finished"}},
		request.Event{Kind: request.KindAnswered, Answer: &request.Answer{
			VisitID: "t1", Status: request.Signed, Code: "finished", Evidence: request.ByGateway, NextStep: request.StepFetch,
			Documents: []request.DocumentResult{{Code: "finished", Signed: true}, {Code: "finished", Signed: true}},
		}},
		request.Event{Kind: request.KindStored, Stored: &request.Stored{VisitID: "t1", Document: 0, SHA256: signed[0].SHA256, Size: signed[0].Size, Proves: true, NextStep: request.StepFetch}},
		request.Event{Kind: request.KindStored, Stored: &request.Stored{VisitID: "t1", Document: 1, SHA256: signed[1].SHA256, Size: signed[1].Size, Proves: true}},
		request.Event{Kind: request.KindReviewed, By: "bo", Reviewed: &request.Reviewed{Decision: request.Accepted, Note: "as agreed"}})
	add("other-4", other)
	return packFrom(t, store, id, originals, signed)
}

// packFrom returns the pack of a request in a ledger.
func packFrom(t testing.TB, store *ledger.Ledger, id request.ID, originals, signed []PDFFile) Pack {
	t.Helper()
	events, err := store.Events(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	r, err := request.Fold(id, events)
	if err != nil {
		t.Fatal(err)
	}
	excerpts, err := store.Excerpts(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	p := Pack{
		Request: r, Events: events, StatusText: "Signed.", GatewayText: "one (trident, https://one.example)", SigningKey: deskKey, Originals: originals, Signed: signed,
		CreatedAt: time.Date(2026, 5, 5, 9, 0, 0, 0, time.FixedZone("", 2*60*60)), Language: i18n.English,
	}
	var chain bytes.Buffer
	for _, piece := range excerpts {
		p.Register = piece.Register
		if _, err := piece.WriteTo(&chain); err != nil {
			t.Fatal(err)
		}
	}
	p.RegisterExcerpt = chain.Bytes()
	return p
}

// unpacked are the files of a pack by name.
type unpacked map[string][]byte

func mustUnpack(t testing.TB, p Pack) unpacked {
	t.Helper()
	var out bytes.Buffer
	if err := p.Write(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	u := unpacked{}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if u[f.Name], err = io.ReadAll(in); err != nil {
			t.Fatal(err)
		}
		if f.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is for others, too: %v", f.Name, f.Mode())
		}
	}
	return u
}

// writeTo writes the files into a new folder and returns its path.
func (u unpacked) writeTo(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range u {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// relist updates manifest.txt to the other files, and pack.txt to the new manifest.txt. It does not sign pack.txt.
func (u unpacked) relist() unpacked {
	var list strings.Builder
	for _, name := range slices.Sorted(maps.Keys(u)) {
		if name != "manifest.txt" && name != "pack.txt" && name != "pack.sig" {
			fmt.Fprintf(&list, "%s  %s\n", digestOf(u[name]), name)
		}
	}
	u["manifest.txt"] = []byte(list.String())
	u["pack.txt"] = regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAll(u["pack.txt"], []byte(digestOf(u["manifest.txt"])))
	return u
}

// sign replaces pack.sig by a signature of pack.txt with the key.
func (u unpacked) sign(key ed25519.PrivateKey) unpacked {
	u["pack.sig"] = ed25519.Sign(key, u["pack.txt"])
	return u
}

// relink recomputes the hashes in register.txt from the events in it. With a key, it also signs the checkpoints anew.
func (u unpacked) relink(t testing.TB, key ed25519.PrivateKey) unpacked {
	t.Helper()
	var chain register.Hasher
	var link register.Hash
	var id string
	lines := strings.SplitAfter(strings.TrimSuffix(string(u["register.txt"]), "\n"), "\n")
	for i, line := range lines {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 6)
		switch fields[0] {
		case "register":
			id = fields[1]
		case "before":
			link = mustHash(t, fields[2])
		case "entry":
			var seq int
			fmt.Sscan(fields[4], &seq)
			link = chain.Link(link, chain.Entry(fields[3], seq, []byte(fields[5])))
			fields[2] = link.String()
		case "other":
			link = chain.Link(link, mustHash(t, fields[3]))
			fields[2] = link.String()
		case "signed":
			fields[2] = link.String()
			if key != nil {
				statement := fmt.Sprintf("countersign register v1 %s %s %s %s\n", id, fields[1], fields[2], fields[3])
				fields[4] = base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(statement)))
			}
		}
		lines[i] = strings.Join(fields, " ") + "\n"
	}
	u["register.txt"] = []byte(strings.Join(lines, ""))
	return u
}

func mustHash(t testing.TB, text string) register.Hash {
	t.Helper()
	h, err := register.ParseHash(text)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// needShell skips the test without a shell, sha256sum, or an OpenSSL that supports Ed25519.
func needShell(t testing.TB) {
	t.Helper()
	for _, tool := range []string{"sh", "sha256sum", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("install %s (Debian: openssl, coreutils) to run the check of a pack", tool)
		}
	}
	if version, err := exec.Command("openssl", "version").Output(); err != nil || !regexp.MustCompile(`^OpenSSL [3-9]`).Match(version) {
		t.Skipf("install OpenSSL 3 (Debian: openssl) to run the check of a pack; this is %s", version)
	}
}

// runCheck runs the check.sh in a folder and returns its exit code and output.
func runCheck(t testing.TB, dir string, args ...string) (code int, output string) {
	t.Helper()
	return runCheckIn(t, dir, "sh", args...)
}

func runCheckIn(t testing.TB, dir, shell string, args ...string) (code int, output string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), shell, append([]string{filepath.Join(dir, "check.sh")}, args...)...)
	command.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	out, err := command.CombinedOutput()
	if exited, ok := errors.AsType[*exec.ExitError](err); ok {
		return exited.ExitCode(), string(out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0, string(out)
}

// mustFail fails the test unless check.sh refuses the pack with a reason that contains why.
func mustFail(t testing.TB, u unpacked, why string, args ...string) {
	t.Helper()
	code, output := runCheck(t, u.writeTo(t), args...)
	lines := strings.Split(strings.TrimSpace(output), "\n")
	if code != 1 || !strings.HasPrefix(lines[len(lines)-1], "VERDICT: this pack is NOT as the desk made it") {
		t.Errorf("exit code %d:\n%s", code, output)
	}
	if !strings.Contains(output, why) {
		t.Errorf("it does not say %q:\n%s", why, output)
	}
}

func TestGoodPackPassesItsCheck(t *testing.T) {
	needShell(t)
	dir := mustUnpack(t, newPack(t)).writeTo(t)
	for _, shell := range []string{"sh", "dash", "bash"} {
		if _, err := exec.LookPath(shell); err != nil {
			continue
		}
		code, output := runCheckIn(t, dir, shell, deskFingerprint)
		if code != 0 || !strings.HasSuffix(output, "\nVERDICT: everything in this pack holds, and it is of the desk with the key "+deskFingerprint+".\n") {
			t.Errorf("%s: exit code %d:\n%s", shell, code, output)
		}
		for _, line := range []string{
			"holds: all files are as listed in manifest.txt", "holds: 8 events are in the register", "signature 1 of signed-1.pdf is intact: CN=N",
			"signature 1 of signed-2.pdf is intact", "signed-1.pdf begins with original-1.pdf", "signed-2.pdf begins with original-2.pdf",
		} {
			if !strings.Contains(output, line) {
				t.Errorf("%s does not say %q:\n%s", shell, line, output)
			}
		}
		if strings.Contains(output, "BROKEN") || strings.Contains(output, "note:") {
			t.Errorf("%s prints:\n%s", shell, output)
		}
	}
	mustFail(t, mustUnpack(t, newPack(t)), "another key", register.Fingerprint(otherKey.Public().(ed25519.PublicKey)))
	if files, err := os.ReadDir(filepath.Join(dir)); err != nil || len(files) != len(mustUnpack(t, newPack(t))) {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

// In an office, other desks have signed the register, too.
func TestCheckCoversTheSignaturesOfTheDesksOfAnOffice(t *testing.T) {
	needShell(t)
	p := newPack(t)
	witness := otherKey.Public().(ed25519.PublicKey)
	lines := strings.Fields(string(p.RegisterExcerpt[bytes.LastIndex(p.RegisterExcerpt, []byte("\nsigned ")):]))
	n, err := strconv.Atoi(lines[1])
	if err != nil {
		t.Fatal(err)
	}
	signed, err := register.Sign(register.Head{Register: p.Register, Count: n, Link: mustHash(t, lines[2]), At: p.CreatedAt}, otherKey)
	if err != nil {
		t.Fatal(err)
	}
	excerpt := bytes.NewBuffer(p.RegisterExcerpt)
	if err := register.WriteWitness(excerpt, register.Witness{Desk: "first floor $(touch pwned)", Key: witness, Checkpoint: signed}); err != nil {
		t.Fatal(err)
	}
	p.RegisterExcerpt, p.WitnessKeys = excerpt.Bytes(), []ed25519.PublicKey{witness}
	good, name := mustUnpack(t, p), "desk-"+register.Fingerprint(witness)+".pem"
	for _, shell := range []string{"sh", "dash", "bash"} {
		if _, err := exec.LookPath(shell); err != nil {
			continue
		}
		code, output := runCheckIn(t, good.writeTo(t), shell, deskFingerprint)
		if code != 0 || !strings.Contains(output, "holds: the desk of the office with the key "+register.Fingerprint(witness)+" has signed") {
			t.Errorf("%s: exit code %d:\n%s", shell, code, output)
		}
	}
	for says, change := range map[string]func(unpacked){
		"is not of the key in " + name: func(u unpacked) {
			u["register.txt"] = bytes.Replace(u["register.txt"], []byte(base64.StdEncoding.EncodeToString(signed.Signature)), []byte(lines[4]), 1)
		},
		name + ", is missing": func(u unpacked) { u[name] = u["desk.pem"] },
		"the key of the desk": func(u unpacked) { delete(u, name) },
		"what is signed": func(u unpacked) {
			u["register.txt"] = bytes.Replace(u["register.txt"], []byte("\nwitness "+lines[1]), []byte("\nwitness 1"), 1)
		},
	} {
		u := maps.Clone(good)
		change(u)
		mustFail(t, u.relist().sign(deskKey), says)
	}
}

func TestCheckCoversEverySignature(t *testing.T) {
	needShell(t)
	u := mustUnpack(t, newPackBy(t, func(file []byte) []byte { return pdftest.Sign(t, pdftest.Sign(t, file, "Bo"), "Cy") }))
	code, output := runCheck(t, u.writeTo(t), deskFingerprint)
	for _, line := range []string{
		"holds: signature 1 of signed-2.pdf is intact: CN=Bo", "holds: signature 2 of signed-2.pdf is intact: CN=Cy",
		"note:  signature 1 of signed-2.pdf does not cover the last", "holds: signed-2.pdf begins with original-2.pdf",
	} {
		if code != 0 || !strings.Contains(output, line) {
			t.Errorf("exit code %d, without %q:\n%s", code, line, output)
		}
	}
	u["signed-2.pdf.1.cms"], u["signed-2.pdf.2.cms"] = u["signed-2.pdf.2.cms"], u["signed-2.pdf.1.cms"]
	mustFail(t, u.relist().sign(deskKey), "signature 2 of signed-2.pdf is not the one in the file")
}

// A signed file without an original is in the pack but proves nothing.
func TestCheckNotesFilesWithoutAnOriginal(t *testing.T) {
	needShell(t)
	store, err := ledger.Open(t.Context(), t.TempDir(), ledger.Options{Exclusive: true, Signer: func(context.Context) crypto.Signer { return deskKey }})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	file := newPDFFile(t, pdftest.Sign(t, pdftest.Plain(t, "Lease"), "Bo"))
	const id = "0190-remote"
	if _, err := store.Append(t.Context(), ledger.Change{ID: id, Events: []request.Event{
		{Kind: request.KindAdded, Added: &request.Added{Title: "Lease", Gateway: "two", RemoteID: "7"}},
		{Kind: request.KindLaunched, Visit: &request.Visit{ID: "t1", Gateway: "two", Requests: []request.ID{id}, URL: "https://two.example/7"}},
		{Kind: request.KindAnswered, Answer: &request.Answer{VisitID: "t1", Status: request.Signed, Code: "signed", Evidence: request.ByBrowser}},
		{Kind: request.KindStored, Stored: &request.Stored{VisitID: "t1", SHA256: file.SHA256, Size: file.Size, Problem: "nothing was sent from here that it could be held against"}},
	}}); err != nil {
		t.Fatal(err)
	}
	p := packFrom(t, store, id, nil, nil)
	p.Attached = []PDFFile{file}
	u := mustUnpack(t, p)
	code, output := runCheck(t, u.writeTo(t), deskFingerprint)
	if code != 0 || !strings.Contains(output, "note:  attached-1.pdf came without an original to compare it with") || !strings.Contains(output, "signature 1 of attached-1.pdf is intact") {
		t.Errorf("exit code %d:\n%s", code, output)
	}
	report := string(u["report.html"])
	for _, has := range []string{"the request already existed at the gateway", "Browser only", "attached-1.pdf, attached by a person", "It does not prove the signature: nothing was sent"} {
		if !strings.Contains(report, has) {
			t.Errorf("the report does not say %q", has)
		}
	}
	u["attached-1.pdf"] = append(bytes.Clone(u["attached-1.pdf"]), '\n')
	mustFail(t, u.relist().sign(deskKey), "attached-1.pdf is not what the events name")
}

// On some systems, opening a folder in the file manager adds files to it.
func TestCheckNotesFilesOfFileManagers(t *testing.T) {
	needShell(t)
	u := mustUnpack(t, newPack(t))
	u[".DS_Store"], u["Thumbs.db"] = []byte("icons"), []byte("icons")
	code, output := runCheckIn(t, u.writeTo(t), "sh", deskFingerprint)
	if code != 0 || !strings.Contains(output, "note:  .DS_Store was left by a file manager") || !strings.Contains(output, "note:  Thumbs.db") {
		t.Errorf("exit code %d:\n%s", code, output)
	}
}

// Nobody without the key of the desk can change a file of a pack unnoticed.
func TestChangedPacksFailTheCheck(t *testing.T) {
	needShell(t)
	good := mustUnpack(t, newPack(t))
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(good)), func(name string) bool { return strings.Contains(name, "-2.pdf") }) // the second signed file is like the first
	fails := func(name string, change func(unpacked)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := maps.Clone(good)
			change(u)
			mustFail(t, u, "BROKEN")
		})
	}
	for i, name := range names {
		fails(name+" altered by a byte", func(u unpacked) {
			content := bytes.Clone(u[name])
			at := len(content) / 2
			if name == "check.sh" {
				at = bytes.Index(content, []byte("# Checks")) + 3 // inside a comment, so that the script still runs
			}
			content[at] ^= 1
			u[name] = content
		})
		if name == "check.sh" {
			continue // the check would not run any more
		}
		fails(name+" removed", func(u unpacked) { delete(u, name) })
		if next := names[(i+1)%len(names)]; filepath.Ext(next) == filepath.Ext(name) {
			fails(name+" swapped with "+next, func(u unpacked) { u[name], u[next] = u[next], u[name] })
		}
	}
	fails("the report altered and listed", func(u unpacked) {
		u["report.html"] = append(bytes.Clone(u["report.html"]), '\n')
		u.relist()
	})
	for _, name := range []string{".hidden", "signed-3.pdf", "$(touch pwned)", "x\ny", "-rf"} {
		fails("with "+name, func(u unpacked) { u[name] = good["original-1.pdf"] })
	}
	fails("with an event altered and chained", func(u unpacked) {
		u["register.txt"] = bytes.Replace(u["register.txt"], []byte("finished"), []byte("fnnished"), 1)
		u.relink(t, nil).relist()
	})
	fails("with an event altered, chained and signed by another", func(u unpacked) {
		u["register.txt"] = bytes.Replace(u["register.txt"], []byte("finished"), []byte("fnnished"), 1)
		u.relink(t, otherKey).relist().sign(otherKey)
	})
	fails("files of a kind swapped", func(u unpacked) {
		u["signed-1.pdf.1.cms"], u["signed-2.pdf.1.cms"] = u["signed-2.pdf.1.cms"], u["signed-1.pdf.1.cms"]
	})
	fails("signed by another", func(u unpacked) { u.sign(otherKey) })
	fails("with another's key", func(u unpacked) { u["desk.pem"] = mustPEM(t, otherKey); u.relist() })
}

func mustPEM(t testing.TB, key ed25519.PrivateKey) []byte {
	t.Helper()
	text, err := register.FormatPublicKey(key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Whoever rewrites the whole pack has to use another key, which has another fingerprint. README.txt says so.
func TestRewrittenPackHasAnotherKey(t *testing.T) {
	needShell(t)
	u := mustUnpack(t, newPack(t))
	u["register.txt"] = bytes.Replace(u["register.txt"], []byte("as agreed"), []byte("as forged"), 1)
	u["desk.pem"] = mustPEM(t, otherKey)
	u.relink(t, otherKey).relist().sign(otherKey)
	if code, output := runCheck(t, u.writeTo(t)); code != 0 || !strings.Contains(output, "Compare the key "+register.Fingerprint(otherKey.Public().(ed25519.PublicKey))) {
		t.Errorf("exit code %d:\n%s", code, output)
	}
	mustFail(t, u, "desk.pem is another key than the one with that fingerprint", deskFingerprint)
}

// Each step of the check works on its own: it finds an inconsistent file even in a pack that the desk signed.
func TestEachStepOfTheCheck(t *testing.T) {
	needShell(t)
	good := mustUnpack(t, newPack(t))
	replace := func(name, old, by string) func(unpacked) {
		return func(u unpacked) {
			if !bytes.Contains(u[name], []byte(old)) {
				t.Errorf("%s does not have %q", name, old)
			}
			u[name] = bytes.Replace(u[name], []byte(old), []byte(by), 1)
		}
	}
	line := func(begin string) string {
		return string(regexp.MustCompile(`(?m)^` + begin + `.*\n`).Find(good["register.txt"]))
	}
	signatures := string(good["signatures.txt"])
	first := signatures[:strings.Index(signatures, "\n")+1]
	for name, c := range map[string]struct {
		change func(unpacked)
		why    string
	}{
		"the request":            {func(u unpacked) { replace("pack.txt", "0190-lease", "0190-other")(u) }, "is of another request"},
		"the register":           {replace("register.txt", "register ", "register 0"), "not an excerpt of a register"},
		"another register":       {func(u unpacked) { replace("pack.txt", u.register(), strings.Repeat("0", 16))(u) }, "an excerpt of another register"},
		"a register in the part": {func(u unpacked) { replace("register.txt", u.register(), strings.Repeat("0", 16))(u) }, "an excerpt of another register"},
		"an event":               {replace("register.txt", "as agreed", "as forged"), "was changed"},
		"an event, chained":      {func(u unpacked) { replace("register.txt", "as agreed", "as forged")(u); u.relink(t, nil) }, "the signature of entry"},
		"an event removed":       {replace("register.txt", line("entry 5"), ""), "is not in its place"},
		"an event moved":         {replace("register.txt", line("entry 5"), line("entry 4")), "is not in its place"},
		"no first event": {func(u unpacked) {
			u["register.txt"] = u["register.txt"][bytes.Index(u["register.txt"], []byte("register "))+1:]
		}, "not an excerpt of a register"},
		"another's entry": {replace("register.txt", line("other"), strings.Replace(line("other"), "a", "b", 30)), "was changed"},
		"no signed head":  {replace("register.txt", line(`signed \d+`), ""), "are not signed"},
		"no last signed head": {func(u unpacked) {
			cut := bytes.LastIndex(u["register.txt"], []byte("signed "))
			u["register.txt"] = u["register.txt"][:cut]
		}, "are not signed"},
		"another time of the head":  {replace("register.txt", "T07:", "T08:"), "the signature of entry"},
		"a number to the base of 8": {replace("register.txt", "before ", "before 0"), "not an excerpt of a register"},
		"a line of another form":    {replace("register.txt", "before", "behind"), "not an excerpt of a register"},
		"no event at all":           {func(u unpacked) { u["register.txt"] = []byte("register " + u.register() + "\n") }, "the event that added the request is missing"},
		"an original":               {func(u unpacked) { u["original-2.pdf"] = u["original-1.pdf"] }, "original-2.pdf is not what was added"},
		"originals swapped":         {func(u unpacked) { u["original-1.pdf"], u["original-2.pdf"] = u["original-2.pdf"], u["original-1.pdf"] }, "original-1.pdf is not what was added"},
		"no original":               {func(u unpacked) { delete(u, "original-2.pdf") }, "original-2.pdf is missing"},
		"an original more":          {func(u unpacked) { u["original-3.pdf"] = u["original-1.pdf"] }, "was never added"},
		"a signed file":             {func(u unpacked) { u["signed-2.pdf"] = u["original-2.pdf"] }, "signed-2.pdf is not what the events name"},
		"signed files swapped":      {func(u unpacked) { u["signed-1.pdf"], u["signed-2.pdf"] = u["signed-2.pdf"], u["signed-1.pdf"] }, "signed-1.pdf is not what the events name"},
		"a byte of a signed file":   {func(u unpacked) { b := bytes.Clone(u["signed-2.pdf"]); b[100] ^= 1; u["signed-2.pdf"] = b }, "does not fit the bytes"},
		"a byte after the original": {func(u unpacked) { b := bytes.Clone(u["signed-2.pdf"]); b[len(b)-20] ^= 1; u["signed-2.pdf"] = b }, "does not fit the bytes"},
		"a signature": {func(u unpacked) {
			b := bytes.Clone(u["signed-2.pdf.1.cms"])
			b[len(b)-9] ^= 1
			u["signed-2.pdf.1.cms"] = b
		}, "is not the one in the file"},
		"a signature cut short": {func(u unpacked) { b := u["signed-2.pdf.1.cms"]; u["signed-2.pdf.1.cms"] = b[:len(b)-9] }, "is not the one in the file"},
		"an empty signature":    {func(u unpacked) { u["signed-2.pdf.1.cms"] = nil }, "is not the one in the file"},
		"signatures swapped": {func(u unpacked) {
			u["signed-1.pdf.1.cms"], u["signed-2.pdf.1.cms"] = u["signed-2.pdf.1.cms"], u["signed-1.pdf.1.cms"]
		}, "is not the one in the file"},
		"a certificate":  {func(u unpacked) { u["signed-1.pdf.1.pem"] = u["signed-2.pdf.1.pem"] }, "with another certificate"},
		"no certificate": {func(u unpacked) { delete(u, "signed-1.pdf.1.pem") }, "the files of signature 1 of signed-1.pdf are missing"},
		"what a signature speaks for": {func(u unpacked) {
			u["signatures.txt"] = regexp.MustCompile(`pdf 1 (\d+)\d `).ReplaceAll(u["signatures.txt"], []byte("pdf 1 ${1}0 "))
		}, "BROKEN"},
		"bytes that are not there":     {replace("signatures.txt", first, strings.Replace(first, " signature", "0000 signature", 1)), "bytes that are not there"},
		"numbers that are no numbers":  {replace("signatures.txt", first, "signed-1.pdf 1 $(touch${IFS}pwned) 2 3 signature\n"), "not a list of signatures"},
		"no signatures":                {func(u unpacked) { u["signatures.txt"] = nil }, "has no intact signature that was made after"},
		"the signature of one missing": {replace("signatures.txt", "signed-2.pdf 1", "signed-1.pdf 1"), "BROKEN"},
		"no key":                       {func(u unpacked) { u["desk.pem"] = []byte("none\n") }, "not of the key in desk.pem"},
		"an RSA signature’s key":       {func(u unpacked) { u["desk.pem"] = u["signed-1.pdf.1.pem"] }, "not of the key in desk.pem"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := maps.Clone(good)
			c.change(u)
			mustFail(t, u.relist().sign(deskKey), c.why)
		})
	}
}

// register returns the ID of the register that the pack is from.
func (u unpacked) register() string { return strings.Fields(string(u["pack.txt"]))[3] }

func TestCheckRunsNothingInAPack(t *testing.T) {
	needShell(t)
	u := mustUnpack(t, newPack(t))
	for name, hostile := range map[string]string{
		"manifest.txt": "$(touch pwned)", "pack.txt": "`touch pwned`", "register.txt": "'; touch pwned; '", "signatures.txt": "\x1b]0;x\x07", "desk.pem": "-n\n*",
	} {
		changed := maps.Clone(u)
		changed[name] = append(append([]byte(hostile), ' '), changed[name]...)
		changed[hostile] = []byte("x")
		dir := changed.writeTo(t)
		code, output := runCheck(t, dir)
		if code == 0 || strings.Contains(output, "\x1b") {
			t.Errorf("%s begins with %q: exit code %d:\n%q", name, hostile, code, output)
		}
		if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
			t.Fatalf("%s begins with %q, and it was run", name, hostile)
		}
	}
}

func TestReportEscapesText(t *testing.T) {
	u := mustUnpack(t, newPack(t))
	report := string(u["report.html"])
	for _, not := range []string{"<script", "<b>Puig", "http-equiv=\"refresh", "src=", "href="} {
		if strings.Contains(report, not) {
			t.Errorf("it has %q", not)
		}
	}
	for _, has := range []string{
		"Lease &lt;script&gt;", "default-src 'none'", "Núria &lt;b&gt;Puig", "2026-05-04 09:00:0", "&#43;02:00", deskFingerprint,
		"Signed document: the file is here", "as agreed", "Signed file received and checked",
	} {
		if !strings.Contains(report, has) {
			t.Errorf("it does not have %q", has)
		}
	}
	if strings.Contains(report, "return/t1") || strings.Contains(string(u["request.json"]), "return/t1") {
		t.Error("it contains the return address")
	}
}

func TestReportInEachLanguage(t *testing.T) {
	p := newPack(t)
	for _, lang := range i18n.Languages() {
		p.Language, p.Request.Practice = lang, true
		report := string(mustUnpack(t, p)["report.html"])
		if i := strings.Index(report, "pack."); i >= 0 || !strings.Contains(report, `lang="`+string(lang)+`"`) {
			t.Errorf("%s: %.80s", lang, report[max(i, 0):])
		}
	}
}

func TestChangedFilesAreNotPacked(t *testing.T) {
	p := newPack(t)
	p.Signed[0].SHA256 = strings.Repeat("0", 64)
	if err := p.Write(t.Context(), io.Discard); !errors.Is(err, ErrFileChanged) {
		t.Errorf("it is packed: %v", err)
	}
	p = newPack(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := p.Write(ctx, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("it is packed though it was stopped: %v", err)
	}
}
