package desk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/core/secret"
)

func TestAFileIsCopiedInAndItsNameIsALabel(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	q, err := r.Add(t.Context(), New{
		Title: " A\nlease ", Reference: "32-EE", Due: "2026-12-24",
		Files:   []input.File{input.Memory("../../etc/\u202epasswd.pdf", original)},
		Signers: []request.Signer{{Name: "Ana"}},
	})
	r.must(err)
	want := request.Request{
		ID: "r1", Version: 1, Title: "A lease", Reference: "32-EE", Gateway: "one", Due: "2026-12-24", Status: request.Pending, Attempt: 1, AddedBy: "ana",
		Documents: []request.Document{{Original: request.Original{Name: "../../etc/ passwd.pdf", SHA256: q.Documents[0].SHA256, Size: int64(len(original))}}},
		Signers:   []request.Signer{{Name: "Ana"}}, CreatedAt: q.CreatedAt, UpdatedAt: q.UpdatedAt,
	}
	if diff := cmp.Diff(want, q); diff != "" {
		t.Error(diff)
	}
	kept, err := os.ReadFile(r.ledger.DocumentPath(q.Documents[0].SHA256))
	if err != nil || !slices.Equal(kept, original) {
		t.Errorf("%d bytes, %v", len(kept), err)
	}
	if filepath.Dir(r.ledger.DocumentPath(q.Documents[0].SHA256)) != filepath.Join(r.dir.Path(), "documents") {
		t.Errorf("it is kept at %s", r.ledger.DocumentPath(q.Documents[0].SHA256))
	}
	if r.last(q.ID).By != "ana" {
		t.Error("it does not say who")
	}
}

func TestPeopleAreKeptAsTheyCanBeShown(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	r.One.Set(func(f *fake.Gateway) { f.Can.CopyRecipients = true })
	n := New{
		Files: []input.File{input.Memory("Lease.pdf", original)}, Copies: []request.CopyRecipient{{Name: "Eva\x1b[31m", Email: "eva@\u202eexample.test"}},
		Signers: []request.Signer{{Name: "Ana\n Pérez", Email: "ana@example.test\r", Country: "ES", Number: "1"}},
	}
	q, err := r.Add(t.Context(), n)
	r.must(err)
	if q.Signers[0].Name != "Ana Pérez" || q.Signers[0].Email != "ana@example.test" || q.CopyRecipients[0].Name != "Eva [31m" || q.CopyRecipients[0].Email != "eva@ example.test" {
		t.Errorf("got %+v, %+v", q.Signers, q.CopyRecipients)
	}
	nobody := n
	nobody.Signers = []request.Signer{{Name: "\x1b", Email: "a@example.test", Country: "ES", Number: "1"}}
	none := n
	none.Copies = []request.CopyRecipient{{Name: "Eva", Email: " \u202e"}}
	for _, n := range []New{nobody, none} {
		if _, err := r.Add(t.Context(), n); err == nil || !strings.Contains(err.Error(), "no visible characters") {
			t.Errorf("got %v", err)
		}
	}
}

func TestTitlesAreMadeUpWhereThereAreNone(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	r.One.Set(func(f *fake.Gateway) { f.Can.AcceptsIDs, f.Can.MaxDocuments = true, 3 })
	lease := input.Memory("Lease.pdf", original)
	for want, n := range map[string]New{
		"Lease.pdf":            {Files: []input.File{lease}},
		"Lease.pdf and 2 more": {Files: []input.File{lease, lease, lease}},
		"one 2474":             {RemoteID: "2474"},
	} {
		if q, err := r.Add(t.Context(), n); err != nil || q.Title != want {
			t.Errorf("got %q, %v", q.Title, err)
		}
	}
}

func TestABadFileIsToldAndNothingIsKept(t *testing.T) {
	sampleFiles(t)
	dir := t.TempDir()
	write := func(name string, content []byte) input.File {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return input.Path(path)
	}
	huge := filepath.Join(dir, "huge.pdf")
	f, err := os.Create(huge)
	if err != nil {
		t.Fatal(err)
	}
	// A sparse file: it takes no space on the disk.
	if err := errors.Join(f.Truncate(MaxDocument+1), f.Close()); err != nil {
		t.Fatal(err)
	}
	secretFile := write("secret.pdf", original)
	if err := os.Chmod(filepath.Join(dir, "secret.pdf"), 0); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		file input.File
		say  string
	}{
		"not a PDF":            {write("letter.docx", []byte("PK\x03\x04")), "letter.docx is not a PDF: save or print it as a PDF first"},
		"empty":                {write("empty.pdf", nil), "empty.pdf is empty: save it again"},
		"missing":              {input.Path(filepath.Join(dir, "missing.pdf")), "there is no file missing.pdf: check the name"},
		"a folder":             {input.Path(dir), "is a folder: name the PDF files in it"},
		"a device":             {input.Path(os.DevNull), "cannot be read as a file: name a file on disk"},
		"encrypted":            {write("locked.pdf", pdftest.Encrypted(t)), "save a copy without a password"},
		"encrypted for nobody": {write("open.pdf", pdftest.EncryptedWith(t, "")), "locked it against changes"},
		"cut off":              {write("half.pdf", original[:len(original)/2]), "open it in a PDF reader and save it again"},
		"damaged":              {write("odd.pdf", []byte("%PDF-1.7\nnothing\n%%EOF\n")), "open it in a PDF reader and save it again"},
		"too large":            {input.Path(huge), "huge.pdf has 101 MB, and the limit is 100 MB: make it smaller"},
	}
	if runtime.GOOS != "windows" && os.Getuid() != 0 {
		tests["not ours"] = struct {
			file input.File
			say  string
		}{secretFile, "ask its owner for permission"}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			// The good file before it is not kept either.
			_, err := r.Add(t.Context(), New{Files: []input.File{input.Memory("Good.pdf", original), test.file}})
			if err == nil || !strings.Contains(err.Error(), test.say) || strings.Contains(err.Error(), dir) {
				t.Errorf("got %v", err)
			}
			if kept := r.documents(); len(kept) != 0 {
				t.Errorf("kept %v", kept)
			}
			if counts, err := r.ledger.CountByStatus(t.Context(), ledger.Both, ledger.Both); err != nil || counts[request.Pending] != 0 {
				t.Errorf("got %v, %v", counts, err)
			}
		})
	}
}

func TestLockedFilesAreTakenWhereTheProfileSaysSo(t *testing.T) {
	r := newRig(t)
	r.must(os.WriteFile(r.dir.Gateways(), []byte(fake.Profiles+"encrypted = true\n"), 0o600))
	locked := input.Memory("open.pdf", pdftest.EncryptedWith(t, ""))
	if _, err := r.Add(t.Context(), New{Gateway: "one", Files: []input.File{locked}}); err == nil || !strings.Contains(err.Error(), "locked it against changes") {
		t.Errorf("got %v", err)
	}
	q, err := r.Add(t.Context(), New{Gateway: "two", Files: []input.File{locked}})
	if err != nil || len(q.Documents) != 1 {
		t.Errorf("got %+v, %v", q, err)
	}
	if _, err := r.Add(t.Context(), New{Gateway: "two", Files: []input.File{input.Memory("locked.pdf", pdftest.Encrypted(t))}}); err == nil || !strings.Contains(err.Error(), "needs a password") {
		t.Errorf("got %v", err)
	}
	path := r.write(filepath.Join(t.TempDir(), "open.pdf"), pdftest.EncryptedWith(t, ""))
	found, err := r.Look(t.Context(), []string{path}, nil)
	if err != nil || len(found.Files) != 1 || !found.Files[0].Protected || found.Files[0].Problem.Text != "" || found.Files[0].Pages != 1 {
		t.Errorf("got %+v, %v", found, err)
	}
	offers, err := r.Offers(t.Context())
	if err != nil || len(offers) != 2 || offers[0].TakesLocked || !offers[1].TakesLocked {
		t.Errorf("got %+v, %v", offers, err)
	}
}

func TestAFileThatIsStillBeingWrittenIsNotTaken(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	first := &shrinks{Reader: bytes.NewReader(original)}
	_, err := r.Add(t.Context(), New{Files: []input.File{
		{Name: "first.pdf", Open: func() (input.Source, int64, error) { return first, int64(len(original)), nil }},
		{Name: "second.pdf", Open: func() (input.Source, int64, error) {
			first.cut = true // the first was checked, and is not copied yet
			return &shrinks{Reader: bytes.NewReader(original)}, int64(len(original)), nil
		}},
	}})
	if err == nil || !strings.Contains(err.Error(), "first.pdf cannot be used: it became shorter") || !strings.Contains(err.Error(), "wait until") {
		t.Errorf("got %v", err)
	}
}

// shrinks is a file that another program truncates while it is read.
type shrinks struct {
	*bytes.Reader
	cut bool
}

func (s *shrinks) ReadAt(p []byte, off int64) (int, error) {
	if s.cut {
		return io.NewSectionReader(s.Reader, 0, s.Size()/2).ReadAt(p, off)
	}
	return s.Reader.ReadAt(p, off)
}

func (s *shrinks) Close() error { return nil }

func TestWhatTheGatewayCannotDoIsToldBeforeAnythingIsKept(t *testing.T) {
	sampleFiles(t)
	lease := input.Memory("Lease.pdf", original)
	takes := gateway.Capabilities{AcceptsFiles: true, MaxDocuments: 1}
	custom := gateway.Capabilities{AcceptsFiles: true, MaxDocuments: 1, CustomAppearance: true}
	tests := map[string]struct {
		can gateway.Capabilities
		add New
		say string
	}{
		"nothing":                     {gateway.Capabilities{AcceptsFiles: true, MaxDocuments: 1}, New{}, "name a PDF file"},
		"too many documents":          {gateway.Capabilities{AcceptsFiles: true, MaxDocuments: 1}, New{Files: []input.File{lease, lease}}, "add the files one by one"},
		"an id where there are none":  {gateway.Capabilities{AcceptsFiles: true, MaxDocuments: 1}, New{RemoteID: "12"}, "add a PDF file"},
		"a file where none is taken":  {gateway.Capabilities{AcceptsIDs: true, MaxDocuments: 1}, New{Files: []input.File{lease}}, "by their id"},
		"nobody who signs":            {gateway.Capabilities{AcceptsFiles: true, NeedsSigner: true, MaxDocuments: 1}, New{Files: []input.File{lease}}, "name, e-mail, country, number"},
		"a date that is none":         {gateway.Capabilities{AcceptsFiles: true, MaxDocuments: 1}, New{Files: []input.File{lease}, Due: "24.12.2026"}, "enter it like 2026-12-24"},
		"nobody gets a copy":          {takes, New{Files: []input.File{lease}, Copies: []request.CopyRecipient{{Name: "Ana", Email: "ana@example.test"}}}, "cannot send copies"},
		"no say in the signature":     {takes, New{Files: []input.File{lease}, Signature: &request.SignatureOptions{Reason: "I agree"}}, "decides how its signatures look"},
		"no say in its position":      {takes, New{Files: []input.File{lease}, Positions: []request.SignaturePosition{{Page: "1"}}}, "decides how its signatures look"},
		"no such page of a document":  {custom, New{Files: []input.File{lease}, Positions: []request.SignaturePosition{{Page: "0"}}}, "enter its number, or last"},
		"no such page":                {custom, New{Files: []input.File{lease}, Signature: &request.SignatureOptions{Page: "first"}}, "enter its number, or last"},
		"a rectangle without a size":  {custom, New{Files: []input.File{lease}, Signature: &request.SignatureOptions{Rectangle: &request.Rectangle{X: 1, Y: 1}}}, "a width and a height"},
		"a field in two levels":       {custom, New{Files: []input.File{lease}, Signature: &request.SignatureOptions{Field: "a.b"}}, "contains no period"},
		"a reason of two lines":       {custom, New{Files: []input.File{lease}, Signature: &request.SignatureOptions{Reason: "I\nagree"}}, "one short line"},
		"an id that is none":          {gateway.Capabilities{AcceptsIDs: true}, New{RemoteID: "1\n2"}, "cannot be the id of a request"},
		"a signer of what is made":    {gateway.Capabilities{AcceptsIDs: true}, New{RemoteID: "1", Signers: []request.Signer{{Name: "Ana"}}}, "leave out the people"},
		"too large for this gateway":  {gateway.Capabilities{AcceptsFiles: true, MaxDocuments: 1, MaxSize: int64(len(original)) - 1}, New{Files: []input.File{lease}}, "the limit is 0 MB"},
		"a gateway that is not there": {gateway.Capabilities{}, New{Gateway: "three", Files: []input.File{lease}}, `there is no gateway "three"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.One.Set(func(f *fake.Gateway) { f.Can = test.can })
			if _, err := r.Add(t.Context(), test.add); err == nil || !strings.Contains(err.Error(), test.say) {
				t.Errorf("got %v", err)
			}
			if kept := r.documents(); len(kept) != 0 {
				t.Errorf("kept %v", kept)
			}
		})
	}
	r := newRig(t)
	r.must(os.WriteFile(r.dir.Gateways(), nil, 0o600))
	if _, err := r.Add(t.Context(), New{Files: []input.File{lease}}); err == nil || !strings.Contains(err.Error(), "choose one") {
		t.Errorf("without a default: %v", err)
	}
}

func given() gateway.Profile {
	return gateway.Profile{Name: "three", Kind: "fake", URL: "https://three.example"}
}

func TestAGatewayThatIsNeededIsNotRemoved(t *testing.T) {
	r := newRig(t)
	_, err := r.AddGateway(t.Context(), given(), secret.Entered{Value: "s3cret"})
	r.must(err)
	longer := given()
	longer.Name = "three-b" // begins with the name of the other gateway
	_, err = r.AddGateway(t.Context(), longer, secret.Entered{})
	r.must(err)
	q, err := r.Add(t.Context(), New{Gateway: "three", Files: []input.File{input.Memory("Lease.pdf", original)}})
	r.must(err)
	_, err = r.Sign(t.Context(), q.ID)
	r.must(err)
	if err := r.RemoveGateway(t.Context(), "three"); err == nil || !strings.Contains(err.Error(), "sign or withdraw them first") {
		t.Errorf("got %v", err)
	}
	if err := r.RemoveGateway(t.Context(), "three-b"); err != nil {
		t.Errorf("another gateway's requests: %v", err)
	}
	_, err = r.Withdraw(t.Context(), q.ID, "")
	r.must(err)
	r.must(r.RemoveGateway(t.Context(), "three"))
	if text, err := os.ReadFile(r.dir.Gateways()); err != nil || strings.TrimRight(string(text), "\n") != strings.TrimRight(fake.Profiles, "\n") || r.Secrets.Kept["three|https://three.example:443"] != "" {
		t.Errorf("got %s, %v, %v", text, r.Secrets.Kept, err)
	}
	if err := r.RemoveGateway(t.Context(), "three"); err == nil || !strings.Contains(err.Error(), "check its name") {
		t.Errorf("got %v", err)
	}
}

func TestPracticeGatewaysNeedTheirProgram(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	r.must(os.WriteFile(r.dir.Gateways(), []byte("default = \"p\"\n[gateways.p]\nkind = \"fake\"\npractice = true\n"), 0o600))
	lease := New{Files: []input.File{input.Memory("Lease.pdf", original)}}
	if _, err := r.Add(t.Context(), lease); err == nil || !strings.Contains(err.Error(), "practice gateway") {
		t.Errorf("got %v", err)
	}
	broken := errors.New("no port is free")
	r.setup.Practice = func(context.Context, gateway.Profile) (gateway.Profile, string, error) {
		return gateway.Profile{}, "", broken
	}
	r.restart()
	if _, err := r.Add(t.Context(), lease); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	r.setup.Practice = func(_ context.Context, p gateway.Profile) (gateway.Profile, string, error) {
		p.URL = "http://127.0.0.1:1"
		return p, "s3cret", nil
	}
	r.restart()
	if _, err := r.Add(t.Context(), lease); err != nil {
		t.Error(err)
	}
	infos, err := r.ListGateways(t.Context())
	if err != nil || len(infos) != 1 || !infos[0].Practice || infos[0].Fault.Text != "" {
		t.Errorf("got %+v, %v", infos, err)
	}
}

func TestWhatIsLeftOverFromLongAgoIsTakenAway(t *testing.T) {
	r := newRig(t)
	r.close()
	long := r.config.Now().Add(-2 * time.Hour)
	keep := []string{"incoming-1x", "incoming-", ".gateways.toml", ".gateways.toml-x1", "outgoing-12", "my.port-12", "x.incoming-12"}
	for _, name := range append([]string{"incoming-12", ".gateways.toml-12", ".secrets.json-34", ".settings.toml-3", ".queue.json-4", ".copies.json-5", ".learned.json-6", ".callback-8123.port-56"}, keep...) {
		path := filepath.Join(r.dir.Path(), name)
		r.must(errors.Join(os.WriteFile(path, []byte("x"), 0o600), os.Chtimes(path, long, long)))
	}
	young := filepath.Join(r.dir.Path(), "incoming-99")
	r.must(errors.Join(os.WriteFile(young, nil, 0o600), os.Chtimes(young, long.Add(90*time.Minute), long.Add(90*time.Minute))))
	r.must(os.Mkdir(filepath.Join(r.dir.Path(), "incoming-7"), 0o700))
	r.must(os.Chtimes(filepath.Join(r.dir.Path(), "incoming-7"), long, long))
	documents := filepath.Join(r.dir.Path(), "documents")
	r.must(os.MkdirAll(documents, 0o700))
	for _, name := range []string{"incoming-12", "incoming-x", strings.Repeat("a", 64) + ".pdf"} {
		r.must(errors.Join(os.WriteFile(filepath.Join(documents, name), nil, 0o600), os.Chtimes(filepath.Join(documents, name), long, long)))
	}
	r.open()
	if kept, err := filepath.Glob(filepath.Join(documents, "*")); err != nil || len(kept) != 2 {
		t.Errorf("documents: %v, %v", kept, err)
	}
	files, err := os.ReadDir(r.dir.Path())
	r.must(err)
	var left []string
	for _, f := range files {
		if strings.Contains(f.Name(), "-") || strings.HasPrefix(f.Name(), ".") {
			left = append(left, f.Name())
		}
	}
	want := append(keep, "incoming-99", "incoming-7")
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.DeleteFunc(left, func(name string) bool { return strings.HasPrefix(name, "ledger") })); diff != "" {
		t.Error(diff)
	}
}

func TestAFixedPortThatIsTakenIsNamed(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	other, err := net.Listen("tcp4", "127.0.0.1:0")
	r.must(err)
	defer other.Close()
	p := given()
	p.CallbackPort = home.PortOf(other)
	// It does not help that the secret was found before.
	r.must(r.dir.WritePort("callback", p.CallbackPort))
	_, err = r.AddGateway(t.Context(), p, secret.Entered{})
	r.must(err)
	q, err := r.Add(t.Context(), New{Gateway: "three", Files: []input.File{input.Memory("Lease.pdf", original)}})
	r.must(err)
	if _, err := r.Sign(t.Context(), q.ID); err == nil || !strings.Contains(err.Error(), "is used by another program") {
		t.Errorf("got %v", err)
	}
	if now := r.get(q.ID); now.Status != request.Pending || now.Trouble == "" {
		t.Errorf("got %+v", now)
	}
	findings, err := r.CheckGateway(t.Context(), "three")
	if err != nil || findings[1].OK || !strings.Contains(findings[1].Advice, "callback_port") {
		t.Errorf("got %+v, %v", findings, err)
	}
}
