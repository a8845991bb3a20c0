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
	NotCompared       Change = "something that could not be compared" // this program does not understand how the file was updated there
)

// severity lists the changes, the most harmless first.
var severity = []Change{
	ValidationAdded, TimestampAdded, SignatureAdded, PropertiesChanged, AppearanceAdded, FormFilled, AnnotationChanged, NotCompared, OtherChange,
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
	// NotComparedAt is the offset of the first appended update that could not be compared; zero
	// when there is none.
	NotComparedAt int64
}

// Compared reports whether all of what was appended could be compared. If not, Changes still has the changes of the
// updates that could be.
func (a Appended) Compared() bool { return !slices.Contains(a.Changes, NotCompared) }

// MayAlterContent reports whether any of the changes may alter what a reader sees of the document. Signatures and their appearance,
// time-stamps, validation data and properties of the file do not. [NotCompared] does not count either: ask Compared too.
func (a Appended) MayAlterContent() bool { return mayAlterContent(a.Changes) }

func mayAlterContent(changes []Change) bool {
	return slices.ContainsFunc(changes, Change.MayAlterContent)
}
