package pdf_test

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// maxFuzzed is the size in bytes up to which files are read fast enough to fuzz.
const maxFuzzed = 64 << 10

func FuzzCheck(f *testing.F) {
	f.Add([]byte("%PDF-1.4\n%%EOF\n"))
	f.Add(noPages)
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > maxFuzzed {
			return
		}
		info, err := pdf.Check(bytes.NewReader(file), int64(len(file)))
		if err == nil && info.Pages < 1 {
			t.Errorf("a file of %d pages passed", info.Pages)
		}
		if err != nil && !known(err) {
			t.Errorf("the error wraps none of the exported ones: %v", err)
		}
	})
}

func FuzzSignatures(f *testing.F) {
	f.Add([]byte("%PDF-1.4\n%%EOF\n"))
	encrypted := newAESFile(f)
	encrypted.revision(map[int]string{
		1: "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [10 0 R] >> >>", 10: "<< /FT /Sig /T <00> /V 11 0 R >>", 12: "<AB>", 13: encrypted.stream(f, 13, "", "x"),
		11: "<< /SubFilter /adbe.pkcs7.detached /ByteRange [0 9 99 9] /Contents <AB> /A 12 0 R >>",
	}, nil, encrypted.entries)
	f.Add(encrypted.file)
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > maxFuzzed {
			return
		}
		report, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.Options{SinceOffset: int64(len(file) / 2)})
		if err != nil && !known(err) {
			t.Errorf("the error wraps none of the exported ones: %v", err)
		}
		for _, s := range report.Signatures {
			if s.Trusted {
				t.Error("trusted without an anchor")
			}
			if s.Intact() != (s.Problem == "") {
				t.Errorf("intact %t with the problem %q", s.Intact(), s.Problem)
			}
			if !s.Intact() {
				continue
			}
			if s.ContentsOffset <= 0 || s.ContentsOffset >= s.CoveredEnd || s.CoveredEnd > int64(len(file)) || file[s.ContentsOffset] != '<' {
				t.Errorf("intact at %d, for %d bytes of %d", s.ContentsOffset, s.CoveredEnd, len(file))
			}
			if s.Appended.Bytes != int64(len(file))-s.CoveredEnd || s.CoversWholeFile != (s.Appended.Bytes == 0) || s.CoversWholeFile && len(s.Appended.Changes) > 0 {
				t.Errorf("it ends at %d of %d, and has %+v after it", s.CoveredEnd, len(file), s.Appended)
			}
			changed := bytes.Clone(file)
			changed[0] ^= 1
			again, _ := pdf.Signatures(bytes.NewReader(changed), int64(len(changed)), nil)
			for _, a := range again {
				if a.Intact() {
					t.Error("still intact after the first byte was changed")
				}
			}
		}
	})
}

// FuzzAdded appends bytes to a signed file: they must be reported, and must not add an intact signature.
func FuzzAdded(f *testing.F) {
	signed, err := os.ReadFile("testdata/signed.pdf") // a file on disk is the same in every fuzzing process
	if err != nil {
		f.Fatal(err)
	}
	page, catalog := pdftest.Find(f, signed, "/Type /Page\n"), pdftest.Find(f, signed, "/Catalog")
	for _, objects := range [][]pdftest.Object{
		{page},
		{page.Replace(f, "/Contents 4 0 R", "/Contents 30 0 R"), {Number: 30, Body: overlay}},
		{catalog.Replace(f, "/Pages", "/DSS << /Certs [] >> /Pages")},
		{catalog.Replace(f, "[9 0 R]", "[9 0 R 40 0 R]"), {Number: 40, Body: "<< /FT /Sig /T (B) /V 8 0 R >>"}},
		{pdftest.Find(f, signed, "/FT /Sig").Replace(f, "/V 8 0 R", "/V null")},
		{page.Replace(f, "/Contents", "/Annots [40 0 R] /Contents"), {Number: 40, Body: "<< /Subtype /Widget /FT /Sig /T (B) /Rect [0 0 9 9] /V 41 0 R >>"}, {Number: 41, Body: "<< /ByteRange [0 9 99 9] /Contents <00> >>"}},
	} {
		f.Add(pdftest.Update(f, signed, objects...)[len(signed):])
	}
	f.Fuzz(func(t *testing.T, more []byte) {
		if len(more) > maxFuzzed {
			return
		}
		file := append(bytes.Clone(signed), more...)
		report, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.Options{SinceOffset: int64(len(signed))})
		if err != nil {
			if !known(err) {
				t.Errorf("the error wraps none of the exported ones: %v", err)
			}
			return
		}
		if report.AppendedSince.Bytes != int64(len(more)) || len(more) == 0 && len(report.AppendedSince.Changes) > 0 {
			t.Errorf("%d bytes were added: %+v", len(more), report.AppendedSince)
		}
		for _, s := range report.Signatures {
			if s.Intact() && s.CoveredEnd > int64(len(signed)) {
				t.Errorf("an intact signature that nobody made: %+v", s)
			}
		}
	})
}

func FuzzRevocation(f *testing.F) {
	response, list := ocspFor(f, pdftest.Authority(f)), pdftest.RevocationList(f)
	f.Add(response)
	f.Add(list)
	f.Fuzz(func(t *testing.T, b []byte) {
		if answers, ok := pdf.ReadOCSP(b); answers < 0 || !ok && answers > 0 {
			t.Errorf("%d answers, %t", answers, ok)
		}
		if pdf.ReadRevocation(b) > 400 {
			t.Error("more was read than the limits allow")
		}
	})
}

func FuzzLexer(f *testing.F) {
	for _, s := range []string{"<< /A 1 /B [1 0 R (x\\)y) <AB>] >>", "<< /A 1 /A 2 >>", "[[[]]", "(((", "/#41#", "7 0 obj", "-1.5e3"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if at, _ := pdf.LexValue(b); at < 0 || at > len(b) {
			t.Errorf("it ended at %d of %d", at, len(b))
		}
	})
}

// known reports whether an error wraps one of the exported errors.
func known(err error) bool {
	for _, reason := range []error{pdf.ErrEmpty, pdf.ErrNotPDF, pdf.ErrEncrypted, pdf.ErrProtected, pdf.ErrDamaged, pdf.ErrTooLarge} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}
