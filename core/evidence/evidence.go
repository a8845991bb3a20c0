// Package evidence writes exports: tables of requests as CSV, XLSX or JSON, and the evidence pack, with which anybody can
// verify one request without this program.
//
// It gets requests, events and files from its caller and writes to an [io.Writer]. It must not read a ledger, use the network,
// know a kind of gateway, decide anything about a request, or write a secret or a path of this machine.
package evidence

import (
	"io"
	"path/filepath"
	"strings"

	"countersign/core/i18n"
	"countersign/core/request"
)

// Format is a file format of a [Table].
type Format string

// The formats. Each is also the extension of its files, without the dot.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
	JSON Format = "json"
)

// FormatOf returns the format for the extension of a path, in upper or lower case. It fails for another extension, or none.
func FormatOf(path string) (Format, error) {
	switch f := Format(strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))); f {
	case CSV, XLSX, JSON:
		return f, nil
	}
	return "", request.Errorf("export_ending", "the file name decides the format: end it in .csv, .xlsx or .json")
}

// Table writes requests to a file one by one, in constant memory. Only AppendRow is safe for concurrent use, also with the others.
type Table interface {
	// AppendRow appends the row of a request to b, as AddRow needs it. It does not change r, and keeps no part of it.
	AppendRow(b []byte, r *request.Request) ([]byte, error)
	// AddRow writes a row that AppendRow appended, and keeps no part of it. After an error the table is of no use.
	AddRow(row []byte) error
	// Close writes the end of the file, which is incomplete before. It does not close the underlying writer.
	Close() error
}

// HasVisits reports whether rows in the format f have anything of [request.Request.Visit].
func (f Format) HasVisits() bool { return f == JSON }

// NewTable returns a table in the format f and writes its headings to out. Headings and statuses are in the language. With an
// empty language, they are the names that countersignctl prints for scripts; JSON always has these. NewTable fails for an
// unknown format.
func NewTable(out io.Writer, f Format, lang i18n.Language) (Table, error) {
	switch f {
	case CSV:
		return newCSV(out, lang)
	case XLSX:
		return newXLSX(out, lang)
	case JSON:
		return &jsonTable{out: out}, nil
	}
	return nil, request.Errorf("export_format", "unknown format %q: use csv, xlsx or json", f)
}
