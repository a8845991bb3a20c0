// Package evidence writes what leaves the desk for other people: tables of requests for a
// spreadsheet or a program, and the pack that proves one request without this program.
//
// It is given requests, events and files, and writes to what it is given. It reads no ledger
// and no network, knows no gateway, decides nothing about a request, and never lets a secret or a path of
// this machine out.
package evidence

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"countersign/core/i18n"
	"countersign/core/request"
)

// Format is a kind of file that requests are exported to.
type Format string

// The formats, by the ending of their files.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
	JSON Format = "json"
)

// FormatOf tells the format of a file by the ending of its name.
func FormatOf(path string) (Format, error) {
	switch f := Format(strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))); f {
	case CSV, XLSX, JSON:
		return f, nil
	}
	return "", errors.New("the ending of the name says what is written: use .csv, .xlsx or .json")
}

// Table takes requests and writes them, one after the other; it keeps none. It is used by
// one goroutine. The file is whole only after Close.
type Table interface {
	Add(r request.Request) error
	Close() error
}

// NewTable begins a table. In a language, headings and states are in its words, for people;
// with none given they are the names that scripts know from countersignctl. JSON is for
// scripts in any language. Close does not close out.
func NewTable(out io.Writer, f Format, lang i18n.Language) (Table, error) {
	switch f {
	case CSV:
		return newCSV(out, lang)
	case XLSX:
		return newXLSX(out, lang)
	case JSON:
		return &jsonTable{out: out}, nil
	}
	return nil, fmt.Errorf("there is no format %q", f)
}
