package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

const (
	margin     = 25.0 // millimeters, on every side
	lineHeight = 5.4  // millimeters, of the text in paragraphs
	bodySize   = 10.5 // points, of the same text
	pageCount  = "#"  // stands for the number of pages, and is as wide as a digit, so that lines break where they should
	footerNote = "Sample document of Countersign. No legal value."
)

// madeOn is the creation date of all documents.
var madeOn = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

// sheet is a document that is being typeset. Its methods add the elements of office documents, one
// below the other.
type sheet struct {
	*fpdf.Fpdf
	text   func(string) string // from UTF-8 to the encoding of the standard fonts
	family string
	width  float64
}

func newSheet(family, title, reference string) *sheet {
	d := fpdf.New("P", "mm", "A4", "")
	encode := d.UnicodeTranslatorFromDescriptor("")
	text := func(s string) string { return encode(strings.ReplaceAll(s, "'", "’")) }
	s := &sheet{Fpdf: d, text: text, family: family}
	d.SetCompression(false)
	d.SetCatalogSort(true)
	d.SetCreationDate(madeOn)
	d.SetModificationDate(madeOn)
	d.SetTitle(title, true)
	d.SetSubject(reference, true)
	d.SetProducer("Countersign samples", true)
	d.SetMargins(margin, margin, margin)
	d.SetAutoPageBreak(true, margin+5)
	d.SetCellMargin(0)
	d.AliasNbPages(pageCount)
	width, _ := d.GetPageSize()
	s.width = width - 2*margin
	d.SetFooterFunc(s.footer)
	d.AddPage()
	return s
}

func (s *sheet) footer() {
	s.SetY(-margin + 7)
	s.SetDrawColor(190, 190, 190)
	s.SetLineWidth(0.2)
	s.Line(margin, s.GetY(), margin+s.width, s.GetY())
	s.SetFont("Helvetica", "", 8)
	s.SetTextColor(110, 110, 110)
	s.SetY(s.GetY() + 2)
	s.CellFormat(s.width/2, 4, footerNote, "", 0, "L", false, 0, "")
	s.CellFormat(s.width/2, 4, fmt.Sprintf("Page %d of %s", s.PageNo(), pageCount), "", 0, "R", false, 0, "")
	s.ink()
}

// ink sets the usual colors.
func (s *sheet) ink() {
	s.SetTextColor(25, 25, 25)
	s.SetDrawColor(60, 60, 60)
}

func (s *sheet) font(style string, size float64) {
	s.SetFont(s.family, style, size)
}

// letterhead sets the sender and the reference on one line, above a rule.
func (s *sheet) letterhead(from, reference string) {
	s.ink()
	s.font("B", 10)
	s.CellFormat(s.width/2, 6, s.text(from), "", 0, "L", false, 0, "")
	s.font("", 9)
	s.CellFormat(s.width/2, 6, s.text("Reference "+reference), "", 1, "R", false, 0, "")
	s.rule(0.5)
	s.Ln(9)
}

func (s *sheet) rule(width float64) {
	s.SetLineWidth(width)
	s.Line(margin, s.GetY()+1, margin+s.width, s.GetY()+1)
	s.Ln(2)
}

func (s *sheet) title(text, below string) {
	s.font("B", 20)
	s.MultiCell(s.width, 9, s.text(text), "", "L", false)
	s.font("", bodySize)
	s.SetTextColor(90, 90, 90)
	s.MultiCell(s.width, 6, s.text(below), "", "L", false)
	s.ink()
	s.Ln(6)
}

func (s *sheet) heading(text string) {
	const nextLines = 3 * lineHeight
	if _, height := s.GetPageSize(); s.GetY()+10+nextLines > height-margin-5 {
		s.AddPage()
		s.ink()
	}
	s.Ln(2.5)
	s.font("B", 11.5)
	s.MultiCell(s.width, 6.5, s.text(text), "", "L", false)
	s.Ln(0.8)
}

func (s *sheet) paragraph(text string) {
	s.font("", bodySize)
	s.MultiCell(s.width, lineHeight, s.text(text), "", "L", false)
	s.Ln(1.8)
}

// clause sets a numbered paragraph, indented behind its number.
func (s *sheet) clause(number, text string) {
	const indent = 11.0
	s.font("", bodySize)
	s.CellFormat(indent, lineHeight, number, "", 0, "L", false, 0, "")
	s.SetLeftMargin(margin + indent)
	s.MultiCell(s.width-indent, lineHeight, s.text(text), "", "L", false)
	s.SetLeftMargin(margin)
	s.SetX(margin)
	s.Ln(1.6)
}

// facts sets a table of two columns: labels and values.
func (s *sheet) facts(rows [][2]string) {
	const label = 48.0
	for _, row := range rows {
		s.SetDrawColor(205, 205, 205)
		s.SetLineWidth(0.2)
		s.font("", 9.5)
		s.SetTextColor(90, 90, 90)
		s.CellFormat(label, 7.2, s.text(row[0]), "B", 0, "L", false, 0, "")
		s.ink()
		s.SetDrawColor(205, 205, 205)
		s.font("", bodySize)
		s.CellFormat(s.width-label, 7.2, s.text(row[1]), "B", 1, "L", false, 0, "")
	}
	s.ink()
	s.Ln(3)
}

// table sets a table, whose first row is its header. The last column is aligned to the right. widths are fractions of the text's width.
func (s *sheet) table(widths []float64, rows [][]string) {
	for i, row := range rows {
		s.font("", 9.5)
		s.SetDrawColor(205, 205, 205)
		s.SetLineWidth(0.2)
		if i == 0 {
			s.SetDrawColor(60, 60, 60)
			s.font("B", 9.5)
		}
		for j, cell := range row {
			align, next := "L", 0
			if j == len(row)-1 {
				align, next = "R", 1
			}
			s.CellFormat(widths[j]*s.width, 7, s.text(cell), "B", next, align, false, 0, "")
		}
	}
	s.ink()
	s.Ln(4)
}

// signatures sets a box for each party, side by side on the same page. sentence stands above them.
func (s *sheet) signatures(sentence string, parties ...string) {
	const boxHeight, gap, before = 30.0, 8.0, 15.0
	if _, height := s.GetPageSize(); s.GetY()+before+boxHeight > height-margin-5 {
		s.AddPage()
		s.ink()
	}
	s.Ln(before - 4 - lineHeight)
	s.font("", bodySize)
	s.MultiCell(s.width, lineHeight, s.text(sentence), "", "L", false)
	s.Ln(4)
	top := s.GetY()
	width := (s.width - gap*float64(len(parties)-1)) / float64(len(parties))
	for i, party := range parties {
		left := margin + float64(i)*(width+gap)
		s.SetLineWidth(0.2)
		s.SetDrawColor(205, 205, 205)
		s.Rect(left, top, width, boxHeight, "D")
		s.ink()
		s.SetXY(left+4, top+3)
		s.font("B", 9.5)
		s.CellFormat(width-8, 5, s.text(party), "", 0, "L", false, 0, "")
		s.SetLineWidth(0.3)
		s.Line(left+4, top+boxHeight-10, left+width-4, top+boxHeight-10)
		s.SetXY(left+4, top+boxHeight-8.5)
		s.font("", 8)
		s.SetTextColor(110, 110, 110)
		s.CellFormat(width-8, 4, "Signature and date", "", 0, "L", false, 0, "")
		s.ink()
	}
	s.SetXY(margin, top+boxHeight+4)
}

func (s *sheet) bytes() ([]byte, error) {
	var b bytes.Buffer
	if err := s.Output(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
