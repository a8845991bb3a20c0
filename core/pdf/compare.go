package pdf

import (
	"bytes"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// Change is a kind of change that was made to a file.
type Change string

// The kinds of changes, the gravest last. What is not surely one of the others is the last.
const (
	SignatureAdded    Change = "another signature"
	TimestampAdded    Change = "a time-stamp"
	ValidationAdded   Change = "validation data"
	PropertiesChanged Change = "properties of the file"
	StampAdded        Change = "a picture of a signature"
	FormFilled        Change = "form fields"
	AnnotationChanged Change = "annotations"
	SomethingElse     Change = "something else"
)

var severity = []Change{
	ValidationAdded, TimestampAdded, SignatureAdded, PropertiesChanged, StampAdded, FormFilled, AnnotationChanged, SomethingElse,
}

// bySeverity orders changes, the bySeverity first, each once.
func bySeverity(changes []Change) []Change {
	changes = slices.Clone(changes)
	slices.SortFunc(changes, func(a, b Change) int { return slices.Index(severity, b) - slices.Index(severity, a) })
	return slices.Compact(changes)
}

// comparison walks through two versions of a document side by side, from the root on, and notes every difference as the
// kind of change that its place allows. What is shown of a document hangs on its root, so a change that is not met does not
// show. Only what is met at one of a few places is a change of a harmless kind; any other is something else.
type comparison struct {
	before, after *document
	found         map[Change]bool

	pages        map[int]bool // of the earlier version, by object number
	annotations  map[int]bool
	fields       map[int]bool
	signedFields map[int]bool // signature fields of the later version that have a value, and their widgets: is it a time-stamp?

	queue []objectPair
	seen  map[objectPair]bool
	steps int
}

// objectPair is an object of each version that should be the same, and what it means if they are not.
type objectPair struct {
	before, after int
	kind          Change
}

// compareRevisions tells in which ways the later version differs from the earlier one.
func compareRevisions(before, after *document) (changes []Change, err error) {
	defer recoverDamaged(&err)
	if before.Root == nil || after.Root == nil || (before.Encrypt == nil) != (after.Encrypt == nil) ||
		before.catalog() == nil || after.catalog() == nil {
		return []Change{SomethingElse}, nil
	}
	c := &comparison{
		before: before, after: after, found: map[Change]bool{}, seen: map[objectPair]bool{},
		pages: map[int]bool{}, annotations: map[int]bool{}, fields: map[int]bool{}, signedFields: map[int]bool{},
	}
	c.collectPages(before)
	walkFields(before, func(number int, _ types.Dict, _ bool) { c.fields[number] = true })
	walkFields(after, c.collectSigned)
	c.compareCatalogs(before.catalog(), after.catalog())
	if before.Info != nil || after.Info != nil {
		c.compareInfo()
	}
	for len(c.queue) > 0 && !c.found[SomethingElse] {
		next := c.queue[len(c.queue)-1]
		c.queue = c.queue[:len(c.queue)-1]
		c.compareObjects(next)
	}
	for change := range c.found {
		changes = append(changes, change)
	}
	return bySeverity(changes), nil
}

func (c *comparison) record(as Change) { c.found[as] = true }

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

// collectPages notes the pages of a document and the annotations on them.
func (c *comparison) collectPages(d *document) {
	waiting := []types.Object{d.catalog()["Pages"]}
	seen := map[int]bool{}
	for len(waiting) > 0 {
		o := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		ref, ok := o.(types.IndirectRef)
		if !ok || seen[ref.ObjectNumber.Value()] {
			continue
		}
		seen[ref.ObjectNumber.Value()] = true
		node := d.dict(ref)
		if kids, inner := d.resolve(node["Kids"]).(types.Array); inner {
			waiting = append(waiting, kids...)
			continue
		}
		c.pages[ref.ObjectNumber.Value()] = true
		for _, annot := range d.array(node["Annots"]) {
			if ref, ok := annot.(types.IndirectRef); ok {
				c.annotations[ref.ObjectNumber.Value()] = true
			}
		}
	}
}

// walkFields calls visit for every form field, and every widget of one, that is an object of its own. It is told whether it is
// one of a signature.
func walkFields(d *document, visit func(number int, field types.Dict, signature bool)) {
	type node struct {
		o         types.Object
		signature bool
	}
	var waiting []node
	for _, o := range d.array(d.dict(d.catalog()["AcroForm"])["Fields"]) {
		waiting = append(waiting, node{o: o})
	}
	seen := map[int]bool{}
	for len(waiting) > 0 {
		n := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		ref, ok := n.o.(types.IndirectRef)
		if !ok || seen[ref.ObjectNumber.Value()] {
			continue
		}
		seen[ref.ObjectNumber.Value()] = true
		field := d.dict(ref)
		if kind := d.name(field["FT"]); kind != "" {
			n.signature = kind == "Sig"
		}
		visit(ref.ObjectNumber.Value(), field, n.signature)
		for _, kid := range d.array(field["Kids"]) {
			waiting = append(waiting, node{kid, n.signature})
		}
	}
}

func (c *comparison) collectSigned(number int, field types.Dict, signature bool) {
	value := c.after.dict(field["V"])
	if !signature || value == nil {
		return
	}
	timestamp := c.after.name(value["SubFilter"]) == subFilterTimestamp
	c.signedFields[number] = timestamp
	for _, kid := range c.after.array(field["Kids"]) {
		if ref, ok := kid.(types.IndirectRef); ok {
			c.signedFields[ref.ObjectNumber.Value()] = timestamp
		}
	}
}

// recordSignature notes a signature that is new.
func (c *comparison) recordSignature(timestamp bool) {
	if timestamp {
		c.record(TimestampAdded)
	} else {
		c.record(SignatureAdded)
	}
}

// hasVisibleRect tells whether something is seen of a widget on its page.
func (c *comparison) hasVisibleRect(widget types.Dict) bool {
	rectangle := c.after.array(widget["Rect"])
	if len(rectangle) != 4 {
		return rectangle != nil
	}
	var side [4]float64
	for i, o := range rectangle {
		switch n := c.after.resolve(o).(type) {
		case types.Integer:
			side[i] = float64(n)
		case types.Float:
			side[i] = float64(n)
		default:
			return true
		}
	}
	return side[0] != side[2] && side[1] != side[3]
}

// compareValues notes a difference between two values as that change. What they refer to is compared later.
func (c *comparison) compareValues(a, b types.Object, as Change) {
	const often = 1 << 12
	if c.steps++; c.steps%often == 0 {
		c.after.budget.check()
	}
	first, ok1 := a.(types.IndirectRef)
	second, ok2 := b.(types.IndirectRef)
	if ok1 && ok2 {
		p := objectPair{first.ObjectNumber.Value(), second.ObjectNumber.Value(), as}
		if !c.seen[p] {
			c.seen[p] = true
			c.queue = append(c.queue, p)
		}
		return
	}
	c.compareResolved(c.before.resolve(a), c.after.resolve(b), as)
}

// compareObjects compares two compareObjects of their own by what they are.
func (c *comparison) compareObjects(p objectPair) {
	a := c.before.resolve(*types.NewIndirectRef(p.before, 0))
	b := c.after.resolve(*types.NewIndirectRef(p.after, 0))
	if p.before == c.before.Root.ObjectNumber.Value() && p.after == c.after.Root.ObjectNumber.Value() {
		return // it is where the walk began
	}
	known := c.pages[p.before] || c.annotations[p.before] || c.fields[p.before]
	first, ok1 := a.(types.Dict)
	second, ok2 := b.(types.Dict)
	switch {
	case !known:
		c.compareResolved(a, b, p.kind)
	case p.before != p.after || !ok1 || !ok2:
		c.record(SomethingElse)
	case c.pages[p.before]:
		c.comparePages(first, second)
	case c.fields[p.before]:
		c.compareFields(p.before, first, second)
	default:
		c.compareAnnotations(first, second)
	}
}

func (c *comparison) compareResolved(a, b types.Object, as Change) {
	switch a := a.(type) {
	case types.Dict:
		b, ok := b.(types.Dict)
		if !ok {
			c.record(as)
			return
		}
		c.compareDicts(a, b, func(string) Change { return as })
	case types.Array:
		b, ok := b.(types.Array)
		if !ok || len(a) != len(b) {
			c.record(as)
			return
		}
		for i := range a {
			c.compareValues(a[i], b[i], as)
		}
	case types.StreamDict:
		b, ok := b.(types.StreamDict)
		if !ok || !bytes.Equal(a.Raw, b.Raw) {
			c.record(as)
			return
		}
		c.compareResolved(a.Dict, b.Dict, as)
	case types.ObjectStreamDict, types.XRefStreamDict:
		c.record(as) // nothing that is shown refers to these
	default:
		if !equalScalars(a, b) {
			c.record(as)
		}
	}
}

func equalScalars(a, b types.Object) bool {
	switch b.(type) {
	case types.Dict, types.Array, types.StreamDict, types.ObjectStreamDict, types.XRefStreamDict:
		return false
	}
	switch a.(type) {
	case nil, types.Boolean, types.Integer, types.Float, types.Name, types.StringLiteral, types.HexLiteral:
		return a == b
	}
	return false
}

// compareDicts compares two dictionaries key by key; kind says what a difference at a key means.
func (c *comparison) compareDicts(a, b types.Dict, kind func(key string) Change) {
	for key := range a {
		c.compareValues(a[key], b[key], kind(key))
	}
	for key := range b {
		if _, both := a[key]; !both {
			c.compareValues(nil, b[key], kind(key))
		}
	}
}

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
			if a[key] == nil {
				return SignatureAdded
			}
		}
		return SomethingElse
	})
}

func (c *comparison) compareForms(a, b types.Object) {
	before, after := c.before.dict(a), c.after.dict(b)
	if a != nil && before == nil || b != nil && after == nil || after == nil && before != nil {
		c.record(SomethingElse)
		return
	}
	c.compareFieldLists(before["Fields"], after["Fields"])
	c.compareDicts(omit(before, "Fields", "SigFlags"), omit(after, "Fields", "SigFlags"), func(key string) Change {
		if key == "DR" || key == "DA" || key == "Q" {
			if before == nil {
				return SignatureAdded // a form comes with its first signature
			}
			return FormFilled
		}
		return SomethingElse
	})
}

// compareFieldLists compares lists of fields: the earlier ones are all to be there, in their order.
func (c *comparison) compareFieldLists(a, b types.Object) {
	c.compareLists(a, b, SomethingElse, func(number int, field types.Dict) {
		if !c.recordSignedField(number, field) {
			c.record(FormFilled)
		}
	})
}

// recordSignedField notes the signature that a field that is new came with, or the ones of the fields below it.
func (c *comparison) recordSignedField(number int, field types.Dict) bool {
	if timestamp, signed := c.signedFields[number]; signed {
		c.recordSignature(timestamp)
		return true
	}
	kids := c.after.array(field["Kids"])
	for _, kid := range kids {
		ref, ok := kid.(types.IndirectRef)
		timestamp, signed := c.signedFields[ref.ObjectNumber.Value()]
		if !ok || !signed {
			return false
		}
		c.recordSignature(timestamp)
	}
	return len(kids) > 0
}

// compareLists compares lists to which something may have been added, and calls added for what was.
func (c *comparison) compareLists(a, b types.Object, as Change, added func(number int, o types.Dict)) {
	before, after := c.before.array(a), c.after.array(b)
	if before == nil && c.before.resolve(a) != nil || after == nil && c.after.resolve(b) != nil {
		c.record(SomethingElse)
		return
	}
	for _, o := range after {
		ref, ok := o.(types.IndirectRef)
		if len(before) > 0 {
			first, both := before[0].(types.IndirectRef)
			if !ok && !both || ok && both && first.ObjectNumber == ref.ObjectNumber {
				c.compareValues(before[0], o, as)
				before = before[1:]
				continue
			}
		}
		if !ok {
			c.record(SomethingElse)
			return
		}
		added(ref.ObjectNumber.Value(), c.after.dict(ref))
	}
	if len(before) > 0 {
		c.record(SomethingElse)
	}
}

func (c *comparison) comparePages(a, b types.Dict) {
	c.compareLists(a["Annots"], b["Annots"], AnnotationChanged, func(number int, annot types.Dict) {
		switch _, signed := c.signedFields[number]; {
		case !signed || c.fields[number] && !c.newlySigned(number):
			c.record(AnnotationChanged)
		case c.hasVisibleRect(annot):
			c.record(StampAdded)
		}
	})
	c.compareDicts(omit(a, "Annots"), omit(b, "Annots"), func(key string) Change {
		switch key {
		case "LastModified", "Metadata", "PieceInfo":
			return PropertiesChanged
		}
		return SomethingElse
	})
}

// newlySigned tells whether a field, or the field of a widget, that was there before had no signature then.
func (c *comparison) newlySigned(number int) bool {
	if _, signed := c.signedFields[number]; !signed {
		return false
	}
	field := c.before.dict(*types.NewIndirectRef(number, 0))
	if c.before.resolve(field["V"]) != nil {
		return false
	}
	parent := c.before.dict(field["Parent"])
	return parent == nil || c.before.resolve(parent["V"]) == nil
}

func (c *comparison) compareFields(number int, a, b types.Dict) {
	signature := c.inherited(c.before, a, "FT") == "Sig"
	fresh := signature && c.newlySigned(number)
	if fresh {
		c.recordSignature(c.signedFields[number])
	}
	look := SomethingElse
	switch {
	case fresh && c.hasVisibleRect(b):
		look = StampAdded
	case fresh:
		look = SignatureAdded
	case !signature:
		look = FormFilled
	}
	c.compareLists(a["Kids"], b["Kids"], SomethingElse, func(kid int, _ types.Dict) {
		if _, signed := c.signedFields[kid]; !signed || !fresh {
			c.record(FormFilled)
		}
	})
	skipped := []string{"Kids"}
	if fresh && c.before.resolve(a["V"]) == nil {
		skipped = append(skipped, "V")
	}
	c.compareDicts(omit(a, skipped...), omit(b, skipped...), func(key string) Change {
		switch key {
		case "V", "I", "TI", "RV", "Ff":
			if !signature {
				return FormFilled
			}
		case "AP", "AS", "MK", "DA", "M", "F", "Rect", "BS", "Border", "H", "Lock", "Type", "Subtype", "P":
			return look
		}
		return SomethingElse
	})
}

// inherited is the name that a field has at a key, or one of the fields above it has.
func (c *comparison) inherited(d *document, field types.Dict, key string) string {
	for range maxNesting {
		if name := d.name(field[key]); name != "" || field == nil {
			return name
		}
		field = d.dict(field["Parent"])
	}
	return ""
}

func (c *comparison) compareAnnotations(a, b types.Dict) {
	c.compareDicts(a, b, func(key string) Change {
		switch key {
		case "A", "AA", "Parent", "P":
			return SomethingElse
		}
		return AnnotationChanged
	})
}
