package explain

import (
	"strings"

	"countersign/core/i18n"
	"countersign/core/request"
)

// Reason returns a sentence of an event in the language. The text is the sentence in English. It is
// returned as it is in English, if it has no cause, and if the catalog of the language lacks a
// code of the cause.
func Reason(lang i18n.Language, text string, cause request.Cause) string {
	if lang == i18n.English || lang == "" || cause.Code == "" {
		return text
	}
	said, ok := sentence(lang, cause)
	if !ok {
		return text
	}
	return said
}

// Error returns the sentence of an error in the language. In English, and for an error without a
// cause, that is its text.
func Error(lang i18n.Language, err error) string {
	return Reason(lang, err.Error(), request.CauseOf(err))
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
	if cause.Code == request.CodeSeveral {
		return strings.Join(args, "\n"), true
	}
	return lang.Fill("reason."+cause.Code, args...)
}
