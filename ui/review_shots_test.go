package ui

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/report"
	"countersign/ui/uitest"
)

// reviewScenes are states of the report screen and of the list of outcomes to review.
func reviewScenes() map[string]scene {
	open := func(f *office) {
		f.ctrl(fyne.Key8)
		f.counted()
	}
	of := func(period string) func(*office) {
		return func(f *office) {
			f.window.report.SetPeriod(period)
			open(f)
		}
	}
	focus := func(f *office, o fyne.Focusable) { f.window.window.Canvas().Focus(o) }
	seed := append(officeDay(), outcomes(400)...)
	return map[string]scene{
		"review":         {kept: inBoth, seed: seed, play: open},
		"review-empty":   {play: open},
		"review-three":   {seed: threeRows(), play: open},
		"review-week":    {seed: seed, play: of("week")},
		"review-quarter": {seed: seed, play: of("quarter")},
		"review-many":    {seed: outcomes(30_000), play: of("all")},
		"review-down": {seed: seed, play: func(f *office) {
			of("year")(f)
			focus(f, uitest.Find[*report.OpenNumberTable](f.window.report.Content())[0])
		}},
		"review-table": {seed: seed, play: func(f *office) {
			of("year")(f)
			f.follow(f.window.lang.Say("review.as_table"))
			f.window.window.Canvas().FocusPrevious()
		}},
		"review-own":  {seed: seed, play: func(f *office) { open(f); f.press(f.window.lang.Say("review.own")) }},
		"review-list": {kept: inLight, seed: seed, play: func(f *office) { f.ctrl(fyne.Key9) }},
		"review-bulk": {seed: seed, play: func(f *office) {
			f.ctrl(fyne.Key9)
			f.settle()
			f.window.onSelectAll()
			f.wait("the selection", func() bool { return f.marked() > 11 })
		}},
		"review-return": {seed: seed, play: func(f *office) { f.ctrl(fyne.Key9); f.settle(); f.key(fyne.KeyR) }},
		"review-done": {seed: seed, play: func(f *office) {
			f.ctrl(fyne.Key4)
			f.settle()
			f.window.decide(f.window.chosen.id, request.SentBack, "Ask the bank for another certificate, then try again.")
			f.saying("Ask the bank")
		}},
	}
}

// counted waits until the report screen is read.
func (f *office) counted() {
	f.t.Helper()
	f.wait("the numbers", func() bool {
		return f.queue.Idle() && !strings.Contains(f.says(), f.window.lang.Say("review.counting"))
	})
}

// outcomes returns requests that ended in the last year, most of them signed.
func outcomes(n int) []ledger.Change {
	messages := []string{"The salary does not match the offer.", "", "The signer’s certificate has expired on 2026-10-31."}
	people := []string{"mara", "jordi", "aitana", "bea"}
	var all []ledger.Change
	for i := range n {
		// More in recent months, fewer on some days, none on weekends.
		ago := time.Duration(float64(i)*float64(i)/float64(n)/float64(n)*330*24) * time.Hour
		at := noon.Add(-ago - time.Hour)
		if day := at.Weekday(); day == time.Saturday || day == time.Sunday {
			at = at.AddDate(0, 0, -2)
		}
		gateway := []string{"office", "office", "office", "town-hall", "sandbox"}[i%5]
		h := newHistory(5000+i, fmt.Sprintf("Agreement %05d", i), fmt.Sprintf("A-%05d", i), gateway, at, 50_000).launched(time.Minute)
		took := time.Duration(20+(i*7919)%900) * time.Second
		switch {
		case i%11 == 3:
			h.answered(took, request.Rejected, request.ByGateway, "rejected", messages[i%3])
		case i%17 == 5:
			h.answered(took, request.Failed, request.ByGateway, "failed", messages[2])
		case i%29 == 7:
			h.answered(took, request.Canceled, request.ByGateway, "canceled", "")
		default:
			h.answered(took, request.Signed, request.ByGateway, "finished", "", request.DocumentResult{Code: "signed", Signed: true})
		}
		h.change.Events[0].By = people[(i*i)%7%4]
		if i%3 > 0 {
			h.event(time.Minute, request.Event{Kind: request.KindReviewed, By: "mara", Reviewed: &request.Reviewed{Decision: request.Accepted}})
		}
		all = append(all, h.change)
	}
	return all
}
