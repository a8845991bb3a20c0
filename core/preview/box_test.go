package preview

import (
	"errors"
	"image"
	"image/color"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A red square from (100, 50) to (120, 70) is where the box of the page and its rotation say.
func TestTheBoxOfAPageIsWhereItsPictureIs(t *testing.T) {
	const square = "1 0 0 rg 100 50 20 20 re f"
	whole := Rectangle{0, 0, 300, 200}
	for name, c := range map[string]struct {
		entries  string
		box      Rectangle
		rotation int
		size     image.Point
		red      image.Point // of the middle of the square
	}{
		"upright":              {"", whole, 0, image.Pt(300, 200), image.Pt(110, 140)},
		"turned right":         {"/Rotate 90", whole, 90, image.Pt(300, 450), image.Pt(90, 165)},
		"upside down":          {"/Rotate 180", whole, 180, image.Pt(300, 200), image.Pt(190, 60)},
		"turned left":          {"/Rotate -90", whole, 270, image.Pt(300, 450), image.Pt(210, 285)},
		"cropped":              {"/CropBox [50 20 200 120]", Rectangle{50, 20, 200, 120}, 0, image.Pt(300, 200), image.Pt(120, 120)},
		"cropped beyond":       {"/CropBox [50 -20 900 120]", Rectangle{50, 0, 300, 120}, 0, image.Pt(300, 144), image.Pt(72, 72)},
		"cropped and turned":   {"/CropBox [50 20 200 120] /Rotate 90", Rectangle{50, 20, 200, 120}, 90, image.Pt(300, 450), image.Pt(120, 180)},
		"in units of an inch":  {"/UserUnit 72", whole, 0, image.Pt(300, 200), image.Pt(110, 140)},
		"with boxes that turn": {"/CropBox [200 120 50 20]", Rectangle{50, 20, 200, 120}, 0, image.Pt(300, 200), image.Pt(120, 120)},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := drawing.Page(t.Context(), write(t, onePage("0 0 300 200", c.entries, square)), 1, 300)
			if err != nil {
				t.Fatal(err)
			}
			if page.Box != c.box || page.Rotation != c.rotation || page.Image.Bounds().Size() != c.size {
				t.Errorf("%v turned by %d in %v", page.Box, page.Rotation, page.Image.Bounds().Size())
			}
			if got := page.Image.At(c.red.X, c.red.Y); got != (color.RGBA{0xff, 0, 0, 0xff}) {
				t.Errorf("%v in the middle of the square", got)
			}
		})
	}
}

func TestAnyPageIsDrawn(t *testing.T) {
	file := assemble(
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R 4 0 R 5 0 R] /Count 3 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [-10 -20 100 380] >>")
	path := write(t, file)
	for wanted, c := range map[int]struct {
		number, height int
	}{1: {1, 100}, 2: {2, 50}, 3: {3, 200}, 0: {3, 200}} {
		page, err := drawing.Page(t.Context(), path, wanted, 100)
		if err != nil || page.Number != c.number || page.Pages != 3 || page.Image.Bounds().Dy() != c.height {
			t.Errorf("page %d is %d of %d, %v: %v", wanted, page.Number, page.Pages, page.Image, err)
		}
	}
	for _, wanted := range []int{4, -1, 1 << 40} {
		if _, err := drawing.Page(t.Context(), path, wanted, 100); !errors.Is(err, ErrNoPage) {
			t.Errorf("page %d: %v", wanted, err)
		}
	}
}

func TestTheSignatureFieldsOfAPage(t *testing.T) {
	file := assemble(
		"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R 5 0 R 6 0 R 7 0 R] >> >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Annots [4 0 R 5 0 R 8 0 R 7 0 R] >>",
		"<< /Type /Annot /Subtype /Widget /FT /Sig /T (empty) /Rect [10 20 110 60] >>",
		"<< /Type /Annot /Subtype /Widget /FT /Tx /T (text) /Rect [10 120 110 160] >>",
		"<< /FT /Sig /T (signed) /Kids [8 0 R] /V << /Type /Sig /Filter /X >> >>",
		"<< /Type /Annot /Subtype /Widget /FT /Sig /T (invisible) /Rect [0 0 0 0] >>",
		"<< /Type /Annot /Subtype /Widget /Parent 6 0 R /Rect [250 60 150 20] >>")
	page, err := drawing.Page(t.Context(), write(t, file), 1, 300)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Rectangle{{10, 20, 110, 60}, {150, 20, 250, 60}}, page.SignatureFields); diff != "" {
		t.Error(diff)
	}
}
