//go:build !windows

package main

import (
	"fyne.io/fyne/v2"

	"countersign/cmd/internal/program"
)

const messageHelp = ""

// showMessage does nothing: on this system the line on standard error is seen, or is in the log of the session.
func showMessage(string) {}

// notifier returns the function that shows notifications.
func notifier(a fyne.App, _ *program.Session) func(title, text string) {
	return func(title, text string) { a.SendNotification(fyne.NewNotification(title, text)) }
}

// ask is not used: on this system homes are where they were.
func ask(string) answer { return answerNo }
