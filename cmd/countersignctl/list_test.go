package main

import (
	"encoding/csv"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// writings are the ways in which programs write a text.
var writings = map[string]encoding.Encoding{
	"windows-1252": charmap.Windows1252,
	"iso-8859-15":  charmap.ISO8859_15,
	"windows-1256": charmap.Windows1256,
	"macintosh":    charmap.Macintosh,
	"utf-8-bom":    unicode.UTF8BOM,
	"utf-16le-bom": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
	"utf-16be-bom": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	"utf-16le":     unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	"utf-16be":     unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
}

// cmdWrite is "write ENCODING LINES FROM TO": it writes a text in UTF-8 anew, in an encoding and with line ends: lf, crlf or cr.
func cmdWrite(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: write ENCODING lf|crlf|cr FROM TO")
	}
	e, known := writings[args[0]]
	end, knownEnd := map[string]string{"lf": "\n", "crlf": "\r\n", "cr": "\r"}[args[1]]
	if !known || !knownEnd {
		ts.Fatalf("the encodings are %q", slices.Sorted(maps.Keys(writings)))
	}
	text, err := e.NewEncoder().String(strings.ReplaceAll(ts.ReadFile(args[2]), "\n", end))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(text), 0o600))
}

// cmdWorkbook is "workbook OUT.xlsx SHEET=FROM.csv…": it makes a workbook of CSV files with semicolons. A field like
// #12 becomes a number, and one like #2026-12-24 a date.
func cmdWorkbook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: workbook OUT.xlsx SHEET=FROM.csv…")
	}
	f := excelize.NewFile()
	defer f.Close()
	for i, arg := range args[1:] {
		name, from, _ := strings.Cut(arg, "=")
		if i == 0 {
			ts.Check(f.SetSheetName(f.GetSheetName(0), name))
		} else {
			_, err := f.NewSheet(name)
			ts.Check(err)
		}
		reader := csv.NewReader(strings.NewReader(ts.ReadFile(from)))
		reader.Comma, reader.FieldsPerRecord = ';', -1
		rows, err := reader.ReadAll()
		ts.Check(err)
		for line, row := range rows {
			for column, text := range row {
				at, err := excelize.CoordinatesToCellName(column+1, line+1)
				ts.Check(err)
				ts.Check(f.SetCellValue(name, at, cellValue(text)))
			}
		}
	}
	ts.Check(f.SaveAs(ts.MkAbs(args[0])))
}

func cellValue(text string) any {
	raw, special := strings.CutPrefix(text, "#")
	if !special {
		return text
	}
	if day, err := time.Parse(time.DateOnly, raw); err == nil {
		return day
	}
	if n, err := strconv.ParseFloat(raw, 64); err == nil {
		return n
	}
	return text
}
