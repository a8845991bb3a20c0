package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/request"
)

// action is something that can be done with a request.
type action int

// The actions.
const (
	noAction action = iota
	actSign
	actBrowseAgain
	actCheck
	actReopen
	actOpenSigned
	actOpenOriginal
	actCopyAddress
	actWithdraw
	actAttach
	actEdit
	actSaveCopy
	actShowFolder
	actCopySaid
	actExport
	actEvidence
	actAccept
	actSendBack
	actStop
)

// face is what an action's button shows.
type face struct {
	label string
	icon  icon
}

// face gives an action's face.
func (a action) face(lang i18n.Language) face {
	switch a {
	case actSign:
		return face{lang.Say("act.sign"), iconPen}
	case actBrowseAgain:
		return face{lang.Say("act.browse_again"), iconOut}
	case actCheck:
		return face{lang.Say("act.check"), iconAgain}
	case actReopen:
		return face{lang.Say("act.reopen"), iconAgain}
	case actOpenSigned:
		return face{lang.Say("act.open_signed"), iconProof}
	case actOpenOriginal:
		return face{lang.Say("act.open_original"), iconFile}
	case actCopyAddress:
		return face{lang.Say("act.copy_address"), iconCopy}
	case actWithdraw:
		return face{lang.Say("act.withdraw"), iconBack}
	case actAttach:
		return face{lang.Say("act.attach"), iconDrop}
	case actEdit:
		return face{lang.Say("request.edit"), iconPen}
	case actSaveCopy:
		return face{lang.Say("request.save"), iconDrop}
	case actShowFolder:
		return face{lang.Say("request.folder"), iconFolder}
	case actCopySaid:
		return face{lang.Say("request.copy_said"), iconCopy}
	case actExport:
		return face{lang.Say("take.export"), iconTake}
	case actEvidence:
		return face{lang.Say("take.pack"), iconProof}
	case actAccept:
		return face{lang.Say("review.accept"), iconCheck}
	case actSendBack:
		return face{lang.Say("review.return"), iconBack}
	case actStop:
		return face{lang.Say("act.stop"), iconStop}
	}
	return face{}
}

// offer says when something can be done with a request.
type offer struct {
	action action
	can    func(request.Request) bool
	// first tells whether it is what comes next, unless an offer above it is; nil says never.
	first func(request.Request) bool
}

// offers are all of them; those that may come next in the order in which they do.
var offers = []offer{
	{actSign, is(request.Pending), always},
	{actBrowseAgain, is(request.Signing), func(r request.Request) bool { return r.Returned == nil }},
	{actOpenSigned, hasSignedFile, is(request.Signed)},
	{actCheck, canCheck, is(request.Signing, request.Signed)},
	{actReopen, request.Request.Reopenable, always},
	{actAttach, desk.LacksProof, always},
	{actCopyAddress, is(request.Signing), nil},
	{actWithdraw, is(request.Pending, request.Signing), nil},
	{actOpenOriginal, hasOriginal, nil},
	{actSaveCopy, hasSignedFile, nil},
	{actShowFolder, func(r request.Request) bool { return hasOriginal(r) || hasSignedFile(r) }, nil},
	{actCopySaid, func(r request.Request) bool { return r.Outcome != nil && r.Outcome.Word+r.Outcome.Message != "" }, nil},
	{actEvidence, func(r request.Request) bool { return r.Status.Ended() }, nil},
	{actAccept, func(r request.Request) bool { return r.Status.Ended() && r.Decision() != request.Accepted }, nil},
	{actSendBack, func(r request.Request) bool { return r.Status.Ended() }, nil},
	{actEdit, always, nil},
}

func always(request.Request) bool { return true }

func is(statuses ...request.Status) func(request.Request) bool {
	return func(r request.Request) bool { return slices.Contains(statuses, r.Status) }
}

func hasOriginal(r request.Request) bool   { return len(r.Documents) > 0 }
func hasSignedFile(r request.Request) bool { return signedFile(r) != "" }

// canCheck tells whether asking the gateway could tell something.
func canCheck(r request.Request) bool {
	owed := r.Next != request.Nothing && r.Status.Ended() && r.Status != request.Withdrawn
	return r.Status == request.Signing || owed || desk.Doubtful(r)
}

// actionsFor says what can be done with a request: the one thing that comes next, and
// what else.
func actionsFor(r request.Request) (next action, others []action) {
	for _, o := range offers {
		switch {
		case !o.can(r):
		case next == noAction && o.first != nil && o.first(r):
			next = o.action
		default:
			others = append(others, o.action)
		}
	}
	return next, others
}

// goesBeside tells what can be done while something else is under way.
func goesBeside(a action) bool {
	switch a {
	case actOpenSigned, actOpenOriginal, actSaveCopy, actShowFolder, actCopyAddress, actCopySaid, actStop:
		return true
	}
	return false
}

// signedFile is the digest of the first signed file that is here.
func signedFile(r request.Request) string {
	digest, _ := firstSigned(r)
	return digest
}

// firstSigned gives the first signed file that is here, and which document's it is.
func firstSigned(r request.Request) (digest string, at int) {
	for i, d := range r.Documents {
		if d.Signed != nil {
			return d.Signed.SHA256, i
		}
	}
	if n := len(r.Attached); n > 0 {
		return r.Attached[n-1].SHA256, 0
	}
	return "", 0
}

// buttonInk is the colour of an icon on a button.
func buttonInk(i widget.Importance) fyne.ThemeColorName {
	switch i {
	case widget.HighImportance:
		return theme.ColorNameForegroundOnPrimary
	case widget.DangerImportance:
		return theme.ColorNameForegroundOnError
	}
	return theme.ColorNameForeground
}
