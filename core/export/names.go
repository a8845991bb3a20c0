package export

import (
	"path/filepath"
	"strings"
	"unicode/utf8"

	"countersign/core/input"
	"countersign/core/request"
)

const (
	maxName     = 120  // bytes of a title in a file's name; some systems allow little more than 200 in all
	maxSameName = 1000 // numbered files of one name
)

// signedName returns the name of a copy of a signed file, without extension: from the request's
// title, or from the document's name when the request has several.
func signedName(r request.Request, document int) string {
	title := r.Title
	if len(r.Documents) > 1 && document < len(r.Documents) {
		title = r.Documents[document].Name
	}
	return safeName(title) + " (signed)"
}

// safeName makes text from outside a file name that every system allows, without folders.
func safeName(text string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"/\|?*`, r) {
			return '_'
		}
		return r
	}, input.Label(text))
	if extension := filepath.Ext(name); strings.EqualFold(extension, ".pdf") {
		name = strings.TrimSuffix(name, extension)
	}
	for len(name) > maxName {
		_, last := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-last]
	}
	name = strings.TrimRight(strings.TrimLeft(name, ". "), ". ")
	if name == "" {
		return "document"
	}
	if isReserved(name) {
		return "_" + name
	}
	return name
}

// isReserved reports whether Windows reserves a name for a device, whatever follows its first period.
func isReserved(name string) bool {
	name, _, _ = strings.Cut(strings.ToUpper(name), ".")
	name = strings.TrimRight(name, " ")
	switch name {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	prefix, number := name, ""
	if len(name) > 3 {
		prefix, number = name[:3], name[3:]
	}
	return (prefix == "COM" || prefix == "LPT") && utf8.RuneCountInString(number) == 1 && strings.Contains("0123456789¹²³", number)
}
