package pdf_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" // #nosec G501 -- the encryption of PDF 1.6 is made with it
	"crypto/rc4" // #nosec G503 -- as above
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// aesFile is a file that is encrypted with AES (ISO 32000-1, 7.6) and opens without a password. The objects that revision
// appends must be encrypted already.
type aesFile struct {
	xrefStreamFile
	key     []byte
	entries string // of each trailer
}

const aesFilters = "/Filter /Standard /V 4 /R 4 /Length 128 /CF << /StdCF << /CFM /AESV2 /AuthEvent /DocOpen /Length 16 >> >> /StmF /StdCF /StrF /StdCF"

func newAESFile(t testing.TB) *aesFile {
	t.Helper()
	padding := []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")
	owner, id := bytes.Repeat([]byte("o"), 32), bytes.Repeat([]byte("i"), 16)
	const permissions = -44
	var p [4]byte
	binary.LittleEndian.PutUint32(p[:], 1<<32+permissions)
	key := md5.Sum(append(append(append(bytes.Clone(padding), owner...), p[:]...), id...)) // #nosec G401 -- as above
	for range 50 {
		key = md5.Sum(key[:]) // #nosec G401 -- as above
	}
	check := md5.Sum(append(padding, id...)) // #nosec G401 -- as above
	for i := range byte(20) {
		round := bytes.Clone(key[:])
		for j := range round {
			round[j] ^= i
		}
		c, err := rc4.NewCipher(round) // #nosec G405 -- as above
		if err != nil {
			t.Fatal(err)
		}
		c.XORKeyStream(check[:], check[:])
	}
	w := &aesFile{key: key[:], entries: fmt.Sprintf("/Encrypt 9 0 R /ID [<%x> <%x>]", id, id)}
	w.revision(map[int]string{
		1: "<< /Type /Catalog /Pages 2 0 R >>",
		2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		3: "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 9 9] >>",
		4: w.stream(t, 4, "", "(Lease) Tj"),
		9: fmt.Sprintf("<< %s /O <%x> /U <%x%032d> /P %d >>", aesFilters, owner, check, 0, permissions),
	}, nil, w.entries)
	return w
}

// stream returns the body of a stream object with encrypted data. /Length is left out when entries has one.
func (w *aesFile) stream(t testing.TB, number int, entries, data string) string {
	t.Helper()
	missing := aes.BlockSize - len(data)%aes.BlockSize
	out := w.encrypt(t, number, data+strings.Repeat(string(rune(missing)), missing))
	if !bytes.Contains([]byte(entries), []byte("/Length")) {
		entries += fmt.Sprintf(" /Length %d", len(out))
	}
	return fmt.Sprintf("<< %s >>\nstream\n%s\nendstream", entries, out)
}

// page returns the body of the page with a note of a text that has its padding already.
func (w *aesFile) page(t testing.TB, padded string) string {
	t.Helper()
	return fmt.Sprintf("<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 9 9] /Note <%x> >>", w.encrypt(t, 3, padded))
}

// encrypt returns whole blocks as they are in an object.
func (w *aesFile) encrypt(t testing.TB, number int, blocks string) []byte {
	t.Helper()
	key := md5.Sum(append(bytes.Clone(w.key), byte(number), byte(number>>8), 0, 0, 0, 's', 'A', 'l', 'T')) // #nosec G401 -- as above
	block, err := aes.NewCipher(key[:])
	if err != nil {
		t.Fatal(err)
	}
	out := bytes.Repeat([]byte("v"), aes.BlockSize+len(blocks))
	cipher.NewCBCEncrypter(block, out[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], []byte(blocks))
	return out
}

// The parser knows the streams of an encrypted file only as they are without the encryption.
func TestUpdatesOfEncryptedFilesAreUnderstood(t *testing.T) {
	const catalog = "<< /Type /Catalog /Pages 2 0 R %s >>"
	for name, c := range map[string]struct {
		objects func(w *aesFile) map[int]string
		want    []pdf.Change
	}{
		"validation data": {
			objects: func(w *aesFile) map[int]string {
				return map[int]string{1: fmt.Sprintf(catalog, "/DSS << /Certs [10 0 R] >>"), 10: w.stream(t, 10, "", "a certificate")}
			},
			want: []pdf.Change{pdf.ValidationAdded},
		},
		"a length that another object has": {
			objects: func(w *aesFile) map[int]string {
				return map[int]string{1: fmt.Sprintf(catalog, "/DSS << /Certs [10 0 R] >>"), 10: w.stream(t, 10, "/Length 11 0 R", "a certificate"), 11: "32"}
			},
			want: []pdf.Change{pdf.ValidationAdded},
		},
		"a length that is too long": {
			objects: func(w *aesFile) map[int]string {
				return map[int]string{1: fmt.Sprintf(catalog, "/DSS << /Certs [10 0 R] >>"), 10: w.stream(t, 10, "/Length 64", "a certificate")}
			},
			want: []pdf.Change{pdf.NotCompared},
		},
		"the same text, encrypted again": {
			objects: func(w *aesFile) map[int]string { return map[int]string{4: w.stream(t, 4, "", "(Lease) Tj")} },
			want:    []pdf.Change{pdf.NotCompared},
		},
		"the same text with padding, after one without it": {
			objects: func(w *aesFile) map[int]string {
				const text = "(Lease for 1 )Tj(00000 a year)Tj"
				padded := w.stream(t, 4, fmt.Sprintf("/Length %d", aes.BlockSize+len(text)), text)
				w.revision(map[int]string{4: padded[:len(padded)-len("\nendstream")-aes.BlockSize] + "\nendstream"}, nil, w.entries)
				return map[int]string{4: w.stream(t, 4, "", text)}
			},
			want: []pdf.Change{pdf.NotCompared},
		},
		"the same text without padding, of which readers leave out the end": {
			objects: func(w *aesFile) map[int]string {
				const text = "(Lease for 1 )Tj(00000 a year)Tj" // two blocks
				padded := w.stream(t, 4, fmt.Sprintf("/Length %d", aes.BlockSize+len(text)), text)
				w.revision(map[int]string{4: w.stream(t, 4, "", text)}, nil, w.entries)
				return map[int]string{4: padded[:len(padded)-len("\nendstream")-aes.BlockSize] + "\nendstream"}
			},
			want: []pdf.Change{pdf.NotCompared},
		},
		"another text": {
			objects: func(w *aesFile) map[int]string { return map[int]string{4: w.stream(t, 4, "", "(Least) Tj")} },
			want:    []pdf.Change{pdf.OtherChange},
		},
		"strings that are encrypted again": {
			objects: func(w *aesFile) map[int]string {
				w.revision(map[int]string{3: w.page(t, "a short sign at\x01")}, nil, w.entries)
				return map[int]string{3: w.page(t, "a short sign at\x01")}
			},
		},
		"a string with a bad padding, which some readers show": {
			objects: func(w *aesFile) map[int]string {
				w.revision(map[int]string{3: w.page(t, "100\x0d\x0d\x0d\x0d\x0d\x0d\x0d\x0d\x0d\x0d\x0d\x0d\x0d")}, nil, w.entries)
				return map[int]string{3: w.page(t, "100000 in gold\x0d\x0d")}
			},
			want: []pdf.Change{pdf.NotCompared},
		},
		"data with a bad padding, which some readers show": {
			objects: func(w *aesFile) map[int]string {
				data := w.encrypt(t, 10, "100000 in gold\x0d\x0d")
				return map[int]string{1: fmt.Sprintf(catalog, "/DSS << /Certs [10 0 R] >>"), 10: fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(data), data)}
			},
			want: []pdf.Change{pdf.NotCompared},
		},
		"another encryption": {
			objects: func(w *aesFile) map[int]string {
				dictionary, _, _ := bytes.Cut(w.file[bytes.LastIndex(w.file, []byte("9 0 obj\n"))+len("9 0 obj\n"):], []byte("\nendobj"))
				return map[int]string{9: string(bytes.Replace(dictionary, []byte("/AuthEvent /DocOpen"), nil, 1))}
			},
			want: []pdf.Change{pdf.OtherChange},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newAESFile(t)
			objects := c.objects(w)
			from := len(w.file)
			w.revision(objects, nil, w.entries)
			report, err := pdf.Examine(bytes.NewReader(w.file), int64(len(w.file)), pdf.Options{SinceOffset: int64(from)})
			if err != nil || !report.Encrypted {
				t.Fatalf("got %+v, %v", report, err)
			}
			if changes(report.AppendedSince.Changes) != changes(c.want) {
				t.Errorf("got %v, want %v", report.AppendedSince.Changes, c.want)
			}
		})
	}
}

// The parser takes the filter for one that decrypts nothing. In other readers the stream may have other objects.
func TestObjectStreamsWithACryptFilterAreNotUnderstood(t *testing.T) {
	w := newAESFile(t)
	w.crypt = true
	from := len(w.file)
	w.revision(nil, map[int]string{3: "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 9 9] >>"}, w.entries)
	report, err := pdf.Examine(bytes.NewReader(w.file), int64(len(w.file)), pdf.Options{SinceOffset: int64(from)})
	if err != nil || changes(report.AppendedSince.Changes) != changes([]pdf.Change{pdf.NotCompared}) {
		t.Errorf("got %v, %v", report.AppendedSince.Changes, err)
	}
}

// The value of a signature is never encrypted. The parser decrypts it where the dictionary does not state its type, which it need not.
func TestSignaturesInEncryptedFilesNeedNoType(t *testing.T) {
	w := newFixture(t)
	untyped := w.sign(pdftest.EncryptedWith(t, ""), pdftest.SignatureField{SubFilter: cades, Field: "Rita", Untyped: true}, w.rita)
	twice := w.sign(untyped, pdftest.SignatureField{SubFilter: cades, Field: "Paul", Untyped: true}, w.rita)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"no type":                {untyped, "intact, whole; encrypted"},
		"two of them":            {twice, "intact, then another signature; intact, whole; encrypted"},
		"a comment in the field": {w.sign(pdftest.EncryptedWith(t, ""), pdftest.SignatureField{SubFilter: cades, Field: "Rita", Direct: "/Contents <00>"}, w.rita), "intact, whole; encrypted"},
		"a changed document":     {replace(t, untyped, "/Producer", "/Produced"), "the document was changed after it was signed, whole; encrypted"},
	} {
		report, err := pdf.Examine(bytes.NewReader(c.file), int64(len(c.file)), pdf.Options{})
		if got := summary(report, err); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
