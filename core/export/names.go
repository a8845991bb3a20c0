package export

import (
	"path/filepath"
	"strings"
	"unicode/utf8"

	"countersign/core/input"
	"countersign/core/request"
)

const (
	maxName     = 120  // bytes of a title in a file's name; some systems allow little more than 200 for the whole name
	maxSameName = 1000 // how many names are tried at most: the name itself, and then with the numbers from 2 on
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

// safeName turns text into a file name that every system allows, without folders, without the extension
// .pdf and with about [maxName] bytes at most. It returns "document" when nothing is left of the text.
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

// isReserved reports whether the part of name before its first period is one that Windows reserves for a
// device, such as CON or COM1.
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
