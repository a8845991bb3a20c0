package pdf

import (
	"slices"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// Permission is what the author of a certified file allows to be done to it afterwards.
type Permission int

// What a certifying signature allows. Each allows what the ones before it do.
const (
	NotCertified     Permission = iota
	PermitsNothing              // but time-stamps and validation data
	PermitsForms                // and signatures
	PermitsComments             // annotations
	permissionsCount = int(PermitsComments)
)

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

// permission reads what a signature certifies; a permission that is not known allows nothing.
func (d *document) permission(signature types.Dict) Permission {
	for _, o := range d.array(signature["Reference"]) {
		reference := d.dict(o)
		if d.name(reference["TransformMethod"]) != "DocMDP" {
			continue
		}
		p := d.resolve(d.dict(reference["TransformParams"])["P"])
		if p == nil {
			return PermitsForms // as the format says
		}
		if n, ok := p.(types.Integer); ok && n >= 1 && int(n) <= permissionsCount {
			return Permission(n)
		}
		return PermitsNothing
	}
	return NotCertified
}

// violation tells in words which changes the permission does not allow; empty when it allows them all.
func (p Permission) violation(changes []Change) string {
	if p == NotCertified {
		return ""
	}
	allowed := []Change{TimestampAdded, ValidationAdded, PropertiesChanged}
	if p >= PermitsForms {
		allowed = append(allowed, SignatureAdded, StampAdded, FormFilled)
	}
	if p >= PermitsComments {
		allowed = append(allowed, AnnotationChanged)
	}
	var words []string
	for _, c := range changes {
		if !slices.Contains(allowed, c) {
			words = append(words, string(c))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return "it allows " + p.String() + " after it, and this was changed: " + strings.Join(words, ", ")
}
