package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"countersign/core/request"
)

const (
	maxWord  = 32 // runes of a word that are looked at
	maxWords = 64 // words of one request that can be found

	// A word that begins so cannot be typed: it finds a whole gateway.
	gatewayMark = "\x01"
	givenMark   = "\x02" // finds the requests that were added by their id at a gateway
	contentMark = "\x03" // finds the requests that a document was added to, by its digest
)

// wordsOf gives the words under which a request is found.
func wordsOf(r request.Request) map[string]bool {
	words := map[string]bool{}
	if r.Version == 0 {
		return words
	}
	add := func(text string) {
		for _, w := range fold(text) {
			if len(words) < maxWords {
				words[w] = true
			}
		}
	}
	words[gatewayMark+r.Gateway] = true
	if r.GivenID != "" {
		words[givenWord(r.Gateway, r.GivenID)] = true
	}
	for _, d := range r.Documents {
		words[contentMark+d.SHA256] = true
	}
	add(r.Title)
	add(r.Reference)
	add(r.RemoteID)
	for _, s := range r.Signers {
		add(s.Name)
	}
	for _, d := range r.Documents {
		add(d.Name)
	}
	if r.Outcome != nil {
		add(r.Outcome.Word)
		add(r.Outcome.Message)
	}
	return words
}

// givenWord is the word of a request that was added by its id at a gateway. An id may be
// long and have any byte in it, so that its digest stands for it.
func givenWord(gateway, id string) string {
	sum := sha256.Sum256([]byte(gateway + "\x00" + id))
	return givenMark + hex.EncodeToString(sum[:])
}

// fold splits text into words without case and accents, so that "contratación"
// is found by "Contratacion", and "Straße" by "STRASSE".
func fold(text string) []string {
	words := strings.FieldsFunc(plain(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	for i, w := range words {
		if cut := []rune(w); len(cut) > maxWord {
			words[i] = string(cut[:maxWord])
		}
	}
	return words
}

// plain is text without case and accents.
func plain(text string) string {
	if isASCII(text) { // most of it is, and this is ten times faster
		return strings.ToLower(text)
	}
	text = strings.ToValidUTF8(text, "\uFFFD") // as it is kept
	// A transformer has state, so each call makes its own.
	plain, _, err := transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), cases.Fold(), norm.NFC), text)
	if err != nil {
		return strings.ToLower(text)
	}
	return strings.ToLower(plain) // what folding leaves large (Cherokee) has small letters too
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func wordKey(word string, id request.ID) []byte {
	return append(append([]byte(word), 0), id...)
}

// term is one thing a request must match: a word it has, or one it has that begins so.
type term struct {
	word  string
	whole bool
}

// terms reads what was typed: every word is a prefix, and all must match.
func terms(search, gateway string) []term {
	var all []term
	if gateway != "" {
		all = append(all, term{word: gatewayMark + gateway, whole: true})
	}
	for _, w := range fold(search) {
		all = append(all, term{word: w})
	}
	return all
}

// prefix is what the keys of the term's postings begin with.
func (t term) prefix() []byte {
	if t.whole {
		return append([]byte(t.word), 0)
	}
	return []byte(t.word)
}

// matchesAll tells whether r has all the terms. It finds what the postings of r find.
func matchesAll(all []term, r request.Request) bool {
	var words map[string]bool
	for _, t := range all {
		if t.whole {
			if t.word != gatewayMark+r.Gateway {
				return false
			}
			continue
		}
		if words == nil { // making them costs more than all the rest
			words = wordsOf(r)
		}
		if !begins(words, t.word) {
			return false
		}
	}
	return true
}

// begins tells whether one of the words begins so.
func begins(words map[string]bool, prefix string) bool {
	for w := range words {
		if strings.HasPrefix(w, prefix) {
			return true
		}
	}
	return false
}
