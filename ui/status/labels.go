package status

import "countersign/core/i18n"

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
	case SaveSigned:
		return lang.Say("saving.menu")
	case Mail:
		return lang.Say("act.mail")
	case Print:
		return lang.Say("act.print")
	case CopyTitle:
		return lang.Say("act.copy_title")
	case CopyReference:
		return lang.Say("act.copy_reference")
	case CopyID:
		return lang.Say("act.copy_id")
	case SaveEvidence:
		return lang.Say("pack.button")
	case Accept:
		return lang.Say("review.accept")
	case SendBack:
		return lang.Say("review.return")
	case Replace:
		return lang.Say("act.replace")
	case Template:
		return lang.Say("act.template")
	case Archive:
		return lang.Say("act.archive")
	case Unarchive:
		return lang.Say("act.unarchive")
	case Stop:
		return lang.Say("act.stop")
	}
	return ""
}

// ManyLabel returns the label of an action on several selected requests. It says on how many of them the action is carried out,
// if that is any.
func (a Action) ManyLabel(lang i18n.Language, n, selected int) string {
	number := lang.Number(n)
	switch {
	case n == 0 && a == Sign:
		return lang.Say("list.sign_all")
	case n == 0:
		return a.Label(lang)
	case n != selected:
		number = lang.Say("many.of", number, lang.Number(selected))
	}
	switch a {
	case Sign:
		return lang.Say("many.sign", number)
	case SaveSigned:
		return lang.Say("many.save", number)
	case Check:
		return lang.Say("many.check", number)
	case Edit:
		return lang.Say("many.edit", number)
	case Withdraw:
		return lang.Say("many.withdraw", number)
	case Accept:
		return lang.Say("many.accept", number)
	case SendBack:
		return lang.Say("many.return", number)
	case Archive:
		return lang.Say("many.archive", number)
	case Unarchive:
		return lang.Say("many.unarchive", number)
	}
	return a.Label(lang)
}

// Why returns a sentence that says for which requests an action is possible. It is empty for an action that always is.
func (a Action) Why(lang i18n.Language) string {
	switch a {
	case Sign:
		return lang.Say("why.sign")
	case BrowseAgain, CopyAddress:
		return lang.Say("why.browse_again")
	case SignAnew:
		return lang.Say("why.sign_anew")
	case Replace:
		return lang.Say("why.replace")
	case OpenSigned, SaveCopy, SaveSigned, Mail, Print:
		return lang.Say("why.signed_file")
	case Check:
		return lang.Say("why.check")
	case Reopen:
		return lang.Say("why.reopen")
	case Attach:
		return lang.Say("why.attach")
	case Vouch:
		return lang.Say("why.vouch")
	case Withdraw:
		return lang.Say("why.withdraw")
	case Edit:
		return lang.Say("why.edit")
	case OpenOriginal, ShowFolder, Template:
		return lang.Say("why.document")
	case CopySaid:
		return lang.Say("why.copy_said")
	case CopyReference:
		return lang.Say("why.copy_reference")
	case SaveEvidence, SendBack:
		return lang.Say("why.ended")
	case Archive:
		return lang.Say("why.archive")
	case Unarchive:
		return lang.Say("why.unarchive")
	case Accept:
		return lang.Say("why.accept")
	}
	return ""
}
