package export

import (
	"path/filepath"
	"strings"

	"countersign/core/filename"
	"countersign/core/input"
	"countersign/core/request"
)

// maxSameName is how many names are tried at most: the name itself, and then with the numbers from 2 on.
const maxSameName = 1000

// signedName returns the name of a copy of a signed file, without extension: from the request's
// title, or from the document's name when the request has several.
func signedName(r request.Request, document int) string {
	title := r.Title
	if len(r.Documents) > 1 && document < len(r.Documents) {
		title = r.Documents[document].Name
	}
	return safeName(title) + " (signed)"
}

// safeName returns the name that [filename.Of] makes of a text, without the extension .pdf.
func safeName(text string) string {
	name := input.Label(text)
	if extension := filepath.Ext(name); strings.EqualFold(extension, ".pdf") {
		name = strings.TrimSuffix(name, extension)
	}
	return filename.Of(name)
}
