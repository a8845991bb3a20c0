package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/digitorus/pdf"
)

const (
	// contentsSize is the room for the CMS in bytes: two small certificates and an ECDSA signature need about 1.5 kB.
	contentsSize = 4096
	// byteRangeBlank holds ten digits for each number that is known only when the file is whole.
	byteRangeBlank = "[0 ********** ********** **********]"
)

// signature says how to sign one document.
type signature struct {
	Field                     string // the name asked for; "" leaves it to the gateway
	Reason, Location, Contact string
	Box                       *signatureBox // nil: invisible
	At                        time.Time
}

// signatureBox places a visible signature, in PDF points from the lower left corner of the page.
type signatureBox struct {
	Page                int // from 1; 0 means the last one
	X, Y, Width, Height float64
	Lines               []string
}

// signPDF appends a PAdES baseline B-B signature (ETSI EN 319 142-1) as an incremental update. Errors that
// lie with the document are sentences for people.
func signPDF(original []byte, s signature, id *identity) (signed []byte, err error) {
	defer recoverPDF(&err)
	f, err := parsePDF(original)
	if err != nil {
		return nil, err
	}
	if f.lockedByCertification() {
		return nil, errCertified
	}
	if s.Field == "" {
		s.Field = f.freeFieldName()
	}
	if f.fields[s.Field] {
		return nil, errFieldInUse
	}
	u := newPDFUpdate(f)
	if err := u.addSignature(s, id.certificate.Subject.CommonName); err != nil {
		return nil, err
	}
	signed, err = fillSignature(u.bytes(), len(original), id)
	if err != nil {
		return nil, err
	}
	if err := checkContinuation(original, signed, f); err != nil {
		return nil, err
	}
	return signed, nil
}

// checkContinuation is the promise of this package to its clients: a signed file begins with the exact
// bytes that were sent, can be read, and holds one signature more.
func checkContinuation(original, signed []byte, before *pdfFile) error {
	if len(signed) <= len(original) || !bytes.HasPrefix(signed, original) {
		return errors.New("the signed document does not begin with the bytes that were sent")
	}
	after, err := parsePDF(signed)
	if err != nil || len(after.signatures) != len(before.signatures)+1 {
		return errors.New("the document is built in a way this gateway cannot sign without damaging it")
	}
	return nil
}

// freeFieldName finds a name no field has yet.
func (f *pdfFile) freeFieldName() string {
	for n := len(f.signatures) + 1; ; n++ {
		if name := fmt.Sprintf("Signature%d", n); !f.fields[name] {
			return name
		}
	}
}

// addSignature adds the signature dictionary with blanks, its field and widget, and its appearance.
func (u *pdfUpdate) addSignature(s signature, signer string) error {
	number, rectangle := 1, "[0 0 0 0]"
	if b := s.Box; b != nil {
		number = b.Page
		if number == 0 {
			number = u.file.reader.NumPage()
		}
		rectangle = fmt.Sprintf("[%.2f %.2f %.2f %.2f]", b.X, b.Y, b.X+b.Width, b.Y+b.Height)
	}
	if number > u.file.reader.NumPage() {
		return errNoSuchPage
	}
	page := u.file.reader.Page(number).V
	if page.Kind() != pdf.Dict {
		return errNotPDF
	}
	field := pdfDict{
		"Type":    "/Annot",
		"Subtype": "/Widget",
		"FT":      "/Sig",
		"T":       pdfText(s.Field),
		"V":       u.add(signatureDictionary(s, signer)),
		"P":       write(page, u.file.reader.Trailer(), 0),
		"Rect":    rectangle,
		"F":       "132", // print, locked
	}
	if s.Box != nil {
		field["AP"] = "<</N " + u.add(appearance(s.Box)) + ">>"
	}
	u.addField(page, u.add(field.String()))
	return nil
}

func signatureDictionary(s signature, signer string) string {
	var b strings.Builder
	// The blanks come in this order: fillSignature counts on it.
	fmt.Fprintf(&b, "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange %s/Contents <%s>",
		byteRangeBlank, strings.Repeat("0", 2*contentsSize))
	fmt.Fprintf(&b, "/M(%s)", pdfDate(s.At))
	for _, entry := range []struct{ key, text string }{
		{"Name", signer}, {"Reason", s.Reason}, {"Location", s.Location}, {"ContactInfo", s.Contact},
	} {
		if entry.text != "" {
			fmt.Fprintf(&b, "/%s%s", entry.key, pdfText(entry.text))
		}
	}
	b.WriteString(">>")
	return b.String()
}

// fillSignature writes the byte range and the CMS into the blanks, which it looks for behind the original bytes only.
func fillSignature(file []byte, from int, id *identity) ([]byte, error) {
	at := bytes.Index(file[from:], []byte(byteRangeBlank))
	if at < 0 {
		return nil, errors.New("byte range blank not found")
	}
	at += from
	marker := []byte("/Contents <")
	open := bytes.Index(file[at:], marker)
	if open < 0 {
		return nil, errors.New("contents blank not found")
	}
	open += at + len(marker) - 1 // at the "<"
	end := open + 2*contentsSize + 2

	numbers := fmt.Sprintf("[0 %d %d %d", open, end, len(file)-end)
	copy(file[at:], fmt.Sprintf("%-*s]", len(byteRangeBlank)-1, numbers))

	digest := sha256.New()
	digest.Write(file[:open])
	digest.Write(file[end:])
	cms, err := detachedCAdES(digest.Sum(nil), id)
	if err != nil {
		return nil, err
	}
	if len(cms) > contentsSize {
		return nil, errors.New("signature is larger than the room kept for it")
	}
	hex.Encode(file[open+1:], cms)
	return file, nil
}

// appearance draws the lines of a visible signature in a plain frame.
func appearance(b *signatureBox) string {
	size := min(10, b.Height/(1.25*float64(len(b.Lines))+0.5))
	var c strings.Builder
	fmt.Fprintf(&c, "q 0.4 w 0.35 G 0.5 0.5 %.2f %.2f re S Q BT /F1 %.2f Tf %.2f TL 4 %.2f Td\n",
		b.Width-1, b.Height-1, size, 1.25*size, b.Height-0.25*size)
	for _, line := range b.Lines {
		fmt.Fprintf(&c, "T* <%x> Tj\n", latin1(line))
	}
	c.WriteString("ET")
	return fmt.Sprintf("<</Type/XObject/Subtype/Form/BBox[0 0 %.2f %.2f]/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>>>>>/Length %d>>\nstream\n%s\nendstream",
		b.Width, b.Height, c.Len(), c.String())
}

// latin1 gives text in the encoding of the standard fonts, with a question mark for what they lack.
func latin1(text string) []byte {
	var b []byte
	for _, r := range text {
		if r > 0xff {
			r = '?'
		}
		b = append(b, byte(r))
	}
	return b
}

// pdfText writes a text string (ISO 32000-1, 7.9.2.2): ASCII as it is, anything else as UTF-16.
func pdfText(text string) string {
	ascii := true
	for _, r := range text {
		ascii = ascii && r < 0x80
	}
	if ascii {
		return fmt.Sprintf("<%x>", text)
	}
	encoded := []byte{0xfe, 0xff}
	for _, unit := range utf16.Encode([]rune(text)) {
		encoded = append(encoded, byte(unit>>8), byte(unit))
	}
	return fmt.Sprintf("<%x>", encoded)
}
