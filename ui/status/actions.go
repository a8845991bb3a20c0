package status

import (
	"slices"

	"fyne.io/fyne/v2"

	"countersign/core/desk"
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
	Template
	Archive
	Unarchive
	Stop
	SaveSigned
	CopyTitle
	CopyReference
	CopyID
	Mail
	Print

	actionCount
)

// spec is the declaration of an action. The menus, the buttons and the keys all follow from it; its texts are in
// [Action.Label], [Action.ManyLabel] and [Action.Why].
type spec struct {
	action Action
	icon   kit.Icon
	keys   fyne.KeyboardShortcut // nil for none

	// can reports whether the action is possible for a request; nil if it is not about one.
	can func(request.Request) bool
	// first reports whether the action may be the next step of a request. Of those for which it returns true, the one
	// that is declared first is the next step. Nil means never.
	first func(request.Request) bool
	// many reports for which of several selected requests the action is carried out. Nil means that it cannot be
	// applied to several.
	many     func(request.Request) bool
	manyKeys fyne.KeyboardShortcut // its shortcut then; nil for that of the action on one

	beside bool // it may be carried out while another action on the same request is under way
	rare   bool // the menu of a row, and the bar of the selection, leave it out where it is not possible
}

// specs has all actions. The order matters for the next step alone.
var specs = []spec{
	{action: Sign, icon: kit.IconPen, can: is(request.Pending), first: always, many: is(request.Pending), manyKeys: kit.CtrlShift(fyne.KeyReturn)},
	{action: BrowseAgain, icon: kit.IconOut, keys: kit.Ctrl(fyne.KeyB), can: request.Request.HearsReturn, first: noAnswerComes, rare: true},
	{action: SignAnew, icon: kit.IconPen, keys: kit.CtrlShift(fyne.KeyB), can: hasLostVisit, first: isCutOff, rare: true},
	{action: Replace, icon: kit.IconPlus, keys: kit.CtrlShift(fyne.KeyN), can: request.Request.IsToDo, first: func(r request.Request) bool { return !r.Reopenable() }, rare: true},
	{action: OpenSigned, icon: kit.IconProof, keys: kit.CtrlShift(fyne.KeyP), can: hasSignedFile, first: hasSoundProof, beside: true},
	{action: Check, icon: kit.IconAgain, keys: kit.KeyAlone(fyne.KeyF5), can: canCheck, first: is(request.Signing, request.Signed), many: canAsk},
	{action: Reopen, icon: kit.IconAgain, keys: kit.Ctrl(fyne.KeyR), can: request.Request.Reopenable, first: always},
	{action: Attach, icon: kit.IconDrop, keys: kit.CtrlShift(fyne.KeyA), can: desk.LacksProof, first: always, rare: true},
	{action: Vouch, icon: kit.IconFlag, keys: kit.CtrlShift(fyne.KeyV), can: func(r request.Request) bool { return r.FileState() == request.FilesUnchecked }, rare: true},
	{action: CopyAddress, icon: kit.IconCopy, keys: kit.Ctrl(fyne.KeyL), can: request.Request.HearsReturn, beside: true, rare: true},
	{action: Withdraw, icon: kit.IconBack, keys: kit.KeyAlone(fyne.KeyDelete), can: is(request.Pending, request.Signing), many: is(request.Pending, request.Signing)},
	{action: OpenOriginal, icon: kit.IconFile, keys: kit.CtrlShift(fyne.KeyO), can: hasOriginal, beside: true},
	{action: SaveCopy, icon: kit.IconDrop, keys: kit.CtrlShift(fyne.KeyS), can: hasSignedFile, beside: true},
	{action: ShowFolder, icon: kit.IconFolder, keys: kit.CtrlShift(fyne.KeyL), can: func(r request.Request) bool { return hasOriginal(r) || hasSignedFile(r) }, beside: true},
	{action: CopySaid, icon: kit.IconCopy, keys: kit.CtrlShift(fyne.KeyC), can: func(r request.Request) bool { return r.Outcome != nil && r.Outcome.Code+r.Outcome.Message != "" }, beside: true, rare: true},
	{action: SaveEvidence, icon: kit.IconProof, keys: kit.CtrlShift(fyne.KeyE), can: hasEnded},
	{action: Accept, icon: kit.IconCheck, keys: kit.Ctrl(fyne.KeyI), can: canAccept, many: canAccept},
	{action: SendBack, icon: kit.IconBack, keys: kit.Ctrl(fyne.KeyU), can: hasEnded, many: hasEnded},
	{action: Archive, icon: kit.IconArchive, keys: kit.CtrlShift(fyne.KeyY), can: canArchive, many: canArchive},
	{action: Unarchive, icon: kit.IconBack, keys: kit.CtrlShift(fyne.KeyU), can: isArchived, many: isArchived, rare: true},
	{action: Edit, icon: kit.IconPen, keys: kit.Ctrl(fyne.KeyE), can: always, many: is(request.Pending)},
	{action: Template, icon: kit.IconPlus, keys: kit.Ctrl(fyne.KeyM), can: hasOriginal, beside: true},
	{action: Export, icon: kit.IconExport, keys: kit.CtrlShift(fyne.KeyX), many: always},
	{action: SaveSigned, icon: kit.IconDrop, keys: kit.CtrlShift(fyne.KeyG), many: hasSignedFile, rare: true},
	{action: CopyTitle, icon: kit.IconCopy, keys: kit.CtrlShift(fyne.Key1), can: always, beside: true},
	{action: CopyReference, icon: kit.IconCopy, keys: kit.CtrlShift(fyne.Key2), can: func(r request.Request) bool { return r.Reference != "" }, beside: true, rare: true},
	{action: CopyID, icon: kit.IconCopy, keys: kit.CtrlShift(fyne.Key3), can: always, beside: true},
	{action: Mail, icon: kit.IconOut, keys: kit.CtrlShift(fyne.Key4), can: hasSignedFile, beside: true},
	{action: Print, icon: kit.IconFile, keys: kit.CtrlShift(fyne.Key5), can: hasSignedFile, beside: true},
	{action: Stop, icon: kit.IconStop, beside: true},
}

// byAction has the declaration of each action.
var byAction = func() (all [actionCount]spec) {
	for _, s := range specs {
		all[s.action] = s
	}
	return all
}()

// Sections returns the actions of one request as menus list them: in sections, with a line between two of them.
func Sections() [][]Action {
	return [][]Action{
		{Sign, BrowseAgain, SignAnew, Check, Reopen, Replace},
		{OpenSigned, OpenOriginal, ShowFolder, SaveCopy, Mail, Print, SaveEvidence, Attach, Vouch},
		{CopyAddress, CopySaid, CopyTitle, CopyReference, CopyID},
		{Edit, Template},
		{Accept, SendBack},
		{Archive, Unarchive},
		{Withdraw},
	}
}

// ManySections returns the actions of several requests, in sections as well.
func ManySections() [][]Action {
	return [][]Action{{Sign, Edit, Check}, {SaveSigned, Export}, {Accept, SendBack}, {Archive, Unarchive}, {Withdraw}}
}

// Buttons returns the actions that have a button beside the next step, in their order. Actions on a file or on a section of
// the request have a link there instead; saving has a button if there is one document.
func Buttons() []Action {
	return []Action{SaveCopy, Check, BrowseAgain, SignAnew, Reopen, Replace, CopyAddress, Attach, Vouch, Archive, Unarchive, Withdraw, Stop}
}

// Icon returns the icon of the action's button; empty for None.
func (a Action) Icon() kit.Icon { return byAction[a].icon }

// Keys returns the shortcut of the action on one request; nil for none.
func (a Action) Keys() fyne.Shortcut {
	if keys := byAction[a].keys; keys != nil {
		return keys
	}
	return nil
}

// ByKey returns the action of a key that is pressed without modifiers; None if no action has it.
func ByKey(key fyne.KeyName) Action {
	for _, s := range specs {
		if s.keys != nil && s.keys.Mod() == 0 && s.keys.Key() == key {
			return s.action
		}
	}
	return None
}

// ManyKeys returns the shortcut of the action on the selected requests; nil for none.
func (a Action) ManyKeys() fyne.Shortcut {
	if keys := byAction[a].manyKeys; keys != nil {
		return keys
	}
	return a.Keys()
}

// ForMany reports whether the action can be applied to several requests.
func (a Action) ForMany() bool { return byAction[a].many != nil }

// RunsBeside reports whether an action may be carried out while another one on the same request is under way.
func RunsBeside(a Action) bool { return byAction[a].beside }

// IsRare reports whether the menu of a row, and the bar of a selection, leave the action out where it is not possible.
func (a Action) IsRare() bool { return byAction[a].rare }

// Includes reports whether an action on several requests is carried out on a request that is one of them.
func (a Action) Includes(r request.Request) bool {
	many := byAction[a].many
	return many != nil && many(r)
}

// Possible is what can be done with a request. It is comparable. The zero value is for no request: nothing can be done.
type Possible struct {
	Next Action // the next step; None if there is none
	one  uint64 // a bit for each action that is possible, and for each that includes the request
	many uint64 // when it is applied to several
}

// PossibleFor returns what can be done with a request.
func PossibleFor(r request.Request) Possible {
	next, others := ActionsFor(r)
	p := Possible{Next: next}
	for _, a := range append(others, next) {
		p.one |= 1 << a
	}
	for _, s := range specs {
		if s.action.Includes(r) {
			p.many |= 1 << s.action
		}
	}
	return p
}

// Allows reports whether an action is possible.
func (p Possible) Allows(a Action) bool { return a != None && p.one&(1<<a) != 0 }

// Includes reports whether an action on several requests is carried out on this one, too.
func (p Possible) Includes(a Action) bool { return p.many&(1<<a) != 0 }

func always(request.Request) bool { return true }

func is(statuses ...request.Status) func(request.Request) bool {
	return func(r request.Request) bool { return slices.Contains(statuses, r.Status) }
}

func hasOriginal(r request.Request) bool   { return len(r.Documents) > 0 }
func hasSignedFile(r request.Request) bool { return signedDigest(r) != "" }
func hasEnded(r request.Request) bool      { return r.Status.Ended() }

func canArchive(r request.Request) bool { return r.Status.Ended() && r.Archived == nil }
func isArchived(r request.Request) bool { return r.Archived != nil }

func canAccept(r request.Request) bool {
	return r.Status.Ended() && r.Decision() != request.Accepted
}

func hasSoundProof(r request.Request) bool {
	return r.Status == request.Signed && r.FileState() != request.FilesDamaged
}

// hasLostVisit reports whether a request is in a visit whose return would not be heard.
func hasLostVisit(r request.Request) bool { return r.Status == request.Signing && !r.HearsReturn() }

// noAnswerComes reports whether the browser of a request has to come back, or to come back once more, because the gateway does not
// tell the outcome.
func noAnswerComes(r request.Request) bool { return r.ReturnedAt == nil || r.CannotAsk }

// isCutOff reports whether no answer comes from the visit of a request any more. One that goes on at another desk is not cut off.
func isCutOff(r request.Request) bool { return noAnswerComes(r) && !isElsewhere(r) }

// canCheck reports whether asking the gateway could change what is known about a request.
func canCheck(r request.Request) bool {
	unfinished := r.NextStep != request.StepNone && r.Status.Ended() && r.Status != request.Withdrawn
	return r.Status == request.Signing || unfinished || desk.Doubtful(r)
}

// canAsk reports whether there is anything to ask the gateway about a request or to delete there.
func canAsk(r request.Request) bool {
	return r.HasPendingWork() || desk.Doubtful(r)
}

// ActionsFor returns the action that is the next step for a request, None if there is none, and the other actions that
// are possible. The only next step of an archived request is to open its signed file.
func ActionsFor(r request.Request) (next Action, others []Action) {
	for _, s := range specs {
		switch {
		case s.can == nil || !s.can(r):
		case next == None && s.first != nil && s.first(r) && (r.Archived == nil || s.action == OpenSigned):
			next = s.action
		default:
			others = append(others, s.action)
		}
	}
	return next, others
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
