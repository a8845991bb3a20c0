package lists

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"countersign/core/i18n"
)

// read reads a list to its end, and returns the texts of the faults after the records.
func read(t testing.TB, list []byte, o Options) (Info, []Record, []string) {
	t.Helper()
	l, err := Open(context.Background(), bytes.NewReader(list), int64(len(list)), o)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if l.Problem() != nil {
		t.Fatal(l.Problem())
	}
	var records []Record
	var faults []string
	for {
		r, err := l.Next()
		bad, isFault := errors.AsType[*RowFault](err)
		switch {
		case errors.Is(err, io.EOF):
			return l.Info(), records, faults
		case isFault:
			faults = append(faults, bad.Error())
		case err != nil:
			t.Fatal(err)
		default:
			records = append(records, r)
		}
	}
}

func encode(t *testing.T, e encoding.Encoding, text string) []byte {
	t.Helper()
	b, err := e.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const spanish = "Id solicitud;Título;Nº expediente;Fecha de vencimiento\r\n12;Contrato «Peña»;R-1;24/12/2026\r\n27;Año, primero;;\r\n"

var spanishRows = []Record{
	{Line: 2, ID: "12", Title: "Contrato «Peña»", Reference: "R-1", Due: "2026-12-24", DueText: "24/12/2026"},
	{Line: 3, ID: "27", Title: "Año, primero"},
}

func TestAnEncodingIsFoundOut(t *testing.T) {
	utf16 := func(e unicode.Endianness, bom unicode.BOMPolicy) encoding.Encoding { return unicode.UTF16(e, bom) }
	mac := strings.ReplaceAll(spanish, "\r\n", "\r")
	for name, c := range map[string]struct {
		list []byte
		want string
	}{
		"UTF-8":                          {[]byte(spanish), UTF8},
		"UTF-8 with a byte order mark":   {[]byte("\ufeff" + spanish), UTF8},
		"UTF-16 of Excel":                {encode(t, utf16(unicode.LittleEndian, unicode.UseBOM), spanish), UTF16LE},
		"UTF-16 with the high byte":      {encode(t, utf16(unicode.BigEndian, unicode.UseBOM), spanish), UTF16BE},
		"UTF-16 without a mark":          {encode(t, utf16(unicode.LittleEndian, unicode.IgnoreBOM), spanish), UTF16LE},
		"UTF-16 high byte, without mark": {encode(t, utf16(unicode.BigEndian, unicode.IgnoreBOM), spanish), UTF16BE},
		"Windows-1252":                   {encode(t, charmap.Windows1252, spanish), Windows1252},
		"Windows-1252, old Mac lines":    {encode(t, charmap.Windows1252, mac), Windows1252},
		"Mac Roman":                      {encode(t, charmap.Macintosh, mac), Macintosh},
		"Mac lines in UTF-16":            {encode(t, utf16(unicode.LittleEndian, unicode.UseBOM), mac), UTF16LE},
		"line feeds":                     {[]byte(strings.ReplaceAll(spanish, "\r\n", "\n")), UTF8},
		"the end of a file under DOS":    {append(encode(t, charmap.Windows1252, spanish), 0x1a), Windows1252},
	} {
		t.Run(name, func(t *testing.T) {
			info, got, faults := read(t, c.list, Options{Language: i18n.Spanish})
			if diff := cmp.Diff(spanishRows, got); diff != "" || info.Encoding != c.want || len(faults) > 0 {
				t.Errorf("%s %v (-want +got):\n%s", info.Encoding, faults, diff)
			}
		})
	}
}

func TestLettersTellTheWesternEncodingsApart(t *testing.T) {
	for want, c := range map[string]struct {
		list string
		e    encoding.Encoding
	}{
		ISO8859_15:  {"id;title\n1;Le cœur, 12 €\n", charmap.ISO8859_15},
		Windows1252: {"id;title\n1;L’œuvre, 12 €, «été»\n", charmap.Windows1252},
	} {
		info, got, _ := read(t, encode(t, c.e, c.list), Options{})
		if wanted := strings.Split(strings.TrimSpace(c.list), ";"); info.Encoding != want || len(got) != 1 || got[0].Title != wanted[len(wanted)-1] {
			t.Errorf("%s: %+v", info.Encoding, got)
		}
	}
	accents := "id;title\n1;L´Hospitalet, ¨año¨, 1½ h\n"
	if info, got, _ := read(t, encode(t, charmap.Windows1252, accents), Options{}); info.Encoding != Windows1252 || got[0].Title != "L´Hospitalet, ¨año¨, 1½ h" {
		t.Errorf("%s: %+v", info.Encoding, got)
	}
	arabic := encode(t, charmap.Windows1256, "id;title\n1;عقد\n")
	if _, got, _ := read(t, arabic, Options{Encoding: Windows1256}); len(got) != 1 || got[0].Title != "عقد" {
		t.Errorf("%+v", got)
	}
}

func TestALongListKeepsItsEncoding(t *testing.T) {
	var list strings.Builder
	list.WriteString("id;title\n")
	list.WriteString(strings.Repeat("1;plain\n", 20_000)) // more than is read at once
	list.WriteString("2;Peña\n")
	for want, e := range map[string]encoding.Encoding{Windows1252: charmap.Windows1252, UTF8: unicode.UTF8} {
		info, got, _ := read(t, encode(t, e, list.String()), Options{})
		if info.Encoding != want || len(got) != 20_001 || got[20_000].Title != "Peña" {
			t.Errorf("%s: %d", info.Encoding, len(got))
		}
	}
}

func TestTheShapeOfAListIsFoundOut(t *testing.T) {
	want := []Record{{ID: "12", Title: "Lease, first", Reference: "R;1", Due: "2026-12-24", DueText: "2026-12-24"}, {ID: "27"}}
	for name, list := range map[string]string{
		"comma":                  "id,title,reference,due\n12,\"Lease, first\",R;1,2026-12-24\n27,,,\n",
		"semicolon":              "id;title;reference;due\n12;Lease, first;\"R;1\";2026-12-24\n27\n",
		"tab":                    "id\ttitle\treference\tdue\n12\tLease, first\tR;1\t2026-12-24\n27\n",
		"bar":                    "id|title|reference|due\n12|Lease, first|R;1|2026-12-24\n27|||\n",
		"sep=":                   "sep=|\r\nid|title|reference|due\r\n12|Lease, first|R;1|2026-12-24\r\n27\r\n",
		"sep= saved again":       "\"sep=|\";;;\r\nid|title|reference|due\r\n12|Lease, first|R;1|2026-12-24\r\n27\r\n",
		"separators at the end":  "id;title;reference;due;;;\n12;Lease, first;\"R;1\";2026-12-24;;;\n27;;;;;;\n;;;;;;\n",
		"a title above":          "Pending signatures, at 28/11/2026\n\nOffice: Peña\nid;title;reference;due\n12;Lease, first;\"R;1\";2026-12-24\n27\n",
		"a title with more":      "Report;;;;;\n;;;by;id clerk;\nid;title;reference;due;;\n12;Lease, first;\"R;1\";2026-12-24;;\n27;;;;;\n",
		"other columns":          "Clerk;Id;Title;Reference;Amount;Due\nJM;12;Lease, first;\"R;1\";1.234,50;2026-12-24\nJM;27;;;0\n",
		"all fields in quotes":   "\"id\";\"title\";\"reference\";\"due\"\n\"12\";\"Lease, first\";\"R;1\";\"2026-12-24\"\n\"27\";\"\";\"\";\"\"\n",
		"headings between":       "\n\n;;\nid;title;reference;due\n\n;;;\n12;Lease, first;\"R;1\";2026-12-24\n \t;;\n27\n",
		"blanks around":          " id ; title ; reference ; due \n 12 ; Lease, first ;\"R;1\"; 2026-12-24 \n\u00a027\u00a0\n",
		"headings by their sign": "ID:;Title *;Reference (ours);DUE\n12;Lease, first;;2026-12-24\n27\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, got, faults := read(t, []byte(list), Options{})
			wanted := append([]Record{}, want...)
			if name == "headings by their sign" {
				wanted[0].Reference = ""
			}
			for i := range got {
				got[i].Line = 0
			}
			if diff := cmp.Diff(wanted, got); diff != "" || len(faults) > 0 {
				t.Errorf("%v (-want +got):\n%s", faults, diff)
			}
		})
	}
}

func TestHeadingsAreKnownInAllLanguages(t *testing.T) {
	for heading, want := range map[string]Field{
		"ID": ID, "remote_id": ID, "Remote ID": ID, "Id. solicitud": ID, "Nº solicitud": ID, "Identificador": ID, "Id de la sol·licitud": ID, "N° demande": ID, "Identifiant": ID, "\ufeffid": ID,
		"url": Link, "Enlace": Link, "Enllaç": Link, "LIEN": Link,
		"Título": Title, "TITULO": Title, "Asunto": Title, "Títol": Title, "Assumpte": Title, "Titre": Title, "Objet": Title, "T\u0069\u0301tulo": Title,
		"Referencia": Reference, "Ref.": Reference, "Expediente": Reference, "N.º de expediente": Reference, "Referència": Reference, "Référence": Reference, "Dossier": Reference,
		"Vencimiento": Due, "Vence el": Due, "Fecha límite": Due, "Venciment": Due, "Venç el": Due, "Échéance": Due, "Date d'échéance": Due, "Date d’échéance": Due, "Due date": Due, "Termini": Due,
		"Pasarela": Gateway, "Passarel·la": Gateway, "Passerelle": Gateway, "Gateway": Gateway,
		"Importe": Unread, "": Unread, "colour": Unread, "id clerk": Unread,
	} {
		if got, _ := fieldOf(heading); got != want {
			t.Errorf("%q is read as %q, not %q", heading, got, want)
		}
	}
}

func TestTheWindowsLabelsAreHeadings(t *testing.T) {
	for f, keys := range windowLabels {
		for _, key := range keys {
			for _, l := range i18n.Languages() {
				if got, _ := fieldOf(l.Say(key)); got != f {
					t.Errorf("%s: %q is read as %q, not %q", l, l.Say(key), got, f)
				}
			}
		}
	}
}

func TestColumnsCanBeChosen(t *testing.T) {
	list := []byte("Nr;Was;Wann;Titel\n12;Lease;24.12.2026;no\n")
	l, err := Open(t.Context(), bytes.NewReader(list), int64(len(list)), Options{})
	if err != nil || l.Problem() == nil || !strings.Contains(l.Problem().Error(), "line 1: no row at the beginning names the columns") {
		t.Fatalf("%v, %v", err, l.Problem())
	}
	var headings []string
	for _, c := range l.Info().Columns {
		headings = append(headings, c.Heading)
	}
	if line, texts, err := l.NextRaw(); err != nil || line != 2 || strings.Join(texts, ";") != "12;Lease;24.12.2026;no" {
		t.Errorf("%d %q %v", line, texts, err)
	}
	l.Close()
	want := []Record{{Line: 2, ID: "12", Title: "Lease", Due: "2026-12-24", DueText: "24.12.2026"}}
	for name, o := range map[string]Options{
		"columns":  {Columns: []Field{ID, Title, Due}},
		"headings": {Headings: map[Field]string{ID: "nr", Title: " WAS", Due: "Wann"}},
		"remembered": {Remembered: func(h []string) []Field {
			if cmp.Diff(headings, h) != "" {
				t.Errorf("the headings are %q", h)
			}
			return []Field{ID, Title, Due, Unread}
		}},
	} {
		info, got, faults := read(t, list, o)
		if diff := cmp.Diff(want, got); diff != "" || len(faults) > 0 || info.Remembered != (name == "remembered") {
			t.Errorf("%s: %v (-want +got):\n%s", name, faults, diff)
		}
	}
	twice := []byte("id;title;title\n1;a;b\n")
	if l, err := Open(t.Context(), bytes.NewReader(twice), int64(len(twice)), Options{}); err != nil || l.Problem() == nil {
		t.Errorf("two columns for the title: %v", err)
	}
	if _, got, _ := read(t, twice, Options{Headings: map[Field]string{Title: "title"}}); len(got) != 1 || got[0].Title != "a" {
		t.Errorf("the first of two columns: %+v", got)
	}
	for says, o := range map[string]Options{
		"line 1: the list has no column Nummer":          {Headings: map[Field]string{ID: "Nummer"}},
		"column 2 (Was): the list has this column twice": {Columns: []Field{ID, ID}},
	} {
		l, err := Open(t.Context(), bytes.NewReader(list), int64(len(list)), o)
		if err != nil || l.Problem() == nil || !strings.Contains(l.Problem().Error(), says) {
			t.Errorf("%q: %v, %v", says, err, l.Problem())
		}
		l.Close()
	}
}

func TestOfSeveralHeadingsForAFieldTheMostFittingCounts(t *testing.T) {
	info, got, _ := read(t, []byte("Nombre;Solicitud;Id;Título\nAna;Baja;12;Acta\n"), Options{})
	if len(got) != 1 || got[0].ID != "12" || got[0].Title != "Acta" {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"Nombre", "Solicitud"}, info.Unread()); diff != "" {
		t.Error(diff)
	}
}

func TestIDsThatASpreadsheetSpoiled(t *testing.T) {
	for id, says := range map[string]string{
		"2,47E+12": "shortened", "1.23457E+15": "shortened", "2E+05": "shortened", "1e5": "shortened",
		"#REF!": "is a spreadsheet error", "#N/A": "is a spreadsheet error", "#¡REF!": "is a spreadsheet error", "#¿NOMBRE?": "is a spreadsheet error", "#DIV/0!": "is a spreadsheet error", "Err:502": "is a spreadsheet error",
		"12.0": "separators or decimals", "12,00": "separators or decimals", "1.234.567": "separators or decimals", "1 234 567": "separators or decimals", "1\u00a0234": "separators or decimals", "1\u202f234": "separators or decimals", "1'234": "separators or decimals",
		"'0012": "begins with", "=12": "begins with", "\u200b13": "contains invisible characters (<U+200B>13)", "1\u00ad3": "invisible characters", "\u200f13": "invisible characters",
	} {
		_, got, faults := read(t, []byte("id;title\n"+id+";a\n7;b\n"), Options{})
		if len(got) != 1 || got[0].ID != "7" || len(faults) != 1 || !strings.HasPrefix(faults[0], "line 2, column 1 (id): ") || !strings.Contains(faults[0], says) {
			t.Errorf("%q: %+v, %q", id, got, faults)
		}
	}
	for text, spoiled := range map[string]bool{"#REF!": true, "########": true, "#N/D": true, "#NV": true, "#1": false, "#hashtag": false, "# 12": false, "#URGENT": false} {
		if isError(text) != spoiled {
			t.Errorf("%q is an error: %v", text, !spoiled)
		}
	}
	for _, id := range []string{"12", "18446744073709551615", "A-12", "a1b2e3", "12-13"} {
		if _, got, faults := read(t, []byte("id;title\n"+id+";a\n"), Options{}); len(got) != 1 || got[0].ID != id {
			t.Errorf("%q: %q", id, faults)
		}
	}
}

func TestDates(t *testing.T) {
	for _, c := range []struct {
		lang      i18n.Language
		text      string
		want      string
		ambiguous bool
	}{
		{i18n.Spanish, "24/12/2026", "2026-12-24", false},
		{i18n.Spanish, "24-12-2026", "2026-12-24", false},
		{i18n.Spanish, "24.12.2026", "2026-12-24", false},
		{i18n.Spanish, "24.12.26", "2026-12-24", false},
		{i18n.Spanish, "3/4/2027", "2027-04-03", true},
		{i18n.Spanish, "3/3/2027", "2027-03-03", false},
		{i18n.Spanish, "12/24/2026", "", false},
		{i18n.English, "12/24/2026", "2026-12-24", false},
		{i18n.English, "3/4/2027", "2027-04-03", true},
		{i18n.Spanish, "2026-12-24", "2026-12-24", false},
		{i18n.Spanish, "2026/12/24", "2026-12-24", false},
		{i18n.Spanish, "2026-12-24 00:00:00", "2026-12-24", false},
		{i18n.Spanish, "2026-12-24T00:00:00Z", "2026-12-24", false},
		{i18n.Spanish, "2026-12-24T00:00:00.000+01:00", "2026-12-24", false},
		{i18n.Spanish, "24/12/2026 0:00", "2026-12-24", false},
		{i18n.English, "12/24/2026 12:00:00 AM", "2026-12-24", false},
		{i18n.Spanish, "20261224", "2026-12-24", false},
		{i18n.Spanish, "24 de diciembre de 2026", "2026-12-24", false},
		{i18n.Spanish, "jueves, 24 de diciembre de 2026", "2026-12-24", false},
		{i18n.English, "24-dic-26", "2026-12-24", false}, // a Spanish list on an English desk
		{i18n.Spanish, "24 décembre 2026", "2026-12-24", false},
		{i18n.English, "December 24, 2026", "2026-12-24", false},
		{i18n.English, "\u200f24/12/2026", "2026-12-24", false}, // as Excel writes it in Arabic
		{i18n.English, "٢٤/١٢/٢٠٢٦", "2026-12-24", false},
		{i18n.English, "", "", false},
		{i18n.English, "00/00/0000", "none", false},
		{i18n.English, "14/06/1448", "", false}, // of the Islamic calendar
		{i18n.English, "24/12", "", false},
		{i18n.English, "24 December", "", false},
		{i18n.English, "46380", "", false},
		{i18n.English, "31/2/2026", "", false},
		{i18n.English, "soon", "", false},
	} {
		_, got, faults := read(t, []byte("id\tdue\n1\t"+c.text+"\n"), Options{Language: c.lang})
		switch {
		case c.want == "none":
			if len(got) != 1 || got[0].Due != "" {
				t.Errorf("%q: %+v", c.text, got)
			}
		case c.want == "" && c.text != "":
			if len(faults) != 1 || !strings.Contains(faults[0], "is not a date") {
				t.Errorf("%s %q: %+v", c.lang, c.text, got)
			}
		case len(got) != 1 || got[0].Due != c.want || got[0].Ambiguous != c.ambiguous:
			t.Errorf("%s %q: %+v %q", c.lang, c.text, got, faults)
		}
	}
}

func TestTheOrderOfDayAndMonthIsThatOfTheList(t *testing.T) {
	list := []byte("id,due\n1,3/4/2027\n2,12/24/2026\n")
	info, got, _ := read(t, list, Options{Language: i18n.English})
	if !info.MonthFirst || len(got) != 2 || got[0].Due != "2027-03-04" || !got[0].Ambiguous || got[1].Due != "2026-12-24" {
		t.Errorf("%+v %+v", info, got)
	}
	info, got, faults := read(t, list, Options{Language: i18n.Spanish})
	if info.MonthFirst || len(got) != 1 || got[0].Due != "2027-04-03" || len(faults) != 1 {
		t.Errorf("%+v %+v", info, got)
	}
	info, got, _ = read(t, []byte("id,due\n1,3/4/2027\n2,12/24/2026\n3,24/12/2026\n"), Options{Language: i18n.English})
	if info.MonthFirst || len(got) != 3 || got[0].Due != "2027-04-03" || got[1].Due != "2026-12-24" {
		t.Errorf("%+v %+v", info, got)
	}
}

func TestAQuoteMayHoldLines(t *testing.T) {
	for name, end := range map[string]string{"line feeds": "\n", "both": "\r\n", "returns": "\r"} {
		list := strings.ReplaceAll("id;title\n1;\"two\nlines; \"\"quoted\"\"\"\n2;b\n", "\n", end)
		_, got, faults := read(t, []byte(list), Options{})
		if len(got) != 2 || got[0].Title != "two"+end+"lines; \"quoted\"" || got[1].Line != 4 {
			t.Errorf("%s: %+v %q", name, got, faults)
		}
	}
}

func TestAFaultyRowTakesNoOtherAlong(t *testing.T) {
	list := "id;title\n1;\"never closed\n2;b\n3;\"c\"\n4;\"d\"\"\n5;\"two\nlines\"\n6;e \"f\"\n7;" + strings.Repeat("x", 2*maxRow) + "\n8;g\n"
	_, got, faults := read(t, []byte(list), Options{})
	var ids []string
	for _, r := range got {
		ids = append(ids, r.ID)
	}
	if diff := cmp.Diff([]string{"2", "3", "5", "8"}, ids); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, begins := range []string{"line 2: its quotes", "line 5: ", "line 8: near character 5", "line 9: the row has more than 64 KB"} {
		if i >= len(faults) || !strings.HasPrefix(faults[i], begins) {
			t.Errorf("%q: %q", begins, faults)
		}
	}
}

func TestTextsThatAreKeptFromSpreadsheets(t *testing.T) {
	_, got, faults := read(t, []byte("id;title\n=\"0012\";=\"Lease; first\"\n\"=\"\"13\"\"\";b\n=14;c\n"), Options{})
	if len(got) != 2 || got[0].ID != "0012" || got[0].Title != "Lease; first" || got[1].ID != "13" || len(faults) != 1 {
		t.Errorf("%+v %q", got, faults)
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	for says, head := range map[string]string{
		"of an old version":             "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600),
		"this is a web page":            "\ufeff\r\n<HTML><body><table><tr><td>id</td></tr></table>",
		"or XML":                        "<?xml version=\"1.0\"?><Workbook/>",
		"this is a PDF":                 "%PDF-1.7\n",
		"this is not a list":            "id;title\n" + strings.Repeat("\x00\x01\x02\x03\x04", 500),
		"this is not an Excel workbook": "PK\x03\x04 and nothing else",
	} {
		if l, err := Open(t.Context(), strings.NewReader(head), int64(len(head)), Options{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v %v", head[:8], l, err)
		}
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	for name, list := range map[string][]byte{
		"a row without an end": []byte("id\n" + strings.Repeat("x", 100*maxRow)),
		"blank rows":           pack(t, strict(`<sheetData><row><c t="s"><v>0</v></c></row>`+strings.Repeat(`<row/>`, maxSheetRows-2)+`<row><c><v>12</v></c></row></sheetData>`)),
	} {
		ctx, stop := context.WithCancel(t.Context())
		l, err := Open(ctx, bytes.NewReader(list), int64(len(list)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		stop()
		if _, err := l.Next(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Open(ctx, bytes.NewReader(list), int64(len(list)), Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: opened: %v", name, err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

// shrinking is a file that is cut to half of its length.
type shrinking struct {
	content []byte
	cut     bool
}

func (s *shrinking) ReadAt(p []byte, off int64) (int, error) {
	if s.cut {
		return bytes.NewReader(s.content[:len(s.content)/2]).ReadAt(p, off)
	}
	return bytes.NewReader(s.content).ReadAt(p, off)
}

func TestAListThatBecomesShorterIsNoWholeOne(t *testing.T) {
	var rows strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&rows, "<row><c><v>%d</v></c></row>", i*i)
	}
	tags := strings.NewReplacer("<row><c><v>", "", "</v></c></row>", "\n")
	for name, list := range map[string][]byte{
		"csv":  []byte("id\n" + tags.Replace(rows.String())),
		"xlsx": pack(t, strict(`<sheetData><row><c t="s"><v>0</v></c></row>`+rows.String()+`</sheetData>`)),
	} {
		file := &shrinking{content: list}
		l, err := Open(t.Context(), file, int64(len(list)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		file.cut = true
		for err == nil {
			_, err = l.Next()
		}
		if !strings.HasSuffix(err.Error(), "it was changed meanwhile: import it again") {
			t.Errorf("%s: %v", name, err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}
