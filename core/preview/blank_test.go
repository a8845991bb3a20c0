package preview

import (
	"context"
	"errors"
	"image"
	"strings"
	"testing"
)

// pageOf returns a page with the content and the resources. The objects are numbered from 5.
func pageOf(content, resources string, objects ...string) []byte {
	return onePage("0 0 300 200", "/Resources<<"+resources+">>", content, objects...)
}

const (
	someText = "BT /F1 40 Tf 10 100 Td (Agreed 12) Tj ET"
	someBox  = "20 20 200 100 re f"
	oneFont  = "/Font<</F1 5 0 R>>"
	oneImage = "q 300 0 0 200 0 0 cm /I Do Q"
)

func fontNamed(name string) string { return "<</Type/Font/Subtype/Type1/BaseFont/" + name + ">>" }

// japanese returns a page with a text in a font that the file does not embed.
func japanese(text string) []byte {
	return pageOf("BT /F1 40 Tf 10 100 Td "+text+" Tj ET", oneFont,
		"<</Type/Font/Subtype/Type0/BaseFont/Ryumin-Light/Encoding/UniJIS-UCS2-H/DescendantFonts[6 0 R]>>",
		"<</Type/Font/Subtype/CIDFontType0/BaseFont/Ryumin-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>/FontDescriptor 7 0 R>>",
		"<</Type/FontDescriptor/FontName/Ryumin-Light/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80>>")
}

// calculation returns a function of one or two inputs that yields CMYK (ISO 32000-1, 7.10.5).
func calculation(inputs int, code string) string {
	return stream("/FunctionType 4/Domain["+strings.Repeat("0 1 ", inputs)+"]/Range[0 1 0 1 0 1 0 1]", code)
}

func TestPagesAreDrawnOrSaidNotToBe(t *testing.T) {
	const white, drawn, refused = "white", "drawn", "refused"
	type testPage struct {
		file []byte
		want string
	}
	picture := func(entries, data string) string {
		return stream("/Type/XObject/Subtype/Image/Width 2/Height 1/BitsPerComponent 8"+entries, data)
	}
	pages := map[string]testPage{
		"nothing":                  {pageOf("", ""), white},
		"spaces":                   {pageOf("BT /F1 40 Tf 10 100 Td (   ) Tj ET", oneFont, fontNamed("Helvetica")), white},
		"invisible text of a scan": {pageOf("BT 3 Tr /F1 40 Tf 10 100 Td (Agreed) Tj ET", oneFont, fontNamed("Helvetica")), white},
		"white on white":           {pageOf("1 g "+someBox+" 1 G 5 w 0 0 m 99 99 l S "+someText, oneFont, fontNamed("Helvetica")), white},
		"clipping alone":           {pageOf("20 20 200 100 re W n", ""), white},
		"scan of an empty sheet":   {pageOf(oneImage, "/XObject<</I 5 0 R>>", picture("/ColorSpace/DeviceGray", "\xff\xff")), white},

		"font that is neither here nor in the file": {japanese("<65e5672c8a9e>"), refused},
		"only spaces in such a font":                {japanese("<00203000>"), white},
		"image that cannot be decoded":              {pageOf(oneImage, "/XObject<</I 5 0 R>>", picture("/Filter/JPXDecode", "abcd")), refused},
		"the same in a form": {pageOf("/X Do", "/XObject<</X 5 0 R>>",
			stream("/Type/XObject/Subtype/Form/BBox[0 0 300 200]/Resources<</XObject<</I 6 0 R>>>>", oneImage), picture("/Filter/DCTDecode/ColorSpace/DeviceGray", "abcd")), refused},
		"the same on a layer": {pageOf("/OC /O BDC "+oneImage+" EMC", "/XObject<</I 5 0 R>>/Properties<</O 6 0 R>>",
			picture("/Filter/JPXDecode", "abcd"), "<</Type/OCG/Name(x)>>"), white},

		"Separation": {pageOf("/CS0 cs 1 scn "+someBox, "/ColorSpace<</CS0[/Separation/Spot/DeviceCMYK 5 0 R]>>", calculation(1, "{dup 0 exch 0.5 mul 0 0}")), drawn},
		"DeviceN":    {pageOf("/CS0 cs 1 0.5 scn "+someBox, "/ColorSpace<</CS0[/DeviceN[/Cyan/Spot]/DeviceCMYK 5 0 R]>>", calculation(2, "{dup 0.5 ge {pop 0 0 0} {pop 0.2 0 0} ifelse}")), drawn},
		"DeviceN image": {pageOf(oneImage, "/XObject<</I 5 0 R>>",
			picture("/ColorSpace[/DeviceN[/Cyan/Spot]/DeviceCMYK 6 0 R]", "\xff\x80\x80\xff"), calculation(2, "{exch 0 3 -1 roll 0}")), drawn},
		"soft mask": {pageOf("/G0 gs 0 0 1 rg "+someBox, "/ExtGState<</G0<</SMask<</S/Luminosity/G 5 0 R>>>>>>",
			stream("/Type/XObject/Subtype/Form/BBox[0 0 300 200]/Group<</S/Transparency/CS/DeviceGray>>", "1 g 0 0 300 200 re f")), drawn},
		"pattern of many small cells": {pageOf("/Pattern cs /P0 scn 0 0 300 200 re f", "/Pattern<</P0 5 0 R>>",
			stream("/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 .02 .02]/XStep .02/YStep .02/Resources<<>>", "1 0 0 rg 0 0 .01 .01 re f")), drawn},
	}
	for _, font := range []string{"Helvetica", "Times-Roman", "Courier", "Symbol", "ZapfDingbats", "Arial", "DejaVuSans", "SomeUnknownFont"} {
		pages[font+", not embedded"] = testPage{pageOf(someText, oneFont, fontNamed(font)), drawn}
	}
	r := renderer(t, 0)
	for name, c := range pages {
		t.Run(name, func(t *testing.T) {
			page, err := r.FirstPage(context.Background(), write(t, c.file), 300)
			got := refused
			switch {
			case errors.Is(err, ErrNotDrawn):
			case err != nil:
				t.Fatal(err)
			case isWhite(page.Image.(*image.RGBA)):
				got = white
			default:
				got = drawn
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
