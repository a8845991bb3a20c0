// Package assets holds the files that are built into the program: its icon, and sample documents. It reads no file at run time and knows
// nothing of the project's other packages.
package assets

import (
	"bytes"
	"embed"
	"fmt"
)

// icon.svg is the drawing of the icon. Two pictures are made of it by rsvg-convert: icon.png with -w 512 -h 512, which packages of the program need, and
// icon-128.png with -w 128 -h 128, which the window decodes whenever it starts.

var (
	//go:embed icon-128.png
	icon []byte
	//go:embed samples/*.pdf
	samples embed.FS
)

// Icon returns the program's icon as a PNG of 128 by 128 pixels.
func Icon() []byte { return bytes.Clone(icon) }

// Sample is a document for a first signing.
type Sample struct {
	Name      string // the name of its file
	Title     string
	Reference string
	Bytes     []byte // a PDF without signatures
}

// Samples returns the sample documents. The caller may change what it returns.
func Samples() []Sample {
	all := []Sample{
		{Name: "Lease.pdf", Title: "Lease of office premises", Reference: "L-2026-014"},
		{Name: "Supplier-agreement.pdf", Title: "Supplier agreement", Reference: "SA-2026-031"},
		{Name: "Holiday-request.pdf", Title: "Holiday request", Reference: "HR-2026-207"},
	}
	for i := range all {
		file, err := samples.ReadFile("samples/" + all[i].Name)
		if err != nil {
			panic(fmt.Sprintf("a sample document is missing from the program: %v", err))
		}
		all[i].Bytes = file
	}
	return all
}
