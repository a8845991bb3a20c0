package sandbox

import (
	"fmt"
	"mime/multipart"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"sync"
)

// uploadParts are the names of the parts of an upload: of the PDF, the title and the comments.
type uploadParts struct{ file, title, comments string }

// uploadParts returns the names of the parts of an upload to PortaSigma. Its pages do not name them.
func (s ruleSet) uploadParts() uploadParts {
	if s.has(otherParts) {
		return uploadParts{"document", "name", "description"}
	}
	return uploadParts{"file", "title", "comments"}
}

// refuseUnknownPart is called for a part of an upload to PortaSigma that has none of the names in p. It returns a badRequest if the rules
// forbid unknown parts, and also if they demand other names and the part has one of the usual names.
func (s ruleSet) refuseUnknownPart(part *multipart.Part) error {
	usual := ruleSet(nil).uploadParts()
	p := s.uploadParts()
	name := part.FormName()
	for was, is := range map[string]string{usual.file: p.file, usual.title: p.title, usual.comments: p.comments} {
		if name == was {
			return badRequest(fmt.Sprintf("%q: the part is unknown here; its name is %q", was, is))
		}
	}
	return s.refusePart(part)
}

// checkFieldNames returns a badRequest if the rules forbid unknown fields, and a form has one that is not among known, or one of them
// twice.
func (s ruleSet) checkFieldNames(form url.Values, known ...string) error {
	if !s.has(knownMembers) {
		return nil
	}
	for name, values := range form {
		switch {
		case !slices.Contains(known, name):
			return badRequest(fmt.Sprintf("%q: the field is unknown", name))
		case len(values) > 1:
			return badRequest(fmt.Sprintf("%q: the field occurs twice", name))
		}
	}
	return nil
}

// spanishNumber matches a Spanish DNI or NIE: eight digits, the first of which may be X, Y or Z, and a letter.
var spanishNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9XYZ][0-9]{7}[A-Z]$`) })

// checkNumber returns a badRequest if the rules demand a right Spanish identity number, and that of p is wrong.
func (s ruleSet) checkNumber(p person) error {
	if !s.has(checksNumbers) || p.Country != "ES" {
		return nil
	}
	wrong := badRequest(fmt.Sprintf("%q: not a Spanish identity number: %q", "id-number", p.Number))
	if !spanishNumber().MatchString(p.Number) {
		return wrong
	}
	digits := []byte(p.Number[:8])
	if digits[0] >= 'X' {
		digits[0] -= 'X' - '0'
	}
	n, err := strconv.Atoi(string(digits))
	if err != nil || "TRWAGMYFPDXBNJZSQVHLCKE"[n%23] != p.Number[8] {
		return wrong
	}
	return nil
}
