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

var gravity = []Change{
	ValidationAdded, TimestampAdded, SignatureAdded, PropertiesChanged, StampAdded, FormFilled, AnnotationChanged, SomethingElse,
}

// gravest orders changes, the gravest first, each once.
func gravest(changes []Change) []Change {
	changes = slices.Clone(changes)
	slices.SortFunc(changes, func(a, b Change) int { return slices.Index(gravity, b) - slices.Index(gravity, a) })
	return slices.Compact(changes)
}

// comparison walks through two versions of a document side by side, from the root on, and notes every difference as the
// kind of change that its place allows. What is shown of a document hangs on its root, so a change that is not met does not
// show. Only what is met at one of a few places is a change of a harmless kind; any other is something else.
type comparison struct {
	before, after *document
	found         map[Change]bool

	pages  map[int]bool // of the earlier version, by object number
	annots map[int]bool
	fields map[int]bool
	signed map[int]bool // signature fields of the later version that have a value, and their widgets: is it a time-stamp?

	queue []pair
	seen  map[pair]bool
	steps int
}

const maxSteps = 20_000_000 // of one comparison

// pair is an object of each version that should be the same, and what it means if they are not.
type pair struct {
	before, after int
	as            Change
}

// compare tells in which ways the later version differs from the earlier one.
func compare(before, after *document) (changes []Change, err error) {
	defer damagedOnPanic(&err)
	if before.Root == nil || after.Root == nil || (before.Encrypt == nil) != (after.Encrypt == nil) ||
		before.catalog() == nil || after.catalog() == nil {
		return []Change{SomethingElse}, nil
	}
	c := &comparison{
		before: before, after: after, found: map[Change]bool{}, seen: map[pair]bool{},
		pages: map[int]bool{}, annots: map[int]bool{}, fields: map[int]bool{}, signed: map[int]bool{},
	}
	c.findPages(before)
	fieldsOf(before, func(number int, _ types.Dict, _ bool) { c.fields[number] = true })
	fieldsOf(after, c.noteSigned)
	c.catalog(before.catalog(), after.catalog())
	if before.Info != nil || after.Info != nil {
		c.properties()
	}
	for len(c.queue) > 0 && !c.found[SomethingElse] {
		next := c.queue[len(c.queue)-1]
		c.queue = c.queue[:len(c.queue)-1]
		c.objects(next)
	}
	for change := range c.found {
		changes = append(changes, change)
	}
	return gravest(changes), nil
}

func (c *comparison) note(as Change) { c.found[as] = true }

func (c *comparison) properties() {
	var a, b types.Object
	if c.before.Info != nil {
		a = *c.before.Info
	}
	if c.after.Info != nil {
		b = *c.after.Info
	}
	c.same(a, b, PropertiesChanged)
}

// findPages notes the pages of a document and the annotations on them.
func (c *comparison) findPages(d *document) {
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
				c.annots[ref.ObjectNumber.Value()] = true
			}
		}
	}
}

// fieldsOf calls visit for every form field, and every widget of one, that is an object of its own. It is told whether it is
// one of a signature.
func fieldsOf(d *document, visit func(number int, field types.Dict, signature bool)) {
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

func (c *comparison) noteSigned(number int, field types.Dict, signature bool) {
	value := c.after.dict(field["V"])
	if !signature || value == nil {
		return
	}
	timestamp := c.after.name(value["SubFilter"]) == subFilterTimestamp
	c.signed[number] = timestamp
	for _, kid := range c.after.array(field["Kids"]) {
		if ref, ok := kid.(types.IndirectRef); ok {
			c.signed[ref.ObjectNumber.Value()] = timestamp
		}
	}
}

// noteNew notes a signature that is new.
func (c *comparison) noteNew(timestamp bool) {
	if timestamp {
		c.note(TimestampAdded)
	} else {
		c.note(SignatureAdded)
	}
}

// visible tells whether something is seen of a widget on its page.
func (c *comparison) visible(widget types.Dict) bool {
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

// same notes a difference between two values as that change. What they refer to is compared later.
func (c *comparison) same(a, b types.Object, as Change) {
	if c.steps++; c.steps > maxSteps {
		c.note(SomethingElse)
		return
	}
	first, ok1 := a.(types.IndirectRef)
	second, ok2 := b.(types.IndirectRef)
	if ok1 && ok2 {
		p := pair{first.ObjectNumber.Value(), second.ObjectNumber.Value(), as}
		if !c.seen[p] {
			c.seen[p] = true
			c.queue = append(c.queue, p)
		}
		return
	}
	c.values(c.before.resolve(a), c.after.resolve(b), as)
}

// objects compares two objects of their own by what they are.
func (c *comparison) objects(p pair) {
	a := c.before.resolve(*types.NewIndirectRef(p.before, 0))
	b := c.after.resolve(*types.NewIndirectRef(p.after, 0))
	if p.before == c.before.Root.ObjectNumber.Value() && p.after == c.after.Root.ObjectNumber.Value() {
		return // it is where the walk began
	}
	known := c.pages[p.before] || c.annots[p.before] || c.fields[p.before]
	first, ok1 := a.(types.Dict)
	second, ok2 := b.(types.Dict)
	switch {
	case !known:
		c.values(a, b, p.as)
	case p.before != p.after || !ok1 || !ok2:
		c.note(SomethingElse)
	case c.pages[p.before]:
		c.page(first, second)
	case c.fields[p.before]:
		c.field(p.before, first, second)
	default:
		c.annotation(first, second)
	}
}

func (c *comparison) values(a, b types.Object, as Change) {
	switch a := a.(type) {
	case types.Dict:
		b, ok := b.(types.Dict)
		if !ok {
			c.note(as)
			return
		}
		c.dicts(a, b, func(string) Change { return as })
	case types.Array:
		b, ok := b.(types.Array)
		if !ok || len(a) != len(b) {
			c.note(as)
			return
		}
		for i := range a {
			c.same(a[i], b[i], as)
		}
	case types.StreamDict:
		b, ok := b.(types.StreamDict)
		if !ok || !bytes.Equal(a.Raw, b.Raw) {
			c.note(as)
			return
		}
		c.values(a.Dict, b.Dict, as)
	case types.ObjectStreamDict, types.XRefStreamDict:
		c.note(as) // nothing that is shown refers to these
	default:
		if !sameAtom(a, b) {
			c.note(as)
		}
	}
}

func sameAtom(a, b types.Object) bool {
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

// dicts compares two dictionaries key by key; kind says what a difference at a key means.
func (c *comparison) dicts(a, b types.Dict, kind func(key string) Change) {
	for key := range a {
		c.same(a[key], b[key], kind(key))
	}
	for key := range b {
		if _, both := a[key]; !both {
			c.same(nil, b[key], kind(key))
		}
	}
}

func without(d types.Dict, keys ...string) types.Dict {
	rest := types.Dict{}
	for key, value := range d {
		if !slices.Contains(keys, key) {
			rest[key] = value
		}
	}
	return rest
}

func (c *comparison) catalog(a, b types.Dict) {
	c.form(a["AcroForm"], b["AcroForm"])
	c.dicts(without(a, "AcroForm"), without(b, "AcroForm"), func(key string) Change {
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

func (c *comparison) form(a, b types.Object) {
	before, after := c.before.dict(a), c.after.dict(b)
	if a != nil && before == nil || b != nil && after == nil || after == nil && before != nil {
		c.note(SomethingElse)
		return
	}
	c.fieldList(before["Fields"], after["Fields"])
	c.dicts(without(before, "Fields", "SigFlags"), without(after, "Fields", "SigFlags"), func(key string) Change {
		if key == "DR" || key == "DA" || key == "Q" {
			if before == nil {
				return SignatureAdded // a form comes with its first signature
			}
			return FormFilled
		}
		return SomethingElse
	})
}

// fieldList compares lists of fields: the earlier ones are all to be there, in their order.
func (c *comparison) fieldList(a, b types.Object) {
	c.list(a, b, SomethingElse, func(number int, field types.Dict) {
		if !c.newField(number, field) {
			c.note(FormFilled)
		}
	})
}

// newField notes the signature that a field that is new came with, or the ones of the fields below it.
func (c *comparison) newField(number int, field types.Dict) bool {
	if timestamp, signed := c.signed[number]; signed {
		c.noteNew(timestamp)
		return true
	}
	kids := c.after.array(field["Kids"])
	for _, kid := range kids {
		ref, ok := kid.(types.IndirectRef)
		timestamp, signed := c.signed[ref.ObjectNumber.Value()]
		if !ok || !signed {
			return false
		}
		c.noteNew(timestamp)
	}
	return len(kids) > 0
}

// list compares lists to which something may have been added, and calls added for what was.
func (c *comparison) list(a, b types.Object, as Change, added func(number int, o types.Dict)) {
	before, after := c.before.array(a), c.after.array(b)
	if before == nil && c.before.resolve(a) != nil || after == nil && c.after.resolve(b) != nil {
		c.note(SomethingElse)
		return
	}
	for _, o := range after {
		ref, ok := o.(types.IndirectRef)
		if len(before) > 0 {
			first, both := before[0].(types.IndirectRef)
			if !ok && !both || ok && both && first.ObjectNumber == ref.ObjectNumber {
				c.same(before[0], o, as)
				before = before[1:]
				continue
			}
		}
		if !ok {
			c.note(SomethingElse)
			return
		}
		added(ref.ObjectNumber.Value(), c.after.dict(ref))
	}
	if len(before) > 0 {
		c.note(SomethingElse)
	}
}

func (c *comparison) page(a, b types.Dict) {
	c.list(a["Annots"], b["Annots"], AnnotationChanged, func(number int, annot types.Dict) {
		switch _, signed := c.signed[number]; {
		case !signed || c.fields[number] && !c.newlySigned(number):
			c.note(AnnotationChanged)
		case c.visible(annot):
			c.note(StampAdded)
		}
	})
	c.dicts(without(a, "Annots"), without(b, "Annots"), func(key string) Change {
		switch key {
		case "LastModified", "Metadata", "PieceInfo":
			return PropertiesChanged
		}
		return SomethingElse
	})
}

// newlySigned tells whether a field, or the field of a widget, that was there before had no signature then.
func (c *comparison) newlySigned(number int) bool {
	if _, signed := c.signed[number]; !signed {
		return false
	}
	field := c.before.dict(*types.NewIndirectRef(number, 0))
	if c.before.resolve(field["V"]) != nil {
		return false
	}
	parent := c.before.dict(field["Parent"])
	return parent == nil || c.before.resolve(parent["V"]) == nil
}

func (c *comparison) field(number int, a, b types.Dict) {
	signature := c.inherited(c.before, a, "FT") == "Sig"
	fresh := signature && c.newlySigned(number)
	if fresh {
		c.noteNew(c.signed[number])
	}
	look := SomethingElse
	switch {
	case fresh && c.visible(b):
		look = StampAdded
	case fresh:
		look = SignatureAdded
	case !signature:
		look = FormFilled
	}
	c.list(a["Kids"], b["Kids"], SomethingElse, func(kid int, _ types.Dict) {
		if _, signed := c.signed[kid]; !signed || !fresh {
			c.note(FormFilled)
		}
	})
	skipped := []string{"Kids"}
	if fresh && c.before.resolve(a["V"]) == nil {
		skipped = append(skipped, "V")
	}
	c.dicts(without(a, skipped...), without(b, skipped...), func(key string) Change {
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

func (c *comparison) annotation(a, b types.Dict) {
	c.dicts(a, b, func(key string) Change {
		switch key {
		case "A", "AA", "Parent", "P":
			return SomethingElse
		}
		return AnnotationChanged
	})
}
