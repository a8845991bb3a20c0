package backup

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// mustPack returns the members that have content.
func mustPack(t testing.TB, content []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := &memberWriter{to: &packed}
	_, err := w.Write(content)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func readMembers(packed []byte) ([]byte, error) {
	r := &memberReader{from: bytes.NewReader(packed)}
	defer r.Close()
	return io.ReadAll(r)
}

func TestEveryReaderOfGzipReadsMembers(t *testing.T) {
	random := rand.NewChaCha8([32]byte{})
	for _, size := range []int{1, partSize - 1, partSize, partSize + 1, 20*partSize + 5} {
		content := make([]byte, size)
		if _, err := random.Read(content[:size/2]); err != nil { // the rest can be compressed
			t.Fatal(err)
		}
		packed := mustPack(t, content)
		if parts := (size + partSize - 1) / partSize; bytes.Count(packed, memberBegin) != parts {
			t.Errorf("%d bytes: %d members in place of %d", size, bytes.Count(packed, memberBegin), parts)
		}
		zip, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		if all, err := io.ReadAll(zip); err != nil || !bytes.Equal(all, content) {
			t.Errorf("%d bytes: compress/gzip reads %d bytes, %v", size, len(all), err)
		}
		if all, err := readMembers(packed); err != nil || !bytes.Equal(all, content) {
			t.Errorf("%d bytes: %d bytes are read, %v", size, len(all), err)
		}
	}
}

// Nothing of a member is read that is not as it was written.
func TestADamagedMemberIsNotRead(t *testing.T) {
	packed := mustPack(t, append(make([]byte, partSize), "the second part"...))
	second := bytes.LastIndex(packed, memberBegin)
	refused := func(what string, damaged []byte) {
		t.Helper()
		if read, err := readMembers(damaged); !errors.Is(err, errDamaged) || len(read) > partSize {
			t.Errorf("%s: %d bytes are read, %v", what, len(read), err)
		}
	}
	for at := range packed {
		if at < memberHeader || at >= second-memberTrailer {
			damaged := slices.Clone(packed)
			damaged[at] ^= 0x11
			refused("a byte", damaged)
		}
	}
	for size := second + 1; size < len(packed); size++ {
		refused("cut off", packed[:size])
	}
	if _, err := readMembers(append(slices.Clone(packed), 0)); !errors.Is(err, errDamaged) { // all before it was good
		t.Errorf("something added: %v", err)
	}
	last := func(change func(member []byte) []byte) []byte {
		member := change(slices.Clone(packed[second:]))
		binary.LittleEndian.PutUint32(member[sizeAt:], uint32(len(member)))
		return append(slices.Clone(packed[:second]), member...)
	}
	refused("a member with more than is compressed", last(func(m []byte) []byte { return slices.Insert(m, len(m)-memberTrailer, 0) }))
	refused("a member that is too large", last(func(m []byte) []byte { return append(m, make([]byte, maxMember)...) }))
	refused("a member that says it has less", last(func(m []byte) []byte {
		binary.LittleEndian.PutUint32(m[len(m)-4:], 3)
		return m
	}))
	refused("a part that is too large", last(func(m []byte) []byte {
		binary.LittleEndian.PutUint32(m[len(m)-4:], maxMember+1)
		return m
	}))
}

// The gzip file of an archive had one member before it had several.
func TestAnArchiveOfOneMemberIsRestored(t *testing.T) {
	d := newDesk(t)
	out, s := d.backup(Options{})
	if packed, err := os.ReadFile(out); err != nil || !hasMembers(packed) {
		t.Fatal(err)
	}
	in := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(in, pack(t, unpack(t, out), false), 0o600); err != nil {
		t.Fatal(err)
	}
	restored, err := Restore(t.Context(), in, filepath.Join(t.TempDir(), "to"), Options{})
	if err != nil || restored.Files != s.Files || restored.Head != s.Head {
		t.Errorf("%+v, %v", restored, err)
	}
}

// The members in memory are used again, however many an archive has.
func TestTheMemoryOfMembersIsBounded(t *testing.T) {
	content, most := make([]byte, 40*partSize), 0
	packed := mustPack(t, content)
	r := &memberReader{from: bytes.NewReader(packed)}
	defer r.Close()
	for buffer := make([]byte, partSize); ; {
		_, err := r.Read(buffer)
		most = max(most, len(r.running)+len(r.spare))
		if err != nil {
			break
		}
	}
	w := &memberWriter{to: io.Discard}
	for range 40 {
		if _, err := w.Write(content[:partSize]); err != nil {
			t.Fatal(err)
		}
		most = max(most, len(w.running)+len(w.spare))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for q := (&members{}); ; q.running = append(q.running, nil) {
		if q.full() {
			if most > len(q.running)+1 {
				t.Errorf("%d members are in memory, of which %d run", most, len(q.running))
			}
			return
		}
	}
}
