package explain

import (
	"countersign/core/i18n"
	"countersign/core/request"
)

// damaged returns the explanation of a request by the damage of its files, and true. It returns false if
// no file is damaged, and while the request is being signed. The damage of an original counts only while
// the request is pending.
func damaged(r request.Request, lang i18n.Language) (Explanation, bool) {
	if r.Status == request.Signing {
		return Explanation{}, false
	}
	for _, f := range r.DamagedFiles() {
		switch {
		case f.Role == request.RoleOriginal && r.Status != request.Pending:
		case f.Role == request.RoleOriginal && f.Damage == request.Missing:
			return Explanation{lang.Say("state.original_missing"), lang.Say("advice.original_damaged")}, true
		case f.Role == request.RoleOriginal:
			return Explanation{lang.Say("state.original_altered"), lang.Say("advice.original_damaged")}, true
		case f.Damage == request.Missing:
			return Explanation{lang.Say("state.signed_missing"), lang.Say("advice.signed_damaged")}, true
		default:
			return Explanation{lang.Say("state.signed_altered"), lang.Say("advice.signed_damaged")}, true
		}
	}
	return Explanation{}, false
}

// SignedDamage returns a text that says how a signed or an attached file is damaged, or "" if d is empty.
func SignedDamage(lang i18n.Language, d request.Damage) string {
	switch d {
	case request.Altered:
		return lang.Say("file.signed_altered")
	case request.Missing:
		return lang.Say("file.signed_missing")
	}
	return ""
}

// OriginalDamage returns a text that says how an original is damaged, or "" if d is empty.
func OriginalDamage(lang i18n.Language, d request.Damage) string {
	switch d {
	case request.Altered:
		return lang.Say("file.original_altered")
	case request.Missing:
		return lang.Say("file.original_missing")
	}
	return ""
}

// FileCheck returns what the check of a stored file found, and whether it is an original, a signed or an
// attached file. For a nil c, it says that a file was altered, and which is empty.
func FileCheck(lang i18n.Language, c *request.FileCheck) (what, which string) {
	if c == nil {
		return lang.Say("event.file_altered"), ""
	}
	switch c.Damage {
	case request.Altered:
		what = lang.Say("event.file_altered")
	case request.Missing:
		what = lang.Say("event.file_missing")
	default:
		what = lang.Say("event.file_restored")
	}
	switch c.Role {
	case request.RoleSigned:
		return what, lang.Say("file.role_signed")
	case request.RoleAttached:
		return what, lang.Say("file.role_attached")
	}
	return what, lang.Say("file.role_original")
}
