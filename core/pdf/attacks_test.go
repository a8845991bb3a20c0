package pdf_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// attack is something that was done to a file, and what two programs say of the result.
type attack struct {
	name string
	file func(w *workshop) []byte
	// says is our verdict in short, as verdict writes it.
	says string
	// poppler is what pdfsig says of each, where that is something else.
	poppler string
	// why ours is right, where pdfsig says something else.
	why string
}

// workshop has what the files are made of.
type workshop struct {
	testing.TB
	plain  []byte // a page that says Lease
	form   []byte // with a field for a name, called Tenant
	signed []byte // the plain one, signed by Rita
	filled []byte // the one with the field, signed by Rita, before the field is filled in
	rita   message
}

const cades = "ETSI.CAdES.detached"

func newWorkshop(t testing.TB) *workshop {
	t.Helper()
	w := &workshop{TB: t, plain: pdftest.Plain(t, "Lease")}
	w.rita = message{by: rsaIdentity(t), at: time.Now()}
	w.rita.boundTo = w.rita.by.Certificate.Raw
	w.signed = w.sign(w.plain, pdftest.Slot{SubFilter: cades, Field: "Rita"}, w.rita)
	page := pdftest.Find(t, w.plain, "/Type /Page\n")
	w.form = pdftest.Update(t, w.plain,
		pdftest.Object{Number: 20, Body: "<< /FT /Tx /Type /Annot /Subtype /Widget /Rect [50 50 250 80] /T (Tenant) /DA (/Helv 12 Tf) >>"},
		page.Replace(t, "/Contents", "/Annots [20 0 R] /Contents"),
		pdftest.Find(t, w.plain, "/Catalog").Replace(t, "/Pages", "/AcroForm << /Fields [20 0 R] >> /Pages"),
	)
	w.filled = w.sign(w.form, pdftest.Slot{SubFilter: cades, Field: "Rita"}, w.rita)
	return w
}

func (w *workshop) sign(file []byte, slot pdftest.Slot, m message) []byte {
	w.Helper()
	return pdftest.Embed(w, file, slot, m.make(w))
}

// change is an update in which words of one object are others.
func (w *workshop) change(file []byte, words, old, with string) []byte {
	w.Helper()
	return pdftest.Update(w, file, pdftest.Find(w, file, words).Replace(w, old, with))
}

// page is an update of the page itself.
func (w *workshop) page(file []byte, old, with string, more ...pdftest.Object) []byte {
	w.Helper()
	return pdftest.Update(w, file, append(more, pdftest.Find(w, file, "/Type /Page\n").Replace(w, old, with))...)
}

func (w *workshop) catalog(file []byte, entry string, more ...pdftest.Object) []byte {
	w.Helper()
	return pdftest.Update(w, file, append(more, pdftest.Find(w, file, "/Catalog").Replace(w, "/Pages", entry+" /Pages"))...)
}

// ranged signs anew over another byte range than the one that is right.
func (w *workshop) ranged(file []byte, choose func(at, end, size int) [4]int) []byte {
	w.Helper()
	s := only(w, file)
	numbers := choose(int(s.ByteRange[1]), int(s.ByteRange[2]), len(file))
	out := bytes.Clone(file)
	at := bytes.LastIndex(out, []byte("/ByteRange ")) + len("/ByteRange ")
	copy(out[at:], fmt.Sprintf("[%d %010d %010d %010d]", numbers[0], numbers[1], numbers[2], numbers[3]))
	part := func(from, length int) []byte { return out[min(from, len(out)):min(from+length, len(out))] }
	value := fmt.Sprintf("%x", w.rita.make(w)(append(bytes.Clone(part(numbers[0], numbers[1])), part(numbers[2], numbers[3])...)))
	copy(out[s.At+1:], value)
	return out
}

// value is the object of the first signature.
func (w *workshop) value(file []byte) pdftest.Object {
	w.Helper()
	return pdftest.Find(w, file, "/Type /Sig ")
}

var overlay = pdftest.Stream("/Type /XObject /Subtype /Form /BBox [0 0 600 800]", "1 1 1 rg 0 0 600 800 re f")

func attacks() []attack {
	return []attack{
		{
			name: "nothing was done",
			file: func(w *workshop) []byte { return w.signed },
			says: "intact, whole",
		},

		// The bytes that are signed.
		{
			name: "a letter of the page was changed",
			file: func(w *workshop) []byte { return replace(w, w.signed, "(Lease)", "(Least)") },
			says: "the document was changed after it was signed, whole",
		},
		{
			name: "the range begins at the second byte",
			file: func(w *workshop) []byte {
				return w.ranged(w.signed, func(at, end, size int) [4]int { return [4]int{1, at - 1, end, size - end} })
			},
			says:    "the signature does not cover the file from its first byte on, leaving out only itself",
			poppler: "valid, whole", why: "the first byte can be changed by anyone",
		},
		{
			name: "the range leaves out more than the signature",
			file: func(w *workshop) []byte {
				return w.ranged(w.signed, func(at, end, size int) [4]int { return [4]int{0, at - 60, end, size - end + 0} })
			},
			says:    "the bytes that the signature leaves out are not exactly the signature itself",
			poppler: "valid", why: "what is left out beside the signature can be changed by anyone",
		},
		{
			name: "the range leaves out bytes behind the signature",
			file: func(w *workshop) []byte {
				return w.ranged(w.signed, func(at, end, size int) [4]int { return [4]int{0, at, end + 4, size - end - 4} })
			},
			says:    "the bytes that the signature leaves out are not exactly the signature itself",
			poppler: "valid", why: "what is left out beside the signature can be changed by anyone",
		},
		{
			name: "the range leaves out less than the signature",
			file: func(w *workshop) []byte {
				return w.ranged(w.signed, func(at, end, size int) [4]int { return [4]int{0, at + 1, end, size - end} })
			},
			says:    "the bytes that the signature leaves out are not exactly the signature itself",
			poppler: "valid", why: "a signature cannot speak for itself, so this one speaks for something else than the field shows",
		},
		{
			name: "the parts overlap",
			file: func(w *workshop) []byte {
				return w.ranged(w.signed, func(at, end, size int) [4]int { return [4]int{0, at, at - 100, size - at + 100} })
			},
			says: "the signature does not cover the file from its first byte on, leaving out only itself",
		},
		{
			name: "the range goes beyond the end",
			file: func(w *workshop) []byte {
				return w.ranged(w.signed, func(at, end, size int) [4]int { return [4]int{0, at, end, size - end + 100} })
			},
			says: "the signature claims to cover bytes that are not in this file",
		},
		{
			name: "the range ends before the end",
			file: func(w *workshop) []byte {
				return w.ranged(w.signed, func(at, end, size int) [4]int { return [4]int{0, at, end, 20} })
			},
			says: "intact, then something else",
		},
		{
			name: "the first part alone is signed",
			file: func(w *workshop) []byte {
				return w.ranged(w.signed, func(at, end, size int) [4]int { return [4]int{0, at, end, 0} })
			},
			says:    "the signature does not cover the file from its first byte on, leaving out only itself",
			poppler: "valid", why: "the table of the file stands behind the signature, and is not signed",
		},

		// The signature itself.
		{
			name:    "the signature was blanked",
			file:    func(w *workshop) []byte { return blank(w.signed, only(w, w.signed)) },
			says:    "the signature is blank, whole",
			poppler: "invalid", why: "nothing came after it, which is all that is said of a file as a whole",
		},
		{
			name: "an update takes the signature out of its field",
			file: func(w *workshop) []byte {
				return w.change(w.signed, "/FT /Sig", "/V 8 0 R", "/V null")
			},
			says:    "no signature; a blank field; something hidden",
			poppler: "invalid", why: "a blank field has no signature to judge; that there is something hidden is told",
		},
		{
			name: "an update takes the field out of the form",
			file: func(w *workshop) []byte {
				return w.change(w.signed, "/Catalog", "/Fields [9 0 R]", "/Fields []")
			},
			says: "no signature; something hidden",
		},
		{
			name: "an update takes the form away",
			file: func(w *workshop) []byte {
				return w.change(w.signed, "/Catalog", "/AcroForm", "/NoForm")
			},
			says: "no signature; something hidden",
		},
		{
			name: "an update points the field at nothing",
			file: func(w *workshop) []byte {
				return w.change(w.signed, "/FT /Sig", "/V 8 0 R", "/V 99 0 R")
			},
			says:    "no signature; a blank field; something hidden",
			poppler: "invalid", why: "a blank field has no signature to judge; that there is something hidden is told",
		},
		{
			name: "an update takes the byte range away",
			file: func(w *workshop) []byte {
				return w.change(w.signed, "/Type /Sig ", "/ByteRange", "/NoRange")
			},
			says: "the signature does not state which bytes of the file it covers",
		},
		{
			name: "an update makes the byte range null",
			file: func(w *workshop) []byte {
				o := w.value(w.signed)
				_, numbers, _ := strings.Cut(o.Body, "/ByteRange ")
				numbers, _, _ = strings.Cut(numbers, "]")
				return pdftest.Update(w, w.signed, o.Replace(w, numbers+"]", "null"))
			},
			says: "the signature does not state which bytes of the file it covers; something hidden",
		},
		{
			name: "an update takes the value away",
			file: func(w *workshop) []byte {
				return w.change(w.signed, "/Type /Sig ", "/Contents", "/NoContents")
			},
			says: "the bytes that the signature leaves out belong to another signature; something hidden",
		},
		{
			name: "an update makes the value empty",
			file: func(w *workshop) []byte {
				o := w.value(w.signed)
				at, end := strings.IndexByte(o.Body[2:], '<')+2, strings.IndexByte(o.Body, '>')
				return pdftest.Update(w, w.signed, pdftest.Object{Number: o.Number, Body: o.Body[:at] + "<>" + o.Body[end+1:]})
			},
			says: "the bytes that the signature leaves out belong to another signature; something hidden",
		},
		{
			name: "the value stands twice in one dictionary",
			file: func(w *workshop) []byte {
				return w.sign(w.plain, pdftest.Slot{SubFilter: cades + " /Contents <00112233>", Field: "Rita"}, w.rita)
			},
			says:    "the signature has two values for the same entry, so programs may read different signatures",
			poppler: "valid, whole", why: "another program may read the other value, and show another signer",
		},
		{
			name: "the byte range stands twice in one dictionary",
			file: func(w *workshop) []byte {
				return w.sign(w.plain, pdftest.Slot{SubFilter: cades + " /ByteRange [0 10 20 30]", Field: "Rita"}, w.rita)
			},
			says:    "the signature has two values for the same entry, so programs may read different signatures; something hidden",
			poppler: "valid, whole", why: "another program may read the other range, and check other bytes",
		},
		{
			name: "the signature is wrapped: an update copies it with another range",
			file: func(w *workshop) []byte {
				s, o := only(w, w.signed), w.value(w.signed)
				evil := w.page(w.signed, "/Contents 4 0 R", "/Contents 30 0 R", pdftest.Object{Number: 30, Body: overlay})
				at := len(evil)
				evil = append(evil, w.signed[s.ByteRange[2]:]...) // the second part, once more
				_, numbers, _ := strings.Cut(o.Body, "/ByteRange ")
				numbers, _, _ = strings.Cut(numbers, "]")
				o = o.Replace(w, numbers, fmt.Sprintf("[0 %d %d %d", s.At, at, s.ByteRange[3]))
				return pdftest.Update(w, evil, o)
			},
			says:    "the bytes that the signature leaves out are not exactly the signature itself; something hidden",
			poppler: "valid", why: "the signed bytes are all there, around a page that nobody signed",
		},
		{
			name: "one signature in two fields",
			file: func(w *workshop) []byte {
				return pdftest.Update(w, w.signed, pdftest.Object{Number: 40, Body: "<< /FT /Sig /T (B) /V 8 0 R >>"},
					pdftest.Find(w, w.signed, "/Catalog").Replace(w, "[9 0 R]", "[9 0 R 40 0 R]"))
			},
			says:    "intact, then something else and another signature; the signature is a copy of another one in this file",
			poppler: "valid; valid", why: "it was made once, and would count as the consent of two",
		},
		{
			name: "a signed file inside of a file",
			file: func(w *workshop) []byte {
				return w.catalog(w.plain, "/AF [30 0 R]", pdftest.Object{Number: 30, Body: pdftest.Stream("/Type /EmbeddedFile", string(w.signed))})
			},
			says: "no signature; something hidden",
		},
		{
			name: "a signature of another file",
			file: func(w *workshop) []byte {
				other := w.sign(pdftest.Plain(w, "Least"), pdftest.Slot{SubFilter: cades, Field: "Rita"}, w.rita)
				file := bytes.Clone(w.signed)
				copy(value(file, only(w, file)), value(other, only(w, other)))
				return file
			},
			says: "the document was changed after it was signed, whole",
		},

		// What it was made with.
		{
			name: "MD5",
			file: func(w *workshop) []byte { return w.made(message{hash: crypto.MD5}) },
			says: "the signature uses an algorithm that can be forged today (MD5 or SHA-1), whole",
		},
		{
			name:    "SHA-1",
			file:    func(w *workshop) []byte { return w.made(message{hash: crypto.SHA1}) },
			says:    "the signature uses an algorithm that can be forged today (MD5 or SHA-1), whole",
			poppler: "valid, whole", why: "two documents with one SHA-1 can be made",
		},
		{
			name: "no signed attributes",
			file: func(w *workshop) []byte { return w.made(message{withoutAttributes: true}) },
			says: "intact, whole",
		},
		{
			name: "no digest among the signed attributes",
			file: func(w *workshop) []byte { return w.made(message{withoutDigest: true}) },
			says: "the signed attributes are incomplete or contradict each other, whole",
		},
		{
			name: "a text of its own",
			file: func(w *workshop) []byte { return w.made(message{content: []byte("I owe you nothing")}) },
			says: "the signature is for other content, not for this document, whole",
		},
		{
			name:    "two signers",
			file:    func(w *workshop) []byte { return w.made(message{signers: 2}) },
			says:    "the signature does not have exactly one signer, whole",
			poppler: "valid, whole", why: "a signature in a PDF has one signer, and programs name one of two as they like",
		},
		{
			name: "another certificate than the one that was meant",
			file: func(w *workshop) []byte {
				return w.made(message{boundTo: pdftest.NewIdentity(w, "Someone Else").Certificate.Raw})
			},
			says:    "the signature was made for a different certificate than the one it includes, whole",
			poppler: "valid, whole", why: "the signer said in what was signed which certificate was meant",
		},

		// What came after it, and harms nothing.
		{
			name: "a line end after it",
			file: func(w *workshop) []byte { return joinSegments(w.signed, "\n") },
			says: "intact, then nothing",
		},
		{
			name: "a comment after it",
			file: func(w *workshop) []byte { return joinSegments(w.signed, "% nothing to see\n") },
			says: "intact, then nothing",
		},
		{
			name: "the same objects again",
			file: func(w *workshop) []byte {
				return pdftest.Update(w, w.signed, pdftest.Find(w, w.signed, "/Type /Page\n"))
			},
			says: "intact, then nothing",
		},
		{
			name: "another signature",
			file: func(w *workshop) []byte {
				return w.sign(w.signed, pdftest.Slot{SubFilter: cades, Field: "Sam"}, w.rita)
			},
			says: "intact, then another signature; intact, whole",
		},
		{
			name:    "a time-stamp",
			file:    func(w *workshop) []byte { return w.stamped(w.signed) },
			says:    "intact, then a time-stamp; intact, whole",
			poppler: "valid; invalid, whole", why: "pdfsig takes the stamp for a signature over the document itself",
		},
		{
			name: "validation data",
			file: func(w *workshop) []byte { return w.validated(w.signed) },
			says: "intact, then validation data",
		},
		{
			name: "another signature, behind one that refers to the root of the document",
			file: func(w *workshop) []byte {
				slot := pdftest.Slot{SubFilter: cades + " /Reference [ << /Type /SigRef /TransformMethod /FieldMDP /Data 7 0 R >> ]", Field: "Rita"}
				return w.sign(w.sign(w.plain, slot, w.rita), pdftest.Slot{SubFilter: cades, Field: "Sam"}, w.rita)
			},
			says: "intact, then another signature; intact, whole",
		},
		{
			name: "another title in the properties",
			file: func(w *workshop) []byte {
				return w.change(w.signed, "/Producer", "/Producer", "/Subject (Rent) /Producer")
			},
			says: "intact, then properties of the file",
		},

		// What came after it, and is seen.
		{
			name: "the page was exchanged",
			file: func(w *workshop) []byte {
				return w.page(w.signed, "/Contents 4 0 R", "/Contents 30 0 R", pdftest.Object{Number: 30, Body: overlay})
			},
			says: "intact, then something else",
		},
		{
			name: "the text of the page was exchanged",
			file: func(w *workshop) []byte {
				return pdftest.Update(w, w.signed, pdftest.Object{Number: 4, Body: overlay})
			},
			says: "intact, then something else",
		},
		{
			name: "a font was exchanged",
			file: func(w *workshop) []byte { return w.change(w.signed, "/BaseFont", "/Helvetica", "/Symbol") },
			says: "intact, then something else",
		},
		{
			name: "a page was added",
			file: func(w *workshop) []byte {
				return pdftest.Update(w, w.signed, pdftest.Object{Number: 31, Body: "<< /Type /Page /Parent 1 0 R /Contents 4 0 R >>"},
					pdftest.Find(w, w.signed, "/Kids").Replace(w, "[3 0 R ]", "[3 0 R 31 0 R]").Replace(w, "/Count 1", "/Count 2"))
			},
			says: "intact, then something else",
		},
		{
			name: "a page was taken for another by the list of pages",
			file: func(w *workshop) []byte {
				return pdftest.Update(w, w.signed, pdftest.Object{Number: 31, Body: "<< /Type /Page /Parent 1 0 R /Contents 30 0 R >>"}, pdftest.Object{Number: 30, Body: overlay},
					pdftest.Find(w, w.signed, "/Kids").Replace(w, "[3 0 R ]", "[31 0 R]"))
			},
			says: "intact, then something else",
		},
		{
			name: "another root",
			file: func(w *workshop) []byte {
				root := pdftest.Find(w, w.signed, "/Catalog").Replace(w, "/Pages 1 0 R", "/Pages 32 0 R")
				return pdftest.UpdateWith(w, w.signed, "/Root 33 0 R", pdftest.Object{Number: 33, Body: root.Body},
					pdftest.Object{Number: 32, Body: "<< /Type /Pages /Kids [31 0 R] /Count 1 /MediaBox [0 0 600 800] >>"},
					pdftest.Object{Number: 31, Body: "<< /Type /Page /Parent 32 0 R /Contents 30 0 R >>"}, pdftest.Object{Number: 30, Body: overlay})
			},
			says: "intact, then something else",
		},
		{
			name: "something that was hidden when it was signed is shown",
			file: func(w *workshop) []byte {
				hidden := pdftest.Update(w, w.plain, pdftest.Object{Number: 30, Body: overlay})
				return w.page(w.sign(hidden, pdftest.Slot{SubFilter: cades, Field: "Rita"}, w.rita), "/Contents 4 0 R", "/Contents 30 0 R")
			},
			says: "intact, then something else",
		},
		{
			name: "something that was missing when it was signed is there",
			file: func(w *workshop) []byte {
				missing := w.page(w.plain, "/Contents 4 0 R", "/Contents [4 0 R 50 0 R]")
				return pdftest.Update(w, w.sign(missing, pdftest.Slot{SubFilter: cades, Field: "Rita"}, w.rita), pdftest.Object{Number: 50, Body: overlay})
			},
			says: "intact, then something else",
		},
		{
			name: "a note covers the page",
			file: func(w *workshop) []byte {
				return w.page(w.signed, "/Contents", "/Annots [34 0 R] /Contents", pdftest.Object{Number: 30, Body: overlay},
					pdftest.Object{Number: 34, Body: "<< /Type /Annot /Subtype /FreeText /Rect [0 0 600 800] /Contents (paid) /AP << /N 30 0 R >> >>"})
			},
			says: "intact, then annotations",
		},
		{
			name: "a picture of a signature covers the page, and nobody signed",
			file: func(w *workshop) []byte {
				field := pdftest.Object{Number: 34, Body: "<< /FT /Sig /T (X) /Type /Annot /Subtype /Widget /Rect [0 0 600 800] /AP << /N 30 0 R >> /V << /Type /Sig >> >>"}
				return pdftest.Update(w, w.signed, field, pdftest.Object{Number: 30, Body: overlay},
					pdftest.Find(w, w.signed, "/Type /Page\n").Replace(w, "/Contents", "/Annots [34 0 R] /Contents"),
					pdftest.Find(w, w.signed, "/Catalog").Replace(w, "[9 0 R]", "[9 0 R 34 0 R]"))
			},
			says: "intact, then something else and a picture of a signature and another signature; the signature does not state which bytes of the file it covers",
		},
		{
			name: "the signature's own field was given a picture",
			file: func(w *workshop) []byte {
				return pdftest.Update(w, w.signed, pdftest.Find(w, w.signed, "/FT /Sig").Replace(w, "/Rect [0 0 0 0]", "/Rect [0 0 600 800] /AP << /N 30 0 R >>"), pdftest.Object{Number: 30, Body: overlay})
			},
			says: "intact, then something else",
		},
		{
			name: "a field was filled in",
			file: func(w *workshop) []byte {
				return w.change(w.filled, "/FT /Tx", "/T (Tenant)", "/T (Tenant) /V (Nobody)")
			},
			says: "intact, then form fields",
		},
		{
			name: "a script was added",
			file: func(w *workshop) []byte {
				return w.catalog(w.signed, "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>")
			},
			says: "intact, then something else",
		},
		{
			name: "a layer was added",
			file: func(w *workshop) []byte {
				return w.catalog(w.signed, "/OCProperties << /OCGs [] /D << >> >>")
			},
			says: "intact, then something else",
		},
		{
			name: "a key of the page stands twice",
			file: func(w *workshop) []byte {
				return w.page(w.signed, "/Contents 4 0 R", "/Contents 4 0 R /Contents 30 0 R", pdftest.Object{Number: 30, Body: overlay})
			},
			says: "intact, then something else",
		},
		{
			name: "the page was exchanged, and exchanged back",
			file: func(w *workshop) []byte {
				page := pdftest.Find(w, w.signed, "/Type /Page\n")
				return pdftest.Update(w, w.page(w.signed, "/Contents 4 0 R", "/Contents 30 0 R", pdftest.Object{Number: 30, Body: overlay}), page)
			},
			says: "intact, then something else",
		},
		{
			name: "the page was exchanged, and signed again",
			file: func(w *workshop) []byte {
				return w.sign(w.page(w.signed, "/Contents 4 0 R", "/Contents 30 0 R", pdftest.Object{Number: 30, Body: overlay}), pdftest.Slot{SubFilter: cades, Field: "Sam"}, w.rita)
			},
			says: "intact, then something else and another signature; intact, whole",
		},
		{
			name: "a certified file that allows nothing was filled in",
			file: func(w *workshop) []byte {
				return w.change(w.certified(w.form, 1), "/FT /Tx", "/T (Tenant)", "/T (Tenant) /V (Nobody)")
			},
			says: "intact, then form fields, breached",
		},
		{
			name: "a certified file that allows it was filled in",
			file: func(w *workshop) []byte {
				return w.change(w.certified(w.form, 2), "/FT /Tx", "/T (Tenant)", "/T (Tenant) /V (Nobody)")
			},
			says: "intact, then form fields",
		},

		// Broken tables.
		{
			name: "an object that no table knows",
			file: func(w *workshop) []byte {
				return joinSegments(w.signed, "4 0 obj\n"+overlay+"\nendobj\n")
			},
			says: "intact, then something else",
		},
		{
			name: "an update without a table",
			file: func(w *workshop) []byte {
				return joinSegments(w.signed, "4 0 obj\n"+overlay+"\nendobj\nstartxref\n0\n%%EOF\n")
			},
			says:    "no signature; something hidden",
			poppler: "valid", why: "every program repairs such a file in its own way; what it shows is anyone's guess",
		},
		{
			name: "an update whose table is elsewhere",
			file: func(w *workshop) []byte {
				file := pdftest.Update(w, w.signed, pdftest.Object{Number: 4, Body: overlay})
				at := lastNumber(w, file)
				return replaceLast(w, file, fmt.Sprint("startxref\n", at), fmt.Sprint("startxref\n", at-9))
			},
			says: "intact, then something else",
		},
		{
			name: "an update whose table goes round in a ring",
			file: func(w *workshop) []byte {
				file := pdftest.Update(w, w.signed, pdftest.Object{Number: 4, Body: overlay})
				at := bytes.LastIndex(file, []byte("xref\n4 1"))
				old := fmt.Sprintf("/Prev %d", lastNumber(w, w.signed))
				return replaceLast(w, file, old, fmt.Sprintf("/Prev %0*d", len(old)-len("/Prev "), at))
			},
			says: "intact, then something else",
		},
		{
			name: "an update with two tables",
			file: func(w *workshop) []byte {
				return pdftest.UpdateWith(w, w.signed, "/XRefStm 100", pdftest.Find(w, w.signed, "/Type /Page\n"))
			},
			says: "intact, then something else",
		},
		{
			name: "an update with a good table and a second one in a stream, which some programs read",
			file: func(w *workshop) []byte {
				page := pdftest.Find(w, w.signed, "/Type /Page\n")
				rows := string([]byte{1, 0, 0, 0, 0})
				second := pdftest.Object{Number: 41, Body: pdftest.Stream("/Type /XRef /Size 43 /Index [42 1] /W [1 3 1] /Root 7 0 R", rows)}
				start := "41 0 obj" // is written first, where the signed file ends
				file := pdftest.UpdateWith(w, w.signed, fmt.Sprintf("/XRefStm %010d", len(w.signed)), second, pdftest.Object{Number: 43, Body: page.Body})
				if !bytes.HasPrefix(file[len(w.signed):], []byte(start)) {
					w.Fatal("the second table is elsewhere")
				}
				return file
			},
			says: "intact, then something else",
		},
		{
			name: "an update with an object that its table does not know",
			file: func(w *workshop) []byte {
				page := pdftest.Find(w, w.signed, "/Type /Page\n")
				page.Body += "\nendobj\n4 0 obj\n" + overlay
				return pdftest.Update(w, w.signed, page)
			},
			says: "intact, then something else",
		},

		// Locks.
		{
			name: "a file that is encrypted and opens",
			file: func(w *workshop) []byte { return pdftest.EncryptedWith(w, "") },
			says: "no signature; encrypted",
		},
		{
			name: "a file that is encrypted, opens, and was signed",
			file: func(w *workshop) []byte {
				return w.sign(pdftest.EncryptedWith(w, ""), pdftest.Slot{SubFilter: cades, Field: "Rita"}, w.rita)
			},
			says: "intact, whole; encrypted",
		},
		{
			name: "a file with a password",
			file: func(w *workshop) []byte { return pdftest.Encrypted(w) },
			says: "the PDF is encrypted and needs a password to be read",
		},
	}
}

func (w *workshop) made(m message) []byte {
	w.Helper()
	m.by, m.at = w.rita.by, w.rita.at
	return w.sign(w.plain, pdftest.Slot{SubFilter: detached, Field: "Rita"}, m)
}

func (w *workshop) stamped(file []byte) []byte {
	w.Helper()
	return pdftest.Embed(w, file, pdftest.Slot{SubFilter: "ETSI.RFC3161", Field: "Stamp"}, timestamp(w, clock(w), time.Now()))
}

// validated adds a certificate and a list of revoked ones.
func (w *workshop) validated(file []byte) []byte {
	w.Helper()
	return w.validatedFor(file, pdftest.RevocationList(w))
}

func (w *workshop) validatedFor(file, list []byte) []byte {
	w.Helper()
	return w.catalog(file, "/DSS << /Certs [60 0 R] /CRLs [61 0 R] >>",
		pdftest.Object{Number: 60, Body: pdftest.Stream("", string(pdftest.Authority(w).Raw))},
		pdftest.Object{Number: 61, Body: pdftest.Stream("", string(list))})
}

func (w *workshop) certified(file []byte, permission int) []byte {
	w.Helper()
	reference := fmt.Sprintf("/Reference [ << /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P %d /V /1.2 >> >> ]", permission)
	return w.sign(file, pdftest.Slot{SubFilter: cades + " " + reference, Field: "Rita"}, w.rita)
}

// clock is who makes time-stamps.
func clock(t testing.TB) pdftest.Identity {
	t.Helper()
	return pdftest.NewIdentityOf(t, "Clock Example", x509.ExtKeyUsageTimeStamping)
}

func replaceLast(t testing.TB, file []byte, old, with string) []byte {
	t.Helper()
	at := bytes.LastIndex(file, []byte(old))
	if at < 0 || len(old) != len(with) {
		t.Fatalf("%q cannot be changed to %q", old, with)
	}
	out := bytes.Clone(file)
	copy(out[at:], with)
	return out
}

// lastNumber is where the last table of a file begins.
func lastNumber(t testing.TB, file []byte) (n int) {
	t.Helper()
	if _, err := fmt.Sscanf(string(file[bytes.LastIndex(file, []byte("startxref\n")):]), "startxref\n%d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// verdict is what we say of a file, in short.
func verdict(report pdf.Report, err error) string {
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, s := range report.Signatures {
		words := s.Problem
		if s.Intact {
			words = "intact"
		}
		switch {
		case s.CoversWholeFile:
			words += ", whole"
		case s.Intact && len(s.Added.Changes) == 0:
			words += ", then nothing"
		case s.Intact:
			words += ", then " + changes(s.Added.Changes)
		}
		if s.Breach != "" {
			words += ", breached"
		}
		all = append(all, words)
	}
	if len(all) == 0 {
		all = append(all, "no signature")
	}
	if len(report.Waiting) > 0 {
		all = append(all, "a blank field")
	}
	if report.Hidden > 0 {
		all = append(all, "something hidden")
	}
	if report.Encrypted {
		all = append(all, "encrypted")
	}
	return strings.Join(all, "; ")
}

func changes(all []pdf.Change) string {
	var words []string
	for _, c := range all {
		words = append(words, string(c))
	}
	return strings.Join(words, " and ")
}

func TestAttacks(t *testing.T) {
	w := newWorkshop(t)
	for _, a := range attacks() {
		t.Run(a.name, func(t *testing.T) {
			file := a.file(w)
			report, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.Options{Anchors: pdftest.Anchors(t)})
			if got := verdict(report, err); got != a.says {
				t.Errorf("we say %q, want %q", got, a.says)
			}
			var mine []opinion
			for _, s := range report.Signatures {
				mine = append(mine, opinion{s.Intact, s.CoversWholeFile})
				if s.Trusted && !s.Intact {
					t.Error("trusted, and not intact")
				}
			}
			theirs, ours := popplerWords(askPoppler(t, file)), popplerWords(mine)
			switch {
			case theirs == ours:
			case a.poppler == "" || a.why == "":
				t.Errorf("pdfsig says %q, and nobody said why we say %q", theirs, ours)
			case theirs != a.poppler:
				t.Errorf("pdfsig says %q, and %q was expected", theirs, a.poppler)
			}
		})
	}
}

func popplerWords(all []opinion) string {
	var words []string
	for _, o := range all {
		text := "invalid"
		if o.valid {
			text = "valid"
		}
		if o.whole {
			text += ", whole"
		}
		words = append(words, text)
	}
	if len(words) == 0 {
		return "no signature"
	}
	return strings.Join(words, "; ")
}
