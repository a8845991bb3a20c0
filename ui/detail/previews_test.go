package detail

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/core/proof"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/kit"
	"countersign/ui/status"
	"countersign/ui/uitest"
)

func TestSignaturesOfAFileAreReadOnce(t *testing.T) {
	read := 0
	p := &previews{signatures: func(context.Context, string) ([]proof.Signature, error) {
		read++
		return nil, nil
	}, changed: func() {}}
	q := uitest.NewQueue()
	p.bg = async.New(q.Dispatch)
	defer func() { p.bg.Close(); p.bg.Wait() }()
	wait := func() {
		for p.reading != nil {
			<-q.News()
			q.Drain()
		}
	}
	for _, of := range []request.ID{"one", "one", "two", "one"} {
		p.load(of, []load{{digest: "a"}, {digest: "b"}, {digest: "a"}})
		wait()
	}
	if read != 2 {
		t.Errorf("read %d times", read)
	}
}

func TestALateReadIsDroppedForARequestWithoutFiles(t *testing.T) {
	answer, changed := make(chan struct{}), 0
	q := uitest.NewQueue()
	p := &previews{bg: async.New(q.Dispatch), changed: func() { changed++ }}
	p.signatures = func(context.Context, string) ([]proof.Signature, error) { <-answer; return nil, nil }
	defer func() { p.bg.Close(); p.bg.Wait() }()
	p.load("one", []load{{digest: "a"}})
	p.load("two", nil)
	close(answer)
	<-q.News()
	q.Drain()
	if changed != 0 || p.info("a").signaturesRead {
		t.Error("the result for another request is shown")
	}
}

func TestADocumentWarnsOfChangesMadeBeforeSigning(t *testing.T) {
	signed := request.SignedFile{SHA256: "b", Proves: true, Changes: []string{"something else", proof.FormFilled}}
	r := request.Request{Status: request.Signed, Documents: []request.Document{{Original: request.Original{SHA256: "a"}, Signed: &signed}}}
	const want = "Visible content of this file was changed between sending and signing (pages or other visible content, form fields). Compare it with the document that was sent."
	if doc := documentModels(i18n.English, settings.Names{}, r, nil)[0]; doc.warning != want || doc.problem != "" || !doc.proves {
		t.Errorf("got %+v", doc)
	}
	var event eventModel
	event.stored(i18n.English, &request.Stored{Proves: true, Changes: signed.Changes})
	if event.detail != want || event.color != kit.ColorWarn {
		t.Errorf("got %+v", event)
	}
	signed.Changes = nil
	if doc := documentModels(i18n.English, settings.Names{}, r, nil)[0]; doc.warning != "" {
		t.Errorf("nothing was changed: %+v", doc)
	}
}

// noHost is a [Host] that does nothing.
type noHost struct{}

func (noHost) Do(status.Action)                 {}
func (noHost) Copy(string)                      {}
func (noHost) OpenDocument(request.ID, string)  {}
func (noHost) ShowInFolder(request.ID, string)  {}
func (noHost) SaveCopy(request.ID, int, string) {}
func (noHost) Diagnose()                        {}
func (noHost) ActionsChanged()                  {}

func TestAnUnfoldedSignatureStaysUnfolded(t *testing.T) {
	uitest.App(t).Settings().SetTheme(kit.Theme(kit.LightLook))
	q := uitest.NewQueue()
	bg := async.New(q.Dispatch)
	defer func() { bg.Close(); bg.Wait() }()
	read := DocumentReader{Signatures: func(context.Context, string) ([]proof.Signature, error) {
		return []proof.Signature{{Signer: "Maria Example", State: proof.Intact, Algorithm: "SHA-256, ECDSA P-256"}}, nil
	}}
	d := New(i18n.English, bg, read, func(*fyne.KeyEvent) {}, noHost{})
	says := func() string { return strings.Join(uitest.Texts(d, nil), "\n") }
	r := request.Request{ID: "1", Version: 1, Title: "Lease", Documents: []request.Document{{Original: request.Original{Name: "Lease.pdf", SHA256: "a"}}}}
	d.SetModel(NewModel(i18n.English, settings.Names{}, r, nil, false, ""))
	q.Wait(t, "the signature", func() bool { return strings.Contains(says(), "Maria Example") }, says)
	uitest.Tap(uitest.FindLink(d, i18n.English.Say("pdf.details")))
	if !strings.Contains(says(), "ECDSA") {
		t.Fatalf("it says:\n%s", says())
	}
	d.showPreviews() // as after another read
	if !strings.Contains(says(), "ECDSA") {
		t.Errorf("the signature was folded:\n%s", says())
	}
}
