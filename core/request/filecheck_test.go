package request_test

import (
	"testing"

	"countersign/core/request"
)

// proven returns the history of a request whose signed file proves what was answered.
func proven(answer request.Event) []request.Event {
	return []request.Event{added(1), launched("t1"), answer, stored(0, true)}
}

func TestTheEvidenceFallsWithADamagedFileAndRisesAgain(t *testing.T) {
	byPerson := answered(request.Signed, request.ByDocument)
	byPerson.By = "ana"
	for name, test := range map[string]struct {
		history []request.Event
		falls   request.Evidence
	}{
		"the gateway said so":              {proven(answered(request.Signed, request.ByGateway)), request.ByGateway},
		"the browser said so":              {proven(answered(request.Signed, request.ByBrowser)), request.ByBrowser},
		"the gateway handed the file over": {proven(answered(request.Signed, request.ByDocument)), request.ByGateway},
		"a person handed the file over":    {proven(byPerson), request.ByBrowser},
		"the gateway said so before a person handed the file over": {
			append([]request.Event{added(1), launched("t1"), answered(request.Signed, request.ByGateway)}, byPerson, stored(0, true)), request.ByGateway,
		},
	} {
		for _, damage := range []request.Damage{request.Altered, request.Missing} {
			r := mustFold(t, test.history...)
			if r.Outcome.Evidence != request.ByDocument {
				t.Fatalf("%s: the evidence begins as %s", name, r.Outcome.Evidence)
			}
			r = mustApply(t, r, checked("signed", damage))
			if r.Status != request.Signed || r.Outcome.Evidence != test.falls || r.FileState() != request.FilesDamaged || r.Documents[0].Signed.Damage != damage {
				t.Errorf("%s, %s: %s by %s, %+v", name, damage, r.Status, r.Outcome.Evidence, r.Documents[0].Signed)
			}
			if r = mustApply(t, r, checked("signed", "")); r.Outcome.Evidence != request.ByDocument || len(r.DamagedFiles()) > 0 {
				t.Errorf("%s: after its return: %s, %+v", name, r.Outcome.Evidence, r.DamagedFiles())
			}
		}
	}
}

func TestADamagedFileThatIsStoredAgainIsAProofAgain(t *testing.T) {
	history := append(proven(answered(request.Signed, request.ByGateway)), checked("signed", request.Missing), stored(0, true))
	if r := mustFold(t, history...); r.Outcome.Evidence != request.ByDocument || r.FileState() != request.FilesProve {
		t.Errorf("evidence %s, %+v", r.Outcome.Evidence, r.Documents[0].Signed)
	}
}

// The signed file begins with the bytes that were sent, so it proves the signature without the original.
func TestADamagedOriginalLeavesTheEvidence(t *testing.T) {
	r := mustFold(t, append(proven(answered(request.Signed, request.ByGateway)), checked("a", request.Altered))...)
	if r.Outcome.Evidence != request.ByDocument || r.Documents[0].Damage != request.Altered || len(r.DamagedFiles()) != 1 {
		t.Errorf("evidence %s, %+v", r.Outcome.Evidence, r.Documents[0])
	}
	r = mustFold(t, added(1), launched("t1"), answered(request.Rejected, request.ByGateway), checked("a", request.Missing), request.Event{Kind: request.KindReopened})
	if r.Documents[0].Damage != request.Missing {
		t.Error("a new attempt forgets that the original is missing")
	}
}

func TestCopiesAtTheGatewayStayForAFileThatIsDamagedHere(t *testing.T) {
	answer := answeredEach(request.Signed, request.ByGateway, true)
	r := mustFold(t, added(1), launched("t1"), answer, withNext(stored(0, true), request.StepDiscard), checked("signed", request.Altered))
	if r.NextStep != request.StepFetch || len(r.MissingFiles()) != 1 {
		t.Errorf("next step %q, missing %v", r.NextStep, r.MissingFiles())
	}
}

func TestEveryFileOfARequestIsFoundByItsDigest(t *testing.T) {
	r := mustFold(t, proven(answered(request.Signed, request.ByGateway))...)
	for digest, role := range map[string]request.FileRole{"a": request.RoleOriginal, "signed": request.RoleSigned} {
		e, ok := r.FileChecked(digest, request.Altered)
		if !ok || e.Kind != request.KindFileDamaged || e.FileCheck.Role != role {
			t.Fatalf("%s: %+v, %v", digest, e.FileCheck, ok)
		}
		after := mustApply(t, r, e)
		if _, again := after.FileChecked(digest, request.Altered); again {
			t.Errorf("%s: the same damage is to be recorded again", digest)
		}
		if e, ok := after.FileChecked(digest, ""); !ok || e.Kind != request.KindFileRestored {
			t.Errorf("%s: a file that is back is not to be recorded", digest)
		}
	}
	if _, ok := r.FileChecked("none", request.Missing); ok {
		t.Error("a file that the request does not have is to be recorded")
	}
	if _, ok := r.FileChecked("a", ""); ok {
		t.Error("a file without damage is to be recorded")
	}
	attached := mustFold(t, added(0), launched("t1"), answered(request.Signed, request.ByBrowser), stored(0, false), checked("other", request.Missing))
	if attached.Attached[0].Damage != request.Missing || attached.DamagedFiles()[0].Role != request.RoleAttached {
		t.Errorf("attached: %+v", attached.Attached)
	}
}
