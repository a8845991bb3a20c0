package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" // #nosec G501 -- the encryption of PDF 1.6 is made with it

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// objectKey is the key of the strings and streams of one object in a file that is encrypted with AES (ISO 32000-1, 7.6.2).
type objectKey []byte

func (d *document) objectKey(number, generation int) objectKey {
	const revisionOfAES256 = 5 // from which on all objects have the same key
	if d.E == nil || d.E.R >= revisionOfAES256 {
		return d.EncKey
	}
	key := md5.Sum(append(bytes.Clone(d.EncKey), byte(number), byte(number>>8), byte(number>>16), byte(generation), byte(generation>>8), 's', 'A', 'l', 'T')) // #nosec G401 -- as above
	return key[:min(len(d.EncKey)+5, len(key))]
}

// isPadded reports whether encrypted data ends with the padding that the standard demands. The parser takes any last byte for
// the length of a padding, or none; some readers show what is no padding, and others leave out what is data.
func (k objectKey) isPadded(data []byte) bool {
	block, err := aes.NewCipher(k)
	if err != nil || len(data) < 2*aes.BlockSize || len(data)%aes.BlockSize != 0 {
		return false
	}
	vector, last := data[len(data)-2*aes.BlockSize:len(data)-aes.BlockSize], make([]byte, aes.BlockSize)
	cipher.NewCBCDecrypter(block, vector).CryptBlocks(last, data[len(data)-aes.BlockSize:])
	padding := int(last[len(last)-1])
	return padding > 0 && padding <= len(last) && len(bytes.Trim(last[len(last)-padding:], string(rune(padding)))) == 0
}

// stringsArePadded is arePadded for an object that is not parsed yet.
func (k objectKey) stringsArePadded(written []byte) bool {
	if !bytes.ContainsAny(written, "(<") {
		return true
	}
	text := string(written)
	o, err := model.ParseObject(&text)
	return err == nil && k.arePadded(o)
}

// arePadded reports whether all strings in an object, as it is written, are empty or padded. The value of a signature is not encrypted.
func (k objectKey) arePadded(o types.Object) bool {
	switch o := o.(type) {
	case types.Dict:
		for key, value := range o {
			if signature := key == "Contents" && o["ByteRange"] != nil; !signature && !k.arePadded(value) {
				return false
			}
		}
	case types.Array:
		for _, value := range o {
			if !k.arePadded(value) {
				return false
			}
		}
	case types.StringLiteral, types.HexLiteral:
		b, ok := stringOf(o)
		return ok && (len(b) == 0 || k.isPadded(b))
	}
	return true
}
