// Package assets holds what the program brings along: its icon, and documents to try a signing with. It only hands bytes
// out; it reads no file at run time and knows nothing of requests.
package assets

import (
	"bytes"
	"embed"
	"fmt"
)

// The icon is drawn by hand in icon.svg; icon.png is that drawing at 512 by 512 pixels (rsvg-convert -w 512 -h 512).
//
//go:generate go run ./samples/make samples

var (
	//go:embed icon.png
	icon []byte
	//go:embed samples/*.pdf
	samples embed.FS
)

// Icon returns the program's icon as a PNG of 512 by 512 pixels.
func Icon() []byte { return bytes.Clone(icon) }

// Sample is a document to try the program with.
type Sample struct {
	Name      string // of the file
	Title     string
	Reference string
	Bytes     []byte // a PDF without signatures
}

// Samples returns the sample documents. The caller may keep and change what it gets.
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
