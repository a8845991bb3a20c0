package record

import (
	"slices"

	"countersign/core/request"
)

// words are the texts of statuses, evidence, steps, decisions and damage. A record has the index of one of them, so
// that an entry never moves or goes; new ones follow at the end.
var words = []string{
	string(request.Pending), string(request.Signing), string(request.Signed), string(request.Partial), string(request.Rejected),
	string(request.Canceled), string(request.Failed), string(request.Gone), string(request.Withdrawn),
	string(request.ByBrowser), string(request.ByGateway), string(request.ByDocument),
	string(request.StepAsk), string(request.StepFetch), string(request.StepDiscard),
	string(request.Accepted), string(request.SentBack),
	string(request.Altered), string(request.Missing),
}

// otherWord precedes a text that is not one of words.
const otherWord = 0xff

// word codes a text that is usually one of words.
func (c *coder) word(tag byte, s *string) {
	if c.has(tag, *s != "") {
		c.wordValue(s)
		c.next()
	}
}

func (c *coder) wordValue(s *string) {
	index := byte(otherWord)
	if !c.reading {
		if i := slices.Index(words, *s); i >= 0 {
			index = byte(i) // #nosec G115 -- there are far fewer than 255
		}
		c.out = append(c.out, index)
	} else {
		index = c.byte()
	}
	switch {
	case index == otherWord:
		c.textValue(s)
	case !c.reading:
	case int(index) < len(words):
		*s = words[index]
	default:
		c.fail("a status or another word is unknown")
	}
}
