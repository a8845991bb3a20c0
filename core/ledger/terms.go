package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"countersign/core/request"
)

const (
	maxTermRunes = 32 // runes of a word that are looked at
	maxTerms     = 64 // words of one request's texts that can be found
	maxName      = 255

	// Words that begin so cannot be typed. They find the requests
	gatewayPrefix  = "\x01" // of a gateway
	remoteIDPrefix = "\x02" // that were added by their id at a gateway
	personPrefix   = "\x03" // that a person added
	documentPrefix = "\x04" // that were added with a document
)

// termsOf gives the words under which a request is found.
func termsOf(r request.Request) map[string]bool {
	words := map[string]bool{}
	if r.Version == 0 {
		return words
	}
	words[exactTerm(gatewayPrefix, r.Gateway)] = true
	if r.GivenID != "" {
		words[remoteIDTerm(r.Gateway, r.GivenID)] = true
	}
	if r.AddedBy != "" {
		words[exactTerm(personPrefix, r.AddedBy)] = true
	}
	for _, d := range r.Documents {
		words[exactTerm(documentPrefix, d.SHA256)] = true
	}
	most := len(words) + maxTerms
	add := func(text string) {
		for _, w := range splitTerms(text) {
			if len(words) < most {
				words[w] = true
			}
		}
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

// exactTerm is the word for a name that is found as a whole. A zero byte would end it.
func exactTerm(mark, name string) string {
	return mark + strings.ReplaceAll(truncate(name, maxName), "\x00", " ")
}

// remoteIDTerm is the word of a request that was added by its id at a gateway. An id may be
// long and have any byte in it, so that its digest stands for it.
func remoteIDTerm(gateway, id string) string {
	sum := sha256.Sum256([]byte(gateway + "\x00" + id))
	return remoteIDPrefix + hex.EncodeToString(sum[:])
}

// splitTerms splits text into words without case and accents, so that "contratación"
// is found by "Contratacion", and "Straße" by "STRASSE".
func splitTerms(text string) []string {
	words := strings.FieldsFunc(foldText(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	for i, w := range words {
		if cut := []rune(w); len(cut) > maxTermRunes {
			words[i] = string(cut[:maxTermRunes])
		}
	}
	return words
}

// foldText is text without case and accents.
func foldText(text string) string {
	if isASCII(text) { // most of it is, and this is ten times faster
		return strings.ToLower(text)
	}
	text = strings.ToValidUTF8(text, "\uFFFD") // as it is kept
	t := foldPool.Get().(transform.Transformer)
	defer foldPool.Put(t)
	plain, _, err := transform.String(t, text)
	if err != nil {
		return strings.ToLower(text)
	}
	return strings.ToLower(plain) // what folding leaves large (Cherokee) has small letters too
}

// foldPool are kept for the next call: each has state, and buffers that cost more than what they do.
var foldPool = sync.Pool{New: func() any {
	return transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), cases.Fold(), norm.NFC)
}}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func termKey(word string, id request.ID) []byte {
	return append(append([]byte(word), 0), id...)
}

// idsByTermPrefix gives the requests that have a word that begins so; some more than once.
func idsByTermPrefix(tx *bolt.Tx, beginning string) iter.Seq[request.ID] {
	return func(yield func(request.ID) bool) {
		prefix, c := []byte(beginning), tx.Bucket(bucketTerms).Cursor()
		for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix) && yield(request.ID(k[bytes.IndexByte(k, 0)+1:])); {
			k, _ = c.Next()
		}
	}
}

// matchesTerms tells whether every one of the beginnings is that of a word of r. It finds
// what the postings of r find.
func matchesTerms(beginnings []string, r request.Request) bool {
	if len(beginnings) == 0 { // making words costs more than all the rest
		return true
	}
	words := termsOf(r)
	for _, b := range beginnings {
		if !hasTermPrefix(words, b) {
			return false
		}
	}
	return true
}

// hasTermPrefix tells whether one of the words hasTermPrefix so.
func hasTermPrefix(words map[string]bool, prefix string) bool {
	for w := range words {
		if strings.HasPrefix(w, prefix) {
			return true
		}
	}
	return false
}
