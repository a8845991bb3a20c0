package explain

import (
	"countersign/core/i18n"
	"countersign/core/request"
)

// Deviation returns a sentence in the language about how a return differed from one to the return address, and whether it was read. It
// is empty if it did not differ.
func Deviation(lang i18n.Language, d request.Deviation) string {
	switch d {
	case "":
		return ""
	case request.DeviatesInPath:
		return lang.Say("deviation.path")
	case request.DeviatesInQuery:
		return lang.Say("deviation.query")
	case request.DeviatesInMethod:
		return lang.Say("deviation.posted")
	case request.DeviatesInPort:
		return lang.Say("deviation.port")
	case request.DeviatesInLength:
		return lang.Say("deviation.length")
	}
	return lang.Say("deviation.unread")
}
