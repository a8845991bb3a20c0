package desk

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/request"
)

// newListRig is a desk whose second gateway knows requests by their ids and mails links.
func newListRig(t testing.TB) *rig {
	r := newRig(t)
	r.close()
	r.Two.Set(func(f *fake.Gateway) { f.Can.AcceptsIDs = true })
	r.setup.Kinds[1].ParseLink = func(p gateway.Profile, link string) ([]string, bool) {
		rest, ok := strings.CutPrefix(link, p.URL+"/sign?")
		query, err := url.ParseQuery(rest)
		if !ok || err != nil {
			return nil, false
		}
		return query["id"], query.Get("by") == p.Settings["by"]
	}
	r.open()
	return r
}

type row struct{ ID, Title, Reference, Due string }

// imports imports a list and returns the result, with the requests that were added.
func (r *rig) imports(list string) (Imported, []row, error) {
	var rows []row
	result, err := r.Import(r.Context(), input.Memory("list.csv", []byte(list)), ImportOptions{}, func(done ImportStep) error {
		for _, one := range done.Rows {
			if one.Outcome != RowAdded {
				continue
			}
			q := one.Request
			if q.ID == "" || q.Status != request.Pending || q.Gateway != "two" {
				r.Errorf("imported %+v", q)
			}
			rows = append(rows, row{q.AddedRemoteID, q.Title, q.Reference, q.Due})
		}
		return nil
	})
	return result, rows, err
}

func TestListsAreReadHoweverTheyAreWritten(t *testing.T) {
	want := []row{{"12", "Lease, first", "32-EE-245", "2026-12-24"}, {"27", "two 27", "", ""}}
	for name, list := range map[string]string{
		"comma":                        "id,title,reference,due\n12,\"Lease, first\",32-EE-245,2026-12-24\n27,,,\n",
		"semicolon":                    "id;title;reference;due\r\n12;Lease, first;32-EE-245;2026-12-24\r\n27\r\n",
		"tab, other columns":           "Due\tclerk\tID\tReference\tTitle\n2026-12-24\tJ\t12\t32-EE-245\tLease, first\n\tJ\t 27 \t\t\n",
		"byte order mark, empty lines": "\ufeff\nremote_id,title,reference,due\n\n,,,\n12,\"Lease, first\",32-EE-245,2026-12-24\n\n\n27,,,",
		"UTF-16":                       utf16le("id;title;reference;due\n12;Lease, first;32-EE-245;2026-12-24\n27;;;\n"),
		"old Macintosh":                "id;title;reference;due\r12;Lease, first;32-EE-245;2026-12-24\r27\r",
		"Excel's own line":             "\ufeffsep=|\r\nid|title|reference|due\r\n12|Lease, first|32-EE-245|2026-12-24\r\n27|||\r\n",
		"that line, quoted":            "\"SEP=;\"\nid;title;reference;due;a,b,c,d,e\n12;Lease, first;32-EE-245;2026-12-24\n27\n",
		"that line, tabs":              "sep=\t\nid\ttitle\treference\tdue\n12\tLease, first\t32-EE-245\t2026-12-24\n27\n",
		"links":                        "link,title,reference,due\nhttps://two.example/sign?id=12,\"Lease, first\",32-EE-245,2026-12-24\nhttps://two.example/sign?id=27,,,\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := newListRig(t)
			result, rows, err := r.imports(list)
			r.must(err)
			if diff := cmp.Diff(want, rows); diff != "" || len(result.Faults) > 0 || result.Added != 2 {
				t.Errorf("(-want +got):\n%s%+v", diff, result)
			}
			again, rows, err := r.imports(list)
			r.must(err)
			if again.Added != 0 || again.Known != 2 || len(rows) > 0 {
				t.Errorf("imported twice: %+v", again)
			}
		})
	}
}

func utf16le(text string) string {
	b := []byte{0xff, 0xfe}
	for _, r := range text {
		b = append(b, byte(r), byte(r>>8))
	}
	return string(b)
}

func TestABadRowIsToldByItsPlaceAndStopsNothing(t *testing.T) {
	r := newListRig(t)
	list := strings.Join([]string{
		"id,title,due,gateway,link,colour",
		"1,first,,two,,red",
		",no id,,,,",
		"3,bad date,soon,,,",
		"4,other gateway,,one,,",
		"5,no such gateway,,three,,",
		"6,a \"quote\" inside,,,,",
		"7,\"two",
		"lines\",2026-12-24,,,",
		"8,not \xff UTF-8 é è,,,,",
		"9,too,many,,,,x",
		",,,,https://elsewhere.example/sign?id=1,",
		",,,,https://two.example/sign?id=10&id=11,",
		"1,again,,,,",
		"77,two ids,,,https://two.example/sign?id=78,",
		",two gateways,,one,https://two.example/sign?id=79,",
		"\x01\x02,odd id,,,,",
		"12,\"never closed,,,,",
		"13,last,,,,",
	}, "\n")
	result, rows, err := r.imports(list)
	r.must(err)
	var added []string
	for _, row := range rows {
		added = append(added, row.ID)
	}
	if diff := cmp.Diff([]string{"1", "7", "13"}, added); diff != "" || result.Added != 3 || result.Known != 1 {
		t.Errorf("(-want +got):\n%s%+v", diff, result)
	}
	if diff := cmp.Diff([]string{"colour"}, result.Info.Unread()); diff != "" {
		t.Error(diff)
	}
	want := []string{
		"line 3, column 1 (id): it names no request",
		`line 4, column 3 (due): "soon" is not a date`,
		"line 5, column 4 (gateway): gateway one does not sign requests by their id",
		`line 6, column 4 (gateway): there is no gateway "three"`,
		"line 7: near character",
		"line 10, column 2 (title): this is not UTF-8",
		"line 11, column 7: there is more in this row",
		"line 12, column 5 (link): no gateway of this desk is at elsewhere.example",
		"line 13, column 5 (link): the link is for several requests",
		"line 15, column 5 (link): it is for another request than the id",
		"line 16, column 4 (gateway): the link is for gateway two",
		"line 17, column 1 (id):",
		"line 18: its quotes do not fit",
	}
	for i, fault := range result.Faults {
		if i >= len(want) || !strings.HasPrefix(fault.Error(), want[i]) {
			t.Errorf("fault %d: %v", i, fault)
		}
	}
	if len(result.Faults) != len(want) {
		t.Errorf("%d faults, not %d", len(result.Faults), len(want))
	}
}

func TestManyBadRowsStopNothing(t *testing.T) {
	r := newListRig(t)
	result, rows, err := r.imports("sep=;\nid;title\n" + strings.Repeat("x\"\n", 2000) + "7;last\n")
	r.must(err)
	if len(rows) != 1 || rows[0].ID != "7" || result.LeftOut != 2000 || len(result.Faults) != maxRowFaults || result.Faults[0].Line != 3 {
		t.Errorf("%v, %d of %d faults, the first %v", rows, len(result.Faults), result.LeftOut, result.Faults[0])
	}
}

func TestWhatIsNoListIsRefusedWhole(t *testing.T) {
	for name, test := range map[string]struct{ list, says string }{
		"no header":    {"12,Lease,32-EE-245\n", "no row at the beginning names the columns"},
		"nothing":      {"", "no row at the beginning names the columns"},
		"twice":        {"id,title,ID\n1,a,2\n", "line 1, column 3 (ID): the list has this column twice"},
		"a PDF":        {"%PDF-1.7\n\x00\x01\x02\"\xff", "this is a PDF and not a list"},
		"an open name": {"\"id,title\n1,a\n", "line 1"},
		"one long row": {strings.Repeat("x", 1<<20), "line 1: the row has more than 64 KB"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newListRig(t)
			if _, rows, err := r.imports(test.list); err == nil || !strings.Contains(err.Error(), test.says) || len(rows) > 0 {
				t.Errorf("%d rows, error: %v", len(rows), err)
			}
		})
	}
}

func TestARowsGatewayIsFoundWhereNoneIsNamed(t *testing.T) {
	r := newListRig(t)
	for name, text := range map[string]string{
		"none":   "default = \"one\"\n[gateways.one]\nkind = \"fake\"\nurl = \"https://one.example\"\n",
		"two":    fake.Profiles + "[gateways.third]\nkind = \"other\"\nurl = \"https://third.example\"\n",
		"broken": "nonsense",
	} {
		r.must(os.WriteFile(r.dir.Gateways(), []byte(text), 0o600))
		result, _, err := r.imports("id\n1\n")
		if err != nil || len(result.Faults) != 1 || result.Faults[0].Line != 2 {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
}

// A list of real requests does not go to a practice gateway because that is still the default.
func TestAListPrefersARealGateway(t *testing.T) {
	r := newListRig(t)
	r.setup.Practice = r.completePractice
	r.restart()
	real := "[gateways.two]\nkind = \"other\"\nurl = \"https://two.example\"\n"
	practice := "default = \"sandbox\"\n[gateways.sandbox]\nkind = \"other\"\npractice = true\n"
	for i, test := range []struct{ profiles, want string }{{practice, "sandbox"}, {practice + real, "two"}} {
		r.must(os.WriteFile(r.dir.Gateways(), []byte(test.profiles), 0o600))
		list := input.Memory("list.csv", fmt.Appendf(nil, "id\n%d\n", 900+i))
		result, err := r.Import(t.Context(), list, ImportOptions{}, func(ImportStep) error { return nil })
		r.must(err)
		ids, err := r.ledger.FindByRemoteID(t.Context(), test.want, fmt.Sprint(900+i))
		r.must(err)
		if result.Added != 1 || len(ids) != 1 || r.get(ids[0]).Practice != (test.want == "sandbox") {
			t.Errorf("%s: %+v, %v", test.want, result, ids)
		}
	}
}

func TestALongListIsWrittenInPieces(t *testing.T) {
	r := newListRig(t)
	var list strings.Builder
	list.WriteString("id,title\n")
	const many = 2*rowsAtOnce + 7
	for i := range many {
		fmt.Fprintf(&list, "%d,Lease %d\n", i%(many-3), i) // some twice
	}
	result, rows, err := r.imports(list.String())
	r.must(err)
	if result.Added != many-3 || result.Known != 3 || len(rows) != many-3 {
		t.Errorf("got %+v, %d rows", result, len(rows))
	}
	page, err := r.ledger.Query(t.Context(), ledger.Query{Gateway: "two", Limit: 1})
	if err != nil || page.Requests[0].Status != request.Pending {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestLinksFindTheirGateway(t *testing.T) {
	r := newListRig(t)
	name, ids, err := r.ReadLink(t.Context(), "https://two.example/sign?id=12&id=27")
	if err != nil || name != "two" || len(ids) != 2 {
		t.Errorf("%s %v %v", name, ids, err)
	}
	for link, says := range map[string]string{
		"https://elsewhere.example/sign?id=1&token=secret": "countersignctl gateway add NAME --kind KIND --url https://elsewhere.example)",
		"https://two.example/help":                         "gateway two and names no request",
		"see you tomorrow":                                 "not a signing link",
		"ftp://two.example/sign?id=1":                      "not a signing link",
		"":                                                 "not a signing link",
	} {
		if _, _, err := r.ReadLink(t.Context(), link); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "token") {
			t.Errorf("%q: %v", link, err)
		}
	}
}

func FuzzImport(f *testing.F) {
	for _, list := range []string{
		"id,title\n1,a\n", "id;due\n1;2026-12-24\n2;x\n", "\ufeffid\n\"1\n2\n", "id,title\n1,\"a\nb\"\n\"2,\n3,c\n",
		utf16le("id\n1\n"), "link\nhttps://two.example/sign?id=1\n", "id\r1\r", "sep=;\nid;due\n1;2026-12-24\n", "sep=", "id,id\n", "id\n\x00\n",
	} {
		f.Add([]byte(list))
	}
	r := newListRig(f)
	f.Fuzz(func(t *testing.T, list []byte) {
		result, err := r.Import(context.Background(), input.Memory("list", list), ImportOptions{Gateway: "two"}, func(done ImportStep) error {
			for _, one := range done.Rows {
				q := one.Request
				if one.Outcome != RowAdded {
					continue
				}
				if q.AddedRemoteID == "" || len(q.AddedRemoteID) > maxRemoteID || !utf8.ValidString(q.Title+q.Reference+q.AddedRemoteID) || strings.ContainsAny(q.Title, "\r\n\x00") {
					t.Errorf("imported %+v", q)
				}
			}
			return nil
		})
		lines := bytes.Count(list, []byte("\n")) + 1
		if lines == 1 {
			lines += bytes.Count(list, []byte("\r"))
		}
		if result.Added+result.Known+result.LeftOut > lines && !bytes.HasPrefix(list, []byte{0xff}) && !bytes.HasPrefix(list, []byte{0xfe}) {
			t.Errorf("%+v of %d lines (%v)", result, lines, err)
		}
		for _, fault := range result.Faults {
			if fault.Line < 1 || fault.Line > lines && !bytes.HasPrefix(list, []byte{0xff}) && !bytes.HasPrefix(list, []byte{0xfe}) {
				t.Errorf("%+v", fault)
			}
		}
	})
}
