package team

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/google/uuid"

	"countersign/core/register"
)

func random(t *testing.T, size int) []byte {
	t.Helper()
	content := make([]byte, size)
	if _, err := io.ReadFull(rand.NewChaCha8([32]byte{byte(size)}), content); err != nil {
		t.Fatal(err)
	}
	return content
}

func TestDocumentsComeBackAsTheyWere(t *testing.T) {
	f := newFixture(t)
	for _, size := range []int{1, partSize - 1, partSize, partSize + 1, 3*partSize + 7} {
		content := random(t, size)
		for range 2 { // the second time it is there already
			digest, err := f.clerk.PutDocument(t.Context(), bytes.NewReader(content))
			if err != nil || digest != register.Hash(sha256.Sum256(content)) {
				t.Fatalf("%d bytes: %s, %v", size, digest, err)
			}
			var back bytes.Buffer
			if err := f.auditor.Document(t.Context(), digest, &back); err != nil || !bytes.Equal(back.Bytes(), content) {
				t.Errorf("%d bytes: %d came back (%v)", size, back.Len(), err)
			}
		}
	}
	if uploads := f.names("SELECT count(*)::text FROM countersign.uploads"); uploads[0] != "0" {
		t.Errorf("%s parts of uploads are left", uploads[0])
	}
	if err := f.auditor.Document(t.Context(), register.Hash{1}, io.Discard); !errors.Is(err, ErrNoDocument) {
		t.Errorf("a document that was never stored: %v", err)
	}
	if _, err := f.clerk.PutDocument(t.Context(), bytes.NewReader(nil)); !errors.Is(err, ErrRefused) {
		t.Errorf("an empty document: %v", err)
	}
	if _, err := f.auditor.PutDocument(t.Context(), bytes.NewReader([]byte("x"))); !errors.Is(err, ErrNoRole) {
		t.Errorf("an auditor stores a document: %v", err)
	}
}

func TestNobodySeesHalfADocument(t *testing.T) {
	f := newFixture(t)
	content := random(t, partSize+1)
	broken := errors.New("the disk is broken")
	if _, err := f.clerk.PutDocument(t.Context(), io.MultiReader(bytes.NewReader(content), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if stored := f.names("SELECT count(*)::text FROM countersign.documents"); stored[0] != "0" {
		t.Error("a document that was not read to its end is there")
	}
	// What another login has begun cannot be gone on with.
	upload := uuid.New()
	put := func(o *Office, part int) error {
		_, err := o.pool.Exec(t.Context(), "SELECT countersign.put($1, $2, $3)", upload, part, []byte("secret"))
		return explain(err)
	}
	finish := func(o *Office) error {
		_, err := o.pool.Exec(t.Context(), "SELECT countersign.finish($1)", upload)
		return explain(err)
	}
	if err := errors.Join(put(f.clerk, 1), put(f.manager, 0)); err != nil {
		t.Fatal(err)
	}
	if err := put(f.manager, 1); err != nil {
		t.Fatal(err)
	}
	if written := f.names("SELECT count(*)::text FROM countersign.uploads WHERE login = '" + f.managerLogin + "'"); written[0] != "1" {
		t.Error("another login has taken over a part")
	}
	if err := finish(f.clerk); !errors.Is(err, ErrRefused) {
		t.Errorf("a document without its first part: %v", err)
	}
}

func TestADocumentOfOneRequestIsForgotten(t *testing.T) {
	f := newFixture(t)
	owner := f.open(f.owner)
	content, shared := random(t, partSize+5), random(t, 10)
	var digests []string
	for _, c := range [][]byte{content, shared} {
		digest, err := f.clerk.PutDocument(t.Context(), bytes.NewReader(c))
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest.String())
	}
	added := func(request string, digests ...string) register.Event {
		var documents []fields
		for _, d := range digests {
			documents = append(documents, fields{"sha256": d})
		}
		e := event(1, "added", f.clerkLogin, "front", fields{"added": fields{"documents": documents}})
		e.Request = request
		return e
	}
	f.append(f.clerk, added("r-1", digests...), added("r-2", digests[1]))
	forget := func(digest string) register.Event {
		return office(4, "forgotten", f.owner, "", fields{"forgotten": fields{"request": "r-1", "documents": []string{digest}}})
	}
	if _, err := f.manager.Append(t.Context(), NewKey(), register.Head{}, forget(digests[0])); !errors.Is(err, ErrRefused) {
		t.Errorf("a manager forgets: %v", err)
	}
	for _, digest := range []string{digests[1], hex.EncodeToString(make([]byte, 32)), "%"} {
		if _, err := owner.Append(t.Context(), NewKey(), register.Head{}, forget(digest)); !errors.Is(err, ErrRefused) {
			t.Errorf("document %s is forgotten: %v", digest, err)
		}
	}
	f.append(owner, forget(digests[0]))
	digest, err := register.ParseHash(digests[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := f.clerk.Document(t.Context(), digest, io.Discard); !errors.Is(err, ErrForgotten) {
		t.Errorf("after it was forgotten: %v", err)
	}
	if parts := f.names("SELECT count(*)::text FROM countersign.parts"); parts[0] != "1" {
		t.Errorf("%s parts are left", parts[0])
	}
	if _, err := f.clerk.PutDocument(t.Context(), bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	if err := f.clerk.Document(t.Context(), digest, io.Discard); err != nil {
		t.Errorf("after it was stored again: %v", err)
	}
}

func TestAnAlteredDocumentIsNoticed(t *testing.T) {
	f := newFixture(t)
	content := random(t, partSize+5)
	digest, err := f.clerk.PutDocument(t.Context(), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	cluster.MustExec(t, f.owner, f.owner, "UPDATE countersign.parts SET content = 'x' WHERE part = 1")
	if err := f.auditor.Document(t.Context(), digest, io.Discard); err == nil {
		t.Error("an altered document is handed out")
	}
	cluster.MustExec(t, f.owner, f.owner, "DELETE FROM countersign.parts WHERE part = 1")
	if err := f.auditor.Document(t.Context(), digest, io.Discard); err == nil {
		t.Error("a document without its end is handed out")
	}
}
