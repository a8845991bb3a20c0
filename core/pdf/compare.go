package pdf

import (
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// comparison walks the object graphs of two revisions side by side, from the document catalog on. It records each
// difference as a kind of change that depends on where it is found. Objects that cannot be reached from the catalog are not
// displayed, so they are not compared. Only differences in a few known entries are harmless; all others are [OtherChange].
type comparison struct {
	before, after *document
	found         map[Change]bool

	// Sets of object numbers of the earlier revision.
	pages       map[int]bool
	annotations map[int]bool
	fields      map[int]bool
	elements    map[int]bool // of the structure tree, with its root
	// signedFields are the object numbers of the later revision's signature fields with a value, and of their widgets. The
	// value is true for a document time-stamp.
	signedFields map[int]bool
	signedValues map[int]bool // object numbers of their values

	queue []objectPair // still to be compared
	seen  map[objectPair]bool
	steps int
}

// objectPair are the numbers of an object in each revision, and the change that a difference between them is.
type objectPair struct {
	before, after int
	kind          Change
}

// compareRevisions returns the changes from one revision to a later one, the most severe first.
func compareRevisions(before, after *document) (changes []Change, err error) {
	defer recoverDamaged(&err)
	if before.Root == nil || after.Root == nil || (before.Encrypt == nil) != (after.Encrypt == nil) ||
		before.catalog() == nil || after.catalog() == nil {
		return []Change{OtherChange}, nil
	}
	c := &comparison{
		before: before, after: after, found: map[Change]bool{}, seen: map[objectPair]bool{},
		pages: map[int]bool{}, annotations: map[int]bool{}, fields: map[int]bool{}, elements: map[int]bool{}, signedFields: map[int]bool{}, signedValues: map[int]bool{},
	}
	c.collectPages(before)
	c.collectElements(before)
	walkFields(before, func(number int, _ types.Dict, _ bool) { c.fields[number] = true })
	walkFields(after, c.collectSigned)
	c.compareCatalogs(before.catalog(), after.catalog())
	if before.Encrypt != nil {
		c.compareValues(*before.Encrypt, *after.Encrypt, OtherChange)
	}
	if before.Info != nil || after.Info != nil {
		c.compareInfo()
	}
	for len(c.queue) > 0 && !c.found[OtherChange] {
		next := c.queue[len(c.queue)-1]
		c.queue = c.queue[:len(c.queue)-1]
		c.compareObjects(next)
	}
	for change := range c.found {
		changes = append(changes, change)
	}
	return bySeverity(changes), nil
}

func (c *comparison) record(kind Change) { c.found[kind] = true }

// compareInfo compares the document information dictionaries (ISO 32000-1, 14.3.3).
func (c *comparison) compareInfo() {
	var a, b types.Object
	if c.before.Info != nil {
		a = *c.before.Info
	}
	if c.after.Info != nil {
		b = *c.after.Info
	}
	c.compareValues(a, b, PropertiesChanged)
}

// collectPages fills c.pages and c.annotations from the page tree of a revision.
func (c *comparison) collectPages(d *document) {
	d.eachPage(func(number int, annotations types.Array) {
		c.pages[number] = true
		for _, annotation := range annotations {
			if ref, ok := annotation.(types.IndirectRef); ok {
				c.annotations[ref.ObjectNumber.Value()] = true
			}
		}
	})
}

// compareValues records a difference between two values as that kind of change. If both are references, the objects that
// they refer to are queued and compared later.
func (c *comparison) compareValues(a, b types.Object, kind Change) {
	const checkEvery = 1 << 12
	if c.steps++; c.steps%checkEvery == 0 {
		c.after.budget.check()
	}
	first, ok1 := a.(types.IndirectRef)
	second, ok2 := b.(types.IndirectRef)
	if ok1 && ok2 {
		p := objectPair{first.ObjectNumber.Value(), second.ObjectNumber.Value(), kind}
		if !c.seen[p] {
			c.seen[p] = true
			c.queue = append(c.queue, p)
		}
		return
	}
	before, after := c.before.resolve(a), c.after.resolve(b)
	if before == nil && after != nil && c.before.hides(a) {
		c.record(NotCompared)
		return
	}
	c.compareResolved(before, after, kind)
}

// compareObjects compares a queued pair of indirect objects. A page, annotation, form field or structure element must have the same number in
// both revisions, and is compared by the rules for it.
func (c *comparison) compareObjects(p objectPair) {
	a := c.before.resolve(*types.NewIndirectRef(p.before, 0))
	b := c.after.resolve(*types.NewIndirectRef(p.after, 0))
	if p.before == c.before.Root.ObjectNumber.Value() && p.after == c.after.Root.ObjectNumber.Value() {
		return // the catalogs, which are compared first
	}
	if a == nil && b == nil && p.before == p.after {
		return // both revisions lack it, or hide it in the same place
	}
	if a == nil && b != nil && c.before.hides(*types.NewIndirectRef(p.before, 0)) {
		c.record(NotCompared)
		return
	}
	special := c.pages[p.before] || c.annotations[p.before] || c.fields[p.before] || c.elements[p.before]
	first, ok1 := a.(types.Dict)
	second, ok2 := b.(types.Dict)
	switch {
	case !special:
		c.compareResolved(a, b, p.kind)
	case p.before != p.after || !ok1 || !ok2:
		c.record(OtherChange)
	case c.pages[p.before]:
		c.comparePages(first, second)
	case c.fields[p.before]:
		c.compareFields(p.before, first, second)
	case c.elements[p.before]:
		c.compareElements(first, second)
	default:
		c.compareAnnotations(first, second)
	}
}

// hides reports whether the file may have an object that the parser does not know: in a hybrid-reference file, the parser
// does not read the objects that only the second table lists (ISO 32000-1, 7.5.8.4).
func (d *document) hides(o types.Object) bool {
	ref, ok := o.(types.IndirectRef)
	if !ok || !d.Read.Hybrid {
		return false
	}
	entry, ok := d.Find(ref.ObjectNumber.Value())
	return !ok || entry == nil || entry.Free
}

// compareResolved is compareValues for values that are no references.
func (c *comparison) compareResolved(a, b types.Object, kind Change) {
	switch a := a.(type) {
	case types.Dict:
		b, ok := b.(types.Dict)
		if !ok {
			c.record(kind)
			return
		}
		c.compareDicts(a, b, func(string) Change { return kind })
	case types.Array:
		b, ok := b.(types.Array)
		if !ok || len(a) != len(b) {
			c.record(kind)
			return
		}
		for i := range a {
			c.compareValues(a[i], b[i], kind)
		}
	case types.StreamDict:
		b, ok := b.(types.StreamDict)
		if !ok {
			c.record(kind)
			return
		}
		c.compareStreams(a, b, kind)
	case types.ObjectStreamDict, types.XRefStreamDict:
		c.record(kind) // these belong to the file structure, and no displayed object refers to them
	default:
		if !equalScalars(a, b) {
			c.record(kind)
		}
	}
}

// compareDicts compares two dictionaries key by key. The function kind returns the kind of change that a difference at a key
// is.
func (c *comparison) compareDicts(a, b types.Dict, kind func(key string) Change) {
	a, b = withoutMark(a), withoutMark(b)
	for key := range a {
		c.compareValues(a[key], b[key], kind(key))
	}
	for key := range b {
		if _, both := a[key]; !both {
			c.compareValues(nil, b[key], kind(key))
		}
	}
}

// withoutMark returns a dictionary without the entry ITXT, a text with their version that iText and OpenPDF leave in the
// page tree. No reader looks at it.
func withoutMark(d types.Dict) types.Dict {
	if _, ok := stringOf(d["ITXT"]); ok {
		return omit(d, "ITXT")
	}
	return d
}

// omit returns a copy of a dictionary without some keys.
func omit(d types.Dict, keys ...string) types.Dict {
	rest := types.Dict{}
	for key, value := range d {
		if !slices.Contains(keys, key) {
			rest[key] = value
		}
	}
	return rest
}

func (c *comparison) compareCatalogs(a, b types.Dict) {
	c.compareForms(a["AcroForm"], b["AcroForm"])
	c.compareDicts(omit(a, "AcroForm"), omit(b, "AcroForm"), func(key string) Change {
		switch key {
		case "DSS":
			return ValidationAdded
		case "Metadata", "Version", "Extensions":
			return PropertiesChanged
		case "Perms":
			if a[key] == nil && c.permitsBySignature(b[key]) {
				return SignatureAdded
			}
		case "OutputIntents", "Legal":
			// Programs add them with a signature. They are meant for printing shops and lawyers.
			if a[key] == nil {
				return PropertiesChanged
			}
		}
		return OtherChange
	})
}

// permitsBySignature reports whether permissions (ISO 32000-1, 12.8.4) are only those of a signature that a field has. Usage rights are
// no signature.
func (c *comparison) permitsBySignature(permissions types.Object) bool {
	entries := c.after.dict(permissions)
	certified, ok := entries["DocMDP"].(types.IndirectRef)
	return ok && len(entries) == 1 && c.signedValues[certified.ObjectNumber.Value()]
}

// compareLists compares arrays to which references may have been added, and calls the function added for each added one. A
// difference between elements that both arrays have is recorded as kind. A removed or reordered element is [OtherChange].
func (c *comparison) compareLists(a, b types.Object, kind Change, added func(number int, o types.Dict)) {
	before, after := c.before.array(a), c.after.array(b)
	if before == nil && c.before.resolve(a) != nil || after == nil && c.after.resolve(b) != nil {
		c.record(OtherChange)
		return
	}
	for _, o := range after {
		ref, ok := o.(types.IndirectRef)
		if len(before) > 0 {
			first, both := before[0].(types.IndirectRef)
			if !ok && !both || ok && both && first.ObjectNumber == ref.ObjectNumber {
				c.compareValues(before[0], o, kind)
				before = before[1:]
				continue
			}
		}
		if !ok {
			c.record(OtherChange)
			return
		}
		added(ref.ObjectNumber.Value(), c.after.dict(ref))
	}
	if len(before) > 0 {
		c.record(OtherChange)
	}
}

// comparePages compares a page of the earlier revision with the same page of the later one. Only its annotations and its
// metadata may change harmlessly.
func (c *comparison) comparePages(a, b types.Dict) {
	c.compareLists(a["Annots"], b["Annots"], AnnotationChanged, func(number int, annotation types.Dict) {
		c.collectSignedOnPage(number, annotation)
		switch _, signed := c.signedFields[number]; {
		case !signed || c.fields[number] && !c.newlySigned(number):
			c.record(AnnotationChanged)
		case c.hasVisibleRect(annotation):
			c.record(AppearanceAdded)
		}
	})
	skipped := []string{"Annots"}
	for _, box := range []string{"MediaBox", "CropBox", "BleedBox", "TrimBox", "ArtBox"} {
		if a["UserUnit"] == nil && c.sameBoxes(a[box], b[box]) { // a unit may be so large that rounding shows
			skipped = append(skipped, box)
		}
	}
	c.compareDicts(omit(a, skipped...), omit(b, skipped...), func(key string) Change {
		switch key {
		case "LastModified", "Metadata", "PieceInfo", "Tabs":
			return PropertiesChanged
		}
		return OtherChange
	})
}

// compareAnnotations compares an annotation of the earlier revision with the same one of the later revision. A changed
// action is never harmless.
func (c *comparison) compareAnnotations(a, b types.Dict) {
	c.compareDicts(a, b, func(key string) Change {
		switch key {
		case "A", "AA", "Parent", "P":
			return OtherChange
		}
		return AnnotationChanged
	})
}
