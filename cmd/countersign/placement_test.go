package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"
	"time"

	"countersign/core/request"
	"countersign/core/sandbox/pades"
	"countersign/ui/placement"
)

// pageWith returns a PDF with one page of 400 by 300 units, whose dictionary has the entries.
func pageWith(entries string) []byte {
	var b bytes.Buffer
	var offsets []int
	b.WriteString("%PDF-1.7\n")
	for i, object := range []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[-50 -20 350 280]>>",
		"<</Type/Page/Parent 2 0 R" + entries + ">>",
	} {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := b.Len()
	b.WriteString("xref\n0 4\n0000000000 65535 f\r\n")
	for _, offset := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n\r\n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", start)
	return b.Bytes()
}

// testBoxes checks that a signature of the practice gateways appears where its box was drawn, and upright, however the page is turned
// and cropped.
func testBoxes(t *testing.T, draw placement.DrawFunc) {
	signer := newSigner(t)
	box := placement.Area{Left: 30, Top: 40, Width: 120, Height: 50}
	var upright image.Image
	for _, entries := range []string{
		"", "/Rotate 90", "/Rotate 180", "/Rotate 270", "/Rotate -90", "/CropBox[0 0 300 200]", "/CropBox[10 20 300 220]/Rotate 90", "/UserUnit 3",
	} {
		file := pageWith(entries)
		page := drawn(t, draw, file)
		r := page.Rectangle(box)
		if got := page.Seen(r); got != box {
			t.Errorf("%s: the box comes back as %v", entries, got)
		}
		signed, err := signer.Sign(file, pades.Signature{Time: time.Now(), Box: boxAt(r)})
		if err != nil {
			t.Fatal(err)
		}
		after := drawn(t, draw, signed)
		at := changed(page.Image, after.Image)
		width, _ := page.Size()
		scale := float64(page.Image.Bounds().Dx()) / width
		want := image.Rect(int(box.Left*scale), int(box.Top*scale), int((box.Left+box.Width)*scale), int((box.Top+box.Height)*scale))
		if !at.In(want.Inset(-3)) || !want.Inset(3).In(at) {
			t.Errorf("%s: the signature appears at %v, not at %v", entries, at, want)
		}
		if len(after.Fields) != 1 || !near(after.Seen(after.Fields[0]), box) {
			t.Errorf("%s: the field is at %v", entries, after.Fields)
		}
		if upright == nil {
			upright = after.Image.(*image.RGBA).SubImage(want)
		} else if part := darkness(after.Image, want); !similar(darkness(upright, upright.Bounds()), part) {
			t.Errorf("%s: the text does not stand upright: %v", entries, part)
		}
	}
}

func newSigner(t *testing.T) *pades.Signer {
	t.Helper()
	pem, err := pades.NewAuthority(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	authority, err := pades.ParseAuthority(pem)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := authority.Issue(pades.Subject{Name: "Sample Signer", Country: "ES", Number: "00000000T"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func boxAt(r request.Rectangle) *pades.Box {
	return &pades.Box{Page: 1, X: r.X, Y: r.Y, Width: r.Width, Height: r.Height, Lines: []string{"Left alone"}}
}

// drawn returns the first page of a file, 600 pixels wide.
func drawn(t *testing.T, draw placement.DrawFunc, file []byte) placement.Page {
	t.Helper()
	path := filepath.Join(t.TempDir(), "document.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	page, err := draw(t.Context(), path, 1, 600)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// changed returns the smallest rectangle around the pixels in which two pictures differ.
func changed(a, b image.Image) image.Rectangle {
	var r image.Rectangle
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r
}

// darkness returns how dark the four quarters of a part of a picture are, from 0 to 1, the upper left one first. The text of a
// signature is at the left.
func darkness(picture image.Image, part image.Rectangle) (quarters [4]float64) {
	var pixels [4]int
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			q := 2*((y-part.Min.Y)*2/part.Dy()) + (x-part.Min.X)*2/part.Dx()
			gray := color.GrayModel.Convert(picture.At(x, y)).(color.Gray)
			quarters[q] += 1 - float64(gray.Y)/255
			pixels[q]++
		}
	}
	for q := range quarters {
		quarters[q] /= float64(pixels[q])
	}
	return quarters
}

func similar(a, b [4]float64) bool {
	for q := range a {
		if d := a[q] - b[q]; d > 0.03 || d < -0.03 {
			return false
		}
	}
	return true
}

func near(a, b placement.Area) bool {
	for _, d := range []float64{a.Left - b.Left, a.Top - b.Top, a.Width - b.Width, a.Height - b.Height} {
		if d > 0.1 || d < -0.1 {
			return false
		}
	}
	return true
}
