package pdf_test

import (
	"bytes"
	"errors"
	"testing"

	"countersign/core/pdf"
)

// largest keeps the fuzzer at files that are read in no time.
const largest = 64 << 10

func FuzzCheck(f *testing.F) {
	f.Add([]byte("%PDF-1.4\n%%EOF\n"))
	f.Add(noPages)
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > largest {
			return
		}
		info, err := pdf.Check(bytes.NewReader(file), int64(len(file)))
		if err == nil && info.Pages < 1 {
			t.Errorf("a file of %d pages can be sent", info.Pages)
		}
		if err != nil && !known(err) {
			t.Errorf("no reason that callers know: %v", err)
		}
	})
}

func FuzzSignatures(f *testing.F) {
	f.Add([]byte("%PDF-1.4\n%%EOF\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > largest {
			return
		}
		signatures, err := pdf.Signatures(bytes.NewReader(file), int64(len(file)), nil)
		if err != nil && !known(err) {
			t.Errorf("no reason that callers know: %v", err)
		}
		for _, s := range signatures {
			if s.Trusted {
				t.Error("trusted without an anchor")
			}
			if s.Intact != (s.Problem == "") {
				t.Errorf("intact %t with the problem %q", s.Intact, s.Problem)
			}
			if !s.Intact {
				continue
			}
			if s.At <= 0 || s.At >= s.End || s.End > int64(len(file)) || file[s.At] != '<' {
				t.Errorf("intact at %d, for %d bytes of %d", s.At, s.End, len(file))
			}
			changed := bytes.Clone(file)
			changed[0] ^= 1
			again, _ := pdf.Signatures(bytes.NewReader(changed), int64(len(changed)), nil)
			for _, a := range again {
				if a.Intact {
					t.Error("intact also with another first byte")
				}
			}
		}
	})
}

func known(err error) bool {
	for _, reason := range []error{pdf.ErrEmpty, pdf.ErrNotPDF, pdf.ErrEncrypted, pdf.ErrDamaged, pdf.ErrTooLarge} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}
