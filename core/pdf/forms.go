package pdf

import "github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

// This file compares interactive forms (ISO 32000-1, 12.7) and their fields. A new signature needs a field, and a widget on a page.

// walkFields calls visit for every indirect object that is a form field, or a widget of one. signature reports whether the
// field, or the nearest parent with a type, is a signature field.
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
		if kids, ok := field["Kids"].(types.IndirectRef); ok {
			if seen[kids.ObjectNumber.Value()] {
				continue
			}
			seen[kids.ObjectNumber.Value()] = true
		}
		for _, kid := range d.array(field["Kids"]) {
			waiting = append(waiting, node{kid, n.signature})
		}
	}
}

// collectSigned adds a form field with a signature, and its widgets, to c.signedFields. It is a visit function for
// walkFields.
func (c *comparison) collectSigned(number int, field types.Dict, signature bool) {
	value, ok := c.after.resolve(field["V"]).(types.Dict)
	if !signature || !ok {
		return
	}
	if ref, ok := field["V"].(types.IndirectRef); ok {
		c.signedValues[ref.ObjectNumber.Value()] = true
	}
	timestamp := c.after.name(value["SubFilter"]) == subFilterTimestamp
	c.signedFields[number] = timestamp
	for _, kid := range c.after.array(field["Kids"]) {
		if ref, ok := kid.(types.IndirectRef); ok {
			c.signedFields[ref.ObjectNumber.Value()] = timestamp
		}
	}
}

// collectSignedOnPage adds an added annotation to c.signedFields if it is a signature field that is only on its page, and records
// the signature. One with a value that is no new signature is [OtherChange].
func (c *comparison) collectSignedOnPage(number int, annotation types.Dict) {
	_, inForm := c.signedFields[number]
	if inForm || c.fields[number] || c.annotations[number] || annotation["Parent"] != nil || !c.after.isSignatureWidget(annotation) {
		return
	}
	if c.after.dict(annotation["V"]) != nil && !c.hasNewValue(number, annotation) {
		c.record(OtherChange)
		return
	}
	c.collectSigned(number, annotation, true)
	if timestamp, signed := c.signedFields[number]; signed {
		c.recordSignature(timestamp)
	}
}

// hasNewValue reports whether a field has a value that neither the earlier revision nor another field has, with a byte range that is
// written out: then countOrphaned counts it, and it is verified like the values of fields in the form.
func (c *comparison) hasNewValue(number int, field types.Dict) bool {
	holder := *types.NewIndirectRef(number, 0)
	if ref, ok := field["V"].(types.IndirectRef); ok {
		holder = ref
		if c.signedValues[ref.ObjectNumber.Value()] {
			return false
		}
	}
	const most = 1 << 20
	start := c.after.offset(holder)
	return start >= 0 && c.before.resolve(holder) == nil && c.after.keysIn(start, start+most) > 0
}

// recordSignature records an added signature or document time-stamp.
func (c *comparison) recordSignature(timestamp bool) {
	if timestamp {
		c.record(TimestampAdded)
	} else {
		c.record(SignatureAdded)
	}
}

// hasVisibleRect reports whether the rectangle of a widget may have an area. A missing rectangle has none.
func (c *comparison) hasVisibleRect(widget types.Dict) bool {
	rectangle := c.after.array(widget["Rect"])
	if len(rectangle) != 4 {
		return rectangle != nil
	}
	var side [4]float64
	for i, o := range rectangle {
		var ok bool
		if side[i], ok = numberOf(c.after.resolve(o)); !ok {
			return true
		}
	}
	return side[0] != side[2] && side[1] != side[3]
}

// compareForms compares the interactive forms of the two revisions (ISO 32000-1, 12.7.2).
func (c *comparison) compareForms(a, b types.Object) {
	before, after := c.before.dict(a), c.after.dict(b)
	if a != nil && before == nil || b != nil && after == nil || after == nil && before != nil {
		c.record(OtherChange)
		return
	}
	c.compareFieldLists(before["Fields"], after["Fields"])
	if c.after.name(after["Type"]) == "AcroForm" && before["Type"] == nil {
		after = omit(after, "Type")
	}
	if before != nil && !c.dependsOnDefaults(before) {
		after = c.withoutNewDefaults(before, after)
	}
	c.compareDicts(omit(before, "Fields", "SigFlags"), omit(after, "Fields", "SigFlags"), func(key string) Change {
		if key == "DR" || key == "DA" || key == "Q" {
			if before == nil {
				return SignatureAdded
			}
			return FormFilled
		}
		return OtherChange
	})
}

// dependsOnDefaults reports whether a reader may draw a field of the earlier revision by the default entries of its form,
// because it has no appearance of its own, the appearance lacks a font or the form asks for new ones.
func (c *comparison) dependsOnDefaults(form types.Dict) bool {
	depends := c.before.resolve(form["NeedAppearances"]) == types.Boolean(true)
	walkFields(c.before, func(_ int, field types.Dict, signature bool) {
		depends = depends || !signature && field["Kids"] == nil && field["AP"] == nil || c.before.lacksFont(field["AP"])
	})
	return depends
}

// withoutNewDefaults returns the later form without the default entries and resources (ISO 32000-1, 12.7.2) that the earlier
// one lacks. PDFBox adds them with each signature.
func (c *comparison) withoutNewDefaults(before, after types.Dict) types.Dict {
	after = omit(after)
	for _, key := range []string{"DA", "DR", "Q"} {
		if before[key] == nil {
			delete(after, key)
		}
	}
	old, now := c.before.dict(before["DR"]), c.after.dict(after["DR"])
	if old == nil || now == nil {
		return after
	}
	kept := types.Dict{}
	for category, value := range now {
		resources, earlier := c.after.dict(value), c.before.dict(old[category])
		switch {
		case old[category] == nil:
		case resources == nil || earlier == nil:
			kept[category] = value
		default:
			known := types.Dict{}
			for name, resource := range resources {
				if earlier[name] != nil {
					known[name] = resource
				}
			}
			kept[category] = known
		}
	}
	after["DR"] = kept
	return after
}

// compareFieldLists compares the arrays of top-level fields of two forms. All fields of the earlier form must still be
// there, in the same order.
func (c *comparison) compareFieldLists(a, b types.Object) {
	c.compareLists(a, b, OtherChange, func(number int, field types.Dict) {
		if !c.recordSignedField(number, field) {
			c.record(FormFilled)
		}
	})
}

// recordSignedField records the signature of an added field, or those of all its kids. It returns false when the field has
// neither a signature nor kids, or when one of its kids has no signature.
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

// newlySigned reports whether a signature field or widget of the earlier revision had no signature then and has one now.
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

// compareFields compares a form field of the earlier revision with the same field of the later one. number is its object
// number. Signing an existing field may also change its appearance.
func (c *comparison) compareFields(number int, a, b types.Dict) {
	signature := c.before.inheritedName(a, "FT") == "Sig"
	newSignature := signature && c.newlySigned(number)
	if newSignature {
		c.recordSignature(c.signedFields[number])
	}
	appearance := OtherChange
	switch {
	case newSignature && c.hasVisibleRect(b):
		appearance = AppearanceAdded
	case newSignature:
		appearance = SignatureAdded
	case !signature:
		appearance = FormFilled
	}
	c.compareLists(a["Kids"], b["Kids"], OtherChange, func(kid int, _ types.Dict) {
		if _, signed := c.signedFields[kid]; !signed || !newSignature {
			c.record(FormFilled)
		}
	})
	skipped := []string{"Kids"}
	if newSignature && c.before.resolve(a["V"]) == nil {
		skipped = append(skipped, "V")
	}
	c.compareDicts(omit(a, skipped...), omit(b, skipped...), func(key string) Change {
		switch key {
		case "V", "I", "TI", "RV", "Ff":
			if !signature {
				return FormFilled
			}
		case "AP", "AS", "MK", "DA", "M", "F", "Rect", "BS", "Border", "H", "Lock", "Type", "Subtype", "P":
			return appearance
		}
		return OtherChange
	})
}

// inheritedName returns the name at a key of a form field, or else of its nearest parent that has one; "" when there is
// none.
func (d *document) inheritedName(field types.Dict, key string) string {
	for range maxNesting {
		if name := d.name(field[key]); name != "" || field == nil {
			return name
		}
		field = d.dict(field["Parent"])
	}
	return ""
}
