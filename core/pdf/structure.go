package pdf

import (
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// This file compares the structure trees of tagged documents (ISO 32000-1, 14.7). A new signature field needs an element of its
// own there: one that has no content but the widget.

// collectElements fills c.elements from the structure tree of a revision.
func (c *comparison) collectElements(d *document) {
	waiting := []types.Object{d.catalog()["StructTreeRoot"]}
	for len(waiting) > 0 {
		o := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if ref, ok := o.(types.IndirectRef); ok {
			number := ref.ObjectNumber.Value()
			if c.elements[number] || c.pages[number] || c.annotations[number] {
				continue
			}
			c.elements[number] = true
		}
		waiting = append(waiting, d.elementsIn(d.dict(o)["K"])...)
	}
}

// elementsIn returns the structure elements among the kids of one: a single kid, or an array of them. Marked content and
// references to objects are no elements.
func (d *document) elementsIn(kids types.Object) []types.Object {
	return slices.DeleteFunc(d.kids(kids), func(o types.Object) bool {
		kid := d.dict(o)
		kind := d.name(kid["Type"])
		return kid == nil || kind == "MCR" || kind == "OBJR"
	})
}

// kids returns the elements of the array that o is or refers to, or o itself if it is something else.
func (d *document) kids(o types.Object) []types.Object {
	if a, ok := d.resolve(o).(types.Array); ok {
		return slices.Clone(a)
	}
	if o == nil {
		return nil
	}
	return []types.Object{o}
}

// compareElements compares a structure element of the earlier revision, or the root of the tree, with the same one of the later
// revision.
func (c *comparison) compareElements(a, b types.Dict) {
	c.compareKids(c.before.kids(a["K"]), c.after.kids(b["K"]))
	elsewhere := []string{"K"}
	if c.before.name(a["Type"]) == "StructTreeRoot" {
		c.compareParentTrees(a["ParentTree"], b["ParentTree"])
		elsewhere = append(elsewhere, "ParentTree", "ParentTreeNextKey")
	}
	c.compareDicts(omit(a, elsewhere...), omit(b, elsewhere...), func(string) Change { return OtherChange })
}

// compareKids compares the kids of an element. Elements of new signatures may have been added; all others must still be there, in
// the same order.
func (c *comparison) compareKids(before, after []types.Object) {
	for _, kid := range after {
		if c.ofNewSignature(kid, 0) {
			continue
		}
		if len(before) == 0 {
			c.record(OtherChange)
			return
		}
		c.compareValues(before[0], kid, OtherChange)
		before = before[1:]
	}
	if len(before) > 0 {
		c.record(OtherChange)
	}
}

// ofNewSignature reports whether an object is a structure element that the earlier revision did not have and that contains
// nothing but signature fields which are signed now.
func (c *comparison) ofNewSignature(o types.Object, depth int) bool {
	const deepest = 8
	ref, ok := o.(types.IndirectRef)
	element := c.after.dict(o)
	if !ok || element == nil || depth > deepest || c.elements[ref.ObjectNumber.Value()] {
		return false
	}
	for key := range element {
		if !slices.Contains([]string{"Type", "S", "P", "K", "Pg", "T", "ID", "Lang"}, key) {
			return false
		}
	}
	kids := c.after.kids(element["K"])
	for _, kid := range kids {
		content := c.after.dict(kid)
		if c.after.name(content["Type"]) != "OBJR" {
			if !c.ofNewSignature(kid, depth+1) {
				return false
			}
			continue
		}
		field, ok := content["Obj"].(types.IndirectRef)
		if _, signed := c.signedFields[field.ObjectNumber.Value()]; !ok || !signed {
			return false
		}
	}
	return len(kids) > 0
}

// compareParentTrees compares the trees that lead from content to its elements (ISO 32000-1, 14.7.4.4). Entries for elements of
// new signatures may have been added.
func (c *comparison) compareParentTrees(a, b types.Object) {
	before, ok1 := c.before.numberTree(a)
	after, ok2 := c.after.numberTree(b)
	if !ok1 || !ok2 {
		c.record(OtherChange)
		return
	}
	for key, element := range before {
		c.compareValues(element, after[key], OtherChange)
	}
	for key, element := range after {
		if _, both := before[key]; both {
			continue
		}
		for _, o := range c.after.kids(element) {
			if !c.ofNewSignature(o, 0) {
				c.record(OtherChange)
			}
		}
	}
}

// numberTree returns the entries of a number tree (ISO 32000-1, 7.9.7). ok is false for a malformed one.
func (d *document) numberTree(root types.Object) (entries map[int]types.Object, ok bool) {
	entries = map[int]types.Object{}
	seen := map[int]bool{}
	waiting := []types.Object{root}
	for len(waiting) > 0 {
		o := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if ref, ok := o.(types.IndirectRef); ok {
			if seen[ref.ObjectNumber.Value()] {
				return nil, false
			}
			seen[ref.ObjectNumber.Value()] = true
		}
		node := d.dict(o)
		pairs := d.array(node["Nums"])
		if len(pairs)%2 != 0 {
			return nil, false
		}
		for i := 0; i < len(pairs); i += 2 {
			key, ok := d.resolve(pairs[i]).(types.Integer)
			if _, twice := entries[key.Value()]; !ok || twice {
				return nil, false
			}
			entries[key.Value()] = pairs[i+1]
		}
		waiting = append(waiting, d.array(node["Kids"])...)
	}
	return entries, true
}
