package ui

import (
	"fmt"
	"strings"

	"countersign/core/request"
)

// Every word the window says itself is in this file. What a state means and what to do
// about it, [desk.Explain] says; errors of the desk are shown as they are.

// General.
const (
	wordTitle      = "Countersign"
	wordBetween    = " · "
	wordThousands  = ","
	wordDayForm    = "2 Jan"
	wordDateForm   = "2 Jan 2006"
	wordMomentForm = "2 Jan 2006, 15:04"
	wordNow        = "now"
	wordYesterday  = "yesterday"
	wordPractice   = "practice"
	wordHelpHint   = "F1 lists the shortcuts"
	wordNoDesk     = "The desk cannot be opened"
	wordQuit       = "Close"
)

// Views and what they say when they are empty.
const (
	wordViewToSign    = "To sign"
	wordViewInBrowser = "In the browser"
	wordViewAttention = "Needs attention"
	wordViewSigned    = "Signed"
	wordViewAll       = "All"

	wordEmptyToSign        = "Nothing waits to be signed"
	wordEmptyToSignText    = "Drop a PDF here, or press Ctrl+O to add one."
	wordEmptyInBrowser     = "No signing is under way"
	wordEmptyInBrowserText = "Choose a request under “To sign” and press Ctrl+Enter. It stays here until the gateway has said how it went."
	wordEmptyAttention     = "Nothing needs attention"
	wordEmptyAttentionText = "Requests that were refused, broken off or failed come here, with the reason and a way to try again."
	wordEmptySigned        = "Nothing is signed yet"
	wordEmptySignedText    = "Signed requests come here, with the signed PDF and how it is known to be signed."
	wordEmptyAll           = "Drop a PDF here to begin"
	wordEmptyAllText       = "Or press Ctrl+O to add one. Files can be dropped anywhere on this window."

	wordNothingFoundText  = "Every word you type is looked for at the beginning of the words in titles, references, file names and signers. Press Escape to see the whole list again."
	wordNothingChosen     = "No request is chosen"
	wordFirstSteps        = "How a signing goes"
	wordFirstStepsText    = "1.  Drop a PDF. It is copied into this desk and waits under “To sign”.\n\n2.  Press “Sign in browser”. The gateway opens there, and you sign as you are used to.\n\n3.  Come back. The gateway is asked what really happened, and the signed PDF is fetched, checked and kept."
	wordNothingChosenText = "Choose one in the list to see where it stands, what comes next, and how it is known."
)

// Statuses and evidence.
const (
	wordToSign     = "To sign"
	wordInBrowser  = "In browser"
	wordConfirming = "Confirming"
	wordSigned     = "Signed"
	wordUnproven   = "Signed, unproven"
	wordPartial    = "Partly signed"
	wordRejected   = "Rejected"
	wordCanceled   = "Canceled"
	wordFailed     = "Failed"
	wordGone       = "Gone"
	wordWithdrawn  = "Withdrawn"

	wordByBrowser  = "browser"
	wordByGateway  = "gateway"
	wordByDocument = "document"
)

// Actions, and what is said while they are done.
const (
	wordAddPDF          = "Add PDF…"
	wordActSign         = "Sign in browser"
	wordActBrowseAgain  = "Open browser again"
	wordActCheck        = "Check now"
	wordActReopen       = "Re-open"
	wordActOpenSigned   = "Open signed PDF"
	wordActOpenOriginal = "Open original"
	wordActCopyAddress  = "Copy address"
	wordActWithdraw     = "Withdraw…"
	wordActAttach       = "Attach signed PDF…"
	wordActStop         = "Stop"

	wordDoingSign     = "Preparing the signing…"
	wordDoingBrowse   = "Opening the browser…"
	wordDoingCheck    = "Asking the gateway…"
	wordDoingReopen   = "Re-opening…"
	wordDoingWithdraw = "Withdrawing…"
	wordDoingAttach   = "Checking the signed file…"

	wordStopped     = "Stopped."
	wordCopied      = "The address is on the clipboard."
	wordCopy        = "Copy"
	wordAddressHint = "Open this address in a browser on this machine:"
)

// The request at the right.
const (
	wordSectionGateway  = "WHAT THE GATEWAY SAID"
	wordSectionFacts    = "DETAILS"
	wordSectionAttempts = "ATTEMPTS"
	wordSectionTimeline = "TIMELINE"

	wordFileProvesNot = "A file came back, and it proves nothing"
	wordFileMissing   = "The signed file is not here yet"
	wordFileUnsigned  = "Not signed"
	wordFileOriginal  = "As it was added"

	wordEventAdded        = "Added"
	wordEventLaunched     = "Session prepared at the gateway"
	wordEventLaunchFailed = "The session could not be prepared"
	wordEventOpened       = "Sent to the browser"
	wordEventOpenFailed   = "The browser did not start"
	wordEventReturned     = "The browser came back"
	wordEventNotBelieved  = "A return that is not believed"
	wordEventAnswered     = "The gateway answered"
	wordEventUnknownWord  = "A word that is not known here"
	wordEventStored       = "Signed file received and checked"
	wordEventStoredBad    = "A file came that proves nothing"
	wordStoredProves      = "It continues what was sent, and its signature is intact."
	wordEventTrouble      = "Not settled yet"
	wordEventDiscarded    = "The gateway’s copy is gone"
	wordEventWithdrawn    = "Withdrawn"
	wordEventReopened     = "Re-opened"
)

// Questions and the menu.
const (
	wordAddTitle = "Add a PDF"
	wordAddHint  = "Or drop files anywhere on the window: each becomes a request of its own."
	wordPath     = "Path of a PDF file"
	wordBrowse   = "Browse…"
	wordAdd      = "Add"
	wordCancel   = "Cancel"
	wordClose    = "Close"
	wordKeep     = "Keep it"

	wordAttachTitle = "Attach the signed PDF"
	wordAttachHint  = "Or drop it on the request. It is taken when it begins with what was sent and its signature is intact."
	wordAttach      = "Attach"

	wordWithdrawTitle = "Withdraw this request?"
	wordWithdrawYes   = "Withdraw"

	wordSearch      = "Search"
	wordMenuFile    = "File"
	wordMenuRequest = "Request"
	wordMenuView    = "View"
	wordMenuHelp    = "Help"
	wordMenuNext    = "Next step"
	wordMenuSearch  = "Search"
	wordHelpTitle   = "Keyboard shortcuts"
)

// Notifications, the tray, and ending the program. A notification is made of these words
// and of numbers alone.
const (
	wordTrayShow  = "Show window"
	wordTrayQuit  = "Quit"
	wordQuitTitle = "Quit now?"
	wordQuitStay  = "Stay"
)

func wordTrayView(name string, n int) string { return name + ": " + number(n) }

// wordEnded says how many signings ended, and how.
func wordEnded(counts map[request.Status]int) string {
	all, parts := 0, []string{}
	for _, s := range request.Statuses() {
		if n := counts[s]; n > 0 {
			all += n
			parts = append(parts, number(n)+" "+strings.ToLower(statusMark(request.Request{Status: s}).word))
		}
	}
	ended := "1 signing ended: "
	if all != 1 {
		ended = number(all) + " signings ended: "
	}
	return ended + strings.Join(parts, ", ")
}

// wordOut says what is left behind.
func wordOut(n int) string {
	if n == 1 {
		return "1 signing is out. It settles at the next start."
	}
	return number(n) + " signings are out. They settle at the next start."
}

// shortcutList is every shortcut, for F1.
func shortcutList() []shortcut {
	return []shortcut{
		{"Ctrl+Enter", "The next step: the big button"},
		{"Ctrl+O", "Add a PDF"},
		{"Ctrl+F", "Search; Down or Enter goes to the rows"},
		{"Ctrl+1 … Ctrl+5", "Show a view"},
		{"Up, Down", "Choose a request; also Page, Home, End"},
		{"Enter", "From the list to the big button"},
		{"F5", "Check now: ask the gateway"},
		{"Ctrl+R", "Re-open"},
		{"Delete", "Withdraw (asks first)"},
		{"Escape", "Dismiss, or back to the list"},
		{"Ctrl+Q", "Quit"},
		{"Tab, Shift+Tab", "Go on to the next part, or back"},
		{"F1", "This list"},
	}
}

func wordMinutes(n int) string { return fmt.Sprintf("%d min", n) }
func wordHours(n int) string   { return fmt.Sprintf("%d h", n) }
func wordBytes(n int) string   { return fmt.Sprintf("%d bytes", n) }

func wordNothingFound(search string) string { return "Nothing matches “" + search + "”" }

// wordFooter says how many requests are listed, of how many there are.
func wordFooter(listed, all int, more bool) string {
	if more {
		return fmt.Sprintf("more than %s of %s", number(listed), number(all))
	}
	return fmt.Sprintf("%s of %s", number(listed), number(all))
}

func wordCannotFollow(err error) string {
	return "Changes are not shown as they happen: " + sentence(err.Error())
}

func wordCannotOpen(err error) string {
	return "The file could not be opened: " + err.Error()
}

func wordWithdrawText(title string) string {
	return "“" + title + "” will not be signed. It stays in “All”, with its history, and can be re-opened."
}

func wordAdding(n int) string { return fmt.Sprintf("Adding %s files…", number(n)) }

func wordAdded(n int) string {
	if n == 1 {
		return "Added. Press Ctrl+Enter to sign it in the browser."
	}
	return fmt.Sprintf("%s files were added.", number(n))
}

// maxReasons bounds how many bad files are told one by one.
const maxReasons = 5

func wordNotAdded(added int, reasons []string) string {
	lines := []string{}
	switch {
	case added == 0 && len(reasons) == 1:
		return reasons[0]
	case added == 0:
		lines = append(lines, fmt.Sprintf("None of the %s files was added:", number(len(reasons))))
	default:
		lines = append(lines, fmt.Sprintf("%s of %s files were added. These were not:", number(added), number(added+len(reasons))))
	}
	shown := min(len(reasons), maxReasons)
	lines = append(lines, reasons[:shown]...)
	if rest := len(reasons) - shown; rest > 0 {
		lines = append(lines, fmt.Sprintf("… and %s more.", number(rest)))
	}
	return strings.Join(lines, "\n")
}

// wordKnown says in one line how an outcome is known.
func wordKnown(e request.Evidence, when string) string {
	switch e {
	case request.ByBrowser:
		return "Known from the browser alone, " + when + ": a hint, not a proof."
	case request.ByGateway:
		return "Known from the gateway, which was asked, " + when + "."
	case request.ByDocument:
		return "Known from the signed document itself: the strongest proof."
	}
	return ""
}

func wordAttempt(n int) string        { return fmt.Sprintf("attempt %d", n) }
func wordDue(day string) string       { return "Due " + day }
func wordRemoteID(id string) string   { return "At the gateway: " + id }
func wordGatewaySays(s string) string { return "gateway: " + s }
func wordBrowserSays(s string) string { return "It says: " + s }
func wordVisitOf(n int) string        { return fmt.Sprintf("Together with %s others", number(n-1)) }
func wordDocuments(n int) string      { return fmt.Sprintf("%s documents", number(n)) }
func wordEarlier(n int) string        { return fmt.Sprintf("… and %s earlier", number(n)) }

func wordSigner(name, email string) string { return "Signer: " + joined(name, email) }

func wordSectionDocuments(n int) string {
	if n == 1 {
		return "DOCUMENT"
	}
	return fmt.Sprintf("%s DOCUMENTS", number(n))
}

func wordFileProves(size string) string {
	return "Signed file here (" + size + "), and it proves itself"
}

func wordAttemptEnded(n int, how, when string) string {
	return fmt.Sprintf("%d. %s, %s", n, how, when)
}

func wordAttemptNow(n int, how string) string { return fmt.Sprintf("%d. %s, now", n, how) }

func wordEventOutcome(outcome string, e request.Evidence) string {
	switch e {
	case request.ByBrowser:
		return outcome + ", says the browser"
	case request.ByGateway:
		return outcome + ", says the gateway"
	}
	return outcome + ", by the document"
}
