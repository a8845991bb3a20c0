package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	bolt "go.etcd.io/bbolt"

	"countersign/core/ledger/keyset"
	"countersign/core/request"
)

const (
	maxTermRunes = 32  // of a word; the rest is cut off
	maxTerms     = 64  // from the texts of one request; more are not indexed
	maxName      = 255 // bytes of a name in an exact term; the rest is cut off

	// An exact term begins with one of these bytes, which nobody can type. It finds the
	// requests that the line says:
	gatewayPrefix  = "\x01" // of a gateway
	remoteIDPrefix = "\x02" // that were added by their id at a gateway
	personPrefix   = "\x03" // that a person added
	documentPrefix = "\x04" // that were added with a document
	signedPrefix   = "\x05" // that have a signed or an attached file
	damagedTerm    = "\x06" // that have a damaged file
	deskPrefix     = "\x07" // whose browser is at a desk of the office
	launcherPrefix = "\x08" // that a person of the office launched
)

// termsOf returns the terms that find a request, each once; none if it has no event yet.
func termsOf(r request.Request) []string { return new(termCollector).collect(&r) }

// termCollector collects the terms of requests, in the same memory for one after the other.
type termCollector struct{ terms, texts []string }

// termCollectors are used again: a rebuild, an audit and an import collect the terms of many requests.
var termCollectors = sync.Pool{New: func() any { return new(termCollector) }}

// collect returns what termsOf returns. It is valid until the next call.
func (c *termCollector) collect(r *request.Request) []string {
	if r.Version == 0 {
		return nil
	}
	terms := c.terms[:0]
	add := func(prefix, name string) {
		if term := exactTerm(prefix, name); !slices.Contains(terms, term) {
			terms = append(terms, term)
		}
	}
	add(gatewayPrefix, r.Gateway)
	if r.AddedRemoteID != "" {
		terms = append(terms, remoteIDTerm(r.Gateway, r.AddedRemoteID))
	}
	if r.AddedBy != "" {
		add(personPrefix, r.AddedBy)
	}
	if r.Desk != "" {
		add(deskPrefix, r.Desk)
	}
	if r.LaunchedBy != "" {
		add(launcherPrefix, r.LaunchedBy)
	}
	for i := range r.Documents {
		add(documentPrefix, r.Documents[i].SHA256)
	}
	for _, f := range r.Files() {
		if f.Role != request.RoleOriginal {
			add(signedPrefix, f.SHA256)
		}
		if f.Damage != "" {
			add(damagedTerm, "")
		}
	}
	exact := len(terms)
	c.texts = appendTexts(c.texts[:0], r)
	for _, text := range c.texts {
		terms = appendWords(terms, exact, text)
	}
	c.terms = terms
	return terms
}

// appendTexts appends the texts of a request in which words are searched.
func appendTexts(texts []string, r *request.Request) []string {
	texts = append(texts, r.Title, r.Reference, r.RemoteID)
	for _, s := range r.Signers {
		texts = append(texts, s.Name)
	}
	for _, d := range r.Documents {
		texts = append(texts, d.Name)
	}
	if r.Outcome != nil {
		texts = append(texts, r.Outcome.Code, r.Outcome.Message)
	}
	if r.Review != nil {
		texts = append(texts, r.Review.Note)
	}
	return texts
}

// appendWords appends the terms that the words of a text are, unless they are among the words that terms has from the index first on, or these
// are maxTerms already.
func appendWords(terms []string, first int, text string) []string {
	for w := range eachTerm(text) {
		if len(terms)-first == maxTerms {
			break
		}
		if !slices.Contains(terms[first:], w) {
			terms = append(terms, w)
		}
	}
	return terms
}

// zeroInTerm stands for a zero byte of a name in an exact term, which a zero byte would end.
const zeroInTerm = "\x01"

// exactTerm returns the term that finds a name as a whole. A long name is truncated, and zeroInTerm stands for a zero byte.
func exactTerm(prefix, name string) string {
	return prefix + strings.ReplaceAll(truncate(name, maxName), "\x00", zeroInTerm)
}

// remoteIDTerm returns the exact term of a request that was added by its id at a gateway. It
// has the digest of both, because such an id may be long and contain any byte.
func remoteIDTerm(gateway, id string) string {
	sum := sha256.Sum256([]byte(gateway + "\x00" + id))
	var term [len(remoteIDPrefix) + 2*sha256.Size]byte
	hex.Encode(term[copy(term[:], remoteIDPrefix):], sum[:])
	return string(term[:])
}

// splitTerms splits text into words without case and accents, so that "Contratacion" finds
// "contratación", and "STRASSE" finds "Straße".
func splitTerms(text string) []string { return slices.Collect(eachTerm(text)) }

// eachTerm yields what splitTerms returns.
func eachTerm(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for w := range strings.FieldsFuncSeq(foldText(text), endsTerm) {
			if len(w) > maxTermRunes {
				if cut := []rune(w); len(cut) > maxTermRunes {
					w = string(cut[:maxTermRunes])
				}
			}
			if !yield(w) {
				return
			}
		}
	}
}

func endsTerm(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// termKeysOf returns the keys in bucketTerms of a request, which has the number n.
func termKeysOf(r request.Request, n number) [][]byte { return new(keyList).ofTerms(&r, n) }

// ofTerms returns what termKeysOf does. The keys are valid until the list is used again.
func (l *keyList) ofTerms(r *request.Request, n number) [][]byte {
	c := termCollectors.Get().(*termCollector)
	defer termCollectors.Put(c)
	terms := c.collect(r)
	size := (1 + numberSize) * len(terms)
	for _, t := range terms {
		size += len(t)
	}
	l.begin(len(terms), size)
	for _, t := range terms {
		from := len(l.memory)
		l.memory = n.append(append(append(l.memory, t...), 0))
		l.end(from)
	}
	return l.keys
}

func termKey(term string, n number) []byte { return appendTermKey(nil, term, n) }

func appendTermKey(b []byte, term string, n number) []byte {
	return n.append(append(append(b, term...), 0))
}

func numberInTermKey(key []byte) number { return parseNumber(key[bytes.IndexByte(key, 0)+1:]) }

func termSet(tx *bolt.Tx) keyset.Set { return keyset.In(tx.Bucket(bucketTerms)) }

// keysOfTerm returns the range of the keys of a term.
func keysOfTerm(term string) keyRange { return keyRange{[]byte(term + "\x00"), []byte(term + "\x01")} }

// keysOfPrefix returns the range of the keys of all words that begin with a prefix.
func keysOfPrefix(prefix string) keyRange {
	return keyRange{[]byte(prefix), []byte(prefix + lastSortText)}
}

// isAloneInTerm reports whether no other name has the same exact term as this one.
func isAloneInTerm(name string) bool {
	return len(name) <= maxName-utf8.UTFMax && !strings.ContainsAny(name, "\x00"+zeroInTerm)
}

// byTermPrefix yields the numbers of the requests that have a term with the prefix: a number
// once for each such term of the request. It ends after the first error.
func byTermPrefix(tx *bolt.Tx, termPrefix string) iter.Seq2[number, error] {
	return func(yield func(number, error) bool) {
		prefix, c := []byte(termPrefix), termSet(tx).Cursor()
		for k := c.Seek(prefix); bytes.HasPrefix(k, prefix); k = c.Next() {
			if !yield(numberInTermKey(k), nil) {
				return
			}
		}
		if err := c.Err(); err != nil {
			yield(0, listError(err))
		}
	}
}

// byExactTerms yields the numbers of the requests that have one of the exact terms: a number once for each that it has. It ends
// after the first error.
func byExactTerms(tx *bolt.Tx, terms ...string) iter.Seq2[number, error] {
	return func(yield func(number, error) bool) {
		for _, term := range terms {
			for n, err := range byTermPrefix(tx, term+"\x00") {
				if !yield(n, err) || err != nil {
					return
				}
			}
		}
	}
}

// matchesWords reports whether each of the prefixes, which are those of a search, begins a term of r. It finds the same
// requests as byTermPrefix. Without prefixes it returns true.
func matchesWords(prefixes []string, r request.Request) bool {
	if len(prefixes) == 0 { // splitting texts costs more than all the rest
		return true
	}
	c := termCollectors.Get().(*termCollector)
	defer termCollectors.Put(c)
	left := slices.Clone(prefixes)
	c.texts, c.terms = appendTexts(c.texts[:0], &r), c.terms[:0]
	for _, text := range c.texts {
		known := len(c.terms)
		c.terms = appendWords(c.terms, 0, text)
		for _, w := range c.terms[known:] {
			left = slices.DeleteFunc(left, func(prefix string) bool { return strings.HasPrefix(w, prefix) })
		}
		if len(left) == 0 {
			return true
		}
	}
	return false
}
