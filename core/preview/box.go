package preview

import (
	library "github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/structs"
)

// maxAnnotations is the most annotations of a page that are looked at.
const maxAnnotations = 500

// boxOf returns the part of a page that is drawn, in its own coordinates, and by how many degrees it is turned clockwise. If
// PDFium does not know it, the box is empty.
func boxOf(instance library.Pdfium, page requests.Page) (box Rectangle, degrees int) {
	bounds, err := instance.FPDF_GetPageBoundingBox(&requests.FPDF_GetPageBoundingBox{Page: page})
	if err != nil {
		return Rectangle{}, 0
	}
	turned, err := instance.FPDFPage_GetRotation(&requests.FPDFPage_GetRotation{Page: page})
	if err != nil {
		return Rectangle{}, 0
	}
	return rectangleOf(bounds.Rect), 90 * int(turned.PageRotation)
}

// rectangleOf returns a rectangle of PDFium, whose top and bottom may be swapped.
func rectangleOf(r structs.FPDF_FS_RECTF) Rectangle {
	return Rectangle{
		Left: float64(min(r.Left, r.Right)), Bottom: float64(min(r.Bottom, r.Top)),
		Right: float64(max(r.Left, r.Right)), Top: float64(max(r.Bottom, r.Top)),
	}
}

// signatureFields returns where the signature fields of a page are, without those that have no area. It looks at the first
// maxAnnotations annotations, and returns none if the page has no form that PDFium can read.
func signatureFields(instance library.Pdfium, document references.FPDF_DOCUMENT, page requests.Page) []Rectangle {
	count, err := instance.FPDFPage_GetAnnotCount(&requests.FPDFPage_GetAnnotCount{Page: page})
	if err != nil || count.Count == 0 {
		return nil
	}
	form, err := instance.FPDFDOC_InitFormFillEnvironment(&requests.FPDFDOC_InitFormFillEnvironment{Document: document, FormFillInfo: idleForm})
	if err != nil {
		return nil
	}
	defer func() {
		_, _ = instance.FPDFDOC_ExitFormFillEnvironment(&requests.FPDFDOC_ExitFormFillEnvironment{FormHandle: form.FormHandle})
	}()
	var fields []Rectangle
	for index := range min(count.Count, maxAnnotations) {
		annotation, err := instance.FPDFPage_GetAnnot(&requests.FPDFPage_GetAnnot{Page: page, Index: index})
		if err != nil {
			continue
		}
		if r, ok := signatureField(instance, form.FormHandle, annotation.Annotation); ok {
			fields = append(fields, r)
		}
		_, _ = instance.FPDFPage_CloseAnnot(&requests.FPDFPage_CloseAnnot{Annotation: annotation.Annotation})
	}
	return fields
}

// signatureField returns where an annotation is, if it is a signature field that has an area.
func signatureField(instance library.Pdfium, form references.FPDF_FORMHANDLE, annotation references.FPDF_ANNOTATION) (r Rectangle, ok bool) {
	kind, err := instance.FPDFAnnot_GetFormFieldType(&requests.FPDFAnnot_GetFormFieldType{FormHandle: form, Annotation: annotation})
	if err != nil || kind.FormFieldType != enums.FPDF_FORMFIELD_TYPE_SIGNATURE {
		return Rectangle{}, false
	}
	bounds, err := instance.FPDFAnnot_GetRect(&requests.FPDFAnnot_GetRect{Annotation: annotation})
	if err != nil {
		return Rectangle{}, false
	}
	r = rectangleOf(bounds.Rect)
	return r, !r.isEmpty()
}

// idleForm is how a form calls the program: not at all, since nobody fills it in here.
var idleForm = structs.FPDF_FORMFILLINFO{
	FFI_Invalidate:         func(references.FPDF_PAGE, float64, float64, float64, float64) {},
	FFI_SetCursor:          func(enums.FXCT) {},
	FFI_SetTimer:           func(int, func(int)) int { return 0 },
	FFI_KillTimer:          func(int) {},
	FFI_GetLocalTime:       func() structs.FPDF_SYSTEMTIME { return structs.FPDF_SYSTEMTIME{} },
	FFI_GetPage:            func(references.FPDF_DOCUMENT, int) *references.FPDF_PAGE { return nil },
	FFI_GetRotation:        func(references.FPDF_PAGE) enums.FPDF_PAGE_ROTATION { return enums.FPDF_PAGE_ROTATION_NONE },
	FFI_ExecuteNamedAction: func(string) {},
}
