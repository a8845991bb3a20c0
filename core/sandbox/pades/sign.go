package pades

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

const (
	// contentsSize is the space reserved for the CMS, in bytes. Two small certificates and an ECDSA signature need about 1,500.
	contentsSize = 4096
	// byteRangeBlank reserves ten digits for each of the numbers that are known only when the file is complete.
	byteRangeBlank = "[0 ********** ********** **********]"
)

// Sign returns a copy of original with the signature that wanted describes appended. The text of an error is for the signer: it says what
// is wrong with the document, or with the field or page in wanted.
func (s *Signer) Sign(original []byte, wanted Signature) (signed []byte, err error) {
	defer recoverDamaged(&err)
	d, err := parse(original)
	if err != nil {
		return nil, err
	}
	if d.lockedByCertification() {
		return nil, errCertified
	}
	if wanted.Field == "" {
		wanted.Field = d.freeFieldName()
	}
	if d.fields[wanted.Field] {
		return nil, errFieldInUse
	}
	u := newUpdate(d)
	if err := u.addSignature(wanted, s.certificate.Subject.CommonName); err != nil {
		return nil, err
	}
	signed, err = fillSignature(u.bytes(), len(original), s)
	if err != nil {
		return nil, err
	}
	if err := checkContinuation(original, signed, d); err != nil {
		return nil, err
	}
	return signed, nil
}

// checkContinuation returns an error unless signed begins with the bytes of original, can be parsed, and has one signature more than
// original. before is original as it was parsed.
func checkContinuation(original, signed []byte, before *document) error {
	if len(signed) <= len(original) || !bytes.HasPrefix(signed, original) {
		return errors.New("the signed document does not begin with the bytes that were sent")
	}
	after, err := parse(signed)
	if err != nil || len(after.signatures) != len(before.signatures)+1 {
		return errors.New("the structure of the document does not allow it to be signed without damage")
	}
	return nil
}

// freeFieldName returns a name of the form SignatureN that no field has.
func (d *document) freeFieldName() string {
	for n := len(d.signatures) + 1; ; n++ {
		if name := fmt.Sprintf("Signature%d", n); !d.fields[name] {
			return name
		}
	}
}

// addSignature adds a signature field whose value is a dictionary with blanks for fillSignature. The field is its own widget
// annotation (ISO 32000-1, 12.7.4.5); an invisible one stands on the first page and has no area.
func (u *update) addSignature(s Signature, signer string) error {
	pages, number, rectangle := u.document.pages, 1, "[0 0 0 0]"
	if b := s.Box; b != nil {
		number = b.Page
		if number == 0 {
			number = len(pages)
		}
		rectangle = fmt.Sprintf("[%.2f %.2f %.2f %.2f]", b.X, b.Y, b.X+b.Width, b.Y+b.Height)
	}
	if number > len(pages) {
		return errNoSuchPage
	}
	p := pages[number-1]
	field := dictionary{
		"Type":    "/Annot",
		"Subtype": "/Widget",
		"FT":      "/Sig",
		"T":       textString(s.Field),
		"V":       u.add(signatureDictionary(s, signer)),
		"P":       fmt.Sprintf("%d %d R", p.reference.number, p.reference.generation),
		"Rect":    rectangle,
		"F":       "132", // print, locked (ISO 32000-1, table 165)
	}
	if s.Box != nil {
		field["AP"] = "<</N " + u.add(appearance(s.Box, p.rotation)) + ">>"
		if p.rotation != 0 {
			field["MK"] = fmt.Sprintf("<</R %d>>", p.rotation) // ISO 32000-1, table 189
		}
	}
	u.addField(p, u.add(field.String()))
	return nil
}

// signatureDictionary returns a signature dictionary (ISO 32000-1, table 252; ETSI EN 319 142-1, 6.3) with blanks for its byte
// range and its CMS.
func signatureDictionary(s Signature, signer string) string {
	var b strings.Builder
	// fillSignature expects the blank of /ByteRange before that of /Contents.
	fmt.Fprintf(&b, "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange %s/Contents <%s>",
		byteRangeBlank, strings.Repeat("0", 2*contentsSize))
	fmt.Fprintf(&b, "/M(%s)", formatDate(s.Time))
	for _, entry := range []struct{ key, text string }{
		{"Name", signer}, {"Reason", s.Reason}, {"Location", s.Location}, {"ContactInfo", s.Contact},
	} {
		if entry.text != "" {
			fmt.Fprintf(&b, "/%s%s", entry.key, textString(entry.text))
		}
	}
	b.WriteString(">>")
	return b.String()
}

// fillSignature writes the byte range and the CMS into the blanks of file, which is changed in place and returned. It looks for
// the blanks only behind the offset from, because the original bytes before it may contain the same text.
func fillSignature(file []byte, from int, signer *Signer) ([]byte, error) {
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
	cms, err := detachedCAdES(digest.Sum(nil), signer)
	if err != nil {
		return nil, err
	}
	if len(cms) > contentsSize {
		return nil, errors.New("the signature is larger than the space reserved for it")
	}
	hex.Encode(file[open+1:], cms)
	return file, nil
}

// matrices turn an appearance counterclockwise by as many degrees as a reader turns its page clockwise, so that it stands upright
// (ISO 32000-1, 8.3.3).
var matrices = map[int]string{0: "1 0 0 1 0 0", 90: "0 1 -1 0 0 0", 180: "-1 0 0 -1 0 0", 270: "0 -1 1 0 0 0"}

// appearance returns the form XObject of a visible signature: its lines, in a plain frame. rotation is that of the page. A reader
// moves the turned form into the rectangle of the field (ISO 32000-1, 12.5.5).
func appearance(b *Box, rotation int) string {
	width, height := b.Width, b.Height
	if rotation%180 != 0 {
		width, height = height, width
	}
	lines := append(slices.Clone(b.Lines), noLegalValue)
	size := min(10, height/(1.25*float64(len(lines))+0.5))
	var c strings.Builder
	fmt.Fprintf(&c, "q 0.4 w 0.35 G 0.5 0.5 %.2f %.2f re S Q BT /F1 %.2f Tf %.2f TL 4 %.2f Td\n",
		width-1, height-1, size, 1.25*size, height-0.25*size)
	for _, line := range lines {
		fmt.Fprintf(&c, "T* <%x> Tj\n", latin1(line))
	}
	c.WriteString("ET")
	return fmt.Sprintf("<</Type/XObject/Subtype/Form/BBox[0 0 %.2f %.2f]/Matrix[%s]/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>>>>>/Length %d>>\nstream\n%s\nendstream",
		width, height, matrices[rotation], c.Len(), c.String())
}

// latin1 encodes text in Latin-1. Characters outside it become question marks.
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

// textString formats text as a text string in hexadecimal (ISO 32000-1, 7.9.2.2). ASCII stays as it is; any other text becomes UTF-16.
func textString(text string) string {
	ascii := true
	for _, r := range text {
		ascii = ascii && r < 0x80
	}
	if ascii {
		return fmt.Sprintf("<%x>", text)
	}
	encoded := []byte{0xfe, 0xff}
	for _, unit := range utf16.Encode([]rune(text)) {
		encoded = append(encoded, byte(unit>>8), byte(unit)) // #nosec G115 -- each byte of the unit by itself
	}
	return fmt.Sprintf("<%x>", encoded)
}
