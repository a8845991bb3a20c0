package ui

import (
	"slices"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
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

// label returns what the button of an action says.
func (a action) label(lang i18n.Language) string {
	switch a {
	case actSign:
		return lang.Say("act.sign")
	case actBrowseAgain:
		return lang.Say("act.browse_again")
	case actCheck:
		return lang.Say("act.check")
	case actReopen:
		return lang.Say("act.reopen")
	case actOpenSigned:
		return lang.Say("act.open_signed")
	case actOpenOriginal:
		return lang.Say("act.open_original")
	case actCopyAddress:
		return lang.Say("act.copy_address")
	case actWithdraw:
		return lang.Say("act.withdraw")
	case actAttach:
		return lang.Say("act.attach")
	case actEdit:
		return lang.Say("request.edit")
	case actSaveCopy:
		return lang.Say("request.save")
	case actShowFolder:
		return lang.Say("request.folder")
	case actCopySaid:
		return lang.Say("request.copy_said")
	case actExport:
		return lang.Say("take.export")
	case actEvidence:
		return lang.Say("take.pack")
	case actAccept:
		return lang.Say("review.accept")
	case actSendBack:
		return lang.Say("review.return")
	case actStop:
		return lang.Say("act.stop")
	}
	return ""
}

// icon returns the icon on the button of an action.
func (a action) icon() kit.Icon {
	switch a {
	case actSign, actEdit:
		return kit.IconPen
	case actBrowseAgain:
		return kit.IconOut
	case actCheck, actReopen:
		return kit.IconAgain
	case actOpenSigned, actEvidence:
		return kit.IconProof
	case actOpenOriginal:
		return kit.IconFile
	case actCopyAddress, actCopySaid:
		return kit.IconCopy
	case actWithdraw, actSendBack:
		return kit.IconBack
	case actAttach, actSaveCopy:
		return kit.IconDrop
	case actShowFolder:
		return kit.IconFolder
	case actExport:
		return kit.IconTake
	case actAccept:
		return kit.IconCheck
	case actStop:
		return kit.IconStop
	}
	return ""
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
