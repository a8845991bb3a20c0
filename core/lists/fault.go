package lists

import "countersign/core/request"

// RowFault is what is wrong with one row. Line and Column count from 1; Column is 0 when the fault
// is about the whole row.
type RowFault struct {
	Line   int
	Column int
	Name   string // heading of the column
	Reason request.Sentence
}

func (f *RowFault) Error() string { return f.sentence().Text }

// Cause returns the fault as a code with arguments, from which package explain makes its text in any
// language.
func (f *RowFault) Cause() request.Cause { return f.sentence().Cause }

func (f *RowFault) sentence() request.Sentence {
	switch {
	case f.Column > 0 && f.Name != "":
		return request.Sentencef("row_at_name", "line %d, column %d (%s): %s", f.Line, f.Column, f.Name, f.Reason)
	case f.Column > 0:
		return request.Sentencef("row_at", "line %d, column %d: %s", f.Line, f.Column, f.Reason)
	}
	return request.Sentencef("in_line", "line %d: %s", f.Line, f.Reason)
}
