package pdf

import (
	"slices"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// Permission is what a certification signature allows to be changed afterwards: the DocMDP access permissions (ISO 32000-1,
// 12.8.2.2). Their numbers are those of the standard. Each allows what the ones before it allow.
type Permission int

// The permissions. [NotCertified] restricts nothing.
const (
	NotCertified     Permission = iota
	PermitsNothing              // except time-stamps and validation data
	PermitsForms                // filling in form fields, and signing
	PermitsComments             // annotations
	permissionsCount = int(PermitsComments)
)

// String returns a phrase for the sentence "the signer allowed ...", and nothing for [NotCertified].
func (p Permission) String() string {
	switch p {
	case PermitsNothing:
		return "no changes"
	case PermitsForms:
		return "form fields to be filled in and signatures"
	case PermitsComments:
		return "form fields to be filled in, signatures and annotations"
	}
	return ""
}

// permission returns the DocMDP permission of a signature dictionary. An unknown number allows nothing.
func (d *document) permission(signature types.Dict) Permission {
	for _, o := range d.array(signature["Reference"]) {
		reference := d.dict(o)
		if d.name(reference["TransformMethod"]) != "DocMDP" {
			continue
		}
		p := d.resolve(d.dict(reference["TransformParams"])["P"])
		if p == nil {
			return PermitsForms // the default
		}
		if n, ok := p.(types.Integer); ok && n >= 1 && int(n) <= permissionsCount {
			return Permission(n)
		}
		return PermitsNothing
	}
	return NotCertified
}

// forbidden returns the changes that the permission does not allow.
func (p Permission) forbidden(changes []Change) []Change {
	allowed := []Change{TimestampAdded, ValidationAdded, PropertiesChanged, NotCompared}
	if p >= PermitsForms {
		allowed = append(allowed, SignatureAdded, AppearanceAdded, FormFilled)
	}
	if p >= PermitsComments {
		allowed = append(allowed, AnnotationChanged)
	}
	if p == NotCertified {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return slices.Contains(allowed, c) })
}

// violation returns a sentence about changes that the permission does not allow. It is empty when
// there are none.
func (p Permission) violation(forbidden []Change) string {
	if len(forbidden) == 0 {
		return ""
	}
	var all []string
	for _, c := range forbidden {
		all = append(all, string(c))
	}
	return "the signer allowed " + p.String() + ", but this was changed: " + strings.Join(all, ", ")
}
