package pdf_test

import (
	"bytes"
	"compress/zlib"
	"crypto"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// attack is a modified or unusual file, and what two programs report for it.
type attack struct {
	name string
	file func(w *fixture) []byte
	// want is what this package reports, as summary writes it.
	want string
	// poppler is what pdfsig reports, if it differs; as describeOutcomes writes it.
	poppler string
	// why this package is right, if pdfsig reports something else.
	why string
}

func attacks() []attack {
	return []attack{
		{
			name: "nothing was done",
			file: func(w *fixture) []byte { return w.signed },
			want: "intact, whole",
		},

		// The covered bytes.
		{
			name: "a letter of the page was changed",
			file: func(w *fixture) []byte { return replace(w, w.signed, "(Lease)", "(Least)") },
			want: "the document was changed after it was signed, whole",
		},
		{
			name: "the range begins at the second byte",
			file: func(w *fixture) []byte {
				return w.signRange(w.signed, func(at, end, size int) [4]int { return [4]int{1, at - 1, end, size - end} })
			},
			want:    "the signature does not cover the file from its first byte on, leaving out only itself",
			poppler: "valid, whole", why: "the first byte can be changed by anyone",
		},
		{
			name: "the range leaves out more than the signature",
			file: func(w *fixture) []byte {
				return w.signRange(w.signed, func(at, end, size int) [4]int { return [4]int{0, at - 60, end, size - end + 0} })
			},
			want:    "the signature leaves out more or less of the file than itself",
			poppler: "valid", why: "what is left out beside the signature can be changed by anyone",
		},
		{
			name: "the range leaves out bytes behind the signature",
			file: func(w *fixture) []byte {
				return w.signRange(w.signed, func(at, end, size int) [4]int { return [4]int{0, at, end + 4, size - end - 4} })
			},
			want:    "the signature leaves out more or less of the file than itself",
			poppler: "valid", why: "what is left out beside the signature can be changed by anyone",
		},
		{
			name: "the range leaves out less than the signature",
			file: func(w *fixture) []byte {
				return w.signRange(w.signed, func(at, end, size int) [4]int { return [4]int{0, at + 3, end, size - end} })
			},
			want:    "the signature leaves out more or less of the file than itself",
			poppler: "valid", why: "a signature cannot cover its own value, so this is not the one that the field shows",
		},
		{
			name: "the range covers the brackets around the value",
			file: func(w *fixture) []byte {
				return w.signRange(w.signed, func(at, end, size int) [4]int { return [4]int{0, at + 1, end - 1, size - end + 1} })
			},
			want:    "intact, whole",
			poppler: "valid", why: "nothing is left out but the value and white space, and nothing was appended",
		},
		{
			name: "the range leaves out white space beside the value",
			file: func(w *fixture) []byte {
				return w.signRange(w.signed, func(at, end, size int) [4]int { return [4]int{0, at - 1, end + 1, size - end - 1} })
			},
			want:    "intact, whole",
			poppler: "valid", why: "nothing is left out but the value and white space, and nothing was appended",
		},
		{
			name: "the parts overlap",
			file: func(w *fixture) []byte {
				return w.signRange(w.signed, func(at, end, size int) [4]int { return [4]int{0, at, at - 100, size - at + 100} })
			},
			want: "the signature does not cover the file from its first byte on, leaving out only itself",
		},
		{
			name: "the range goes beyond the end",
			file: func(w *fixture) []byte {
				return w.signRange(w.signed, func(at, end, size int) [4]int { return [4]int{0, at, end, size - end + 100} })
			},
			want: "the signature claims to cover bytes that are not in this file",
		},
		{
			name: "the range ends before the end",
			file: func(w *fixture) []byte {
				return w.signRange(w.signed, func(at, end, size int) [4]int { return [4]int{0, at, end, 20} })
			},
			want: "intact, then something else",
		},
		{
			name: "the first part alone is signed",
			file: func(w *fixture) []byte {
				return w.signRange(w.signed, func(at, end, size int) [4]int { return [4]int{0, at, end, 0} })
			},
			want:    "the signature does not cover the file from its first byte on, leaving out only itself",
			poppler: "valid", why: "the cross-reference table comes after the signature, and is not covered",
		},

		// The signature dictionary.
		{
			name:    "the signature was blanked",
			file:    func(w *fixture) []byte { return blankContents(w.signed, only(w, w.signed)) },
			want:    "the signature is blank, whole",
			poppler: "invalid", why: "nothing was appended, which is all that \"whole\" means",
		},
		{
			name: "an update takes the signature out of its field",
			file: func(w *fixture) []byte {
				return w.change(w.signed, "/FT /Sig", "/V 8 0 R", "/V null")
			},
			want:    "no signature; a blank field; something hidden",
			poppler: "invalid", why: "an unsigned field has no signature to verify; the removed one is reported as hidden",
		},
		{
			name: "an update takes the field out of the form",
			file: func(w *fixture) []byte {
				return w.change(w.signed, "/Catalog", "/Fields [9 0 R]", "/Fields []")
			},
			want: "no signature; something hidden",
		},
		{
			name: "an update takes the form away",
			file: func(w *fixture) []byte {
				return w.change(w.signed, "/Catalog", "/AcroForm", "/NoForm")
			},
			want: "no signature; something hidden",
		},
		{
			name: "an update points the field at nothing",
			file: func(w *fixture) []byte {
				return w.change(w.signed, "/FT /Sig", "/V 8 0 R", "/V 99 0 R")
			},
			want:    "no signature; a blank field; something hidden",
			poppler: "invalid", why: "an unsigned field has no signature to verify; the removed one is reported as hidden",
		},
		{
			name: "an update takes the byte range away",
			file: func(w *fixture) []byte {
				return w.change(w.signed, "/Type /Sig ", "/ByteRange", "/NoRange")
			},
			want: "the signature does not state which bytes of the file it covers",
		},
		{
			name: "an update makes the byte range null",
			file: func(w *fixture) []byte {
				o := w.value(w.signed)
				_, numbers, _ := strings.Cut(o.Body, "/ByteRange ")
				numbers, _, _ = strings.Cut(numbers, "]")
				return pdftest.Update(w, w.signed, o.Replace(w, numbers+"]", "null"))
			},
			want: "the signature does not state which bytes of the file it covers; something hidden",
		},
		{
			name: "an update takes the value away",
			file: func(w *fixture) []byte {
				return w.change(w.signed, "/Type /Sig ", "/Contents", "/NoContents")
			},
			want: "the signature leaves out a value that is not its own; something hidden",
		},
		{
			name: "an update makes the value empty",
			file: func(w *fixture) []byte {
				o := w.value(w.signed)
				at, end := strings.IndexByte(o.Body[2:], '<')+2, strings.IndexByte(o.Body, '>')
				return pdftest.Update(w, w.signed, pdftest.Object{Number: o.Number, Body: o.Body[:at] + "<>" + o.Body[end+1:]})
			},
			want: "the signature leaves out a value that is not its own; something hidden",
		},
		{
			name: "a dictionary with two values",
			file: func(w *fixture) []byte {
				return w.sign(w.plain, pdftest.SignatureField{SubFilter: cades + " /Contents <00112233>", Field: "Rita"}, w.rita)
			},
			want:    "the signature has two values for the same entry, so programs may read different signatures",
			poppler: "valid, whole", why: "another program may read the other value, and show another signer",
		},
		{
			name: "a dictionary with two values after a word that is no value",
			file: func(w *fixture) []byte {
				return w.sign(w.plain, pdftest.SignatureField{SubFilter: cades + " /Size 6e2 /Contents <00112233>", Field: "Rita"}, w.rita)
			},
			want:    "the signature has two values for the same entry, so programs may read different signatures",
			poppler: "valid, whole", why: "another program may read the other value, and show another signer",
		},
		{
			name: "a dictionary with two values after what cannot be read",
			file: func(w *fixture) []byte {
				return w.sign(w.plain, pdftest.SignatureField{SubFilter: cades + " /Size {2} /Contents <00112233>", Field: "Rita"}, w.rita)
			},
			want: "the signature has two values for the same entry, so programs may read different signatures",
		},
		{
			name: "a dictionary with two values after a number that is written long",
			file: func(w *fixture) []byte {
				o := w.value(w.signed)
				header := fmt.Sprintf("\n%d 0 obj\n", o.Number)
				body := o.Replace(w, "/Filter /Adobe.PPKLite", "/Contents<0>").Body // as much shorter as the number is longer
				file := bytes.Replace(w.signed, []byte(header+o.Body), []byte("\n0000000000"+header[1:]+body), 1)
				return w.signRange(file, func(at, end, size int) [4]int { return [4]int{0, at, end, size - end} })
			},
			want:    "the signature has two values for the same entry, so programs may read different signatures",
			poppler: "valid, whole", why: "another program may read the other value, and show another signer",
		},
		{
			name: "a dictionary with a word that is no value",
			file: func(w *fixture) []byte {
				return w.sign(w.plain, pdftest.SignatureField{SubFilter: cades + " /Size 6e2", Field: "Rita"}, w.rita)
			},
			want: "intact, whole",
		},
		{
			name: "a field that holds a dictionary with two values",
			file: func(w *fixture) []byte {
				return w.sign(w.plain, pdftest.SignatureField{SubFilter: cades + " /Contents <00112233>", Field: "Rita", Direct: "/Rita (Rita)"}, w.rita)
			},
			want:    "the signature has two values for the same entry, so programs may read different signatures",
			poppler: "valid, whole", why: "another program may read the other value, and show another signer",
		},
		{
			name: "a field that holds a dictionary with two values that decide nothing",
			file: func(w *fixture) []byte {
				return w.sign(w.plain, pdftest.SignatureField{SubFilter: cades + " /Type /Sig /M (D:20260101) /M (D:20260102)", Field: "Rita", Direct: "/Rita (Rita)"}, w.rita)
			},
			want: "intact, whole",
		},
		{
			name: "a dictionary with two byte ranges",
			file: func(w *fixture) []byte {
				return w.sign(w.plain, pdftest.SignatureField{SubFilter: cades + " /ByteRange [0 10 20 30]", Field: "Rita"}, w.rita)
			},
			want:    "the signature has two values for the same entry, so programs may read different signatures; something hidden",
			poppler: "valid, whole", why: "another program may read the other range, and check other bytes",
		},
		{
			name: "signature wrapping: an update copies the dictionary with another byte range",
			file: func(w *fixture) []byte {
				s, o := only(w, w.signed), w.value(w.signed)
				evil := w.page(w.signed, "/Contents 4 0 R", "/Contents 30 0 R", pdftest.Object{Number: 30, Body: overlay})
				at := len(evil)
				evil = append(evil, w.signed[s.ByteRange[2]:]...) // the second covered part again
				_, numbers, _ := strings.Cut(o.Body, "/ByteRange ")
				numbers, _, _ = strings.Cut(numbers, "]")
				o = o.Replace(w, numbers, fmt.Sprintf("[0 %d %d %d", s.ContentsOffset, at, s.ByteRange[3]))
				return pdftest.Update(w, evil, o)
			},
			want:    "the signature leaves out more or less of the file than itself; something hidden",
			poppler: "valid", why: "all covered bytes are there, around a page that nobody signed",
		},
		{
			name: "one signature in two fields",
			file: func(w *fixture) []byte {
				return pdftest.Update(w, w.signed, pdftest.Object{Number: 40, Body: "<< /FT /Sig /T (B) /V 8 0 R >>"},
					pdftest.Find(w, w.signed, "/Catalog").Replace(w, "[9 0 R]", "[9 0 R 40 0 R]"))
			},
			want:    "intact, then something else and another signature",
			poppler: "valid; valid", why: "it was made once but would count as two signatures",
		},
		{
			name: "one signature in two fields, and a time-stamp",
			file: func(w *fixture) []byte {
				return w.stamped(pdftest.Update(w, w.signed, pdftest.Object{Number: 40, Body: "<< /FT /Sig /T (B) /V 8 0 R >>"},
					pdftest.Find(w, w.signed, "/Catalog").Replace(w, "[9 0 R]", "[9 0 R 40 0 R]")))
			},
			want:    "intact, then something else and another signature and a time-stamp; intact, whole",
			poppler: "valid; valid; invalid, whole", why: "it was made once, and pdfsig treats the time-stamp as a signature over the document itself",
		},
		{
			name: "two signature fields with the same value and different byte ranges",
			file: func(w *fixture) []byte {
				o := w.value(w.signed)
				_, numbers, _ := strings.Cut(o.Body, "/ByteRange ")
				numbers, _, _ = strings.Cut(numbers, "]")
				return pdftest.Update(w, w.signed, pdftest.Object{Number: 41, Body: o.Replace(w, numbers, "[0 10 20 30").Body},
					pdftest.Object{Number: 40, Body: "<< /FT /Sig /T (B) /V 41 0 R >>"},
					pdftest.Find(w, w.signed, "/Catalog").Replace(w, "[9 0 R]", "[9 0 R 40 0 R]"))
			},
			want:    "the signature leaves out more or less of the file than itself; intact, then something else and another signature",
			poppler: "valid; invalid", why: "the order follows from the ranges",
		},
		{
			name: "a signature without a field, in an object stream",
			file: func(w *fixture) []byte {
				var packed bytes.Buffer
				z := zlib.NewWriter(&packed)
				if _, err := z.Write([]byte("60 0 << /Type /Sig /ByteRange [0 1 2 3] /Contents <00> >>")); err != nil || z.Close() != nil {
					w.Fatal("could not compress")
				}
				return pdftest.Update(w, w.plain, pdftest.Object{Number: 61, Body: pdftest.Stream("/Type /ObjStm /N 1 /First 5 /Filter /FlateDecode", packed.String())})
			},
			want: "no signature; something hidden",
		},
		{
			name: "a removed signature, and usage rights that hide it",
			file: func(w *fixture) []byte {
				return w.catalog(w.change(w.signed, "/Catalog", "[9 0 R]", "[]"), "/Perms << /UR3 62 0 R >>",
					pdftest.Object{Number: 62, Body: "<< /Byte#52ange [0 1 2 3] /Contents <00> >>"})
			},
			want: "no signature; something hidden",
		},
		{
			name: "bytes before the header",
			file: func(w *fixture) []byte { return append([]byte("<script>\n"), w.signed...) },
			want: "bytes were put before the beginning of the PDF; the signature is intact without them, unchecked",
		},
		{
			name: "bytes before the header of a signature of another format",
			file: func(w *fixture) []byte {
				return append([]byte("<script>\n"), w.sign(w.plain, pdftest.SignatureField{SubFilter: "Own.format", Field: "Rita"}, w.rita)...)
			},
			want: "the signature leaves out more or less of the file than itself",
		},
		{
			name: "bytes before the header of a file that was changed",
			file: func(w *fixture) []byte {
				return append([]byte("<script>\n"), bytes.Replace(w.signed, []byte("/Count 1"), []byte("/Count 2"), 1)...)
			},
			want: "the signature leaves out more or less of the file than itself",
		},
		{
			name: "a removed signature is called usage rights",
			file: func(w *fixture) []byte {
				return w.catalog(w.change(w.signed, "/Catalog", "[9 0 R]", "[]"), "/Perms << /UR3 8 0 R >>")
			},
			want: "no signature; something hidden",
		},
		{
			name: "a dictionary with two types",
			file: func(w *fixture) []byte {
				return w.sign(w.plain, pdftest.SignatureField{SubFilter: cades + " /Type /Sigx", Field: "Rita"}, w.rita)
			},
			want: "intact, whole",
		},
		{
			name: "a dictionary with two kinds of signature",
			file: func(w *fixture) []byte {
				return w.sign(w.plain, pdftest.SignatureField{SubFilter: cades + " /SubFilter /ETSI.RFC3161", Field: "Rita"}, w.rita)
			},
			want:    "the signature has two values for the same entry, so programs may read different signatures",
			poppler: "invalid, whole", why: "what is ambiguous covers nothing for sure",
		},
		{
			name: "a dictionary that allows two things",
			file: func(w *fixture) []byte {
				reference := "/Reference [ << /TransformMethod /DocMDP /TransformParams << /P 1 /P 3 >> >> ]"
				return w.sign(w.plain, pdftest.SignatureField{SubFilter: cades + " " + reference, Field: "Rita"}, w.rita)
			},
			want:    "the signature has two values for the same entry, so programs may read different signatures",
			poppler: "valid, whole", why: "programs may read different permissions",
		},
		{
			name: "a signed file inside of a file",
			file: func(w *fixture) []byte {
				return w.catalog(w.plain, "/AF [30 0 R]", pdftest.Object{Number: 30, Body: pdftest.Stream("/Type /EmbeddedFile", string(w.signed))})
			},
			want: "no signature; something hidden",
		},
		{
			name: "a signature of another file",
			file: func(w *fixture) []byte {
				other := w.sign(pdftest.Plain(w, "Least"), ritaSlot, w.rita)
				file := bytes.Clone(w.signed)
				copy(value(file, only(w, file)), value(other, only(w, other)))
				return file
			},
			want: "the document was changed after it was signed, whole",
		},

		// Certificates and keys.
		{
			name: "an exponent of one: the padding itself is the value",
			file: func(w *fixture) []byte {
				return w.sign(w.plain, pdftest.SignatureField{SubFilter: detached, Field: "Rita"}, message{by: withExponentOne(w, rsaIdentity(w)), method: sequence(rsaKey, null)})
			},
			want:    "the key of the certificate is so weak that others can sign with it too (RSA 2048), unchecked, whole",
			poppler: "invalid, whole",
		},
		{
			name: "a certificate with more behind its signature",
			file: func(w *fixture) []byte {
				by := rsaIdentity(w)
				longer := *by.Certificate
				longer.Raw = sequence(inside(w, by.Certificate.Raw), integer(7))
				by.Certificate = &longer
				return w.sign(w.plain, pdftest.SignatureField{SubFilter: detached, Field: "Rita"}, message{by: by})
			},
			want: "the certificate of the signer cannot be read by this program, unchecked, whole",
		},
		{
			name: "the serial number of another certificate",
			file: func(w *fixture) []byte {
				by := rsaIdentity(w)
				other := *by.Certificate
				other.SerialNumber = new(big.Int).Neg(by.Certificate.SerialNumber)
				by.Certificate = &other
				return w.sign(w.plain, pdftest.SignatureField{SubFilter: detached, Field: "Rita"}, message{by: by})
			},
			want: "the signature does not include the certificate of its signer, unchecked, whole",
		},
		{
			name: "a key on a curve of the signer's own",
			file: func(w *fixture) []byte {
				by := pdftest.NewIdentity(w, "Rita")
				own := *by.Certificate
				named, parameters := oid(1, 2, 840, 10045, 3, 1, 7), sequence(integer(1), sequence(oid(1, 2, 840, 10045, 1, 1), integer(23)))
				own.Raw = renamed(w, by.Certificate.Raw, named, parameters)
				by.Certificate = &own
				return w.sign(w.plain, pdftest.SignatureField{SubFilter: detached, Field: "Rita"}, message{by: by})
			},
			want: "the certificate has a key of a kind that this program cannot check, unchecked, whole",
		},

		// Algorithms and attributes.
		{
			name:    "MD5",
			file:    func(w *fixture) []byte { return w.made(message{hash: crypto.MD5}) },
			want:    "intact, weak by MD5, whole",
			poppler: "invalid, whole", why: "the value is that of these bytes; that others can be made for it is said, and nobody trusts it",
		},
		{
			name: "SHA-1",
			file: func(w *fixture) []byte { return w.made(message{hash: crypto.SHA1}) },
			want: "intact, weak by SHA-1, whole",
		},
		{
			name: "no signed attributes",
			file: func(w *fixture) []byte { return w.made(message{withoutAttributes: true}) },
			want: "intact, whole",
		},
		{
			name: "no digest among the signed attributes",
			file: func(w *fixture) []byte { return w.made(message{withoutDigest: true}) },
			want: "the signature does not have all the attributes that it needs, unchecked, whole",
		},
		{
			name: "content in the message itself",
			file: func(w *fixture) []byte { return w.made(message{content: []byte("I owe you nothing")}) },
			want: "the signature is for other content, not for this document, whole",
		},
		{
			name:    "two signers",
			file:    func(w *fixture) []byte { return w.made(message{signers: 2}) },
			want:    "the signature does not have exactly one signer, unchecked, whole",
			poppler: "valid, whole", why: "a signature in a PDF has one signer; of two, each program may show another",
		},
		{
			name: "a certificate that does not match the signing-certificate attribute",
			file: func(w *fixture) []byte {
				return w.made(message{signingCertificate: pdftest.NewIdentity(w, "Someone Else").Certificate.Raw})
			},
			want:    "the signature was made for a different certificate than the one it includes, whole",
			poppler: "valid, whole", why: "the signed attributes name another certificate",
		},

		// Harmless updates after the signature.
		{
			name: "a line end after it",
			file: func(w *fixture) []byte { return appendText(w.signed, "\n") },
			want: "intact, then nothing",
		},
		{
			name: "a comment after it",
			file: func(w *fixture) []byte { return appendText(w.signed, "% nothing to see\n") },
			want: "intact, then nothing",
		},
		{
			name: "the same objects again",
			file: func(w *fixture) []byte {
				return pdftest.Update(w, w.signed, pdftest.Find(w, w.signed, "/Type /Page\n"))
			},
			want: "intact, then nothing",
		},
		{
			name: "another signature",
			file: func(w *fixture) []byte {
				return w.sign(w.signed, pdftest.SignatureField{SubFilter: cades, Field: "Sam"}, w.rita)
			},
			want: "intact, then another signature; intact, whole",
		},
		{
			name:    "a time-stamp",
			file:    func(w *fixture) []byte { return w.stamped(w.signed) },
			want:    "intact, then a time-stamp; intact, whole",
			poppler: "valid; invalid, whole", why: "pdfsig treats the time-stamp as a signature over the document itself",
		},
		{
			name: "validation data",
			file: func(w *fixture) []byte { return w.withValidationData(w.signed) },
			want: "intact, then validation data",
		},
		{
			name: "another signature, behind one that refers to the root of the document",
			file: func(w *fixture) []byte {
				slot := pdftest.SignatureField{SubFilter: cades + " /Reference [ << /Type /SigRef /TransformMethod /FieldMDP /Data 7 0 R >> ]", Field: "Rita"}
				return w.sign(w.sign(w.plain, slot, w.rita), pdftest.SignatureField{SubFilter: cades, Field: "Sam"}, w.rita)
			},
			want: "intact, then another signature; intact, whole",
		},
		{
			name: "another title in the properties",
			file: func(w *fixture) []byte {
				return w.change(w.signed, "/Producer", "/Producer", "/Subject (Rent) /Producer")
			},
			want: "intact, then properties of the file",
		},

		// Updates that may change what is seen.
		{
			name: "the page was replaced",
			file: func(w *fixture) []byte {
				return w.page(w.signed, "/Contents 4 0 R", "/Contents 30 0 R", pdftest.Object{Number: 30, Body: overlay})
			},
			want: "intact, then something else",
		},
		{
			name: "the content of the page was replaced",
			file: func(w *fixture) []byte {
				return pdftest.Update(w, w.signed, pdftest.Object{Number: 4, Body: overlay})
			},
			want: "intact, then something else",
		},
		{
			name: "a font was replaced",
			file: func(w *fixture) []byte { return w.change(w.signed, "/BaseFont", "/Helvetica", "/Symbol") },
			want: "intact, then something else",
		},
		{
			name: "a page was added",
			file: func(w *fixture) []byte {
				return pdftest.Update(w, w.signed, pdftest.Object{Number: 31, Body: "<< /Type /Page /Parent 1 0 R /Contents 4 0 R >>"},
					pdftest.Find(w, w.signed, "/Kids").Replace(w, "[3 0 R ]", "[3 0 R 31 0 R]").Replace(w, "/Count 1", "/Count 2"))
			},
			want: "intact, then something else",
		},
		{
			name: "the page tree points to another page",
			file: func(w *fixture) []byte {
				return pdftest.Update(w, w.signed, pdftest.Object{Number: 31, Body: "<< /Type /Page /Parent 1 0 R /Contents 30 0 R >>"}, pdftest.Object{Number: 30, Body: overlay},
					pdftest.Find(w, w.signed, "/Kids").Replace(w, "[3 0 R ]", "[31 0 R]"))
			},
			want: "intact, then something else",
		},
		{
			name: "another catalog",
			file: func(w *fixture) []byte {
				root := pdftest.Find(w, w.signed, "/Catalog").Replace(w, "/Pages 1 0 R", "/Pages 32 0 R")
				return pdftest.UpdateWith(w, w.signed, "/Root 33 0 R", pdftest.Object{Number: 33, Body: root.Body},
					pdftest.Object{Number: 32, Body: "<< /Type /Pages /Kids [31 0 R] /Count 1 /MediaBox [0 0 600 800] >>"},
					pdftest.Object{Number: 31, Body: "<< /Type /Page /Parent 32 0 R /Contents 30 0 R >>"}, pdftest.Object{Number: 30, Body: overlay})
			},
			want: "intact, then something else",
		},
		{
			name: "an unused object of the signed file is shown",
			file: func(w *fixture) []byte {
				hidden := pdftest.Update(w, w.plain, pdftest.Object{Number: 30, Body: overlay})
				return w.page(w.sign(hidden, ritaSlot, w.rita), "/Contents 4 0 R", "/Contents 30 0 R")
			},
			want: "intact, then something else",
		},
		{
			name: "a missing object of the signed file is added",
			file: func(w *fixture) []byte {
				missing := w.page(w.plain, "/Contents 4 0 R", "/Contents [4 0 R 50 0 R]")
				return pdftest.Update(w, w.sign(missing, ritaSlot, w.rita), pdftest.Object{Number: 50, Body: overlay})
			},
			want: "intact, then something else",
		},
		{
			name: "a note covers the page",
			file: func(w *fixture) []byte {
				return w.page(w.signed, "/Contents", "/Annots [34 0 R] /Contents", pdftest.Object{Number: 30, Body: overlay},
					pdftest.Object{Number: 34, Body: "<< /Type /Annot /Subtype /FreeText /Rect [0 0 600 800] /Contents (paid) /AP << /N 30 0 R >> >>"})
			},
			want: "intact, then annotations",
		},
		{
			name: "a picture of a signature covers the page, and nobody signed",
			file: func(w *fixture) []byte {
				field := pdftest.Object{Number: 34, Body: "<< /FT /Sig /T (X) /Type /Annot /Subtype /Widget /Rect [0 0 600 800] /AP << /N 30 0 R >> /V << /Type /Sig >> >>"}
				return pdftest.Update(w, w.signed, field, pdftest.Object{Number: 30, Body: overlay},
					pdftest.Find(w, w.signed, "/Type /Page\n").Replace(w, "/Contents", "/Annots [34 0 R] /Contents"),
					pdftest.Find(w, w.signed, "/Catalog").Replace(w, "[9 0 R]", "[9 0 R 34 0 R]"))
			},
			want: "intact, then something else and a picture of a signature and another signature; the signature does not state which bytes of the file it covers",
		},
		{
			name: "the signature's own field was given a picture",
			file: func(w *fixture) []byte {
				return pdftest.Update(w, w.signed, pdftest.Find(w, w.signed, "/FT /Sig").Replace(w, "/Rect [0 0 0 0]", "/Rect [0 0 600 800] /AP << /N 30 0 R >>"), pdftest.Object{Number: 30, Body: overlay})
			},
			want: "intact, then something else",
		},
		{
			name: "a field was filled in",
			file: func(w *fixture) []byte {
				return w.change(w.signedForm, "/FT /Tx", "/T (Tenant)", "/T (Tenant) /V (Nobody)")
			},
			want: "intact, then form fields",
		},
		{
			name: "a script was added",
			file: func(w *fixture) []byte {
				return w.catalog(w.signed, "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>")
			},
			want: "intact, then something else",
		},
		{
			name: "a layer was added",
			file: func(w *fixture) []byte {
				return w.catalog(w.signed, "/OCProperties << /OCGs [] /D << >> >>")
			},
			want: "intact, then something else",
		},
		{
			name: "a page with one key twice",
			file: func(w *fixture) []byte {
				return w.page(w.signed, "/Contents 4 0 R", "/Contents 4 0 R /Contents 30 0 R", pdftest.Object{Number: 30, Body: overlay})
			},
			want: "intact, then something else",
		},
		{
			name: "the page was replaced and restored",
			file: func(w *fixture) []byte {
				page := pdftest.Find(w, w.signed, "/Type /Page\n")
				return pdftest.Update(w, w.page(w.signed, "/Contents 4 0 R", "/Contents 30 0 R", pdftest.Object{Number: 30, Body: overlay}), page)
			},
			want: "intact, then something else",
		},
		{
			name: "the page was replaced and signed again",
			file: func(w *fixture) []byte {
				return w.sign(w.page(w.signed, "/Contents 4 0 R", "/Contents 30 0 R", pdftest.Object{Number: 30, Body: overlay}), pdftest.SignatureField{SubFilter: cades, Field: "Sam"}, w.rita)
			},
			want: "intact, then something else and another signature; intact, whole",
		},
		{
			name: "a certified file that allows nothing was filled in",
			file: func(w *fixture) []byte {
				return w.change(w.certify(w.form, 1), "/FT /Tx", "/T (Tenant)", "/T (Tenant) /V (Nobody)")
			},
			want: "intact, then form fields, breached",
		},
		{
			name: "a certified file that allows it was filled in",
			file: func(w *fixture) []byte {
				return w.change(w.certify(w.form, 2), "/FT /Tx", "/T (Tenant)", "/T (Tenant) /V (Nobody)")
			},
			want: "intact, then form fields",
		},

		{
			name: "a note was changed",
			file: func(w *fixture) []byte {
				return w.change(w.sign(w.noted(), ritaSlot, w.rita), "(draft)", "(draft)", "(final)")
			},
			want: "intact, then annotations",
		},
		{
			name: "a note was given an action",
			file: func(w *fixture) []byte {
				return w.change(w.sign(w.noted(), ritaSlot, w.rita), "(draft)", "/Contents", "/A << /S /JavaScript /JS (app.alert\\(1\\)) >> /Contents")
			},
			want: "intact, then something else",
		},
		{
			name: "a certified file that allows annotations was annotated",
			file: func(w *fixture) []byte { return w.change(w.certify(w.noted(), 3), "(draft)", "(draft)", "(final)") },
			want: "intact, then annotations",
		},
		{
			name: "a certified file that does not allow annotations was annotated",
			file: func(w *fixture) []byte { return w.change(w.certify(w.noted(), 2), "(draft)", "(draft)", "(final)") },
			want: "intact, then annotations, breached",
		},
		{
			name: "a certified file with an unknown permission was filled in",
			file: func(w *fixture) []byte {
				return w.change(w.certify(w.form, 9), "/FT /Tx", "/T (Tenant)", "/T (Tenant) /V (Nobody)")
			},
			want: "intact, then form fields, breached",
		},
		{
			name: "the fonts of the form were changed",
			file: func(w *fixture) []byte {
				return w.change(w.signedForm, "/Catalog", "/AcroForm << ", "/AcroForm << /DA (/Symb 12 Tf) ")
			},
			want: "intact, then form fields",
		},

		// Broken cross-reference tables.
		{
			name: "an object that no table lists",
			file: func(w *fixture) []byte {
				return appendText(w.signed, "4 0 obj\n"+overlay+"\nendobj\n")
			},
			want: "intact, then something that could not be compared",
		},
		{
			name: "an update without a table",
			file: func(w *fixture) []byte {
				return appendText(w.signed, "4 0 obj\n"+overlay+"\nendobj\nstartxref\n0\n%%EOF\n")
			},
			want:    "no signature; something hidden",
			poppler: "valid", why: "each program repairs such a file differently, so it is not known what they show",
		},
		{
			name: "an update whose startxref is wrong",
			file: func(w *fixture) []byte {
				file := pdftest.Update(w, w.signed, pdftest.Object{Number: 4, Body: overlay})
				at := lastStartXRef(w, file)
				return replaceLast(w, file, fmt.Sprint("startxref\n", at), fmt.Sprint("startxref\n", at-9))
			},
			want: "intact, then something else",
		},
		{
			name: "an update whose table refers to itself",
			file: func(w *fixture) []byte {
				file := pdftest.Update(w, w.signed, pdftest.Object{Number: 4, Body: overlay})
				at := bytes.LastIndex(file, []byte("xref\n4 1"))
				old := fmt.Sprintf("/Prev %d", lastStartXRef(w, w.signed))
				return replaceLast(w, file, old, fmt.Sprintf("/Prev %0*d", len(old)-len("/Prev "), at))
			},
			want: "intact, then something else",
		},
		{
			name: "an update with a hybrid table",
			file: func(w *fixture) []byte {
				return pdftest.UpdateWith(w, w.signed, "/XRefStm 100", pdftest.Find(w, w.signed, "/Type /Page\n"))
			},
			want: "intact, then something else",
		},
		{
			name: "an update with a good table and a second one in a stream that only some programs read",
			file: func(w *fixture) []byte {
				page := pdftest.Find(w, w.signed, "/Type /Page\n")
				rows := string([]byte{1, 0, 0, 0, 0})
				second := pdftest.Object{Number: 41, Body: pdftest.Stream("/Type /XRef /Size 43 /Index [42 1] /W [1 3 1] /Root 7 0 R", rows)}
				start := "41 0 obj" // the first object that the update writes
				file := pdftest.UpdateWith(w, w.signed, fmt.Sprintf("/XRefStm %010d", len(w.signed)), second, pdftest.Object{Number: 43, Body: page.Body})
				if !bytes.HasPrefix(file[len(w.signed):], []byte(start)) {
					w.Fatal("the second table is elsewhere")
				}
				return file
			},
			want: "intact, then nothing", // object 42 is at the beginning of the file, and nothing refers to it
		},
		{
			name: "an update with an object that its table does not list",
			file: func(w *fixture) []byte {
				page := pdftest.Find(w, w.signed, "/Type /Page\n")
				page.Body += "\nendobj\n4 0 obj\n" + overlay
				return pdftest.Update(w, w.signed, page)
			},
			want: "intact, then something that could not be compared",
		},

		// Encryption.
		{
			name: "a file that is encrypted and opens",
			file: func(w *fixture) []byte { return pdftest.EncryptedWith(w, "") },
			want: "no signature; encrypted",
		},
		{
			name: "a file that is encrypted, opens, and was signed",
			file: func(w *fixture) []byte {
				return w.sign(pdftest.EncryptedWith(w, ""), ritaSlot, w.rita)
			},
			want: "intact, whole; encrypted",
		},
		{
			name: "a file with a password",
			file: func(w *fixture) []byte { return pdftest.Encrypted(w) },
			want: "the PDF can only be opened with a password",
		},
	}
}

// summary returns what this package reports for a file, in short.
func summary(report pdf.Report, err error) string {
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, s := range report.Signatures {
		text := s.Problem
		if s.Intact() {
			text = "intact"
		}
		if s.Weak != "" {
			text += ", weak by " + s.Weak
		}
		if s.State == pdf.Unchecked {
			text += ", unchecked"
		}
		switch {
		case s.CoversWholeFile:
			text += ", whole"
		case s.Intact() && len(s.Appended.Changes) == 0:
			text += ", then nothing"
		case s.Intact():
			text += ", then " + changes(s.Appended.Changes)
		}
		if s.Violation != "" {
			text += ", breached"
		}
		all = append(all, text)
	}
	if len(all) == 0 {
		all = append(all, "no signature")
	}
	if len(report.UnsignedFields) > 0 {
		all = append(all, "a blank field")
	}
	if report.OrphanedByteRanges > 0 {
		all = append(all, "something hidden")
	}
	if report.Encrypted {
		all = append(all, "encrypted")
	}
	return strings.Join(all, "; ")
}

func changes(all []pdf.Change) string {
	var texts []string
	for _, c := range all {
		texts = append(texts, string(c))
	}
	return strings.Join(texts, " and ")
}

func TestAttacks(t *testing.T) {
	w := newFixture(t)
	for _, a := range append(attacks(), updateAttacks()...) {
		t.Run(a.name, func(t *testing.T) {
			file := a.file(w)
			report, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.Options{Anchors: pdftest.Anchors(t)})
			if got := summary(report, err); got != a.want {
				t.Errorf("got %q, want %q", got, a.want)
			}
			var mine []outcome
			for _, s := range report.Signatures {
				mine = append(mine, outcome{s.Intact(), s.CoversWholeFile})
				if s.Trusted && !s.Intact() {
					t.Error("a signature is trusted but not intact")
				}
			}
			theirs, ours := describeOutcomes(askPoppler(t, file)), describeOutcomes(mine)
			switch {
			case theirs == ours:
			case a.poppler == "" || a.why == "":
				t.Errorf("pdfsig reports %q, we report %q, and the attack has no reason for that", theirs, ours)
			case theirs != a.poppler:
				t.Errorf("pdfsig reports %q, want %q", theirs, a.poppler)
			}
		})
	}
}

func describeOutcomes(all []outcome) string {
	var texts []string
	for _, o := range all {
		text := "invalid"
		if o.valid {
			text = "valid"
		}
		if o.whole {
			text += ", whole"
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		return "no signature"
	}
	return strings.Join(texts, "; ")
}
