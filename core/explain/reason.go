package explain

import (
	"slices"
	"strconv"
	"strings"

	"countersign/core/i18n"
	"countersign/core/pdf"
	"countersign/core/request"
)

// windowPrefix stands before the codes of sentences that the window says in its own way, with a button or a menu
// where the terminal names a command.
const windowPrefix = "here."

// Reason returns the sentence that cause stands for in a language, for somebody in front of the window. text is
// that sentence in English, as the terminal says it. Reason returns text when cause has no code, when the catalog of the
// language lacks a code in cause, and in English when the window has no sentence of its own for it. An empty lang
// stands for English.
func Reason(lang i18n.Language, text string, cause request.Cause) string {
	if cause.Code == "" || (lang == i18n.English || lang == "") && !differsInWindow(cause) {
		return text
	}
	said, ok := sentence(lang, cause)
	if !ok {
		return text
	}
	return said
}

// differsInWindow reports whether the window has a sentence of its own for a cause, or for one of its arguments.
func differsInWindow(cause request.Cause) bool {
	if _, ok := i18n.English.Lookup(windowPrefix + cause.Code); ok {
		return true
	}
	return slices.ContainsFunc(cause.Args, func(a request.Arg) bool { return a.Cause.Code != "" && differsInWindow(a.Cause) })
}

// Error returns the text of an error in the language, as [Reason] does for a sentence. err must not be nil.
func Error(lang i18n.Language, err error) string {
	return Reason(lang, err.Error(), request.CauseOf(err))
}

// Message returns the message of an attempt in the language if text is one of the program's own sentences
// in English. Any other text is a gateway's message, and Message returns it as it is.
func Message(lang i18n.Language, text string) string {
	if lang == i18n.English || lang == "" {
		return text
	}
	if said, ok := lang.Lookup(i18n.KeyOf("reason.", text)); ok {
		return said
	}
	return text
}

// Problem returns a problem of a signature, or the reason why it is trusted or not, in the language. If the
// catalog does not have it, the text is in English. It returns "" for nil.
func Problem(lang i18n.Language, p *pdf.Problem) string {
	if p == nil {
		return ""
	}
	args := make([]string, len(p.Args))
	for i, arg := range p.Args {
		args[i] = arg.Text
		if arg.Problem != nil {
			args[i] = Problem(lang, arg.Problem)
		}
	}
	said, ok := lang.Fill("reason."+p.Code, args...)
	if !ok {
		return p.Error()
	}
	return said
}

// FromCatalog returns the sentence that cause stands for as [Reason] does, but made of the catalog and the arguments alone in English as well. It
// reports whether the catalog has all codes of cause.
func FromCatalog(lang i18n.Language, cause request.Cause) (said string, ok bool) {
	return sentence(lang, cause)
}

// sentence returns the sentence of a cause, and whether the catalog has all of its codes.
func sentence(lang i18n.Language, cause request.Cause) (string, bool) {
	args := make([]string, len(cause.Args))
	for i, arg := range cause.Args {
		args[i] = arg.Text
		if arg.Cause.Code == "" {
			continue
		}
		said, ok := sentence(lang, arg.Cause)
		if !ok {
			return "", false
		}
		args[i] = said
	}
	switch cause.Code {
	case request.CodeSeveral:
		return strings.Join(args, "\n"), true
	case request.CodeCount, request.CodeBytes:
		return number(lang, cause.Code, args)
	case request.CodeSetting:
		key := strings.Join(args, "")
		if label, ok := lang.Lookup("field." + key); ok {
			return label + " (" + key + ")", true
		}
		return key, true
	}
	if said, ok := lang.Fill(windowPrefix+cause.Code, args...); ok {
		return said, true
	}
	return lang.Fill("reason."+cause.Code, args...)
}

// number returns an argument with the code [request.CodeCount] or [request.CodeBytes] as the language
// writes it. It returns false if args are not one number.
func number(lang i18n.Language, code string, args []string) (string, bool) {
	n, err := strconv.ParseInt(strings.Join(args, ""), 10, 64)
	switch {
	case err != nil:
		return "", false
	case code == request.CodeBytes:
		return lang.Size(n), true
	}
	return lang.Number(int(n)), true
}
