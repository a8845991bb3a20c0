package pdf_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// signedByReference returns a file whose signature dictionary refers to the values of /Contents and /ByteRange. The objects
// after the dictionary are in that order: the value, and those of more.
func signedByReference(t testing.TB, m message, more ...string) []byte {
	const space = 4096
	out := bytes.Clone(pdftest.Plain(t, "Lease"))
	out = append(out, '\n')
	catalog := pdftest.Find(t, out, "/Catalog")
	offsets := map[int]int{}
	write := func(number int, body string) {
		offsets[number] = len(out)
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", number, body)
	}
	write(catalog.Number, strings.Replace(catalog.Body, "/Pages", "/AcroForm << /Fields [51 0 R] >> /Pages", 1))
	write(50, "<< /Type /Sig /Filter 54 0 R /SubFilter /adbe.pkcs7.detached /ByteRange 53 0 R /Contents 52 0 R >>")
	write(54, "/Adobe.PPKLite")
	write(51, "<< /FT /Sig /T (A) /V 50 0 R >>")
	const numbers = "[0 0000000000 0000000000 0000000000]"
	write(53, numbers)
	write(52, "<"+strings.Repeat("0", 2*space)+">")
	for i, body := range more {
		write(60+i, body)
	}
	xref := len(out)
	out = append(out, "xref\n"...)
	most := 0
	for number := range 100 {
		if offset, ok := offsets[number]; ok {
			out = fmt.Appendf(out, "%d 1\n%010d 00000 n \n", number, offset)
			most = number
		}
	}
	_, prev, _ := strings.Cut(string(out[bytes.LastIndex(out[:xref-1], []byte("startxref")):]), "\n")
	prev, _, _ = strings.Cut(prev, "\n")
	out = fmt.Appendf(out, "trailer\n<< /Size %d /Root %d 0 R /Prev %s >>\nstartxref\n%d\n%%%%EOF\n", most+1, catalog.Number, prev, xref)
	from := offsets[52] + len("52 0 obj\n")
	to := from + 2*space + 2
	copy(out[bytes.LastIndex(out, []byte(numbers)):], fmt.Sprintf("[0 %010d %010d %010d]", from, to, len(out)-to))
	value := fmt.Sprintf("%x", m.make(t)(append(bytes.Clone(out[:from]), out[to:]...)))
	copy(out[from+1:], value)
	return out
}

func TestValuesByReference(t *testing.T) {
	by := pdftest.NewIdentity(t, "Ann Example")
	file := signedByReference(t, message{by: by})
	accepted(t, only(t, file))
	_, numbers, _ := strings.Cut(string(file), "53 0 obj\n[0 ")
	numbers, _, _ = strings.Cut(numbers, "]")
	dictionary := "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 " + numbers + "] /Contents 52 0 R >>"
	for name, evil := range map[string][]byte{
		"the dictionary is replaced":          pdftest.Update(t, file, pdftest.Object{Number: 50, Body: dictionary}),
		"the value is replaced":               pdftest.Update(t, file, pdftest.Object{Number: 52, Body: "<00>"}),
		"the value is copied":                 pdftest.Update(t, file, pdftest.Find(t, file, "<30")),
		"the range is replaced":               pdftest.Update(t, file, pdftest.Object{Number: 53, Body: "[0 10 20 30]"}),
		"another object is inside of the gap": bytes.Replace(file, []byte("0>\nendobj\n"), []byte("0> endobj"), 1),
	} {
		for _, s := range read(t, evil) {
			if s.State == pdf.Intact {
				t.Errorf("%s: it is intact", name)
			}
		}
	}
}

// A time-stamp may leave its certificate to the signature.
func TestCertificateOfTheAuthorityInTheSignature(t *testing.T) {
	by, authority := rsaIdentity(t), clock(t)
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	m := message{by: by, beside: authority.Certificate.Raw, unsigned: func(t testing.TB, signature []byte) []byte {
		info := timestampInfo(signature, at)
		token := message{by: authority, content: info, contentKind: tstInfo, withoutCertificate: true}.make(t)(nil)
		return sequence(timestampToken, set(token))
	}}
	got := only(t, pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: cades}, m.make(t)))
	if s := got.SignatureTimestamp; s == nil || !s.Intact() || !s.Trusted || !s.At.Equal(at) {
		t.Errorf("got %+v", s)
	}
}
