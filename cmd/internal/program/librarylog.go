package program

import (
	"io"
	"log"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// maxLibraryLine is the most characters that are logged of a line that a library wrote.
const maxLibraryLine = 500

// FilterLibraryLog passes every line that libraries write to the standard logger of package log through [CleanLibraryLine] and on to
// the function write, for as long as the process runs. A library logs what it does not understand, such as bytes that a gateway sent
// unasked, and these may be anything: a token that the gateway was sent, or control characters for a terminal. write gets whole lines
// without their end.
func FilterLibraryLog(write func(line string)) {
	log.SetFlags(0)
	log.SetPrefix("")
	log.SetOutput(libraryLog(write))
}

// libraryLog implements [io.Writer]. Each call is a line of the standard logger.
type libraryLog func(line string)

var _ io.Writer = libraryLog(nil)

func (write libraryLog) Write(line []byte) (int, error) {
	write(CleanLibraryLine(string(line)))
	return len(line), nil
}

var (
	// quotedText matches what a library quotes, to the end if the quote does not end.
	quotedText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*(?:\"|$)|`[^`]*(?:`|$)") })
	// credential matches what follows the name of a credential, as in a header or a query.
	credential = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\b(bearer|basic|digest|authorization|cookie|token|secret|password|passwd|assertion|ticket)\b([\s:=]+)\S+(?:\s+\S+)?`)
	})
	// longWord matches what may be a token: words of our language are shorter.
	longWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9+_=~%-]{20,}`) })
	// address matches the path and the query of a URL, which may be a return address or a signing address.
	address = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(https?://[^/?#\s]+)[/?#]\S*`) })
)

// CleanLibraryLine returns a line that a library logged without what may come from outside: quoted texts, credentials, paths of
// addresses and long words are replaced by "…", control characters are escaped, and the line is cut after 500 characters.
func CleanLibraryLine(line string) string {
	line = strings.TrimSpace(line)
	if cut := maxLibraryLine * 8; len(line) > cut {
		line = line[:cut]
	}
	line = quotedText().ReplaceAllString(line, "…")
	line = address().ReplaceAllString(line, "$1/…")
	line = credential().ReplaceAllString(line, "$1$2…")
	line = longWord().ReplaceAllString(line, "…")
	var b strings.Builder
	for n, r := range []rune(line) {
		if n == maxLibraryLine {
			b.WriteString("…")
			break
		}
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		escaped := strconv.QuoteRune(r)
		b.WriteString(escaped[1 : len(escaped)-1])
	}
	return b.String()
}
