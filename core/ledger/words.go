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
	maxWord  = 32 // runes of a word that are looked at
	maxWords = 64 // words of one request's texts that can be found
	maxName  = 255

	// Words that begin so cannot be typed. They find the requests
	gatewayMark  = "\x01" // of a gateway
	givenMark    = "\x02" // that were added by their id at a gateway
	personMark   = "\x03" // that a person added
	documentMark = "\x04" // that were added with a document
)

// wordsOf gives the words under which a request is found.
func wordsOf(r request.Request) map[string]bool {
	words := map[string]bool{}
	if r.Version == 0 {
		return words
	}
	words[marked(gatewayMark, r.Gateway)] = true
	if r.GivenID != "" {
		words[givenWord(r.Gateway, r.GivenID)] = true
	}
	if r.AddedBy != "" {
		words[marked(personMark, r.AddedBy)] = true
	}
	for _, d := range r.Documents {
		words[marked(documentMark, d.SHA256)] = true
	}
	most := len(words) + maxWords
	add := func(text string) {
		for _, w := range fold(text) {
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

// marked is the word for a name that is found as a whole. A zero byte would end it.
func marked(mark, name string) string {
	return mark + strings.ReplaceAll(bounded(name, maxName), "\x00", " ")
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
	t := folders.Get().(transform.Transformer)
	defer folders.Put(t)
	plain, _, err := transform.String(t, text)
	if err != nil {
		return strings.ToLower(text)
	}
	return strings.ToLower(plain) // what folding leaves large (Cherokee) has small letters too
}

// folders are kept for the next call: each has state, and buffers that cost more than what they do.
var folders = sync.Pool{New: func() any {
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

func wordKey(word string, id request.ID) []byte {
	return append(append([]byte(word), 0), id...)
}

// posted gives the requests that have a word that begins so; some more than once.
func posted(tx *bolt.Tx, beginning string) iter.Seq[request.ID] {
	return func(yield func(request.ID) bool) {
		prefix, c := []byte(beginning), tx.Bucket(bucketWords).Cursor()
		for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix) && yield(request.ID(k[bytes.IndexByte(k, 0)+1:])); {
			k, _ = c.Next()
		}
	}
}

// matchesAll tells whether every one of the beginnings is that of a word of r. It finds
// what the postings of r find.
func matchesAll(beginnings []string, r request.Request) bool {
	if len(beginnings) == 0 { // making words costs more than all the rest
		return true
	}
	words := wordsOf(r)
	for _, b := range beginnings {
		if !begins(words, b) {
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
