package office_test

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"

	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/team"
	"countersign/core/workspace"
)

// audit audits the server of a home's office.
func (f *fixture) audit(w *workspace.Workspace) office.Audit {
	f.t.Helper()
	found, err := w.Office.Audit(f.t.Context(), w.Ledger, func(int, int) {})
	if err != nil {
		f.t.Fatal(err)
	}
	return found
}

// newWitnessed returns an office with the entries 1 and 2 (the desks join) and 3 to 6 (requests), of which both desks have signed the last
// one. Its owner can restore it.
func newWitnessed(t *testing.T) (f *fixture, front, floor *workspace.Workspace) {
	f = newFixture(t)
	front, floor = f.join(f.clara, "front"), f.join(f.max, "first floor")
	for _, id := range []request.ID{"r-1", "r-2", "r-3", "r-4"} {
		f.add(front, id)
	}
	for _, w := range []*workspace.Workspace{front, floor} {
		stop := f.follow(w)
		f.await(w, office.Online)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	}
	statements := []string{
		"ALTER TABLE countersign.witnesses DROP CONSTRAINT witnesses_desk_fkey, DROP CONSTRAINT witnesses_number_fkey",
		"ALTER TABLE countersign.desks DROP CONSTRAINT desks_number_fkey",
	}
	for _, table := range saved {
		statements = append(statements, "CREATE TABLE public."+table+" AS TABLE countersign."+table)
	}
	cluster.MustExec(t, f.owner, f.owner, statements...)
	return f, front, floor
}

// of has the fixture report to a subtest, until the function that it returns is called.
func (f *fixture) of(t *testing.T) (end func()) {
	before := f.t
	f.t = t
	return func() { f.t = before }
}

var saved = []string{"events", "witnesses", "desks", "office"}

func (f *fixture) restore() {
	f.t.Helper()
	for _, table := range saved {
		cluster.MustExec(f.t, f.owner, f.owner, "DELETE FROM countersign."+table, "INSERT INTO countersign."+table+" TABLE public."+table)
	}
}

// relink is the statement with which an owner computes the links anew from an entry on.
func relink(from int) string {
	return fmt.Sprintf(`DO $$ DECLARE e countersign.events; l bytea; n bigint := 0; BEGIN
		SELECT coalesce((SELECT link FROM countersign.events WHERE number = %[1]d - 1), decode(repeat('00', 32), 'hex')) INTO l;
		FOR e IN SELECT * FROM countersign.events WHERE number >= %[1]d ORDER BY number LOOP
			l := sha256(convert_to(encode(l, 'hex') || ' ' || encode(sha256(convert_to(e.request || ' ' || e.seq || ' ', 'UTF8') || e.event || '\x0a'::bytea), 'hex') || E'\n', 'UTF8'));
			UPDATE countersign.events SET link = l WHERE number = e.number;
			n := e.number;
		END LOOP;
		UPDATE countersign.office SET number = n, link = l;
	END $$`, from)
}

// alter is the statement with which an owner changes the title in the event of an entry.
func alter(number int) string {
	return fmt.Sprintf("UPDATE countersign.events SET event = replace(convert_from(event, 'UTF8'), 'Lease', 'Grant')::bytea WHERE number = %d", number)
}

const (
	moved = "UPDATE countersign.events SET number = number %s WHERE number %s"
	swap  = "UPDATE countersign.events SET number = CASE number WHEN 4 THEN 105 WHEN 5 THEN 104 END WHERE number IN (4, 5)"
	// behind is an entry that stands behind all others; %s is its event.
	behind = `INSERT INTO countersign.events (number, request, seq, event, link, key) VALUES (7, 'r-9', 1, '%s', sha256('x'), gen_random_uuid())`
)

func addedBy(desk, login string) string {
	return fmt.Sprintf(`{"seq":1,"at":"2026-01-02T03:04:05Z","kind":"added","by":"%s","desk":"%s","added":{"title":"x","gateway":"one","remote_id":"1"}}`, login, desk)
}

func TestAnAuditNamesWhatTheOwnerOfAnOfficeHasRewritten(t *testing.T) {
	f, front, floor := newWitnessed(t)
	for _, w := range []*workspace.Workspace{front, floor} {
		if got := f.audit(w); got.Fault != nil || got.Entries != 6 || got.Desks != 2 || got.Witnesses != 2 {
			t.Fatalf("a sound office: %+v, %+v", got, got.Fault)
		}
	}
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	otherKey := fmt.Sprintf(`'\x%x'::bytea`, []byte(other))
	for name, c := range map[string]struct {
		statements []string
		kind       ledger.FaultKind
		number     int
		desk, says string
	}{
		"an event is altered":                     {[]string{alter(4)}, ledger.Altered, 4, "", "another event"},
		"an event is altered and linked anew":     {[]string{alter(4), relink(4)}, ledger.Altered, 4, "", "another event"},
		"an event has another request":            {[]string{"UPDATE countersign.events SET request = 'r-8' WHERE number = 4"}, ledger.Altered, 4, "", "another event"},
		"an entry is removed":                     {[]string{"DELETE FROM countersign.events WHERE number = 4"}, ledger.Removed, 4, "", "does not have this entry"},
		"an entry is removed and linked anew":     {[]string{"DELETE FROM countersign.events WHERE number = 4", fmt.Sprintf(moved, "+ 100", "> 4"), fmt.Sprintf(moved, "- 101", "> 100"), "DELETE FROM countersign.witnesses", relink(4)}, ledger.Removed, 4, "", "as entry 5"},
		"the last entry is removed":               {[]string{"DELETE FROM countersign.events WHERE number = 6", "DELETE FROM countersign.witnesses", relink(5)}, ledger.Truncated, 6, "", "lacks the last entries"},
		"the last entry is removed, not the head": {[]string{"DELETE FROM countersign.events WHERE number = 6"}, ledger.Truncated, 6, "", "lacks the last entries"},
		"everything is removed":                   {[]string{"DELETE FROM countersign.events"}, ledger.Truncated, 1, "", "lacks the last entries"},
		"two entries are swapped":                 {[]string{swap, fmt.Sprintf(moved, "- 100", "> 100")}, ledger.Reordered, 4, "", "has it as entry 5"},
		"two entries are swapped and linked anew": {[]string{swap, fmt.Sprintf(moved, "- 100", "> 100"), relink(4)}, ledger.Reordered, 4, "", "has it as entry 5"},
		"an entry is inserted":                    {[]string{fmt.Sprintf(behind, addedBy("front", f.clara)), fmt.Sprintf(moved, "+ 100", "> 3"), "UPDATE countersign.events SET number = CASE number WHEN 107 THEN 4 ELSE number - 99 END WHERE number > 100", relink(4)}, ledger.Foreign, 4, "", "that this desk has not read"},
		"a link is altered":                       {[]string{"UPDATE countersign.events SET link = sha256('x') WHERE number = 4"}, ledger.Altered, 4, "", "another link"},
		"the last link is altered":                {[]string{"UPDATE countersign.events SET link = sha256('x') WHERE number = 6"}, ledger.Altered, 6, "", "another link"},
		"the head is altered":                     {[]string{"UPDATE countersign.office SET link = sha256('x')"}, ledger.Altered, 6, "", "another link as its last one"},
		"the head is beyond":                      {[]string{"UPDATE countersign.office SET number = 9"}, ledger.Truncated, 7, "", "more entries than are there"},
		"the head is before":                      {[]string{"UPDATE countersign.office SET number = 5, link = (SELECT link FROM countersign.events WHERE number = 5)"}, ledger.Foreign, 6, "", "said to be entry 5"},
		"an entry stands behind all":              {[]string{fmt.Sprintf(behind, addedBy("front", f.clara))}, ledger.Altered, 7, "", "does not follow"},
		"a linked entry stands behind all":        {[]string{fmt.Sprintf(behind, addedBy("front", f.clara)), relink(7), "UPDATE countersign.office SET number = 6, link = (SELECT link FROM countersign.events WHERE number = 6)"}, ledger.Foreign, 7, "", "said to be entry 6"},
		"an entry of nobody stands behind all":    {[]string{fmt.Sprintf(behind, addedBy("front", f.owner)), relink(7)}, ledger.Foreign, 7, "", "had no desk front"},
		"a signature is forged":                   {[]string{"INSERT INTO countersign.witnesses SELECT desk, 4, (SELECT link FROM countersign.events WHERE number = 4), at, signature FROM countersign.witnesses WHERE desk = 'front'"}, ledger.Foreign, 4, "front", "not made with the key"},
		"a signature is altered":                  {[]string{"UPDATE countersign.witnesses SET signature = sha512('x') WHERE desk = 'front'"}, ledger.Foreign, 6, "front", "not made with the key"},
		"a signature is of a desk that is none":   {[]string{"UPDATE countersign.witnesses SET desk = 'back' WHERE desk = 'front'"}, ledger.Foreign, 6, "back", "not made with the key"},
		"a signature is removed":                  {[]string{"DELETE FROM countersign.witnesses WHERE desk = 'front'"}, ledger.Removed, 6, "front", "does not have the signature"},
		"a key is replaced":                       {[]string{"UPDATE countersign.desks SET key = " + otherKey + " WHERE desk = 'front'"}, ledger.Altered, 1, "front", "another key"},
		"a key is replaced in its entry":          {[]string{"UPDATE countersign.desks SET key = " + otherKey + " WHERE desk = 'front'", "UPDATE countersign.events SET event = replace(convert_from(event, 'UTF8'), encode((SELECT key FROM public.desks WHERE desk = 'front'), 'base64'), encode(" + otherKey + ", 'base64'))::bytea WHERE number = 1", relink(1)}, ledger.Altered, 1, "", "another event"},
		"a desk is given to another login":        {[]string{"UPDATE countersign.desks SET login = '" + f.max + "' WHERE desk = 'front'"}, ledger.Altered, 1, "front", "as it joined"},
		"a desk is removed":                       {[]string{"DELETE FROM countersign.desks WHERE desk = 'first floor'"}, ledger.Removed, 2, "first floor", "does not have the desk"},
		"a desk is made up":                       {[]string{"INSERT INTO countersign.desks VALUES ('back', '" + f.clara + "', " + otherKey + ", 3)"}, ledger.Foreign, 3, "back", "no entry names"},
	} {
		t.Run(name, func(t *testing.T) {
			defer f.of(t)()
			defer f.restore()
			cluster.MustExec(t, f.owner, f.owner, c.statements...)
			for _, w := range []*workspace.Workspace{front, floor} {
				got := f.audit(w).Fault
				if got == nil {
					t.Fatal("nothing is found")
				}
				if got.Kind != c.kind || got.Number != c.number || got.Desk != c.desk || !strings.Contains(got.Problem, c.says) {
					t.Errorf("got %+v, want %s at entry %d %s: %q", got, c.kind, c.number, c.desk, c.says)
				}
			}
		})
	}
	if got := f.audit(front); got.Fault != nil {
		t.Errorf("after all was restored: %+v", got.Fault)
	}
}

// A home that comes later has seen nothing. The signatures of the desks show it what was rewritten before.
func TestASignatureShowsALaterHomeWhatWasRewritten(t *testing.T) {
	f, _, _ := newWitnessed(t)
	for name, c := range map[string]struct {
		statements []string
		kind       ledger.FaultKind
		number     int
		says       string
	}{
		"altered":   {[]string{alter(4), relink(4)}, ledger.Altered, 6, "has signed another entry"},
		"truncated": {[]string{"DELETE FROM countersign.events WHERE number > 4", relink(4)}, ledger.Truncated, 5, "has signed entry 6"},
	} {
		t.Run(name, func(t *testing.T) {
			defer f.of(t)()
			defer f.restore()
			cluster.MustExec(t, f.owner, f.owner, c.statements...)
			ada := f.join(f.ada, "unused")
			if err := ada.Office.CatchUp(t.Context(), ada.Ledger); err != nil {
				t.Fatal(err)
			}
			got := f.audit(ada).Fault
			if got == nil || got.Kind != c.kind || got.Number != c.number || got.Desk == "" || !strings.Contains(got.Problem, c.says) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestAQuickAuditComparesTheEnds(t *testing.T) {
	f, front, _ := newWitnessed(t)
	quick := func() office.Audit {
		t.Helper()
		got, err := front.Office.CompareHeads(t.Context(), front.Ledger)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := quick(); got.Fault != nil || got.Entries != 6 || !got.Quick {
		t.Errorf("got %+v", got)
	}
	for statement, want := range map[string]ledger.FaultKind{
		"UPDATE countersign.events SET link = sha256('x') WHERE number = 6": ledger.Altered,
		"DELETE FROM countersign.events WHERE number = 6":                   ledger.Removed,
		"UPDATE countersign.office SET number = 5":                          ledger.Truncated,
		alter(4): "",
	} {
		cluster.MustExec(t, f.owner, f.owner, statement)
		if got := quick().Fault; want == "" && got != nil || want != "" && (got == nil || got.Kind != want || got.Number != 6) {
			t.Errorf("%s: got %+v", statement, got)
		}
		f.restore()
	}
}

// What somebody with a login has appended and cannot have happened is no fault of the register.
func TestAnEntryThatDoesNotFitIsNoFault(t *testing.T) {
	f := newFixture(t)
	front := f.join(f.clara, "front")
	server, err := team.Open(t.Context(), f.dsn(f.clara), "", "front")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	poison := register.Event{Request: "r-1", Seq: 1, Content: []byte(`{"seq":1,"at":"2026-01-02T03:04:05Z","kind":"stored","desk":"front"}`)}
	if _, err := server.Append(t.Context(), team.NewKey(), register.Head{}, poison); err != nil {
		t.Fatal(err)
	}
	if err := front.Office.CatchUp(t.Context(), front.Ledger); err != nil {
		t.Fatal(err)
	}
	if got := f.audit(front); got.Fault != nil || got.Entries != 2 {
		t.Errorf("got %+v, %+v", got, got.Fault)
	}
	report, err := front.Sealer.Audit(t.Context(), nil, nil)
	if err == nil && report.Fault == nil && len(report.Unfit) == 1 && report.Unfit[0].Number == 2 && report.Unfit[0].Desk == "front" {
		return
	}
	t.Errorf("got %+v, %v", report, err)
}

// What makes no sense about a gateway of the office is listed with the other entries that do not fit, alike at each desk, after a rebuild, and of a copy that a desk
// has kept when it left.
func TestAGatewayThatMakesNoSenseIsListed(t *testing.T) {
	f := newFixture(t)
	front, floor := f.join(f.clara, "front"), f.join(f.max, "first floor")
	server, err := team.Open(t.Context(), f.dsn(f.max), "", "first floor")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	const far = `"name":"far","settings":{"kind":"trident","url":"https://far.example"}`
	for i, said := range []string{
		`"kind":"gateway_shared","gateway_shared":{` + far + `}`,
		`"kind":"gateway_shared","gateway_shared":{"name":"far","settings":{"kind":"trident","url":"file:///etc/passwd"}}`,
		`"kind":"gateway_shared","gateway_shared":"far"`,
		`"kind":"gateway_removed","gateway_removed":{"name":"far"}`,
		`"kind":"gateway_removed"`,
		`"kind":"gateway_removed","gateway_removed":{"name":"far"}`, // two managers may do so at once
	} {
		content := fmt.Appendf(nil, `{"seq":%d,"at":"2026-01-02T03:04:05Z","by":%q,"desk":"first floor",%s}`, i+3, f.max, said)
		if _, err := server.Append(t.Context(), team.NewKey(), register.Head{}, register.Event{Request: string(request.OfficeID), Seq: i + 3, Content: content}); err != nil {
			t.Fatalf("%s: %v", content, err)
		}
	}
	for _, w := range []*workspace.Workspace{front, floor} {
		if err := w.Office.CatchUp(t.Context(), w.Ledger); err != nil {
			t.Fatal(err)
		}
		if w == floor {
			if err := w.Ledger.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		unfit, err := w.Ledger.Unfit(t.Context())
		report, auditErr := w.Sealer.Audit(t.Context(), nil, nil)
		if err != nil || auditErr != nil || report.Fault != nil || len(unfit) != 3 || len(report.Unfit) != 3 {
			t.Fatalf("%+v, %v; the audit has %+v, %v", unfit, err, report, auditErr)
		}
		for i, number := range []int{4, 5, 7} {
			u := unfit[i]
			if u.Number != number || u.Request != request.OfficeID || u.Desk != "first floor" || u.By != f.max || u.Problem == "" || u.Problem != report.Unfit[i].Problem || report.Unfit[i].Number != number {
				t.Errorf("listed: %+v; in the audit: %+v", u, report.Unfit[i])
			}
		}
		if profiles, err := w.Profiles(); err != nil || len(profiles.Former) != 1 {
			t.Errorf("the gateways are %+v, %v", profiles, err)
		}
	}

	folder, err := floor.Joiner.Leave(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := ledger.Open(t.Context(), folder, ledger.Options{Exclusive: true}) // as a backup does, which knows no gateways
	if err != nil {
		t.Fatal(err)
	}
	if err := kept.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	unfit, err := kept.Unfit(t.Context())
	if closeErr := kept.Close(); err != nil || closeErr != nil || len(unfit) != 3 {
		t.Errorf("rebuilt without the check: %+v, %v", unfit, err)
	}
	if report, err := floor.AuditFile(t.Context(), folder, nil, nil); err != nil || report.Fault != nil || len(report.Unfit) != 3 {
		t.Errorf("the audit of what was kept: %+v, %v", report, err)
	}
}
