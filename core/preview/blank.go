package preview

import (
	"image"
	"slices"
	"strings"

	library "github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/structs"
)

const (
	maxInspected = 2_000 // the most objects of a page that are inspected
	maxFormDepth = 8     // the most form XObjects in one another that are inspected
)

// isWhite reports whether every pixel is white.
func isWhite(picture *image.RGBA) bool {
	return !slices.ContainsFunc(picture.Pix, func(b byte) bool { return b != 0xff })
}

// inspector looks for objects of a page that should leave a mark on white paper. If PDFium draws the page white although it has
// such objects, there is a font or an image in it that PDFium cannot read.
type inspector struct {
	library.Pdfium
	text references.FPDF_TEXTPAGE
	left int // how many objects may still be inspected
}

// hasMarks reports whether the page has an object that should leave a mark on white paper. It returns false if it finds none
// among the first maxInspected objects, or if the page cannot be inspected.
func hasMarks(instance library.Pdfium, page requests.Page) bool {
	text, err := instance.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: page})
	if err != nil {
		return false
	}
	count, err := instance.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: page})
	if err != nil {
		return false
	}
	i := &inspector{Pdfium: instance, text: text.TextPage, left: maxInspected}
	for index := range count.Count {
		found, err := instance.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: page, Index: index})
		if err == nil && i.leavesMark(found.PageObject, 0) {
			return true
		}
		if i.left <= 0 {
			break
		}
	}
	return false
}

// leavesMark reports whether an object should leave a mark on white paper. It returns false for an object of a layer, which may
// be hidden on purpose, and when too many objects were inspected. depth is the number of form XObjects around the object.
func (i *inspector) leavesMark(object references.FPDF_PAGEOBJECT, depth int) bool {
	i.left--
	if i.left < 0 || i.isOptional(object) {
		return false
	}
	kind, err := i.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: object})
	if err != nil {
		return false
	}
	switch kind.Type {
	case enums.FPDF_PAGEOBJ_TEXT:
		return i.textLeavesMark(object)
	case enums.FPDF_PAGEOBJ_PATH:
		mode, err := i.FPDFPath_GetDrawMode(&requests.FPDFPath_GetDrawMode{PageObject: object})
		return err == nil && (mode.FillMode != enums.FPDF_FILLMODE_NONE && i.fills(object) || mode.Stroke && i.strokes(object))
	case enums.FPDF_PAGEOBJ_IMAGE:
		// A scan of an empty sheet is white, too, but it can be decoded.
		bitmap, err := i.FPDFImageObj_GetBitmap(&requests.FPDFImageObj_GetBitmap{ImageObject: object})
		if err == nil {
			_, _ = i.FPDFBitmap_Destroy(&requests.FPDFBitmap_Destroy{Bitmap: bitmap.Bitmap})
		}
		return err != nil
	case enums.FPDF_PAGEOBJ_FORM:
		return depth < maxFormDepth && i.formLeavesMark(object, depth)
	}
	return false
}

func (i *inspector) textLeavesMark(object references.FPDF_PAGEOBJECT) bool {
	mode, err := i.FPDFTextObj_GetTextRenderMode(&requests.FPDFTextObj_GetTextRenderMode{PageObject: object})
	if err != nil {
		return false
	}
	seen := false
	switch mode.TextRenderMode {
	case enums.FPDF_TEXTRENDERMODE_FILL, enums.FPDF_TEXTRENDERMODE_FILL_CLIP:
		seen = i.fills(object)
	case enums.FPDF_TEXTRENDERMODE_STROKE, enums.FPDF_TEXTRENDERMODE_STROKE_CLIP:
		seen = i.strokes(object)
	case enums.FPDF_TEXTRENDERMODE_FILL_STROKE, enums.FPDF_TEXTRENDERMODE_FILL_STROKE_CLIP:
		seen = i.fills(object) || i.strokes(object)
	}
	if !seen {
		return false
	}
	text, err := i.FPDFTextObj_GetText(&requests.FPDFTextObj_GetText{PageObject: object, TextPage: i.text})
	return err == nil && strings.Trim(text.Text, " \t\r\n\u00a0\u3000\x00") != ""
}

func (i *inspector) formLeavesMark(form references.FPDF_PAGEOBJECT, depth int) bool {
	count, err := i.FPDFFormObj_CountObjects(&requests.FPDFFormObj_CountObjects{PageObject: form})
	if err != nil {
		return false
	}
	for index := range min(count.Count, i.left) {
		found, err := i.FPDFFormObj_GetObject(&requests.FPDFFormObj_GetObject{PageObject: form, Index: uint64(index)})
		if err == nil && i.leavesMark(found.PageObject, depth+1) {
			return true
		}
	}
	return false
}

// isOptional reports whether an object is in marked content for optional content (ISO 32000-1, 8.11.3.2).
func (i *inspector) isOptional(object references.FPDF_PAGEOBJECT) bool {
	count, err := i.FPDFPageObj_CountMarks(&requests.FPDFPageObj_CountMarks{PageObject: object})
	if err != nil {
		return false
	}
	for index := range min(count.Count, maxInspected) {
		mark, err := i.FPDFPageObj_GetMark(&requests.FPDFPageObj_GetMark{PageObject: object, Index: uint64(index)})
		if err != nil {
			return false
		}
		if name, err := i.FPDFPageObjMark_GetName(&requests.FPDFPageObjMark_GetName{PageObjectMark: mark.Mark}); err == nil && name.Name == "OC" {
			return true
		}
	}
	return false
}

// fills reports whether an area that is filled with the object's fill color is seen on white paper.
func (i *inspector) fills(object references.FPDF_PAGEOBJECT) bool {
	c, err := i.FPDFPageObj_GetFillColor(&requests.FPDFPageObj_GetFillColor{PageObject: object})
	return err == nil && isSeen(c.FillColor)
}

// strokes reports whether the object's stroke color can be told from white paper. It does not check whether the object has lines.
func (i *inspector) strokes(object references.FPDF_PAGEOBJECT) bool {
	c, err := i.FPDFPageObj_GetStrokeColor(&requests.FPDFPageObj_GetStrokeColor{PageObject: object})
	return err == nil && isSeen(c.StrokeColor)
}

// isSeen reports whether a color with its opacity differs from white by more than a little.
func isSeen(c structs.FPDF_COLOR) bool {
	return c.A > 8 && min(c.R, c.G, c.B) < 248
}
