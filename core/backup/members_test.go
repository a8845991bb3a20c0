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
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
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

// failsAt is a disk that is full, or cannot be read, behind so many bytes.
type failsAt struct {
	left int
	from io.Reader // nil for writing
}

var errDisk = errors.New("the disk fails")

func (f *failsAt) Write(p []byte) (int, error) {
	n := min(len(p), f.left)
	if f.left -= n; n < len(p) {
		return n, errDisk
	}
	return n, nil
}

func (f *failsAt) Read(p []byte) (int, error) {
	if f.left == 0 {
		return 0, errDisk
	}
	n, err := f.from.Read(p[:min(len(p), f.left)])
	f.left -= n
	return n, err
}

// Whatever fails, and wherever it does, is returned, and no member is running any more.
func TestADiskThatFailsEndsMembers(t *testing.T) {
	content := make([]byte, 5*partSize/2)
	rand.NewChaCha8([32]byte{}).Read(content[:5000])
	packed := mustPack(t, content)
	for _, left := range []int{0, 1, memberHeader, memberHeader + 1, 5500, len(packed) - 1} {
		synctest.Test(t, func(t *testing.T) { // it fails if a goroutine is left
			w := &memberWriter{to: &failsAt{left: left}}
			_, err := w.Write(content)
			if err := errors.Join(err, w.Close()); !errors.Is(err, errDisk) || len(w.running) > 0 {
				t.Errorf("writing fails after %d bytes: %v, and %d are running", left, err, len(w.running))
			}
			r := &memberReader{from: &failsAt{left, bytes.NewReader(packed)}}
			read, err := io.ReadAll(r)
			if !errors.Is(err, errDisk) || !bytes.HasPrefix(content, read) {
				t.Errorf("reading fails after %d bytes: %d are read, %v", left, len(read), err)
			}
			r = &memberReader{from: bytes.NewReader(packed)}
			if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
				t.Error(err)
			}
			if err := r.Close(); err != nil || len(r.running) > 0 { // in the middle
				t.Errorf("%v, and %d are running", err, len(r.running))
			}
		})
	}
}

// A member is not unpacked any further than it says it goes.
func TestAMemberDoesNotBurst(t *testing.T) {
	var packed bytes.Buffer
	w := &memberWriter{to: &packed}
	m := w.empty()
	m.part = make([]byte, 64*partSize)
	if err := m.pack(); err != nil {
		t.Fatal(err)
	}
	for _, says := range []uint32{0, 10, partSize, maxMember, 64 * partSize} {
		burst := slices.Clone(m.packed.Bytes())
		end := len(burst) - memberTrailer
		copy(burst[end:], trailerOf(make([]byte, min(says, maxMember))))
		binary.LittleEndian.PutUint32(burst[end+4:], says)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		read, err := readMembers(burst)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, errDamaged) || len(read) > 0 || used > 16*partSize {
			t.Errorf("a member that says it has %d bytes: %d are read, %d bytes of memory, %v", says, len(read), used, err)
		}
	}
}

// Members that were cut off, taken out, put in twice or in another order make no home, and the reason is said once.
func TestMembersInAnotherOrderAreNotRestored(t *testing.T) {
	d := newDesk(t)
	out, _ := d.backup(Options{})
	packed, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	content, err := readMembers(packed)
	if err != nil {
		t.Fatal(err)
	}
	var members [][]byte
	for part := range slices.Chunk(content, 5000) {
		members = append(members, mustPack(t, part))
	}
	restore := func(archive []byte) error {
		in, to := filepath.Join(t.TempDir(), "in"), filepath.Join(t.TempDir(), "to")
		if err := os.WriteFile(in, archive, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Restore(t.Context(), in, to, Options{})
		if _, statErr := os.Stat(to); (err == nil) != (statErr == nil) {
			t.Errorf("%v, and the home: %v", err, statErr)
		}
		return err
	}
	if err := restore(slices.Concat(members...)); err != nil {
		t.Fatal(err)
	}
	for i, m := range members {
		if restore(slices.Concat(slices.Delete(slices.Clone(members), i, i+1)...)) == nil {
			t.Errorf("without member %d", i)
		}
		if restore(slices.Concat(slices.Insert(slices.Clone(members), i, m)...)) == nil {
			t.Errorf("with member %d twice", i)
		}
		if i > 0 && !bytes.Equal(members[i-1], m) {
			swapped := slices.Clone(members)
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
			if restore(slices.Concat(swapped...)) == nil {
				t.Errorf("with member %d before the one before it", i)
			}
		}
	}
	whole := slices.Concat(members...)
	single := pack(t, unpack(t, out), false)
	for _, archive := range [][]byte{whole, single} {
		for cut := 100; cut < len(archive)-memberTrailer; cut += 97 {
			if err := restore(archive[:cut]); err == nil || strings.Count(err.Error(), errDamaged.Error()) != 1 && !strings.Contains(err.Error(), "its end") {
				t.Errorf("the first %d bytes of %d: %v", cut, len(archive), err)
			}
		}
	}
}
