package preview

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/core/pdf/pdftest"
)

// assemble returns a PDF of these objects, numbered from 1. The first one is the catalog.
func assemble(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var table strings.Builder
	for i, object := range objects {
		fmt.Fprintf(&table, "%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n",
		len(objects)+1, table.String(), len(objects)+1, at)
	return b.Bytes()
}

func stream(dictionary, content string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dictionary, len(content), content)
}

// onePage returns a PDF of one page. The objects are numbered from 5.
func onePage(box, entries, content string, objects ...string) []byte {
	return assemble(append([]string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 4 0 R %s >>", box, entries),
		stream("", content),
	}, objects...)...)
}

// endless returns a page that takes days to render: it has a pattern in a pattern in a pattern, and so on, each repeated many
// times.
func endless() []byte {
	var patterns []string
	resources := func(next int) string { return fmt.Sprintf("/Resources << /Pattern << /P %d 0 R >> >>", next) }
	content := "/Pattern cs " + strings.Repeat("/P scn 0 0 100 100 re f\n", 10)
	const depth = 12
	for i := range depth {
		entries, drawing := resources(6+i), content
		if i == depth-1 {
			entries, drawing = "/Resources << >>", "0 0 50 50 re f"
		}
		patterns = append(patterns, stream("/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 100 100] /XStep 100 /YStep 100 "+entries, drawing))
	}
	return onePage("0 0 100 100", resources(5), content, patterns...)
}

func TestFirstPage(t *testing.T) {
	red := color.RGBA{0xff, 0, 0, 0xff}
	white := color.RGBA{0xff, 0xff, 0xff, 0xff}
	for name, test := range map[string]struct {
		file  []byte
		size  image.Point
		left  color.Color // of the pixel in the middle of the left half
		right color.Color
		pages int
	}{
		"half red":    {onePage("0 0 200 100", "", "1 0 0 rg 0 0 100 100 re f"), image.Pt(300, 150), red, white, 1},
		"small":       {onePage("0 0 20 20", "", "1 0 0 rg 0 0 10 20 re f"), image.Pt(300, 300), red, white, 1},
		"huge":        {onePage("0 0 14400 14400", "", "1 0 0 rg 0 0 7200 14400 re f"), image.Pt(300, 300), red, white, 1},
		"beyond huge": {onePage("0 0 1000000000 1000000000", "", "1 0 0 rg 0 0 500000000 1000000000 re f"), image.Pt(300, 300), red, white, 1},
		"tall":        {onePage("0 0 100 14400", "", "1 0 0 rg 0 0 50 14400 re f"), image.Pt(5, 600), red, white, 1},
		"wide":        {onePage("0 0 14400 1", "", "1 0 0 rg 0 0 7200 1 re f"), image.Pt(300, 1), red, white, 1},
		"turned":      {onePage("0 0 100 200", "/Rotate 90", "1 0 0 rg 0 0 100 100 re f"), image.Pt(300, 150), red, white, 1},
		// With a blend mode, PDFium renders on a transparent background.
		"see-through": {
			onePage("0 0 200 100", "/Resources << /ExtGState << /G << /ca 0.5 /BM /Darken >> >> >>", "/G gs 1 0 0 rg 0 0 100 100 re f"),
			image.Pt(300, 150),
			color.RGBA{0xff, 0x80, 0x80, 0xff},
			white, 1,
		},
		"visible signature": {onePage("0 0 200 100", "/Annots [5 0 R]", "",
			"<< /Type /Annot /Subtype /Widget /FT /Sig /T (S) /F 4 /Rect [0 0 100 100] /AP << /N 6 0 R >> >>",
			stream("/Type /XObject /Subtype /Form /BBox [0 0 100 100]", "1 0 0 rg 0 0 100 100 re f")), image.Pt(300, 150), red, white, 1},
		"without table": {bytes.ReplaceAll(onePage("0 0 200 100", "", "1 0 0 rg 0 0 100 100 re f"), []byte("startxref"), []byte("startxxxx")), image.Pt(300, 150), red, white, 1},
		"three pages": {assemble(
			"<< /Type /Catalog /Pages 2 0 R >>",
			"<< /Type /Pages /Kids [3 0 R 3 0 R 3 0 R] /Count 3 >>",
			"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R >>",
			stream("", "1 0 0 rg 0 0 100 100 re f")), image.Pt(300, 150), red, white, 3},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := drawing.FirstPage(t.Context(), write(t, test.file), 300)
			if err != nil {
				t.Fatal(err)
			}
			size := page.Image.Bounds().Size()
			if size != test.size || page.Pages != test.pages {
				t.Fatalf("%v of %d pages, want %v of %d", size, page.Pages, test.size, test.pages)
			}
			if c := page.Image.At(size.X/4, size.Y/2); c != test.left {
				t.Errorf("%v on the left, want %v", c, test.left)
			}
			if c := page.Image.At(size.X*3/4, size.Y/2); c != test.right {
				t.Errorf("%v on the right, want %v", c, test.right)
			}
		})
	}
}

func TestSamplesHaveText(t *testing.T) {
	page, err := drawing.FirstPage(t.Context(), sample, 400)
	if err != nil {
		t.Fatal(err)
	}
	dark := 0
	for y := range page.Image.Bounds().Dy() {
		for x := range page.Image.Bounds().Dx() {
			if l := color.GrayModel.Convert(page.Image.At(x, y)).(color.Gray).Y; l < 128 {
				dark++
			}
		}
	}
	if dark < 500 {
		t.Errorf("%d dark pixels: the text is not there", dark)
	}
}

func TestWidthIsLimited(t *testing.T) {
	path := write(t, onePage("0 0 100 400", "", ""))
	for width, want := range map[int]image.Point{-1: image.Pt(1, 2), 0: image.Pt(1, 2), 1 << 40: image.Pt(MaxWidth/2, 2*MaxWidth)} {
		page, err := drawing.FirstPage(t.Context(), path, width)
		if err != nil {
			t.Fatal(err)
		}
		if got := page.Image.Bounds().Size(); got != want {
			t.Errorf("asked for %d: %v, want %v", width, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	plain := pdftest.Plain(t, "Plain")
	large := filepath.Join(t.TempDir(), "large.pdf")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, MaxSize+1); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		path string
		want error
		text string
	}{
		"empty":      {write(t, nil), ErrDamaged, "the file is damaged or is not a PDF"},
		"text":       {write(t, []byte("good morning")), ErrDamaged, ""},
		"beginning":  {write(t, plain[:len(plain)/4]), ErrDamaged, ""},
		"no pages":   {write(t, assemble("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>")), ErrDamaged, ""},
		"null page":  {write(t, assemble("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [null] /Count 1 >>")), nil, ""},
		"encrypted":  {write(t, pdftest.Encrypted(t)), ErrEncrypted, "the PDF is encrypted and needs a password"},
		"too large":  {large, ErrTooLarge, "the file is larger than 256 MiB"},
		"a folder":   {t.TempDir(), nil, "it is not a regular file"},
		"not there":  {filepath.Join(t.TempDir(), "no.pdf"), nil, "the file does not exist any more"},
		"a nul name": {"a\x00b", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := drawing.FirstPage(t.Context(), test.path, 100)
			if err == nil {
				t.Fatalf("%v", err)
			}
			if test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
			if test.text != "" && err.Error() != test.text {
				t.Errorf("%q, want %q", err, test.text)
			}
		})
	}
	if _, err := drawing.FirstPage(t.Context(), write(t, plain), 100); err != nil {
		t.Errorf("a good file after the others: %v", err)
	}
}

func TestEncryptedWithoutPassword(t *testing.T) {
	if _, err := drawing.FirstPage(t.Context(), write(t, pdftest.EncryptedWith(t, "")), 100); err != nil {
		t.Errorf("a file that opens without asking: %v", err)
	}
}

func TestCloseStopsRendering(t *testing.T) {
	r := Open(os.Getenv(cacheVariable), Options{Timeout: time.Hour})
	if _, err := r.FirstPage(t.Context(), sample, 100); err != nil {
		t.Fatal(err)
	}
	path := write(t, endless())
	asked, answered := make(chan struct{}), make(chan error)
	go func() {
		close(asked)
		_, err := r.FirstPage(t.Context(), path, 100)
		answered <- err
	}()
	<-asked
	r.Close()
	if err := <-answered; !errors.Is(err, ErrClosed) {
		t.Errorf("%v, want %v", err, ErrClosed)
	}
}

func BenchmarkFirstPage(b *testing.B) {
	draw := func(b *testing.B, r *Renderer, width int) {
		b.Helper()
		if _, err := r.FirstPage(b.Context(), sample, width); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("compiling", func(b *testing.B) {
		for b.Loop() {
			r := Open(b.TempDir(), Options{})
			draw(b, r, 600)
			r.Close()
		}
	})
	b.Run("starting", func(b *testing.B) {
		for b.Loop() {
			r := Open(os.Getenv(cacheVariable), Options{})
			draw(b, r, 600)
			r.Close()
		}
	})
	b.Run("next", func(b *testing.B) {
		r := renderer(b, time.Minute)
		draw(b, r, 600)
		for i := 0; b.Loop(); i++ {
			draw(b, r, 601+i%1000) // another width each time, so that no page is cached
		}
	})
	b.Run("shelf", func(b *testing.B) {
		r := renderer(b, time.Minute)
		draw(b, r, 600)
		for b.Loop() {
			draw(b, r, 600)
		}
	})
}
