package desk

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"countersign/core/desk/fake"
	"countersign/core/ledger"
	"countersign/core/request"
)

// signs returns a request that is signed, with its signed file here.
func (r *rig) signs() request.Request {
	r.Helper()
	q, _ := r.launch("one")
	r.hands(q.ID, signed)
	r.says(q.ID, request.Signed, "finished")
	r.must(r.Refresh(r.Context(), q.ID))
	return r.get(q.ID)
}

// alters changes one byte of a stored file.
func (r *rig) alters(digest string) {
	r.Helper()
	path := r.ledger.DocumentPath(digest)
	content, err := os.ReadFile(path)
	r.must(err)
	content[len(content)/2] ^= 1
	r.must(os.WriteFile(path, content, 0o600))
}

func (r *rig) checks(id request.ID) request.Request {
	r.Helper()
	q, err := r.ledger.CheckFiles(r.Context(), id)
	r.must(err)
	return q
}

func TestADamagedSignedFileIsFetchedAgain(t *testing.T) {
	r := newRig(t)
	q := r.signs()
	digest := q.Documents[0].Signed.SHA256
	r.alters(digest)
	if now := r.checks(q.ID); now.Outcome.Evidence != request.ByGateway || !Doubtful(now) {
		t.Fatalf("got %+v", now)
	}
	// Another file does not take its place.
	r.hands(q.ID, original)
	r.must(r.Refresh(t.Context(), q.ID))
	if now := r.get(q.ID); now.Documents[0].Signed.SHA256 != digest || now.Documents[0].Signed.Damage != request.Altered {
		t.Fatalf("got %+v", now.Documents[0].Signed)
	}
	r.hands(q.ID, signed)
	r.must(r.Refresh(t.Context(), q.ID))
	now := r.get(q.ID)
	if now.Outcome.Evidence != request.ByDocument || now.FileState() != request.FilesProve || Doubtful(now) && now.NextStep == request.StepNone {
		t.Errorf("got %+v", now)
	}
	r.must(r.ledger.CheckDocument(t.Context(), digest))
}

// A full disk here is no fault of the gateway's file, which is fetched again without anything being held against it.
func TestAFullDiskIsNotAFileThatBrokeOff(t *testing.T) {
	r := newRig(t)
	_, err := r.receive(iotest.ErrReader(syscall.ENOSPC)) // as io.Copy returns it when the write fails
	if errors.Is(err, errIncomplete) || !request.IsDiskFull(err) || Answered(err) {
		t.Errorf("error %v", err)
	}
	left, err := filepath.Glob(filepath.Join(r.dir.Path(), "incoming-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// What the gateway says about a visit of long ago does not change an outcome that a file proved.
func TestADamagedFileChangesNoOutcome(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	now, err := r.attach(q.ID, signed)
	r.must(err)
	r.must(r.Refresh(t.Context(), q.ID)) // deletes the gateway's copies
	r.alters(now.Documents[0].Signed.SHA256)
	if now = r.checks(q.ID); now.Outcome.Evidence != request.ByBrowser || now.Status != request.Signed || now.NextStep != request.StepNone {
		t.Fatalf("got %+v", now)
	}
	r.says(q.ID, request.Gone, "gone")
	r.Refresh(t.Context(), q.ID) // the gateway has no file
	if now = r.get(q.ID); now.Status != request.Signed {
		t.Errorf("got %+v", now)
	}
	if now, err = r.attach(q.ID, signed); err != nil || now.Outcome.Evidence != request.ByDocument || now.Documents[0].Signed.Damage != "" {
		t.Errorf("handed in again: %+v, %v", now, err)
	}
}

func TestCopiesStayWhileTheFileHereIsDamaged(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	r.hands(q.ID, signed)
	r.says(q.ID, request.Signed, "finished")
	waiting := r.get(q.ID)
	s := &settling{desk: r.Desk, visit: *waiting.Visit}
	var err error
	s.gateway, err = r.Gateways.Open(t.Context(), "one")
	r.must(err)
	r.must(s.ask(t.Context(), []request.Request{waiting}))
	r.must(s.fetch(t.Context()))
	r.alters(r.get(q.ID).Documents[0].Signed.SHA256)
	r.must(s.discard(t.Context()))
	if now := r.get(q.ID); r.deleted() || now.NextStep != request.StepFetch || now.Outcome.Evidence != request.ByGateway {
		t.Fatalf("got %+v after %v", now, r.One.Seen())
	}
	r.must(r.Refresh(t.Context(), q.ID))
	if now := r.get(q.ID); !r.deleted() || now.NextStep != request.StepNone || now.Outcome.Evidence != request.ByDocument {
		t.Errorf("got %+v after %v", now, r.One.Seen())
	}
}

func TestADamagedOriginalIsNotSentAndTheRequestSaysSo(t *testing.T) {
	r := newRig(t)
	q := r.add("one")
	r.alters(q.Documents[0].SHA256)
	if _, err := r.Sign(t.Context(), q.ID); err == nil || !strings.Contains(err.Error(), "is missing or was altered") {
		t.Fatalf("error %v", err)
	}
	now := r.get(q.ID)
	if now.Status != request.Pending || now.Documents[0].Damage != request.Altered || now.Trouble == "" {
		t.Errorf("got %+v", now)
	}
	r.must(os.WriteFile(r.ledger.DocumentPath(q.Documents[0].SHA256), original, 0o600))
	if _, err := r.Sign(t.Context(), q.ID); err != nil {
		t.Fatal(err)
	}
	if now = r.get(q.ID); now.Status != request.Signing || now.Documents[0].Damage != "" {
		t.Errorf("got %+v", now)
	}
}

func TestNobodyVouchesForADamagedFile(t *testing.T) {
	r := newRig(t)
	q, _ := r.launch("one")
	r.says(q.ID, request.Signed, "finished")
	r.hands(q.ID, unreadable(t))
	r.must(r.Refresh(t.Context(), q.ID))
	r.alters(r.get(q.ID).Documents[0].Signed.SHA256)
	r.checks(q.ID)
	if _, err := r.Vouch(t.Context(), q.ID, "I was there"); err == nil {
		t.Error("somebody vouched for a file that is altered")
	}
}

// A signed file begins with the bytes that were sent, so a damaged original keeps nobody from having it.
func TestADamagedOriginalIsPutBackFromTheSignedFile(t *testing.T) {
	for name, damage := range map[string]func(r *rig, digest string){
		"altered": (*rig).alters,
		"missing": func(r *rig, digest string) { r.must(os.Remove(r.ledger.DocumentPath(digest))) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			q, _ := r.launch("one")
			digest := q.Documents[0].SHA256
			damage(r, digest)
			r.says(q.ID, request.Signed, "finished")
			r.hands(q.ID, fake.Flipped(original)) // it is not known what was sent, so nothing is decided about this
			if err := r.Refresh(t.Context(), q.ID); !errors.Is(err, ledger.ErrNotFound) && !errors.Is(err, ledger.ErrAltered) {
				t.Fatalf("error %v", err)
			}
			if now := r.get(q.ID); now.Documents[0].Damage == "" || now.Documents[0].Signed != nil || now.NextStep != request.StepFetch {
				t.Fatalf("got %+v", now)
			}
			r.hands(q.ID, signed)
			r.must(r.Refresh(t.Context(), q.ID))
			if now := r.get(q.ID); now.Outcome.Evidence != request.ByDocument || len(now.DamagedFiles()) > 0 {
				t.Errorf("got %+v", now)
			}
			r.must(r.ledger.CheckDocument(t.Context(), digest))
		})
	}
}
