package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/desk/fake"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/lists"
	"countersign/core/request"
	"countersign/core/settings"
)

// outcomes imports a list and returns what became of each row, with the fields that were filled in.
func (r *rig) outcomes(list string, o ImportOptions) (Imported, []string, []RowResult) {
	var said []string
	var rows []RowResult
	result, err := r.Import(r.Context(), input.Memory("list.csv", []byte(list)), o, func(done ImportStep) error {
		for _, row := range done.Rows {
			text := fmt.Sprintf("%d %s", row.Record.Line, row.Outcome)
			for _, f := range row.Filled {
				text += " " + string(f)
			}
			said, rows = append(said, text), append(rows, row)
		}
		return nil
	})
	r.must(err)
	return result, said, rows
}

func (r *rig) byRemoteID(id string) request.Request {
	found, err := r.ledger.NewestByRemoteID(r.Context(), []ledger.RemoteKey{{Gateway: "two", ID: id}})
	r.must(err)
	return found[0]
}

func TestAMendedListFillsWhatWasEmpty(t *testing.T) {
	r := newListRig(t)
	_, _, err := r.imports("id;Titel;Vencimiento\n1;Lease;\n2;Deed;24/12/2026\n3;;\n")
	r.must(err)
	r.edit(r.byRemoteID("3").ID, "By hand", "R-3")
	mended := "id;título;referencia;vencimiento\n1;Lease;R-1;24/12/2026\n2;Deed;;31/12/2026\n3;Will;R-9;1/2/2027\n4;New;;\n4;;R-4;\n1;Other;R-7;\n"
	want := []string{"2 filled title reference due", "3 filled title", "4 filled due", "5 added", "6 filled reference", "7 known"}
	options := ImportOptions{List: lists.Options{Language: i18n.Spanish}}

	dry := options
	dry.DryRun = true
	before := r.byRemoteID("1")
	result, said, rows := r.outcomes(mended, dry)
	if diff := cmp.Diff(want, said); diff != "" || result.Added != 1 || result.Filled != 4 || result.Known != 1 || result.Ambiguous != 1 {
		t.Errorf("a dry run: %+v (-want +got):\n%s", result, diff)
	}
	if rows[0].Request.Title != "Lease" || rows[0].Request.Due != "2026-12-24" || rows[3].Request.ID != "" || rows[3].Request.AddedRemoteID != "4" {
		t.Errorf("it would be %+v and %+v", rows[0].Request, rows[3].Request)
	}
	if after := r.byRemoteID("1"); cmp.Diff(before, after) != "" || r.byRemoteID("4").Version != 0 {
		t.Errorf("the dry run wrote %+v", after)
	}

	result, said, rows = r.outcomes(mended, options)
	if diff := cmp.Diff(want, said); diff != "" || result.Added != 1 || result.Filled != 4 || result.Known != 1 {
		t.Errorf("%+v (-want +got):\n%s", result, diff)
	}
	for id, want := range map[string]row{
		"1": {"1", "Lease", "R-1", "2026-12-24"},
		"2": {"2", "Deed", "", "2026-12-24"}, // it has a date
		"3": {"3", "By hand", "R-3", "2027-02-01"},
		"4": {"4", "New", "R-4", ""},
	} {
		q := r.byRemoteID(id)
		if got := (row{q.AddedRemoteID, q.Title, q.Reference, q.Due}); got != want {
			t.Errorf("got %+v, not %+v", got, want)
		}
		if !slices.ContainsFunc(rows, func(one RowResult) bool { return one.Request.ID == q.ID && one.Request.Version == q.Version }) {
			t.Errorf("the last version of %s is not passed on", id)
		}
	}
	if _, said, _ := r.outcomes(mended, options); slices.ContainsFunc(said, func(s string) bool { return !strings.HasSuffix(s, "known") }) {
		t.Errorf("a third time: %q", said)
	}
}

// edit changes the title and the reference of a request.
func (r *rig) edit(id request.ID, title, reference string) {
	_, err := r.Edit(r.Context(), id, title, reference, "")
	r.must(err)
}

func TestAnImportGivesWayToWhatIsEditedMeanwhile(t *testing.T) {
	r := newListRig(t)
	_, _, err := r.imports("id\n1\n2\n")
	r.must(err)
	edited := false
	newID := r.cfg.NewID
	r.cfg.NewID = func() request.ID { // it is asked for between reading and writing
		if !edited {
			edited = true
			r.edit(r.byRemoteID("1").ID, "By hand", "")
		}
		return newID()
	}
	_, said, _ := r.outcomes("id,title,reference\n1,Lease,R-1\n2,Deed,R-2\n3,Will,\n", ImportOptions{})
	if diff := cmp.Diff([]string{"2 filled reference", "3 filled title reference", "4 added"}, said); diff != "" || !edited {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if q := r.byRemoteID("1"); q.Title != "By hand" || q.Reference != "R-1" {
		t.Errorf("got %+v", q)
	}
}

func TestAnImportCanBeStopped(t *testing.T) {
	r := newListRig(t)
	list := []byte("id\n")
	for i := range 3 * rowsAtOnce {
		list = fmt.Appendf(list, "%d\n", i)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var steps []ImportStep
	result, err := r.Import(ctx, input.Memory("list.csv", list), ImportOptions{}, func(done ImportStep) error {
		steps = append(steps, done)
		stop()
		return nil
	})
	if !errors.Is(err, context.Canceled) || len(steps) != 1 || result.Added != rowsAtOnce {
		t.Errorf("%v after %d steps: %+v", err, len(steps), result)
	}
	if s := steps[0]; s.Total != int64(len(list)) || s.Done <= 0 || s.Done > s.Total {
		t.Errorf("%d of %d", s.Done, s.Total)
	}
	full := errors.New("full")
	result, err = r.Import(t.Context(), input.Memory("list.csv", list), ImportOptions{}, func(ImportStep) error { return full })
	if !errors.Is(err, full) || result.Known != rowsAtOnce {
		t.Errorf("%v: %+v", err, result)
	}
}

func TestALookAtAListShowsItAsItIs(t *testing.T) {
	r := newListRig(t)
	list := input.Memory("list.csv", []byte("Pendientes\nNr;Was;Wann\n12;\"Lease\nfirst\";24.12.2026\n13;a \"b\";\n14;;\n15;;\n"))
	look, err := r.LookList(t.Context(), list, ImportOptions{}, 3)
	r.must(err)
	if look.Problem == nil || len(look.Rows) != 3 || look.Rows[0].Line != 3 || look.Rows[0].Texts[1] != "Lease\nfirst" || look.Rows[1].Fault == nil || look.Rows[2].Line != 6 || look.Info.HeaderLine != 2 {
		t.Errorf("got %+v", look)
	}
	if _, err := r.Import(t.Context(), list, ImportOptions{}, nil); err == nil || !strings.Contains(err.Error(), "no row at the beginning names the columns") {
		t.Error(err)
	}
	// What a person chose is remembered for lists with the same headings.
	store := settings.NewStore(r.dir, r.Gateways.Profiles, r.cfg.Now, r.cfg.Log)
	_, err = store.ChangeSettings(t.Context(), func(s *settings.Settings) {
		s.RememberList([]string{"Nr", "Was", "Wann"}, []string{"id", "title", "due"})
	})
	r.must(err)
	look, err = r.LookList(t.Context(), list, ImportOptions{}, 0)
	if err != nil || look.Problem != nil || !look.Info.Remembered {
		t.Errorf("%v %+v", err, look)
	}
	result, rows, err := r.imports("Nr;Was;Wann\n12;Lease;24.12.2026\n")
	r.must(err)
	if diff := cmp.Diff([]row{{"12", "Lease", "", "2026-12-24"}}, rows); diff != "" {
		t.Errorf("%+v\n%s", result, diff)
	}
}

func TestATextThatIsTooLongIsSaidOfItsColumn(t *testing.T) {
	r := newListRig(t)
	long := strings.Repeat("x", 5000)
	result, said, _ := r.outcomes("id,title,reference\n1,"+long+",R\n2,Lease,"+long+"\n3,Deed,R\n", ImportOptions{})
	if diff := cmp.Diff([]string{"2 left_out", "3 left_out", "4 added"}, said); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	for i, column := range []string{"line 2, column 2 (title): ", "line 3, column 3 (reference): "} {
		if got := result.Faults[i].Error(); !strings.HasPrefix(got, column) || !strings.Contains(got, "5000") {
			t.Errorf("got %s", got)
		}
	}
}

func TestAGatewayDecidesWhatItsIDsLookLike(t *testing.T) {
	r := newListRig(t)
	r.Two.Set(func(f *fake.Gateway) { f.WrongID = "7x" })
	result, said, _ := r.outcomes("id,title,link\n7x,a,\n8,b,\n,c,https://two.example/sign?id=7x\n", ImportOptions{})
	if diff := cmp.Diff([]string{"2 left_out", "3 added", "4 left_out"}, said); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, column := range []string{"line 2, column 1 (id): no such id", "line 4, column 3 (link): no such id"} {
		if !strings.HasPrefix(result.Faults[i].Error(), column) {
			t.Errorf("got %v", result.Faults[i])
		}
	}
	if _, err := r.Add(t.Context(), New{Gateway: "two", RemoteID: "7x"}); err == nil || !strings.Contains(err.Error(), "no such id") {
		t.Errorf("added: %v", err)
	}
}
