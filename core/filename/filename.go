// Package filename makes names of files out of texts, and says what is wrong with a name that a person has chosen. The names are allowed on every system, so that a
// folder on a share or a stick works everywhere.
//
// It knows no folder, and opens no file.
package filename

import (
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"countersign/core/request"
)

// MaxName is how many bytes a name that [Of] makes has, at most. Some systems allow little more than 200 for a whole name; the rest is for what is added.
const MaxName = 120

// forbidden are the characters that Windows allows in no name. A colon would lead to another stream of the file before it.
const forbidden = `<>:"/\|?*`

// Of turns a text into a name for a file or a folder, without an extension. It has no characters that a system forbids or that cannot be seen, is composed
// (NFC) as on Windows and Linux, neither begins nor ends with a period or a space, and names no device of Windows. It returns "document" when nothing is left of
// the text.
func Of(text string) string {
	name := norm.NFC.String(strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(forbidden, r):
			return '_'
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
	for len(name) > MaxName {
		_, last := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-last]
	}
	name = strings.TrimRightFunc(strings.TrimLeftFunc(name, isEdge), isEdge)
	if name == "" {
		return "document"
	}
	if isDevice(name) {
		return "_" + name
	}
	return name
}

// isEdge reports whether Windows drops a character at the end of a name, or Unix hides a file whose name begins with it.
func isEdge(r rune) bool { return r == '.' || unicode.IsSpace(r) }

// isDevice reports whether the part of a name before its first period is one that Windows keeps for a device, such as CON or COM1.
func isDevice(name string) bool {
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

// Key returns a text that is the same for two names that are one on some system: those that differ only in upper and lower case, or in how their letters are
// composed.
func Key(name string) string {
	return norm.NFC.String(cases.Fold().String(strings.ToUpper(norm.NFC.String(name))))
}

// Check returns an error if Windows would not take a path that a person has chosen for what it says: a part of it names a device, ends with a period or a space, which
// Windows drops, or has a character that it does not allow. Elsewhere, such names are files like others.
func Check(path string) error {
	if filepath.Separator != '\\' {
		return nil
	}
	return check(path)
}

// check is [Check] on Windows.
func check(path string) error {
	if strings.HasPrefix(path, `\\?\`) || strings.HasPrefix(path, `\\.\`) { // whoever writes that knows what it means
		return nil
	}
	if len(path) > 1 && path[1] == ':' { // the letter of a disk
		path = path[2:]
	}
	for part := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '\\' || r == '/' }) {
		switch {
		case part == "." || part == "..":
		case strings.ContainsAny(part, forbidden) || strings.ContainsFunc(part, unicode.IsControl):
			return request.Errorf("name_characters", "%s cannot be the name of a file or folder, because Windows allows none of the characters %s in it: choose another name", part, `< > : " | ? *`)
		case isDevice(part):
			return request.Errorf("name_device", "%s is a name that Windows keeps for a device: choose another name", part)
		case strings.TrimRight(part, ". ") != part:
			return request.Errorf("name_end", "%s ends with a period or a space, which Windows leaves out: choose another name", part)
		}
	}
	return nil
}
