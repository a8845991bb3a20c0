package status

import (
	"slices"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
)

// Action is something that can be done with a request.
type Action int

// The actions.
const (
	None Action = iota
	Sign
	BrowseAgain
	SignAnew
	Check
	Reopen
	OpenSigned
	OpenOriginal
	CopyAddress
	Withdraw
	Attach
	Vouch
	Edit
	SaveCopy
	ShowFolder
	CopySaid
	Export
	SaveEvidence
	Accept
	SendBack
	Replace
	Archive
	Unarchive
	Stop
)

// Label returns the label of the action's button; empty for None.
func (a Action) Label(lang i18n.Language) string {
	switch a {
	case Sign:
		return lang.Say("act.sign")
	case BrowseAgain:
		return lang.Say("act.browse_again")
	case SignAnew:
		return lang.Say("act.sign_anew")
	case Check:
		return lang.Say("act.check")
	case Reopen:
		return lang.Say("act.reopen")
	case OpenSigned:
		return lang.Say("act.open_signed")
	case OpenOriginal:
		return lang.Say("act.open_original")
	case CopyAddress:
		return lang.Say("act.copy_address")
	case Withdraw:
		return lang.Say("act.withdraw")
	case Attach:
		return lang.Say("act.attach")
	case Vouch:
		return lang.Say("act.vouch")
	case Edit:
		return lang.Say("request.edit")
	case SaveCopy:
		return lang.Say("request.save")
	case ShowFolder:
		return lang.Say("request.folder")
	case CopySaid:
		return lang.Say("request.copy_said")
	case Export:
		return lang.Say("export.button")
	case SaveEvidence:
		return lang.Say("pack.button")
	case Accept:
		return lang.Say("review.accept")
	case SendBack:
		return lang.Say("review.return")
	case Replace:
		return lang.Say("act.replace")
	case Archive:
		return lang.Say("act.archive")
	case Unarchive:
		return lang.Say("act.unarchive")
	case Stop:
		return lang.Say("act.stop")
	}
	return ""
}

// Icon returns the icon of the action's button; empty for None.
func (a Action) Icon() kit.Icon {
	switch a {
	case Sign, SignAnew, Edit:
		return kit.IconPen
	case BrowseAgain:
		return kit.IconOut
	case Check, Reopen:
		return kit.IconAgain
	case OpenSigned, SaveEvidence:
		return kit.IconProof
	case OpenOriginal:
		return kit.IconFile
	case CopyAddress, CopySaid:
		return kit.IconCopy
	case Withdraw, SendBack, Unarchive:
		return kit.IconBack
	case Attach, SaveCopy:
		return kit.IconDrop
	case Vouch:
		return kit.IconFlag
	case ShowFolder:
		return kit.IconFolder
	case Export:
		return kit.IconExport
	case Accept:
		return kit.IconCheck
	case Replace:
		return kit.IconPlus
	case Archive:
		return kit.IconArchive
	case Stop:
		return kit.IconStop
	}
	return ""
}

// rule defines for which requests an action is offered.
type rule struct {
	action Action
	can    func(request.Request) bool
	// first reports whether the action may be the next step. It then is the next step, unless the action of an earlier
	// rule is. Nil means never.
	first func(request.Request) bool
}

// rules holds a rule for every action that can be offered. Of the actions that may be the next step, the one whose rule
// comes first in the list is the next step.
var rules = []rule{
	{Sign, is(request.Pending), always},
	{BrowseAgain, request.Request.HearsReturn, noAnswerComes},
	{SignAnew, func(r request.Request) bool { return r.Status == request.Signing && !r.HearsReturn() }, noAnswerComes},
	{Replace, request.Request.IsToDo, func(r request.Request) bool { return !r.Reopenable() }},
	{OpenSigned, hasSignedFile, func(r request.Request) bool {
		return r.Status == request.Signed && r.FileState() != request.FilesDamaged
	}},
	{Check, canCheck, is(request.Signing, request.Signed)},
	{Reopen, request.Request.Reopenable, always},
	{Attach, desk.LacksProof, always},
	{Vouch, func(r request.Request) bool { return r.FileState() == request.FilesUnchecked }, nil},
	{CopyAddress, request.Request.HearsReturn, nil},
	{Withdraw, is(request.Pending, request.Signing), nil},
	{OpenOriginal, hasOriginal, nil},
	{SaveCopy, hasSignedFile, nil},
	{ShowFolder, func(r request.Request) bool { return hasOriginal(r) || hasSignedFile(r) }, nil},
	{CopySaid, func(r request.Request) bool { return r.Outcome != nil && r.Outcome.Code+r.Outcome.Message != "" }, nil},
	{SaveEvidence, func(r request.Request) bool { return r.Status.Ended() }, nil},
	{Accept, func(r request.Request) bool { return r.Status.Ended() && r.Decision() != request.Accepted }, nil},
	{SendBack, func(r request.Request) bool { return r.Status.Ended() }, nil},
	{Archive, func(r request.Request) bool { return r.Status.Ended() && r.Archived == nil }, nil},
	{Unarchive, func(r request.Request) bool { return r.Archived != nil }, nil},
	{Edit, always, nil},
}

func always(request.Request) bool { return true }

func is(statuses ...request.Status) func(request.Request) bool {
	return func(r request.Request) bool { return slices.Contains(statuses, r.Status) }
}

func hasOriginal(r request.Request) bool   { return len(r.Documents) > 0 }
func hasSignedFile(r request.Request) bool { return signedDigest(r) != "" }

// noAnswerComes reports whether the browser of a request has to come back, or to come back once more, because the gateway does not
// tell the outcome.
func noAnswerComes(r request.Request) bool { return r.ReturnedAt == nil || r.CannotAsk }

// canCheck reports whether asking the gateway could change what is known about a request.
func canCheck(r request.Request) bool {
	unfinished := r.NextStep != request.StepNone && r.Status.Ended() && r.Status != request.Withdrawn
	return r.Status == request.Signing || unfinished || desk.Doubtful(r)
}

// ActionsFor returns the action that is the next step for a request, None if there is none, and the other actions that
// are possible.
func ActionsFor(r request.Request) (next Action, others []Action) {
	for _, o := range rules {
		switch {
		case !o.can(r):
		case next == None && o.first != nil && o.first(r):
			next = o.action
		default:
			others = append(others, o.action)
		}
	}
	return next, others
}

// RunsBeside reports whether an action may be carried out while another one on the same request is under way.
func RunsBeside(a Action) bool {
	switch a {
	case OpenSigned, OpenOriginal, SaveCopy, ShowFolder, CopyAddress, CopySaid, Stop:
		return true
	}
	return false
}

// signedDigest returns the digest of the first signed file; empty if there is none.
func signedDigest(r request.Request) string {
	digest, _ := FirstSigned(r)
	return digest
}

// FirstSigned returns the SHA-256 digest of the first signed file and the index of its document. Without one it returns
// the file that was attached last, with index 0, or an empty digest.
func FirstSigned(r request.Request) (digest string, at int) {
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
