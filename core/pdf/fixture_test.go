package pdf_test

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"testing"
	"time"

	"countersign/core/pdf/pdftest"
)

// fixture has the files that the attacks start from.
type fixture struct {
	testing.TB
	plain      []byte // one page with the text Lease
	form       []byte // plain, with a text field called Tenant
	signed     []byte // plain, signed by Rita
	signedForm []byte // form, signed by Rita; the field is empty
	rita       message
}

const cades = "ETSI.CAdES.detached"

var ritaSlot = pdftest.SignatureField{SubFilter: cades, Field: "Rita"}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	w := &fixture{TB: t, plain: pdftest.Plain(t, "Lease")}
	w.rita = message{by: rsaIdentity(t), at: time.Now()}
	w.rita.signingCertificate = w.rita.by.Certificate.Raw
	w.signed = w.sign(w.plain, ritaSlot, w.rita)
	page := pdftest.Find(t, w.plain, "/Type /Page\n")
	w.form = pdftest.Update(t, w.plain,
		pdftest.Object{Number: 20, Body: "<< /FT /Tx /Type /Annot /Subtype /Widget /Rect [50 50 250 80] /T (Tenant) /DA (/Helv 12 Tf) >>"},
		page.Replace(t, "/Contents", "/Annots [20 0 R] /Contents"),
		pdftest.Find(t, w.plain, "/Catalog").Replace(t, "/Pages", "/AcroForm << /Fields [20 0 R] >> /Pages"),
	)
	w.signedForm = w.sign(w.form, ritaSlot, w.rita)
	return w
}

// noted returns plain with a note on its page.
func (w *fixture) noted() []byte {
	w.Helper()
	return w.page(w.plain, "/Contents", "/Annots [34 0 R] /Contents",
		pdftest.Object{Number: 34, Body: "<< /Type /Annot /Subtype /Text /Rect [10 10 30 30] /Contents (draft) >>"})
}

func (w *fixture) sign(file []byte, slot pdftest.SignatureField, m message) []byte {
	w.Helper()
	return pdftest.Embed(w, file, slot, m.make(w))
}

// change appends an update that replaces old in the first object that contains text.
func (w *fixture) change(file []byte, text, old, with string) []byte {
	w.Helper()
	return pdftest.Update(w, file, pdftest.Find(w, file, text).Replace(w, old, with))
}

// page appends an update of the page object, and more objects.
func (w *fixture) page(file []byte, old, with string, more ...pdftest.Object) []byte {
	w.Helper()
	return pdftest.Update(w, file, append(more, pdftest.Find(w, file, "/Type /Page\n").Replace(w, old, with))...)
}

// catalog appends an update with one more entry in the catalog, and more objects.
func (w *fixture) catalog(file []byte, entry string, more ...pdftest.Object) []byte {
	w.Helper()
	return pdftest.Update(w, file, append(more, pdftest.Find(w, file, "/Catalog").Replace(w, "/Pages", entry+" /Pages"))...)
}

// signRange replaces the signature by one over the byte range that choose returns. choose gets the offsets where the gap
// begins and ends, and the size of the file.
func (w *fixture) signRange(file []byte, choose func(at, end, size int) [4]int) []byte {
	w.Helper()
	s := only(w, file)
	numbers := choose(int(s.ByteRange[1]), int(s.ByteRange[2]), len(file))
	out := bytes.Clone(file)
	at := bytes.LastIndex(out, []byte("/ByteRange ")) + len("/ByteRange ")
	copy(out[at:], fmt.Sprintf("[%d %010d %010d %010d]", numbers[0], numbers[1], numbers[2], numbers[3]))
	part := func(from, length int) []byte { return out[min(from, len(out)):min(from+length, len(out))] }
	value := fmt.Sprintf("%x", w.rita.make(w)(append(bytes.Clone(part(numbers[0], numbers[1])), part(numbers[2], numbers[3])...)))
	copy(out[s.ContentsOffset+1:], value)
	return out
}

// value returns the object with the first signature dictionary.
func (w *fixture) value(file []byte) pdftest.Object {
	w.Helper()
	return pdftest.Find(w, file, "/Type /Sig ")
}

var overlay = pdftest.Stream("/Type /XObject /Subtype /Form /BBox [0 0 600 800]", "1 1 1 rg 0 0 600 800 re f")

// made returns plain, signed by Rita with a message of that kind.
func (w *fixture) made(m message) []byte {
	w.Helper()
	m.by, m.at = w.rita.by, w.rita.at
	return w.sign(w.plain, pdftest.SignatureField{SubFilter: detached, Field: "Rita"}, m)
}

// stamped appends a document time-stamp.
func (w *fixture) stamped(file []byte) []byte {
	w.Helper()
	return pdftest.Embed(w, file, pdftest.SignatureField{SubFilter: "ETSI.RFC3161", Field: "Stamp"}, timestamp(w, clock(w), time.Now()))
}

// withValidationData appends a /DSS dictionary with the certificate and an empty CRL of the test authority.
func (w *fixture) withValidationData(file []byte) []byte {
	w.Helper()
	return w.withCRL(file, pdftest.RevocationList(w))
}

func (w *fixture) withCRL(file, list []byte) []byte {
	w.Helper()
	return w.catalog(file, "/DSS << /Certs [60 0 R] /CRLs [61 0 R] >>",
		pdftest.Object{Number: 60, Body: pdftest.Stream("", string(pdftest.Authority(w).Raw))},
		pdftest.Object{Number: 61, Body: pdftest.Stream("", string(list))})
}

// certify signs with a DocMDP permission.
func (w *fixture) certify(file []byte, permission int) []byte {
	w.Helper()
	reference := fmt.Sprintf("/Reference [ << /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P %d /V /1.2 >> >> ]", permission)
	return w.sign(file, pdftest.SignatureField{SubFilter: cades + " " + reference, Field: "Rita"}, w.rita)
}

// clock returns the identity of a time-stamping authority.
func clock(t testing.TB) pdftest.Identity {
	t.Helper()
	return pdftest.NewIdentityWithUse(t, "Clock Example", x509.ExtKeyUsageTimeStamping)
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

// lastStartXRef returns the offset of the last cross-reference table of a file.
func lastStartXRef(t testing.TB, file []byte) (n int) {
	t.Helper()
	if _, err := fmt.Sscanf(string(file[bytes.LastIndex(file, []byte("startxref\n")):]), "startxref\n%d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}
