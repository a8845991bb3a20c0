package certificate

import (
	"encoding/asn1"
	"strings"
	"time"
)

// timeLayouts are the forms of GeneralizedTime that programs write. The standard asks for seconds and Z (RFC 5280, section
// 4.1.2.5); fractions of a second are read after every form with seconds.
var timeLayouts = []string{"20060102150405Z0700", "200601021504Z0700"}

// Time reads the content of a UTCTime or a GeneralizedTime: with or without seconds, in UTC or with an offset, which the
// result keeps. It returns false for other tags, for text that is not a time, and for a time without a zone.
func Time(tag int, content []byte) (time.Time, bool) {
	text := string(content)
	switch tag {
	case asn1.TagUTCTime:
		if len(text) < 2 {
			return time.Time{}, false
		}
		century := "20"
		if text >= "50" { // RFC 5280, section 4.1.2.5.1
			century = "19"
		}
		text = century + text
	case asn1.TagGeneralizedTime:
	default:
		return time.Time{}, false
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, strings.Replace(text, ",", ".", 1)); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
