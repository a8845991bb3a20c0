package ui

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/software"

	"countersign/assets"
	"countersign/core/ledger"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/ui/uitest"
)

// requestScenes are states of one request that are hard to lay out.
func requestScenes() map[string]scene {
	all := map[string]scene{}
	for name, play := range requestStates {
		all["hard-"+name] = scene{seed: requestDay(), play: play}
	}
	all["request-not-launched"] = scene{kept: inLight, seed: requestDay(), play: func(f *office) { f.chooseSeeded(51) }}
	return all
}

var requestStates = map[string]func(*office){
	"failed":   func(f *office) { f.chooseSeeded(10) },
	"rejected": func(f *office) { f.chooseSeeded(11) },
	"partial":  func(f *office) { f.chooseSeeded(13) },
	"partial-below": func(f *office) {
		f.chooseSeeded(13)
		f.requestScroll().ScrollToOffset(fyne.NewPos(0, 420))
	},
	"failed-below": func(f *office) {
		f.chooseSeeded(10)
		f.requestScroll().ScrollToOffset(fyne.NewPos(0, 620))
	},
	"unproven": func(f *office) { f.chooseSeeded(15) },
	"trouble":  func(f *office) { f.chooseSeeded(16) },
	"signed":   func(f *office) { f.chooseSeeded(1) },
	"scaled": func(f *office) {
		f.window.window.Canvas().(software.WindowlessCanvas).SetScale(1.5)
		f.chooseSeeded(1)
	},
	"ten": func(f *office) { f.chooseSeeded(50) },
	"ten-below": func(f *office) {
		f.chooseSeeded(50)
		f.requestScroll().ScrollToBottom()
	},
	"edit":     func(f *office) { f.chooseSeeded(11); f.ctrl(fyne.KeyE) },
	"withdraw": func(f *office) { f.chooseSeeded(16); f.key(fyne.KeyDelete) },
	"save": func(f *office) {
		f.chooseSeeded(1)
		f.ctrlShift(fyne.KeyS)
		f.saying(f.window.lang.Say("request.save_title"))
	},
	"offer": func(f *office) {
		f.chooseSeeded(16)
		f.window.offerToAdd(f.window.detail.Shown().Title, "/home/mara/Scans/Minutes of the board, November.pdf")
	},
}

// requestScroll returns the scroller of the detail pane.
func (f *office) requestScroll() *container.Scroll {
	return uitest.Find[*container.Scroll](f.window.detail)[0]
}

func (f *office) chooseSeeded(id int) {
	f.t.Helper()
	f.window.choose(request.ID(fmt.Sprintf("01900000-0000-7000-8000-%012d", id)))
	f.settle()
}

// requestDay returns rare cases: ten documents, a rejected return, and a signed file attached to a request
// without documents.
func requestDay() []ledger.Change {
	sizes := make([]int64, 10)
	for i := range sizes {
		sizes[i] = int64(40_000 + 31_000*i)
	}
	ten := newHistory(50, "Tender for the school kitchen", "T-50", "office", noon.Add(-time.Hour), sizes...).launched(time.Minute)
	ten.event(time.Minute, request.Event{Kind: request.KindReturned, Return: &request.Return{
		VisitID: ten.lastVisit(), Code: "finished", Rejection: "it names the process 91ab, and this visit is 8f2c",
	}})
	ten.change.Events[1].Visit.Notes = []string{"the gateway’s Location header and its answer name different processes", "the gateway calls two documents by the same name"}
	launch := newHistory(51, "Permit for the market square", "P-51", "office", noon.Add(-time.Hour), 61_000).
		event(time.Minute, request.Event{Kind: request.KindLaunchFailed, By: "mara", Reason: "gateway office: the token was refused (invalid_client): enter the client secret again in the settings"})
	return append(officeDay(), ten.change, launch.change)
}

// withRealFiles returns the seed with the digests of real PDF files in its documents. It changes the seed in place.
func withRealFiles(t *testing.T, changes []ledger.Change) []ledger.Change {
	t.Helper()
	samples := assets.Samples()
	for i, c := range changes {
		if own := slices.IndexFunc(samples, func(s assets.Sample) bool { return s.Title == c.Events[0].Added.Title }); own >= 0 {
			i = own
		}
		sample, signer := samples[i%len(samples)].Bytes, "Maria Example"
		if signers := c.Events[0].Added.Signers; len(signers) > 0 {
			signer = signers[0].Name
		}
		for j := range c.Events[0].Added.Documents {
			c.Events[0].Added.Documents[j].SHA256 = seedFile(samples[(i+j)%len(samples)].Bytes)
		}
		for _, e := range c.Events {
			if e.Stored != nil {
				e.Stored.SHA256 = seedFile(signedSample(t, sample, signer))
			}
		}
	}
	return changes
}

var signedSamples = map[string][]byte{}

// signedSample returns a signed document, which is signed once for all scenes.
func signedSample(t *testing.T, sample []byte, signer string) []byte {
	t.Helper()
	key := signer + string(sample)
	if signedSamples[key] == nil {
		signedSamples[key] = pdftest.Sign(t, sample, signer)
	}
	return signedSamples[key]
}
