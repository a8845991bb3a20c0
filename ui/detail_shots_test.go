package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"

	"countersign/assets"
	"countersign/core/ledger"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
)

// requestScenes draw one request in the states that are hard to draw.
var requestScenes = map[string]func(*office){
	"request-failed":   func(f *office) { f.chooseSeeded(10) },
	"request-rejected": func(f *office) { f.chooseSeeded(11) },
	"request-partial":  func(f *office) { f.chooseSeeded(13) },
	"request-partial-below": func(f *office) {
		f.chooseSeeded(13)
		f.window.detail.scroll.ScrollToOffset(fyne.NewPos(0, 420))
	},
	"request-failed-below": func(f *office) {
		f.chooseSeeded(10)
		f.window.detail.scroll.ScrollToOffset(fyne.NewPos(0, 620))
	},
	"request-unproven": func(f *office) { f.chooseSeeded(15) },
	"request-trouble":  func(f *office) { f.chooseSeeded(16) },
	"request-signed":   func(f *office) { f.chooseSeeded(1) },
	"request-scaled": func(f *office) {
		f.window.window.Canvas().(software.WindowlessCanvas).SetScale(1.5)
		f.chooseSeeded(1)
	},
	"request-ten": func(f *office) { f.chooseSeeded(50) },
	"request-ten-below": func(f *office) {
		f.chooseSeeded(50)
		f.window.detail.scroll.ScrollToBottom()
	},
	"request-launch":   func(f *office) { f.chooseSeeded(51) },
	"request-edit":     func(f *office) { f.chooseSeeded(11); f.ctrl(fyne.KeyE) },
	"request-withdraw": func(f *office) { f.chooseSeeded(16); f.key(fyne.KeyDelete) },
	"request-save": func(f *office) {
		f.chooseSeeded(1)
		f.ctrlShift(fyne.KeyS)
		f.saying(f.window.lang.Say("request.save_title"))
	},
	"request-offer": func(f *office) {
		f.chooseSeeded(16)
		f.window.offerToAdd(f.window.detail.model.title, "/home/mara/Scans/Minutes of the board, November.pdf")
	},
}

func (f *office) chooseSeeded(id int) {
	f.t.Helper()
	f.window.choose(request.ID(fmt.Sprintf("01900000-0000-7000-8000-%012d", id)))
	f.settle()
}

// requestDay has what an ordinary day has not: ten documents, a return that is not believed, and a
// signed file for a request whose documents were never here.
func requestDay() []ledger.Change {
	sizes := make([]int64, 10)
	for i := range sizes {
		sizes[i] = int64(40_000 + 31_000*i)
	}
	ten := newHistory(50, "Tender for the school kitchen", "T-50", "office", noon.Add(-time.Hour), sizes...).launched(time.Minute)
	ten.event(time.Minute, request.Event{Kind: request.KindReturned, Return: &request.Return{
		Ticket: ten.lastTicket(), Word: "finished", Refuse: "it names the process 91ab, and this visit is 8f2c",
	}})
	ten.change.Events[1].Visit.Notes = []string{"the gateway’s Location header and its answer name different processes", "the gateway calls two documents by the same name"}
	launch := newHistory(51, "Permit for the market square", "P-51", "office", noon.Add(-time.Hour), 61_000).
		event(time.Minute, request.Event{Kind: request.KindLaunchFailed, By: "mara", Reason: "gateway office: the token was refused (invalid_client): check the client secret with: countersignctl gateways secret office"})
	return append(officeDay(), ten.change, launch.change)
}

// file puts documents into the home for those that a seed names.
func (f *office) file(changes []ledger.Change) {
	f.t.Helper()
	put := func(digest string, content []byte) {
		path := f.desk.DocumentPath(digest)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			f.t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			f.t.Fatal(err)
		}
	}
	samples := assets.Samples()
	for i, c := range changes {
		sample := samples[i%len(samples)].Bytes
		for j, doc := range c.Events[0].Added.Documents {
			put(doc.SHA256, samples[(i+j)%len(samples)].Bytes)
		}
		for _, e := range c.Events {
			if e.Stored != nil {
				put(e.Stored.SHA256, signedSample(f.t, sample))
			}
		}
	}
}

var signedSamples = map[string][]byte{}

// signedSample signs a document, once for all scenes.
func signedSample(t *testing.T, sample []byte) []byte {
	t.Helper()
	if signedSamples[string(sample)] == nil {
		signedSamples[string(sample)] = pdftest.Sign(t, sample, "Maria Example")
	}
	return signedSamples[string(sample)]
}
