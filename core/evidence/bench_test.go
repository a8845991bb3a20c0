package evidence

import (
	"encoding/csv"
	"io"
	"testing"

	"countersign/core/i18n"
	"countersign/core/request"
)

// signed returns a request as most are: with one document, signed, accepted.
func signed() request.Request {
	r := lease()
	r.ID, r.Title, r.Practice, r.Archived = "018f0000-0000-7000-8000-000000000001", "Contratación 17 de la oficina 3", false, nil
	r.Outcome = &request.Outcome{Code: "finished", Evidence: request.ByDocument, At: ended}
	r.Signers, r.Documents = r.Signers[:1], r.Documents[:1]
	r.Documents[0].SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	r.Documents[0].Signed = &request.SignedFile{SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
	r.Review = &request.Review{Decision: request.Accepted, By: "bo", At: ended}
	return r
}

// A count of allocations does not depend on the machine, and grows with everything that is made for a row.
func TestRowsOfCSVTakeFewAllocations(t *testing.T) {
	r := signed()
	for _, lang := range []i18n.Language{"", i18n.English} {
		table, err := NewTable(io.Discard, CSV, lang)
		if err != nil {
			t.Fatal(err)
		}
		var row []byte
		n := testing.AllocsPerRun(100, func() {
			if row, err = table.AppendRow(row[:0], &r); err == nil {
				err = table.AddRow(row)
			}
		})
		if n > 1 || err != nil {
			t.Errorf("in %q: %.0f allocations, %v", lang, n, err)
		}
	}
}

func BenchmarkTable(b *testing.B) {
	r := signed()
	for name, f := range map[string]Format{"csv": CSV, "xlsx": XLSX, "json": JSON} {
		b.Run(name, func(b *testing.B) {
			table, err := NewTable(io.Discard, f, i18n.English)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			var row []byte
			for b.Loop() {
				if row, err = table.AppendRow(row[:0], &r); err == nil {
					err = table.AddRow(row)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("ready csv", func(b *testing.B) { // what encoding/csv alone takes for the same row
		row := mustRead(b, mustWrite(b, CSV, i18n.English, r))[1]
		out := csv.NewWriter(io.Discard)
		out.UseCRLF = true
		for b.Loop() {
			if err := out.Write(row); err != nil {
				b.Fatal(err)
			}
		}
	})
}
