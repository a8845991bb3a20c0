package pdf

import "slices"

// Change is a kind of change to a document, as an English phrase. Requests store these phrases, so they must not change.
type Change string

// The kinds of changes. A change that is not clearly one of the others is [OtherChange].
const (
	SignatureAdded    Change = "another signature"
	TimestampAdded    Change = "a time-stamp"
	ValidationAdded   Change = "validation data"
	PropertiesChanged Change = "properties of the file"
	AppearanceAdded   Change = "a picture of a signature" // its appearance on the page
	FormFilled        Change = "form fields"
	AnnotationChanged Change = "annotations"
	OtherChange       Change = "something else"
)

// severity lists the changes, the most harmless first.
var severity = []Change{
	ValidationAdded, TimestampAdded, SignatureAdded, PropertiesChanged, AppearanceAdded, FormFilled, AnnotationChanged, OtherChange,
}

// bySeverity returns the distinct changes, the most severe first.
func bySeverity(changes []Change) []Change {
	changes = slices.Clone(changes)
	slices.SortFunc(changes, func(a, b Change) int { return slices.Index(severity, b) - slices.Index(severity, a) })
	return slices.Compact(changes)
}

// MayAlterContent reports whether the change may alter what a reader sees of the document.
func (c Change) MayAlterContent() bool {
	return c == FormFilled || c == AnnotationChanged || c == OtherChange
}

// Appended is what was appended to a file after some offset.
type Appended struct {
	Bytes int64
	// Changes are what these bytes change in the document, the most severe first. They are empty for bytes without effect,
	// like a line end, a comment, or the same objects again.
	Changes []Change
}

// MayAlterContent reports whether any of the changes may alter what a reader sees of the document. Signatures and their appearance,
// time-stamps, validation data and properties of the file do not.
func (a Appended) MayAlterContent() bool {
	return slices.ContainsFunc(a.Changes, Change.MayAlterContent)
}
